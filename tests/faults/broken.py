"""What a planted fault has to do to the promises, and to no other."""

from collections.abc import Mapping, Sequence

from agentchat_check.findings import Finding, Promise, Verdict


def assert_breaks(found: Sequence[Finding], breaks: Mapping[Promise, str | Sequence[str]]) -> None:
    """Assert that these promises are broken, each for its reasons and with a next step, and that no other is.

    Args:
        found: Every finding of the look.
        breaks: Words of the causes by promise; of one that is judged about several subjects, any of them may be broken.
    """
    broken = [finding for finding in found if finding.verdict is Verdict.BROKEN]
    told = "\n".join(map(str, found))
    assert [finding for finding in broken if not any(_is_about(finding, promise) for promise in breaks)] == [], told
    for promise, causes in breaks.items():
        those = [finding for finding in broken if _is_about(finding, promise)]
        assert those, f"not broken: {promise.text}\n{told}"
        assert all(finding.next_step for finding in those)
        for cause in [causes] if isinstance(causes, str) else causes:
            assert any(cause in finding.actual for finding in those), f"not seen: {cause}\n{told}"


def _is_about(finding: Finding, promise: Promise) -> bool:
    return finding.check == promise.check and finding.promise.startswith(promise.text)
