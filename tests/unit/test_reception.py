"""Who looks at an installation: made or named once per site, and kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.procedures import visit
from agentchat_check.reception import Reception, Site
from agentchat_check.session import Session
from agentchat_check.settings import Settings
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack
from plugin import engine
from plugin.installation import ACCOUNT, Installation, serving

WRONG, SPECIAL = "Wrong-horse-7", "a b/c"
REGISTER, LOG_IN = "POST /api/v1/user/register", "POST /api/v1/user/login"


@pytest.fixture
def installation() -> Iterator[Installation]:
    """A running installation without defects."""
    with serving() as server:
        yield server


@pytest.fixture
def site(installation: Installation) -> Site:
    """Where it answers."""
    return Site(installation.url, installation.url)


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installation: Installation) -> Iterator[Stack]:
    """A stack of ours whose every port leads to the installation."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/compose.yml").write_text("services: {}\n")
    settings = Settings(deployment=tmp_path / "shop", state=tmp_path / "state")
    with engine.serving(tmp_path, monkeypatch, port=installation.server_port):
        session = Session(settings, Run("run", "owner"), tmp_path / "reports")
        yield session.shared_stack
        session.close()


def test_an_address_that_was_named_is_where_a_site_answers() -> None:
    assert Reception(Settings(url="http://chat/")).site(None) == Site("http://chat", "http://chat")


def test_the_page_may_have_an_address_of_its_own() -> None:
    settings = Settings(url="http://chat", page_url="http://page/")
    assert Reception(settings).site(None) == Site("http://chat", "http://page")


def test_a_stack_answers_where_its_ports_are_published(stack: Stack, site: Site) -> None:
    assert Reception(Settings()).site(stack) == site


def test_one_guest_is_made_per_site_and_logged_in_once(installation: Installation, site: Site) -> None:
    reception = Reception(Settings())
    first, second = reception.guest(site, live=False), reception.guest(site, live=False)
    assert first is second
    assert first.user_id == "2"
    assert (installation.times(REGISTER), installation.times(LOG_IN)) == (1, 1)


def test_another_site_has_another_guest(site: Site) -> None:
    reception = Reception(Settings())
    with serving() as elsewhere:
        here, there = (reception.guest(place, live=False) for place in (site, Site(elsewhere.url, elsewhere.url)))
        assert elsewhere.times(REGISTER) == 1
    assert here.account.name != there.account.name


def test_on_somebodys_installation_the_account_that_was_named_logs_in_and_nobody_registers(
    installation: Installation, site: Site
) -> None:
    name, password = ACCOUNT
    guest = Reception(Settings(user=name, password=password)).guest(site, live=True)
    assert (guest.account.name, guest.user_id, guest.registered) == (name, "1", None)
    assert (installation.times(REGISTER), installation.times(LOG_IN)) == (0, 1)


@pytest.mark.parametrize(
    ("settings", "missing"),
    [({"password": "secret"}, "no --user"), ({"user": "check"}, "no AGENTCHAT_CHECK_PASSWORD in the environment")],
)
def test_without_an_account_nobody_comes_in_on_somebodys_installation(
    installation: Installation, site: Site, settings: dict[str, str], missing: str
) -> None:
    with pytest.raises(errors.CheckError, match="log in to the running installation") as raised:
        Reception(Settings(**settings)).guest(site, live=True)
    assert raised.value.actual == missing
    assert installation.times(LOG_IN) == 0


def test_a_log_in_that_is_refused_says_how_it_was_answered(site: Site) -> None:
    with pytest.raises(errors.StackError) as raised:
        Reception(Settings(user="check", password=WRONG)).guest(site, live=True)
    assert "POST /api/v1/user/login: 200, inner 10600 (wrong name or password)" in str(raised.value)
    assert WRONG not in str(raised.value)


def test_from_outside_the_first_agent_there_is_talks(site: Site) -> None:
    reception = Reception(Settings(user=ACCOUNT[0], password=ACCOUNT[1]))
    assert reception.agent(site, reception.guest(site, live=True), None) == "agent-1"


def test_on_a_stack_of_ours_one_agent_is_made_that_answers_with_its_model(
    installation: Installation, stack: Stack
) -> None:
    reception = Reception(Settings())
    site = reception.site(stack)
    guest = reception.guest(site, live=False)
    made = reception.agent(site, guest, stack)
    assert made == reception.agent(site, guest, stack) == installation.seeds["agent"][-1]["id"]
    assert installation.times("POST /api/v1/llm/create") == 1
    assert visit.known_answer(stack)("hello") == "You said: hello"


def test_the_application_says_what_it_is_once_it_was_asked(site: Site) -> None:
    reception = Reception(Settings())
    assert reception.application() == ""
    reception.api(site)
    assert reception.application() == "AgentChat 2.2.0"


def test_passwords_and_tokens_of_ours_are_known_to_be_secret_in_every_form(site: Site) -> None:
    reception = Reception(Settings(password=SPECIAL))
    assert reception.secrets() == ["a%20b%2Fc", "a b/c"]
    guest = reception.guest(site, live=False)
    assert {guest.account.password, guest.token} < set(reception.secrets())
    assert guest.account.password not in repr(guest.account)
