"""Archives that tests damage."""

from pathlib import Path

import pytest

import archives


@pytest.fixture(scope="module", params=[archives.NOT_CLOSED, archives.SEALING], ids=["plain", "encrypted"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that is put right again by whoever damages it."""
    return archives.write(tmp_path_factory.mktemp("whole") / "shelf", closed=request.param)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive in plain text."""
    return archives.write(tmp_path / "shelf")
