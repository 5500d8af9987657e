"""Small deployments."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from agentchat_check import deployment as deployments
from agentchat_check.audit import files, judging, rules
from agentchat_check.audit.engine_images import EngineImages
from agentchat_check.audit.files import Files
from agentchat_check.audit.judging import Audit
from agentchat_check.settings import AcceptedRule, Settings

Read = Callable[..., Files]
Judged = Callable[..., Audit]
Hits = Callable[..., list[str]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Writes files and reads the deployment that they are."""

    def made(*compose_files: str, engine: EngineImages | None = None, **texts: str) -> Files:
        for name, text in texts.items():
            path = tmp_path / name.replace("__", "/").replace("_DOT_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        given = Settings(compose_files=tuple(map(Path, compose_files)))
        return files.read(deployments.read(tmp_path, given), engine, ask_compose=False)

    return made


@pytest.fixture
def judged(read: Read) -> Judged:
    """Judges one compose file, and what stands beside it."""

    def judge(
        compose: str, accepted: Sequence[AcceptedRule] = (), engine: EngineImages | None = None, **texts: str
    ) -> Audit:
        return judging.judge(read(engine=engine, compose_DOT_yml=compose, **texts), accepted)

    return judge


@pytest.fixture
def hits(judged: Judged) -> Hits:
    """The messages of one rule's hits."""

    def of(rule: str, compose: str, **texts: str) -> list[str]:
        assert rule in rules.ALL
        return [hit.message for one, hit in judged(compose, **texts).hits() if one.id == rule]

    return of
