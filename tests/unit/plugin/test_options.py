"""Options over the environment over the file; what is wrong with them is said once, in plain words."""

import pytest


def named(result: pytest.RunResult) -> str:
    """What the run says it looks at."""
    (line,) = [line for line in result.outlines if line.startswith("agentchat-check: ") and ", run " in line]
    return line.removeprefix("agentchat-check: ").partition(", run ")[0]


def test_without_anything_named_it_is_the_reference(pytester: pytest.Pytester) -> None:
    assert named(pytester.runpytest_inprocess()) == "reference"


def test_options_win_over_the_environment_and_that_over_the_file(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makefile(".toml", **{"agentchat-check": 'url = "http://of-the-file"'})
    assert named(pytester.runpytest_inprocess()) == "http://of-the-file"
    monkeypatch.setenv("AGENTCHAT_CHECK_URL", "http://of-the-environment")
    assert named(pytester.runpytest_inprocess()) == "http://of-the-environment"
    assert named(pytester.runpytest_inprocess("--url", "http://of-the-option")) == "http://of-the-option"


def test_an_option_that_names_another_way_wins_too(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCHAT_CHECK_URL", "http://of-the-environment")
    assert named(pytester.runpytest_inprocess("--deployment", "shop")) == "shop"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--url", "shop"), "  actual:     url: String should match pattern '^https?://[[]^/]'"),
        (
            ("--url", "http://a", "--attach", "b"),
            "  actual:     settings: attach and url name different deployments; keep one",
        ),
        (("--image", "mysql"), "  next step:  write it like this: --image database=mysql:8.4"),
    ],
)
def test_a_wrong_option_is_one_clear_usage_error(
    pytester: pytest.Pytester, arguments: tuple[str, ...], complaint: str
) -> None:
    result = pytester.runpytest_inprocess(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: read *", complaint])
    assert "Traceback" not in result.stderr.str()
    assert result.stdout.str() == ""


def test_a_setting_that_nobody_knows_is_a_usage_error_with_the_nearest_one(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTCHAT_CHECK_ULR", "http://a")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["  next step:  did you mean AGENTCHAT_CHECK_URL?"])


def test_every_option_and_mark_says_what_it_is_for(pytester: pytest.Pytester) -> None:
    pytester.runpytest_inprocess("--help").stdout.fnmatch_lines(
        [
            "what to verify (default: the reference deployment):",
            "  --deployment=DIR *an AgentChat compose directory; it is copied and never",
            "  --attach=PROJECT *look at a running compose project; on others' only *",
        ]
    )
    pytester.runpytest_inprocess("--markers").stdout.fnmatch_lines(
        ["@pytest.mark.safe: may run on a live installation, for it only reads, or removes again what it writes"]
    )
