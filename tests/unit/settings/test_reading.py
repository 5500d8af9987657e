"""Options win over the environment, that over the file, that over the defaults; a mistake is named in plain words."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agentchat_check import errors, settings
from agentchat_check.settings import FILE, PREFIX, Settings

TRIED = "read the settings from options, AGENTCHAT_CHECK_* and agentchat-check.toml"
ALL = "`agentchat-check config` prints every setting with its meaning"

LAYERED: dict[str, dict[str, tuple[Any, Any]]] = {
    "user": {"option": ("o", "o"), "environment": ("e", "e"), "file": ('"f"', "f")},
    "images": {"option": ("debian", "debian"), "environment": ("official", "official"), "file": ('"debian"', "debian")},
    "up_timeout": {"option": (1.0, 1.0), "environment": ("2.5", 2.5), "file": ("3", 3.0)},
    "keep_stack": {"option": (False, False), "environment": ("1", True), "file": ("true", True)},
    "reports": {"option": (Path("o"), Path("o")), "environment": ("e", Path("e")), "file": ('"f"', Path("f"))},
    "compose_files": {
        "option": ((Path("o"),), (Path("o"),)),
        "environment": ('["e"]', (Path("e"),)),
        "file": ('["f"]', (Path("f"),)),
    },
    "attach": {"option": ("o", "o"), "environment": ("e", "e"), "file": ('"f"', "f")},
}
"""By setting and layer: a value as it is written there, and as it is read."""


def refused(**options: Any) -> str:
    """The error that these options and what stands around them lead to, as an operator reads it."""
    with pytest.raises(errors.CheckError) as caught:
        settings.read(options)
    return str(caught.value)


def test_without_anything_everything_is_as_documented() -> None:
    read = settings.read()
    assert {name: getattr(read, name) for name in ("deployment", "attach", "url", "user", "password", "build")} == {
        "deployment": None,
        "attach": None,
        "url": None,
        "user": None,
        "password": None,
        "build": None,
    }
    assert (read.images, read.database, read.up_timeout, read.health_interval) == ("auto", "cold", 300.0, 0.5)


@given(name=st.sampled_from(sorted(LAYERED)), layers=st.sets(st.sampled_from(["option", "environment", "file"])))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_options_win_over_the_environment_over_the_file_over_the_default(
    name: str, layers: set[str], file: Path
) -> None:
    written = {layer: LAYERED[name][layer][0] for layer in layers}
    file.write_text(f"{name} = {written['file']}\n" if "file" in written else "")
    with pytest.MonkeyPatch.context() as patch:
        if "environment" in written:
            patch.setenv(PREFIX + name.upper(), written["environment"])
        read = settings.read({name: written.get("option")})
    winner = next((layer for layer in ("option", "environment", "file") if layer in layers), None)
    assert getattr(read, name) == (LAYERED[name][winner][1] if winner else Settings.model_fields[name].default)


def test_what_was_not_given_on_the_command_line_hides_nothing(file: Path) -> None:
    file.write_text('user = "by-file"\ncompose_files = ["f.yml"]\nroles = { cache = "f" }\nkeep_stack = true\n')
    read = settings.read({"user": None, "compose_files": (), "roles": {}})
    assert (read.user, read.compose_files, read.roles) == ("by-file", (Path("f.yml"),), {"cache": "f"})
    assert read.keep_stack is True
    assert settings.read({"keep_stack": False}).keep_stack is False


@pytest.mark.parametrize("way", settings.WAYS)
def test_the_way_that_is_named_on_the_command_line_is_the_only_one(
    way: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('deployment = "/srv/agentchat"\n')
    monkeypatch.setenv("AGENTCHAT_CHECK_ATTACH", "agentchat")
    read = settings.read({way: "https://chat.example.org"})
    assert [name for name in settings.WAYS if getattr(read, name) is not None] == [way]


def test_two_ways_in_are_one_too_many(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('deployment = "/srv/agentchat"\n')
    monkeypatch.setenv("AGENTCHAT_CHECK_URL", "https://chat.example.org")
    assert refused() == (
        f"{TRIED}\n"
        "  expected:   known settings with well-formed values\n"
        "  actual:     settings: deployment and url name different deployments; keep one\n"
        f"  next step:  {ALL}"
    )


@pytest.mark.parametrize("name", ["DEPLOYMENT", "ATTACH", "URL", "USER", "KEEP_STACK", "UP_TIMEOUT", "ROLES"])
def test_an_empty_variable_is_one_that_is_not_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + name, "")
    assert settings.read() == Settings()
    assert getattr(settings.read(), name.lower()) == Settings.model_fields[name.lower()].default


def test_a_mapping_may_be_given_by_one_variable_for_each_of_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCHAT_CHECK_ROLES__BACKEND", "api")
    monkeypatch.setenv("AGENTCHAT_CHECK_ROLES__DATABASE", "db")
    assert settings.read().roles == {"backend": "api", "database": "db"}


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("AGENTCHAT_CHECK_DEPLOYMNT", "did you mean AGENTCHAT_CHECK_DEPLOYMENT?"),
        ("agentchat_check_usr", "did you mean AGENTCHAT_CHECK_USER?"),
        ("AGENTCHAT_CHECK_ROLE__BACKEND", "did you mean AGENTCHAT_CHECK_ROLES?"),
    ],
)
def test_a_mistyped_variable_is_refused_with_the_nearest_name(
    name: str, nearest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "a-secret")
    assert refused() == (
        "read the settings from the environment\n"
        "  expected:   a setting named AGENTCHAT_CHECK_…\n"
        f"  actual:     {name} is set, and no setting has that name\n"
        f"  next step:  {nearest}"
    )


def test_a_name_like_no_other_leads_to_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCHAT_CHECK_", "x")
    monkeypatch.setattr("agentchat_check.settings.reading.difflib.get_close_matches", lambda *_, **__: [])
    assert refused().endswith(f"  next step:  {ALL}")


@pytest.mark.parametrize(
    ("text", "actual", "step"),
    [
        ('deploymnt = "/srv"', "deploymnt: Extra inputs are not permitted", "did you mean deployment?"),
        ("xyzzy = 1", "xyzzy: Extra inputs are not permitted", ALL),
        ("up_timeout = 0", "up_timeout: Input should be greater than 0", ALL),
        ("up_timeout = inf", "up_timeout: Input should be a finite number", ALL),
        ("pull_timeout = nan", "pull_timeout: Input should be a finite number", ALL),
        ("health_interval = -0.5", "health_interval: Input should be greater than or equal to 0", ALL),
        ("health_interval = inf", "health_interval: Input should be a finite number", ALL),
        ('images = "alpine"', "images: Input should be 'auto', 'official' or 'debian'", ALL),
        ('url = "chat.example.org"', "url: String should match pattern '^https?://[^/]'", ALL),
        ('url = "https:///api"', "url: String should match pattern '^https?://[^/]'", ALL),
        (
            'allowed_log_lines = [{ servce = "backend", pattern = "x", reason = "y" }]',
            "allowed_log_lines.0.servce: Extra inputs are not permitted",
            "did you mean service?",
        ),
        (
            'allowed_log_lines = [{ pattern = "x" }]',
            "allowed_log_lines.0.reason: Field required",
            ALL,
        ),
        (
            'allowed_log_lines = [{ pattern = "[", reason = "y" }]',
            "allowed_log_lines.0.pattern: '[' is no regular expression: unterminated character set at position 0",
            ALL,
        ),
        (
            'allowed_log_lines = [{ pattern = "x*", reason = "y" }]',
            "allowed_log_lines.0.pattern: 'x*' is found even in an empty line, and would hide every other",
            ALL,
        ),
    ],
)
def test_a_mistake_in_the_file_is_named(text: str, actual: str, step: str, file: Path) -> None:
    file.write_text(text)
    assert refused() == (
        f"{TRIED}\n  expected:   known settings with well-formed values\n  actual:     {actual}\n  next step:  {step}"
    )


def test_every_mistake_is_named_at_once(file: Path) -> None:
    file.write_text("up_timeout = 0\nbuild = 'perhaps'\n")
    assert "\n              up_timeout: Input should be greater than 0\n" in refused()
    assert "  actual:     build: Input should be a valid boolean, unable to interpret input\n" in refused()


@pytest.mark.parametrize(
    ("content", "actual"),
    [
        (b"user = \n", "Invalid value (at line 1, column 8)"),
        (b'user = "\xff"', "'utf-8' codec can't decode byte 0xff in position 8: invalid start byte"),
        (
            b'password = "hunter2"',
            "agentchat-check.toml holds a password: remove it, and set AGENTCHAT_CHECK_PASSWORD in the environment",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_error(content: bytes, actual: str, file: Path) -> None:
    file.write_bytes(content)
    error = refused()
    assert error == f"{TRIED}\n  expected:   well-formed values\n  actual:     {actual}\n  next step:  {ALL}"
    assert "hunter2" not in error


def test_a_file_that_may_not_be_read_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_: object) -> None:
        raise PermissionError(13, "Permission denied", FILE)

    monkeypatch.setattr("agentchat_check.settings.fields._File.__call__", read)
    assert "  actual:     [Errno 13] Permission denied: 'agentchat-check.toml'\n" in refused()


def test_a_malformed_variable_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCHAT_CHECK_ROLES", "backend=api")
    assert '  actual:     error parsing value for field "roles" from source "EnvSettingsSource"\n' in refused()


def test_an_unknown_option_is_refused_with_the_nearest_name() -> None:
    assert refused(atach="agentchat").endswith("  next step:  did you mean attach?")


def test_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCHAT_CHECK_PASSWORD", "hunter2")
    read = settings.read()
    assert read.password is not None
    assert read.password.get_secret_value() == "hunter2"
    assert "hunter2" not in f"{read!r} {read} {read.model_dump()} {read.model_dump_json()}"
    assert "hunter2" not in refused(up_timeout="soon")


def test_images_are_named_by_role() -> None:
    given = ["database=mysql:8.4", "backend=registry:5000/a=b", "database=mariadb"]
    assert settings.images_by_role(given) == {"database": "mariadb", "backend": "registry:5000/a=b"}
    assert settings.images_by_role([]) == {}


@pytest.mark.parametrize("given", ["mysql:8.4", "=mysql:8.4", "database=", "="])
def test_an_image_without_a_role_is_refused(given: str) -> None:
    with pytest.raises(errors.CheckError) as caught:
        settings.images_by_role([given])
    assert str(caught.value) == (
        f"read --image {given}\n"
        "  expected:   ROLE=NAME\n"
        f"  actual:     {given}\n"
        "  next step:  write it like this: --image database=mysql:8.4"
    )
