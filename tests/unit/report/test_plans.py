"""What an upgrade would change, for people: what stays is counted, what is in the way has a next step."""

from dataclasses import replace

from agentchat_check import facts
from agentchat_check.facts import Hindrance, Release, VariableFate
from agentchat_check.report import plans

PLACE = facts.DataPlace("database", "mysql", "/var/lib/mysql", "volume", "chat_mysql")
PLAN = facts.Plan(
    before=Release("v1", revision="1", revisions=("1",)),
    after=Release("v2", revision="2", revisions=("1", "2")),
    services=(
        facts.ServiceChange("mysql", "database", "same", "same"),
        facts.ServiceChange("backend", "backend", "changed", "changed", ("image chat:1 -> chat:2",)),
    ),
    storage=(facts.StorageChange("database", "/var/lib/mysql", "kept", PLACE, PLACE),),
    ports=(),
    variables=(facts.VariableChange("MAX", VariableFate.RENAMED, "LIMIT"),),
    schema=None,
    project="",
    obstacles=(),
)


def test_what_changes_is_told_and_what_stays_is_counted() -> None:
    assert plans.lines(PLAN) == (
        "v1 -> v2",
        "  services:   backend: changed; image chat:1 -> chat:2\n              1 as they are",
        "  data:       1 places kept",
        "  ports:      no change",
        "  variables:  MAX: renamed, was LIMIT",
        "  project:    no change",
        "  schema:     migrations that run: 2",
        "nothing stands in the way",
    )


def test_the_schema_is_told_as_far_as_it_is_known() -> None:
    told = {
        "no change": replace(PLAN, after=replace(PLAN.after, revisions=("1",))),
        "what changes is not known beforehand": replace(PLAN, after=Release("v2")),
        "user.name: nothing -> text": replace(PLAN, schema=("user.name: nothing -> text",)),
    }
    for line, plan in told.items():
        assert f"  schema:     {line}" in plans.lines(plan)


def test_what_is_in_the_way_is_told_with_a_next_step() -> None:
    obstacle = facts.Obstacle(Hindrance.DOWNGRADE, "v1 is older than v2", "roll back")
    assert plans.lines(replace(PLAN, obstacles=(obstacle,)))[-2:] == (
        "IN THE WAY: downgrade: v1 is older than v2",
        "  next step:  roll back",
    )
