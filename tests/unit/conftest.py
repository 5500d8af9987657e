"""What every unit test stands on: a clock that never sleeps, and examples that take as long as they take."""

import pytest
from hypothesis import settings

from makers import Clock

settings.register_profile("shared-host", deadline=None, max_examples=60)
settings.load_profile("shared-host")


@pytest.fixture
def clock() -> Clock:
    return Clock()
