"""Do load and response stay below the operations manual's alarms?"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise
from agentchat_check.settings.thresholds import Alarms

CPU_BELOW_ALARM = Promise(
    "thresholds.cpu",
    "processor use is below the manual's alarm",
    "see what runs: docker stats; give the busiest service more processors, or take load off it",
)
MEMORY_BELOW_ALARM = Promise(
    "thresholds.memory",
    "memory use is below the manual's alarm",
    "raise the limit of the service named above, or find its leak: docker stats",
)
DISK_BELOW_ALARM = Promise(
    "thresholds.disk",
    "disk use is below the manual's alarm",
    "make room before the database stops writing: docker system df shows what takes it",
)
RESPONSE_BELOW_ALARM = Promise(
    "thresholds.response",
    "responses come within the manual's alarm",
    "look at the slowest request's service and at the database's slow queries",
)


def cpu_below_alarm(before: facts.Load, after: facts.Load, alarms: Alarms) -> Finding:
    """Between two looks each container stayed below the alarm's share of its limit, all together below the host's.

    Args:
        before: The first look.
        after: The second one; the longer after, the steadier the figure.
        alarms: The limits.
    """
    earlier = {usage.service: usage for usage in before.usage}
    used = {}
    for usage in after.usage:
        first = earlier.get(usage.service)
        if first and usage.cpu_seconds >= first.cpu_seconds and (seconds := first.seen.until(usage.seen)) > 0:
            used[usage.service] = (usage.cpu_seconds - first.cpu_seconds) / seconds
    if not used or not after.cpus:
        return CPU_BELOW_ALARM.unknown(
            expected="two looks at the same containers, and the number of the host's processors",
            actual="the engine does not say how many processors there are" if used else "none was there both times",
            next_step="run again; if it stays so, look with docker stats",
        )
    limits = {usage.service: usage.cpu_limit or after.cpus for usage in after.usage}
    over = [
        f"{service}: {cpus / limits[service]:.0%} of {limits[service]:g} processors"
        for service, cpus in used.items()
        if cpus / limits[service] > alarms.cpu
    ]
    total, busiest = sum(used.values()) / after.cpus, max(used, key=used.__getitem__)
    together = f"all together {total:.0%} of {after.cpus} processors, most of it {busiest}"
    expected = f"at most {alarms.cpu:.0%} of each limit and of the host"
    if not over and total <= alarms.cpu and (unseen := sorted(limits.keys() - used.keys())):
        return CPU_BELOW_ALARM.unknown(
            expected=expected, actual=f"{together}; not there both times: {', '.join(unseen)}", next_step="run again"
        )
    return CPU_BELOW_ALARM.judge(
        not over and total <= alarms.cpu,
        expected=expected,
        actual="\n".join([*over, together]),
    )


def memory_below_alarm(load: facts.Load, alarms: Alarms) -> Finding:
    """Each container stays below the alarm's share of its limit, all together below that of the host."""
    expected = f"at most {alarms.memory:.0%} of each limit and of the host"
    over = [
        f"{usage.service}: {usage.memory / usage.memory_limit:.0%} of {_mib(usage.memory_limit)}"
        for usage in load.usage
        if usage.memory_limit and usage.memory / usage.memory_limit > alarms.memory
    ]
    uncounted = [usage.service for usage in load.usage if usage.memory <= 0]
    total = sum(usage.memory for usage in load.usage)
    if load.memory and total / load.memory > alarms.memory:
        over.append(f"all together {total / load.memory:.0%} of {_mib(load.memory)}")
    if not over and (uncounted or not load.usage or not load.memory):
        return MEMORY_BELOW_ALARM.unknown(
            expected=expected,
            actual=f"not counted: {', '.join(uncounted) or ('the host' if load.usage else 'no container runs')}",
            next_step="look at it on the host: docker stats, free -m",
        )
    return MEMORY_BELOW_ALARM.judge(
        not over,
        expected=expected,
        actual="\n".join(over) or f"all together {_mib(total)} of {_mib(load.memory)}",
    )


def disk_below_alarm(disks: Sequence[facts.Disk], alarms: Alarms) -> Finding:
    """Every disk that a container writes to is filled less than the alarm's share."""
    expected = f"at most {alarms.disk:.0%} used"
    if not disks:
        return DISK_BELOW_ALARM.unknown(
            expected=expected,
            actual="no running container could show its disks (df)",
            next_step="look at them on the host: df -h",
        )
    full = [f"{disk.service}:{disk.path} {disk.used:.0%} used" for disk in disks if not disk.used <= alarms.disk]
    fullest = max(disk.used for disk in disks)
    return DISK_BELOW_ALARM.judge(
        not full, expected=expected, actual="\n".join(full) or f"the fullest is {fullest:.0%} used"
    )


def response_below_alarm(answers: Mapping[str, Sequence[facts.HttpAnswer]], alarms: Alarms) -> Finding:
    """The median of each request, asked several times, is below the alarm; one slow answer is not a slow service.

    Args:
        answers: The answers, by request.
        alarms: The limits.
    """
    failed = [str(answer) for several in answers.values() for answer in several if not answer.ok]
    medians = {name: statistics.median(a.seconds for a in several) for name, several in answers.items() if several}
    slow = [f"{name}: {median:.2f} s" for name, median in medians.items() if not median <= alarms.response_time]
    expected = f"a median of at most {alarms.response_time:g} s for each request"
    unasked = [name for name, several in answers.items() if not several]
    if not (slow or failed) and (unasked or not answers):
        return RESPONSE_BELOW_ALARM.unknown(
            expected=expected, actual=f"not asked: {', '.join(unasked) or 'anything'}", next_step="run again"
        )
    shown = ", ".join(f"{name} {median:.2f} s" for name, median in medians.items())
    return RESPONSE_BELOW_ALARM.judge(
        not slow and not failed, expected=expected, actual="\n".join(slow + failed) or shown
    )


def _mib(size: float) -> str:
    return f"{size / 2**20:,.0f} MiB"
