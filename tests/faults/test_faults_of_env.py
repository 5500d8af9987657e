"""Every promise about variables, secrets and their rotation is seen broken."""

from collections.abc import Sequence

import pytest

from agentchat_check.checks import environment, rotation, secrets
from agentchat_check.faults.env import deployments
from agentchat_check.findings import Promise, Verdict
from agentchat_check.probes import api as apis
from agentchat_check.procedures import rotate, visit
from agentchat_check.reception import Reception
from agentchat_check.session import Session
from agentchat_check.stack.running import Stack
from tests.faults.broken import assert_breaks
from tests.faults.conftest import Installed, Judged

KEY, CACHE, DATABASE = "the key of the tokens", "the cache's password", "the database password"

KNOBS: dict[Promise, Sequence[str]] = {
    environment.ALIVE: [
        "LOG_LEVEL: no file of compose takes it",
        "UPLOAD_LIMIT_MB: it reaches backend environment UPLOAD_LIMIT_MB; an upload of 1.5 MB: 200 -> an upload",
    ],
    environment.REFUSES_NONSENSE: [
        "OPENAI_BASE_URL, malformed: nothing refuses what makes no sense (by backend: it came"
    ],
    environment.REFUSES_NOTHING: [
        "OPENAI_MODEL, empty: it is passed on as nothing",
        "OPENAI_MODEL, missing: it is passed",
    ],
}
CARELESS: dict[Promise, Sequence[str]] = {
    secrets.NOT_IN_COMPOSE_FILES: [
        "backend OPENAI_API_KEY in docker-compose.yml",
        "backend DATABASE_URL in docker-compose",
    ],
    secrets.NOT_IN_IMAGES: [
        "BACKUP_PASSWORD in the environment of backend's image",
        "REDIS_PASSWORD in /usr/share/nginx",
    ],
    secrets.NOT_IN_LOGS: ["MYSQL_PASSWORD in the log of backend"],
    secrets.NOT_ON_COMMAND_LINES: [
        "JWT_SECRET_KEY in a process of backend",
        "JWT_SECRET_KEY in the command of backend",
    ],
    secrets.NOT_IN_PAGE: ["REDIS_PASSWORD in the page"],
    secrets.REFUSES_WEAK: ["JWT_SECRET_KEY well known: it came up"],
    secrets.REFUSES_KNOWN_KEYS: ["signed with 'secret': GET /api/v1/dialog/list: 200"],
    secrets.OPENS_DATABASE: ["agentchat, as DATABASE_URL of its environment says: Access denied"],
    secrets.READS_FILES: ["backend: JWT_SECRET_KEY twice: it came up"],
}
UNCHANGEABLE: dict[Promise, Sequence[str]] = {
    rotation.ROTATES.about(DATABASE): ["with the new one, the application: POST /api/v1/user/login"],
    rotation.KEEPS.about(DATABASE): ["rows that were there before are not"],
    rotation.RETIRES.about(CACHE): ["with the old one, the cache: the cache: accepted"],
    rotation.ROTATES.about(KEY): ["no variable of the deployment's files changes it"],
}


@pytest.mark.long
def test_variables_without_effect_and_nonsense_that_is_taken(judged: Judged, installed: Installed) -> None:
    directory = installed(deployments.KNOBS)
    assert_breaks(judged("env/test_variables.py", options=["--deployment", str(directory)]), KNOBS)


@pytest.mark.long
def test_secrets_that_everybody_sees_and_bad_ones_that_are_taken(
    judged: Judged, installed: Installed, check_session: Session
) -> None:
    password = check_session.deployment.variables["REDIS_PASSWORD"]
    directory = installed(deployments.careless(password))
    assert_breaks(judged("env/test_secrets.py", options=["--deployment", str(directory)]), CARELESS)


@pytest.mark.long
def test_secrets_that_cannot_be_changed_or_not_without_loss(judged: Judged, installed: Installed) -> None:
    directory = installed(deployments.UNCHANGEABLE)
    assert_breaks(judged("env/test_rotation.py", options=["--deployment", str(directory)]), UNCHANGEABLE)


def test_an_old_password_that_was_never_ended(victim: Stack, check_session: Session) -> None:
    reception = Reception(check_session.settings)
    site = reception.site(victim)
    guest = visit.arrive(apis.discover(site.api))
    seen = rotate.database_password(victim, guest, page=site.page, retire_old=False)
    assert rotation.rotates(seen).verdict is Verdict.HOLDS
    assert rotation.keeps(seen).verdict is Verdict.HOLDS
    retires = rotation.retires(seen)
    assert retires.verdict is Verdict.BROKEN
    assert "with the old one, the database: agentchat on agentchat: accepted" in retires.actual


@pytest.mark.parametrize("module", [environment, secrets, rotation])
def test_no_promise_is_without_its_fault(module: object) -> None:
    seen = {promise.check for promise in (*KNOBS, *CARELESS, *UNCHANGEABLE)}
    assert {value.check for value in vars(module).values() if isinstance(value, Promise)} <= seen
