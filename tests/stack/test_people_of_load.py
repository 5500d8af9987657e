"""The people that load is made with: copied in the database, able to do all that people do, and gone afterwards."""

from collections.abc import Iterator

import pytest

from agentchat_check.deployment import Role
from agentchat_check.load import data
from agentchat_check.load.data import Stock
from agentchat_check.probes import api as apis
from agentchat_check.probes import cache, database
from agentchat_check.procedures import visit
from agentchat_check.session import Session
from agentchat_check.stack.running import Stack

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def stack(check_session: Session) -> Iterator[Stack]:
    with check_session.own_stack(evidence_into=check_session.directory / "evidence" / "people-of-load") as made:
        yield made


def test_people_have_what_they_need_and_nothing_of_them_stays(stack: Stack) -> None:
    before = database.row_digests(stack).groups
    people = data.prepare(stack, Stock(people=4, dialogs=3, messages=600), seed=1)
    assert len(people.everybody) == 4
    api = apis.discover("http://{}:{}".format(*stack.address(Role.BACKEND)))
    for person in people.everybody[1:]:
        guest = visit.arrive(api, person.account)
        assert guest.user_id == person.user_id
        listed = {str(row["dialog_id"]) for row in apis.rows(guest.api.call("dialogs").data, "dialog_id")}
        assert listed == set(person.dialogs)
        _, long = guest.api.history(person.dialogs[0])
        _, short = guest.api.history(person.dialogs[1])
        assert len(long) > 3 * len(short) > 0
        assert [message.role for message in short[:2]] == ["user", "assistant"]
        dialog_id = visit.new_dialog(guest.api.create_dialog(visit.DIALOG_NAME, person.agent_id))
        assert guest.api.chat(dialog_id, "Hello").text == "You said: Hello"
    data.remove(stack, people)
    assert database.row_digests(stack).groups == before
    assert not any(cache.session(stack, person.user_id).exists for person in people.everybody)


def test_the_same_seed_makes_the_same_messages(stack: Stack) -> None:
    def said(seed: int) -> list[str]:
        people = data.prepare(stack, Stock(people=2, dialogs=1, messages=20), seed=seed)
        person = people.everybody[1]
        api = apis.discover("http://{}:{}".format(*stack.address(Role.BACKEND)))
        _, messages = api.as_user(person.token.get_secret_value()).history(person.dialogs[0])
        data.remove(stack, people)
        return [message.content for message in messages]

    assert said(1) == said(1) != said(2)
