"""nginx passes on what is the backend's as it came."""

import pytest

from agentchat_check import facts
from agentchat_check.checks import proxy
from agentchat_check.findings import Finding, Verdict
from makers import MIB, answer, chat, outer, unanswered

WELL = outer(200, {"status": "OK"}, url="http://127.0.0.1:8090/health")
ILL = outer(502, {"detail": "no"}, url="http://127.0.0.1:8090/health")


def judged(finding: Finding) -> tuple[Verdict, str]:
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual.splitlines()[-1]


@pytest.mark.parametrize(
    ("direct", "through", "verdict", "actual"),
    [
        ((0.1, 2.1), (0.1, 2.0), Verdict.HOLDS, "its words come over 1.9 s"),
        ((0.1, 2.1), (2.1, 2.2), Verdict.BROKEN, "its words come over 0.1 s"),
        ((0.1, 2.1), (), Verdict.BROKEN, "its words come over 0.0 s"),
        ((0.1, 0.2), (0.1, 0.2), Verdict.UNKNOWN, "its words come over 0.1 s"),
    ],
)
def test_words_come_apart_or_not(
    direct: tuple[float, ...], through: tuple[float, ...], verdict: Verdict, actual: str
) -> None:
    streams = facts.Streams(chat(chunk_seconds=direct), chat(chunk_seconds=through))
    assert judged(proxy.streams_unbuffered(streams)) == (verdict, actual)


@pytest.mark.parametrize(
    ("below", "verdict"),
    [(answer(), Verdict.HOLDS), (outer(413), Verdict.BROKEN), (outer(200, "<html>"), Verdict.BROKEN)],
)
def test_an_upload_of_the_declared_size_is_taken_or_not(below: facts.HttpAnswer, verdict: Verdict) -> None:
    found = proxy.takes_uploads(facts.Uploads(20 * MIB, below, outer(413)))
    assert found.expected == "HTTP 200 and inner 200 for a little less than 20 MiB"
    assert judged(found) == (verdict, str(below))


@pytest.mark.parametrize(
    ("above", "verdict", "actual"),
    [
        (outer(413, {"detail": "too large"}), Verdict.HOLDS, "413 (too large) in 0.02 s, JSON"),
        (outer(413, "<html>", headers={"content-type": "text/html"}), Verdict.BROKEN, "in 0.02 s, text/html"),
        (answer(), Verdict.BROKEN, "200 in 0.02 s, JSON"),
        (unanswered(error="connection reset"), Verdict.BROKEN, "connection reset, no content"),
    ],
)
def test_a_larger_upload_is_refused_in_words_or_not(above: facts.HttpAnswer, verdict: Verdict, actual: str) -> None:
    found, said = judged(proxy.refuses_larger(facts.Uploads(20 * MIB, answer(), above)))
    assert found is verdict
    assert said.endswith(actual)


@pytest.mark.parametrize(
    ("up", "down", "own", "passed"),
    [
        (WELL, WELL, Verdict.HOLDS, Verdict.BROKEN),
        (WELL, ILL, Verdict.BROKEN, Verdict.HOLDS),
        (ILL, ILL, Verdict.BROKEN, Verdict.BROKEN),
        (WELL, unanswered(), Verdict.BROKEN, Verdict.BROKEN),
        (outer(200, "healthy"), ILL, Verdict.BROKEN, Verdict.BROKEN),
    ],
)
def test_health_is_of_one_or_of_the_other(
    up: facts.HttpAnswer, down: facts.HttpAnswer, own: Verdict, passed: Verdict
) -> None:
    address = facts.HealthAddress("/health", up, down)
    assert judged(proxy.own_health(address)) == (own, f"it does not: {down}")
    assert judged(proxy.backend_health(address)) == (passed, f"it does not: {down}")
