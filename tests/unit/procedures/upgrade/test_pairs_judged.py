from dataclasses import replace

from agentchat_check import facts
from agentchat_check.facts import Aspect
from agentchat_check.findings import Verdict
from agentchat_check.ledger import Ledger
from agentchat_check.probes.api import Account, Api
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import pairs
from agentchat_check.procedures.upgrade.outcome import RolledBack, Upgraded
from agentchat_check.procedures.upgrade.trial import Before, Trial
from agentchat_check.procedures.visit import Guest
from makers import answer, outer

TABLE = facts.TableDefinition(
    "dialog", {"dialog_id": "varchar(32) NOT NULL"}, ("PRIMARY KEY (`dialog_id`)",), "ENGINE=InnoDB"
)
SCHEMA = facts.SchemaDefinition("utf8mb4", "utf8mb4_0900_ai_ci", (TABLE,))
BROUGHT = facts.Brought(SCHEMA, (), (facts.SeedRow("tool", "Weather", "0"),), (answer(),))
LOOK = facts.ContractLook(reads=(facts.Reply("dialogs", answer()),), writes=(facts.Reply("register", answer()),))
PASSAGE = facts.Passage(seconds=30.0, asked=100, failed=8, downtime={"read": 8.0}, failures=(), left=())
PLACE = facts.DataPlace("database", "mysql", "/var/lib/mysql", "volume", "agentchat_mysql_data")
TRIED = Trial(
    before=Before(LOOK, BROUGHT, (PLACE,), ()),
    done=Upgraded("ref-1", "ref-2", None, (), None, 20.0, None),
    passage=PASSAGE,
    calls=LOOK,
    brought=BROUGHT,
    storage=(facts.StorageChange("database", "/var/lib/mysql", "kept", PLACE, PLACE),),
    services=(),
    read=answer(),
    found=facts.ReadBack({"eve": answer()}, answer(), ("d1",), {}, {}),
)


def regular() -> Regular:
    """A user who has begun a dialog."""
    api = Api("http://127.0.0.1:7860", "", "", {}, None, frozenset())
    ledger = Ledger()
    with ledger.writing("dialog", "7", "d1") as write:
        write.settle(answer())
    guest = Guest(Account("eve", ""), "7", "token", api, None, answer())
    return Regular(None, guest, "a1", ledger, dialogs=["d1"])


def broken(tried: Trial, *, limit: float | None = None) -> dict[Aspect, list[str]]:
    found = pairs.judged(tried, regular(), BROUGHT, subject="ref-1 to ref-2", limit=limit)
    return {
        aspect: ids
        for aspect, several in found.items()
        if (ids := [one.check for one in several if one.verdict is not Verdict.HOLDS])
    }


def test_all_is_well_and_each_finding_names_the_releases() -> None:
    assert broken(TRIED) == {}
    found = pairs.judged(TRIED, regular(), BROUGHT, subject="ref-1 to ref-2")
    assert set(found) == set(Aspect) - {Aspect.ROLLBACK}
    assert all("ref-1 to ref-2" in one.promise for several in found.values() for one in several)


def test_calls_that_read_and_calls_that_write_are_told_apart() -> None:
    refused = outer(500, {"detail": "Internal Server Error"})
    unread = replace(LOOK, reads=(facts.Reply("dialogs", refused),))
    unwritten = replace(LOOK, writes=(facts.Reply("register", refused),))
    assert broken(replace(TRIED, calls=unread)) == {Aspect.READS: ["upgrade.works_after"]}
    assert broken(replace(TRIED, calls=unwritten)) == {Aspect.WRITES: ["upgrade.works_after"]}


def test_what_was_written_and_is_gone_is_a_matter_of_reads() -> None:
    lost = replace(TRIED, found=replace(TRIED.found, dialogs=()))
    assert broken(lost) == {Aspect.READS: ["durability.nothing_lost"]}


def test_a_schema_that_is_not_as_fresh_is_a_matter_of_the_schema() -> None:
    other = replace(SCHEMA, tables=(replace(TABLE, columns={**TABLE.columns, "pinned": "tinyint(1)"}),))
    assert broken(replace(TRIED, brought=replace(BROUGHT, schema=other))) == {Aspect.SCHEMA: ["carried.same_as_fresh"]}


def test_users_who_wait_too_long_are_a_matter_of_writes() -> None:
    assert broken(TRIED, limit=8.0) == {}
    assert broken(TRIED, limit=7.0) == {Aspect.WRITES: ["upgrade.short_downtime"]}


def test_data_that_moved_are_a_matter_of_the_configuration() -> None:
    moved = replace(TRIED, storage=(replace(TRIED.storage[0], what="moved"),))
    assert broken(moved) == {Aspect.CONFIG: ["carried.stays_in_its_volumes"]}


def test_of_a_release_that_was_left_again_nothing_else_is_said() -> None:
    left = RolledBack("ref-2", "ref-1", "it never came up", (), "", None, None, (), 60.0, None)
    found = pairs.judged(replace(TRIED, done=left), regular(), BROUGHT, subject="ref-1 to ref-2")
    ((finding,),) = found.values()
    assert (finding.check, finding.verdict) == ("upgrade.took_over", Verdict.BROKEN)
    assert "it never came up" in finding.actual


def test_findings_of_an_aspect_come_together() -> None:
    one, other = (
        pairs.judged(TRIED, regular(), BROUGHT, subject="a"),
        pairs.judged(TRIED, regular(), BROUGHT, subject="b"),
    )
    both = pairs.together({Aspect.CONFIG: one[Aspect.CONFIG]}, other)
    assert both[Aspect.CONFIG] == (*one[Aspect.CONFIG], *other[Aspect.CONFIG])
    assert both[Aspect.READS] == other[Aspect.READS]
