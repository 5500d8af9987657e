"""Does a backup hold everything of one moment, whatever happens while it is taken or restored?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise, few
from agentchat_check.ledger import Entry

WHOLE = Promise(
    "backup.whole",
    "what the services write is in the backup",
    "give the path a volume, so that it outlives its container and is backed up; until then copy it by hand: docker cp",
)
HONOURS_CUT = Promise(
    "backup.honours_cut",
    "everything acknowledged before the cut is there, and nothing that began after it",
    "do not rely on this backup: take one with --cold, and look why the database was not held still",
)
AGREES = Promise(
    "backup.agrees",
    "database and cache show the same moment",
    "take the backup with --cold: something writes to the cache while the database is held still",
)

GOES_ON = Promise(
    "backup.goes_on",
    "after a restore users log in with their passwords and chat on",
    "read the backend's log; compare its configuration with the archive's",
)
REFUSED = Promise(
    "backup.refused",
    "what may not be restored is refused, and nothing is touched",
    "do not restore on this host with this version: it would destroy what is there",
)
WHOLE_OR_NOTHING = Promise(
    "backup.whole_or_nothing",
    "a backup that is cut short leaves no archive behind, and the application as it was",
    "remove what lies in the directory of the archives, and see whether users can write",
)
FINISHES = Promise(
    "backup.finishes",
    "a restore that is cut short leaves the original, or is finished by the next",
    "restore once more; what was there before is in the safety copy, and beside the data as ….agentchat-check-before",
)

PUTS_BACK = Promise(
    "backup.puts_back",
    "a restore whose disk runs full says so, and leaves what was there",
    "do not restore where room is short; what was there before is in the safety copy",
)


def whole(omissions: Sequence[facts.Omission]) -> Finding:
    """No service keeps data outside of its volumes.

    Args:
        omissions: What was found there.
    """
    told = [f"{one.service}: {one.path}, {one.bytes} bytes" for one in omissions]
    return WHOLE.judge(not told, expected="no data outside of a volume", actual=few(told) or "none")


def honours_cut(said: Sequence[Entry], found: facts.ReadBack, cut: facts.CutLine) -> Finding:
    """What was acknowledged before the database was held still is there; what began when it was free again is not.

    Args:
        said: Writes, as the ledger has them.
        found: What the application returns after the restore.
        cut: When the database was held still.
    """
    before = [entry for entry in said if entry.acknowledged and entry.ended and _seconds(entry.ended, cut) < 0]
    after = [entry for entry in said if _seconds(entry.begun, cut) > cut.locked_for]
    expected = f"{len(before)} writes of before the cut, and none of {len(after)} of after it"
    lost = [f"acknowledged before the cut and not there: {entry.kind} {entry.value!r}" for entry in before
            if not _is_there(entry, found)]  # fmt: skip
    late = [
        f"begun after the cut and there: {entry.kind} {entry.value!r}" for entry in after if _is_there(entry, found)
    ]
    if not (before and after) and not (lost or late):
        return HONOURS_CUT.unknown(
            expected="writes before and after the cut",
            actual=f"{len(before)} before, {len(after)} after: nothing is to be told apart",
            next_step="take the backup while users write",
        )
    return HONOURS_CUT.judge(not (lost or late), expected=expected, actual=few(lost + late) or "so it is")


def agrees(sessions: Mapping[str, bool]) -> Finding:
    """Whoever has a session in the cache is a user of the database.

    Args:
        sessions: Whether the database knows the user, by the user of each session.
    """
    strangers = [
        f"a session of {user}, whom the database does not know" for user, known in sessions.items() if not known
    ]
    if not sessions:
        return AGREES.unknown(
            expected="sessions",
            actual="the cache holds none: nothing is to be compared",
            next_step="take the backup while users are logged in",
        )
    return AGREES.judge(
        not strangers, expected=f"a user for each of {len(sessions)} sessions", actual=few(strangers) or "so it is"
    )


def goes_on(chat: facts.Reply) -> Finding:
    """A user who logged in with the old password got an answer in an old dialog.

    Args:
        chat: What became of the question.
    """
    return GOES_ON.judge(chat.done, expected="an answer in a dialog of before", actual=str(chat))


def refused(attempts: Mapping[str, str], *, before: facts.DatabaseState, after: facts.DatabaseState) -> Finding:
    """Each attempt was refused with a reason, and the database is as it was.

    Args:
        attempts: The reason by what was tried; "" where it was done.
        before: The database before.
        after: The database after.
    """
    wrong = [f"restored: {what}" for what, reason in attempts.items() if not reason]
    wrong += [] if before == after else ["the database is not as it was"]
    expected = f"{len(attempts)} attempts, each refused, and the database as it was"
    if not attempts:
        return REFUSED.unknown(expected="attempts", actual="none was made", next_step="see whether there is an archive")
    return REFUSED.judge(not wrong, expected=expected, actual=few(wrong) or "so it is")


def whole_or_nothing(found: Mapping[str, Sequence[str]]) -> Finding:
    """Each time that it was cut short there was nothing amiss after it.

    Args:
        found: What was amiss, by the step at which it was cut short, or by what cut it short.
    """
    return judged_cut_short(WHOLE_OR_NOTHING, found, good="no archive, and everything as it was")


def finishes(found: Mapping[str, Sequence[str]]) -> Finding:
    """Each time that it was cut short there was nothing amiss after one more restore.

    Args:
        found: What was amiss, by the step at which it was cut short, or by what cut it short.
    """
    return judged_cut_short(FINISHES, found, good="finished by the next, with proof")


def puts_back(found: Mapping[str, Sequence[str]]) -> Finding:
    """Each time that the disk ran full the restore said so, all was as before, and one more with room finished.

    Args:
        found: What was amiss, by how much room was left.
    """
    return judged_cut_short(PUTS_BACK, found, good="everything as it was, and finished once there was room")


def judged_cut_short(promise: Promise, found: Mapping[str, Sequence[str]], *, good: str) -> Finding:
    """What is to be said of something that was cut short at one step after the other.

    Args:
        promise: What is judged.
        found: What was amiss, by the step at which it was cut short, or by what cut it short.
        good: What has to come of it each time.
    """
    wrong = [f"cut short at {step!r}: {line}" for step, lines in found.items() for line in lines]
    expected = f"cut short {len(found)} times: {good}"
    if not found:
        return promise.unknown(expected="to be cut short at each step", actual="it never was", next_step="run it again")
    return promise.judge(not wrong, expected=expected, actual=few(wrong) or "so it is")


def _is_there(entry: Entry, found: facts.ReadBack) -> bool:
    match entry.kind:
        case "dialog":
            return entry.value in found.dialogs
        case "file":
            return found.files.get(entry.key) == entry.value
        case "account":
            return entry.key in found.log_ins and found.log_ins[entry.key].ok
        case _:
            _, messages = found.histories.get(entry.key, (None, ()))
            return (entry.kind, entry.value.strip()) in {(one.role, one.content.strip()) for one in messages}


def _seconds(moment: facts.Moment, cut: facts.CutLine) -> float:
    """Seconds from the cut to a moment."""
    return (moment.utc - cut.at).total_seconds()
