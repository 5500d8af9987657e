"""Every promise of the production overlay is seen broken."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentchat_check import deployment as deployments
from agentchat_check.checks import overlay
from agentchat_check.deployment import Deployment
from agentchat_check.faults.env import overlay as overlay_faults
from agentchat_check.findings import Finding, Verdict
from agentchat_check.probes import overlay as overlays
from agentchat_check.session import Session
from agentchat_check.stack.running import Stack
from tests.faults import env_cases
from tests.faults.broken import assert_breaks
from tests.faults.env_cases import Case

Fault = Callable[[Deployment, Path], Deployment]


@pytest.fixture(scope="module")
def overlaid(check_session: Session) -> Deployment:
    return deployments.in_production(check_session.deployment)


@pytest.fixture(scope="module")
def factory(check_session: Session, overlaid: Deployment) -> Iterator[Stack]:
    """A stack of the reference deployment in production that nobody else looks at."""
    evidence_into = check_session.directory / "evidence" / "factory"
    with check_session.own_stack(overlaid, evidence_into=evidence_into) as stack:
        yield stack


def failed(findings: tuple[Finding, ...]) -> list[str]:
    return [str(finding) for finding in findings if finding.verdict is not Verdict.HOLDS]


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (overlay_faults.unset_variable, "NOBODY_SETS_THIS is not set, and has no default"),
        (overlay_faults.blank_variable, "redis: REDIS_REGION is set to nothing"),
        (overlay_faults.missing_variable, "required variable NOBODY_SETS_THIS is missing a value"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_overlay_with_a_blank_value_is_seen(overlaid: Deployment, tmp_path: Path, fault: Fault, cause: str) -> None:
    assert failed((overlay.renders(overlays.rendering(overlaid)),)) == []
    found = overlay.renders(overlays.rendering(fault(overlaid, tmp_path)))
    assert found.verdict is Verdict.BROKEN
    assert cause in found.actual


def test_an_overlay_that_its_images_cannot_run_is_seen(
    check_session: Session, overlaid: Deployment, tmp_path: Path
) -> None:
    bad = overlay_faults.flag_of_another_release(
        overlay_faults.missing_program(overlaid, _made(tmp_path / "1")), _made(tmp_path / "2")
    )
    with check_session.unstarted_stack(bad) as stack:
        programs = overlay.commands_exist(overlays.programs(stack))
        flags = overlay.database_flags_valid(overlays.database_flags(stack))
    assert programs.verdict is Verdict.BROKEN
    assert "backend: " in programs.actual
    assert "has no hypercorn" in programs.actual
    assert flags.verdict is Verdict.BROKEN
    assert "--query-cache-size=256M: " in flags.actual
    assert "--max-connections" not in flags.actual


@pytest.mark.parametrize(
    "look",
    [
        *(env_cases.workers, env_cases.seeds, env_cases.rotation, env_cases.limits),
        *(env_cases.rivals, env_cases.a_crowd, env_cases.a_crash, env_cases.a_stop),
    ],
    ids=lambda look: look.__name__,
)
def test_the_untouched_deployment_is_clean(factory: Stack, look: env_cases.Look) -> None:
    assert failed(look(factory)) == []


@pytest.mark.parametrize("case", env_cases.IN_PRODUCTION, ids=str)
def test_a_planted_fault_breaks_its_promise(factory: Stack, case: Case) -> None:
    with case.fault(factory):
        found = case.look(factory)
    assert_breaks(found, case.breaks)


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory
