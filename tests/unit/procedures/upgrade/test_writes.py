"""What users wrote since: told by table, and what is not theirs is left out."""

from dataclasses import replace

import pytest

from agentchat_check.probes.row_hashes import Column
from agentchat_check.procedures.upgrade import writes
from agentchat_check.procedures.upgrade.writes import Group, Held
from agentchat_check.stack.running import Stack

COLUMN = Column("id", "int")
THEN = Held(
    {"user": [COLUMN], "dialog": [COLUMN], "tool": [COLUMN]},
    [Group("user", "7", 1, "1"), Group("dialog", "7", 2, "20"), Group("tool", "0", 9, "5")],
    {"backend /app/uploads: uploads/a.txt": (3, 1.0)},
)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[Held]:
    """What the next look sees; the account check-1 is user 8."""
    seen = [THEN]
    monkeypatch.setattr(writes, "look", lambda _, **__: seen[0])
    monkeypatch.setattr(writes, "_users", lambda _, names: {"8"} if "check-1" in names else set())
    return seen


def with_groups(*groups: Group) -> Held:
    """What users have, with more or other rows."""
    places = {(one.table, one.user) for one in groups}
    return replace(THEN, groups=[*(one for one in THEN.groups if (one.table, one.user) not in places), *groups])


@pytest.mark.parametrize(
    ("held", "lines"),
    [
        (THEN, ()),
        (with_groups(Group("dialog", "7", 3, "21")), ("dialog: 1 row more",)),
        (with_groups(Group("dialog", "7", 0, "0")), ("dialog: 2 rows fewer",)),
        (with_groups(Group("dialog", "7", 2, "22")), ("dialog: rows that were changed",)),
        (with_groups(Group("user", "9", 1, "4")), ("user: 1 row more",)),
        (with_groups(Group("dialog", "", 1, "3")), ("dialog: 1 row more",)),
        # a seed of the release's, which belongs to no user
        (with_groups(Group("tool", "0", 10, "6")), ()),
        # how far the migrations came
        (with_groups(Group("alembic_version", "", 1, "7")), ()),
        # what we ourselves wrote
        (with_groups(Group("user", "8", 1, "4"), Group("dialog", "8", 1, "3")), ()),
        (replace(THEN, columns={"user": [COLUMN], "tool": [COLUMN]}), ("dialog: the table is gone",)),
        (
            replace(THEN, files={**THEN.files, "backend /app/uploads: uploads/b.txt": (1, 2.0)}),
            ("files: 1 new, changed or gone, as backend /app/uploads: uploads/b.txt",),
        ),
        (
            replace(THEN, files={"backend /app/uploads: uploads/a.txt": (3, 2.0)}),
            ("files: 1 new, changed or gone, as backend /app/uploads: uploads/a.txt",),
        ),
        (replace(THEN, files={**THEN.files, "backend /app/uploads: uploads/ours.txt": (1, 2.0)}), ()),
    ],
)
def test_what_was_written_since_is_told_by_table(
    stack: Stack, now: list[Held], held: Held, lines: tuple[str, ...]
) -> None:
    now[0] = held
    assert writes.since(stack, THEN, ours=["check-1"], our_files=["ours.txt"]) == lines
