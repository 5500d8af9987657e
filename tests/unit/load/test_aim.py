from typing import Any

import pytest

from agentchat_check import errors
from agentchat_check import settings as settings_
from agentchat_check.load import aim
from agentchat_check.load.aim import Leave
from agentchat_check.load.generator import Door
from agentchat_check.load.profiles import Profile
from agentchat_check.probes.api import PREFIX, Account
from servers import Site, as_json, envelope

ANNA = Account("anna", "s3cret")
OURS = aim.Target("http://127.0.0.1:7860", "reference", None, live=False)


def profile(**given: Any) -> Profile:
    return Profile(question="Well?", file="browsing.py", **{"seconds": 30.0, "rate": 5.0, **given})


@pytest.fixture
def live(site: Site) -> aim.Target:
    """An installation that is reached from outside, and is well."""
    site.replies = {
        "GET /health": as_json({"status": "OK"}),
        f"POST {PREFIX}/user/login": envelope({"user_id": "7", "access_token": "t0ken"}),
        f"GET {PREFIX}/agent": envelope([{"agent_id": "a", "name": "Anybody"}]),
        f"GET {PREFIX}/dialog/list": envelope([{"dialog_id": "before", "name": "agentchat-check"}]),
    }
    return aim.at_url(site.url + "/")


def test_a_stack_of_ours_needs_no_leave() -> None:
    assert aim.require_leave(OURS, profile(), Leave()) is None


@pytest.mark.parametrize(
    ("url", "address", "says"),
    [
        (None, "10.0.0.5", "a stack on this engine, which this host alone reaches"),
        ("http://localhost:7860", "10.0.0.5", "http://localhost:7860, which this host alone reaches"),
        ("http://10.0.0.9:7860", "10.0.0.5", ""),
        (None, "127.0.0.1", ""),
        (None, "", ""),
    ],
)
def test_other_hosts_do_not_drive_what_they_cannot_reach(url: str | None, address: str, says: str) -> None:
    door = Door(address) if address else None
    if not says:
        return aim.require_in_reach(url, door)
    with pytest.raises(errors.CheckError) as caught:
        aim.require_in_reach(url, door)
    assert caught.value.actual == says
    return None


def test_an_installation_in_use_is_refused_until_all_is_said(live: aim.Target) -> None:
    with pytest.raises(errors.CheckError, match="drive load against") as caught:
        aim.require_leave(live, profile(), Leave())
    assert caught.value.actual == (
        "people may use it, and what is missing is:\n"
        "--i-know-this-is-live: that you know that people use it\n"
        "--rate-cap N: how many visitors per second it may see at most\n"
        "--user NAME, with its password in AGENTCHAT_CHECK_PASSWORD: an account made for checks"
    )
    assert aim.require_leave(live, profile(), Leave(known=True, rate_cap=5, account=ANNA)) is ANNA


@pytest.mark.parametrize("given", [{"rate": 5.1}, {"arrivals": "closed", "users": 30, "think": 5.0}])
def test_a_profile_above_the_cap_is_refused(live: aim.Target, given: dict[str, Any]) -> None:
    with pytest.raises(errors.CheckError) as caught:
        aim.require_leave(live, profile(**given), Leave(known=True, rate_cap=5, account=ANNA))
    assert "visitors per second, the cap is 5" in caught.value.actual


def test_there_only_the_named_account_is_used_and_its_new_dialogs_are_removed(live: aim.Target, site: Site) -> None:
    told: list[str] = []
    leave = Leave(known=True, rate_cap=5, account=ANNA)
    with aim.ready(live, profile(leaves="the files that are uploaded"), leave, told.append) as people:
        assert [person.name for person in people.everybody] == ["anna"]
        assert people.everybody[0].agent_id == "a"
        assert not people.echo
        rows = [{"dialog_id": "before", "name": "agentchat-check"}, {"dialog_id": "new", "name": "agentchat-check"}]
        site.replies[f"GET {PREFIX}/dialog/list"] = envelope([*rows, {"dialog_id": "own", "name": "Holidays"}])
        site.replies[f"DELETE {PREFIX}/dialog"] = envelope(None)
    assert [one.body for one in site.requests if one.path == f"{PREFIX}/dialog"] == ['{"dialog_id": "new"}']
    assert told == [
        f"{live.name}: dialogs that are begun are removed afterwards; the session of anna stays",
        f"{live.name}: no call removes the files that are uploaded: they stay",
    ]


def test_dialogs_that_cannot_be_removed_are_told(live: aim.Target, site: Site) -> None:
    told: list[str] = []
    with aim.ready(live, profile(), Leave(known=True, rate_cap=5, account=ANNA), told.append):
        site.replies[f"GET {PREFIX}/dialog/list"] = envelope([{"dialog_id": "new", "name": "agentchat-check"}])
        site.replies[f"DELETE {PREFIX}/dialog"] = envelope(None, inner=500)
    assert told[-1].startswith("1 of 1 dialogs of anna could not be removed: DELETE /api/v1/dialog: ")


def test_dialogs_that_cannot_even_be_listed_are_told(live: aim.Target, site: Site) -> None:
    told: list[str] = []
    with aim.ready(live, profile(), Leave(known=True, rate_cap=5, account=ANNA), told.append):
        site.replies[f"GET {PREFIX}/dialog/list"] = envelope(None, inner=401)
    assert told[-1].startswith("the dialogs of anna cannot be listed, so those that were begun stay: GET ")


def test_what_is_down_is_told_before_anything_is_driven(
    live: aim.Target, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aim, "PATIENCE", 0.0)
    site.replies["GET /health"] = as_json({"status": "DOWN"}, status=503)
    leave = Leave(known=True, rate_cap=5, account=ANNA)
    with (
        pytest.raises(errors.TimeoutError, match="well before load comes") as caught,
        aim.ready(live, profile(), leave, print),
    ):
        pass
    assert "GET /health: 503" in caught.value.actual


def test_what_is_another_application_is_told(live: aim.Target, site: Site) -> None:
    del site.replies[f"GET {PREFIX}/dialog/list"]
    leave = Leave(known=True, rate_cap=5, account=ANNA)
    with pytest.raises(errors.StackError) as caught, aim.ready(live, profile(), leave, print):
        pass
    assert "GET /api/v1/dialog/list: 404" in caught.value.actual
    assert "another application" in caught.value.next_step


def test_a_stack_to_be_driven_is_asked_for_its_health_as_seldom_as_its_deployment_says_unless_told_otherwise() -> None:
    assert aim.unhurried(settings_.read({})).health_interval == 0
    assert aim.unhurried(settings_.read({"health_interval": 2.0})).health_interval == 2
