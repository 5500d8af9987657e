"""What an upgrade would change, for people."""

from __future__ import annotations

from collections.abc import Iterator

from agentchat_check import errors, facts


def lines(plan: facts.Plan) -> tuple[str, ...]:
    """A plan, line by line: what changes, then what stands in the way. What stays as it is, is counted."""
    return tuple(_lines(plan))


def _lines(plan: facts.Plan) -> Iterator[str]:
    yield f"{plan.before.name} -> {plan.after.name}"
    same = [one for one in plan.services if one.what == one.image == "same"]
    changed = [str(one) for one in plan.services if one not in same]
    yield from _part("services", changed, f"{len(same)} as they are")
    kept = [one for one in plan.storage if one.what == "kept"]
    yield from _part("data", [str(one) for one in plan.storage if one not in kept], f"{len(kept)} places kept")
    yield from _part("ports", plan.ports)
    yield from _part("variables", [str(change) for change in plan.variables])
    yield from _part("project", [plan.project] if plan.project else [])
    if plan.schema is None:
        revisions = [one for one in plan.after.revisions if one not in plan.before.revisions]
        told = f"migrations that run: {', '.join(revisions)}" if revisions else "what changes is not known beforehand"
        same_ones = plan.after.revisions and plan.after.revisions == plan.before.revisions
        yield from _part("schema", [] if same_ones else [told])
    else:
        yield from _part("schema", plan.schema)
    if not plan.obstacles:
        yield "nothing stands in the way"
    for obstacle in plan.obstacles:
        yield f"IN THE WAY: {obstacle.kind}: {obstacle.what}"
        yield from errors.labelled(next_step=obstacle.next_step)


def _part(title: str, told: list[str] | tuple[str, ...], more: str = "") -> Iterator[str]:
    yield from errors.labelled(**{title: "\n".join([*told, *([more] if more else [])]) or "no change"})
