"""The only reader of options, environment variables and ``agentchat-check.toml``."""

from __future__ import annotations

import difflib
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import platformdirs
import pydantic
import pydantic_settings
from pydantic import Field

from agentchat_check import errors

PREFIX = "AGENTCHAT_CHECK_"
FILE = "agentchat-check.toml"

ImageSet = Literal["auto", "official", "debian"]


class AllowedLine(pydantic.BaseModel, extra="forbid", frozen=True):
    """A log line that looks like an error and was reviewed.

    Attributes:
        service: Role or service that logs it; "" for any.
        pattern: Regular expression, searched in the line.
        reason: Why it is no error, in words; it is shown beside the pattern.
    """

    service: str = ""
    pattern: str
    reason: str


class Settings(pydantic_settings.BaseSettings):
    """What the operator asked for. Options win over the environment, that over the file, that over the defaults.

    The descriptions are the documentation: ``agentchat-check config`` prints them as a commented file.
    """

    model_config = pydantic_settings.SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    deployment: Path | None = Field(
        None,
        description="An AgentChat compose directory to bring up and verify. It is copied first and never written. "
        "Default: the reference deployment.",
    )
    env_file: Path | None = Field(
        None,
        description="The env file of that deployment. Default: docker.env, .env or docker.env.example in it.",
    )
    compose_files: tuple[Path, ...] = Field(
        (),
        description="Its compose files, in order. Default: the one docker compose would take, with its override.",
    )
    replace_images: Mapping[str, str] = Field(
        {}, description='Run another image for a role, without building it: { database = "mysql:8.4" }.'
    )
    build: bool | None = Field(
        None,
        description="true: build the deployment's images even when nothing changed; false: never build. "
        "Default: build what changed.",
    )
    attach: str | None = Field(
        None, description="A running compose project on this engine to look at instead. Only safe tests run."
    )
    url: str | None = Field(
        None,
        description="The address of a running installation to look at from outside. Only safe tests run.",
    )
    page_url: str | None = Field(None, description="The address of its page, where that is another one than the API's.")
    user: str | None = Field(
        None,
        description=f"The account to use on a running installation; its password is in {PREFIX}PASSWORD.",
    )
    password: pydantic.SecretStr | None = Field(
        None,
        description="The password of that account. Only from the environment, never from this file.",
        exclude=True,
    )
    roles: Mapping[str, str] = Field(
        {},
        description="Which compose service plays which role, where its name and image do not say so: "
        '{ backend = "api" }. Roles: frontend, backend, database, cache, objects, model.',
    )
    images: ImageSet = Field(
        "auto",
        description="Where the reference deployment's images come from. official: pulled, pinned. debian: built here "
        "from Debian packages. auto: local ones, else a bounded pull, else debian.",
    )
    pull_timeout: float = Field(300.0, gt=0, description="Seconds a pull may take before it counts as failed.")
    up_timeout: float = Field(300.0, gt=0, description="Seconds until every service must be healthy.")
    health_interval: float = Field(
        0.5,
        ge=0,
        description="Seconds between health checks of the stacks we bring up; their patience stays the same, the wait "
        "gets shorter. 0 keeps the deployment's own.",
    )
    database: Literal["cold", "prepared"] = Field(
        "cold",
        description="cold: a stack starts with an empty database, as a new installation does. prepared: from a copy of "
        "the database after its first start, in half the time.",
    )
    keep_stack: bool = Field(
        default=False, description="Leave the stack running at the end, and say how to reach and remove it."
    )
    no_install: bool = Field(
        default=False,
        description="Never install or start anything on this host; stop with an error that says what is missing.",
    )
    debian_mirror: str = Field(
        "", description="Debian mirror for the debian images. Default: the one this host's apt uses."
    )
    ca_bundle: Path | None = Field(
        default_factory=lambda: ca_bundle(os.environ),
        description="Certificates that builds trust besides their own, for proxies that inspect TLS. "
        "Default: SSL_CERT_FILE or this host's bundle.",
        examples=["/etc/ssl/certs/ca-certificates.crt"],
    )
    chromium: Path | None = Field(
        None, description="The Chromium program for the browser checks. Default: found on the PATH."
    )
    reports: Path = Field(Path(".agentchat-check"), description="Where reports and evidence go, a folder per run.")
    state: Path = Field(
        Path(platformdirs.user_cache_dir("agentchat-check")),
        description="Where this host's seed of passwords and its locks are kept.",
    )
    allowed_log_lines: tuple[AllowedLine, ...] = Field(
        (),
        description="Log lines of this installation that look like errors and were reviewed: "
        '[{ service = "backend", pattern = "…", reason = "…" }].',
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[pydantic_settings.BaseSettings],
        init_settings: pydantic_settings.PydanticBaseSettingsSource,
        env_settings: pydantic_settings.PydanticBaseSettingsSource,
        dotenv_settings: pydantic_settings.PydanticBaseSettingsSource,
        file_secret_settings: pydantic_settings.PydanticBaseSettingsSource,
    ) -> tuple[pydantic_settings.PydanticBaseSettingsSource, ...]:
        """Options, environment, file; the other sources are not ours."""
        del dotenv_settings, file_secret_settings
        file = _TomlFile(settings_cls, toml_file=Path(FILE))
        return init_settings, env_settings, file

    @pydantic.model_validator(mode="after")
    def _one_way_in(self) -> Settings:
        named = [name for name in ("deployment", "attach", "url") if getattr(self, name) is not None]
        if len(named) > 1:
            raise ValueError(f"{' and '.join(named)} name different deployments; keep one")
        return self

    @property
    def live(self) -> bool:
        """Whether we look at something that runs already, and may only do what is safe there."""
        return self.attach is not None or self.url is not None


class _TomlFile(pydantic_settings.TomlConfigSettingsSource):
    """``agentchat-check.toml`` of the current directory; a password in it is refused."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        if "password" in values:
            raise errors.CheckError(
                f"read {FILE}",
                expected="no password in a file",
                actual="it holds one",
                next_step=f"remove it there, and set {PREFIX}PASSWORD in the environment",
            )
        return values


def read(options: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings of this run.

    Args:
        options: Values from the command line, by field name; None means not given.

    Raises:
        errors.CheckError: A value is malformed or a name unknown; the error names it and the nearest known one.
    """
    given = {name: value for name, value in (options or {}).items() if value is not None and value != ()}
    _refuse_unknown_variables(os.environ)
    try:
        return Settings(**given)
    except pydantic.ValidationError as error:
        raise _in_plain_words(error) from None
    except (ValueError, pydantic_settings.SettingsError) as error:
        raise errors.CheckError(
            f"read the settings from options, {PREFIX}* and {FILE}",
            expected="well-formed values",
            actual=str(error),
            next_step="`agentchat-check config` prints every setting with its meaning",
        ) from None


def as_toml() -> str:
    """Every setting, commented out, with its meaning: the text of a self-explaining ``agentchat-check.toml``."""
    head = _wrapped(
        "Settings of agentchat-check, read from the directory it runs in. Each can also be given in the environment as "
        f"{PREFIX}<NAME>, which wins over this file; options on the command line win over both."
    )
    blocks = ["\n".join(f"# {line}" for line in head)]
    for name, field in Settings.model_fields.items():
        if name != "password":
            text = "\n".join(f"# {line}" for line in _wrapped(field.description or ""))
            blocks.append(f"{text}\n#{name} = {_toml(field.get_default())}")
    return "\n\n".join(blocks) + "\n"


def ca_bundle(environment: Mapping[str, str]) -> Path | None:
    """The certificates this host trusts, if they are in a file."""
    candidates = (environment.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile)
    return next((Path(path) for path in candidates if path and Path(path).is_file()), None)


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in environment:
        if name.startswith(PREFIX) and name.split("__")[0] not in known:
            raise errors.CheckError(
                "read the settings from the environment",
                expected=f"a setting named {PREFIX}…",
                actual=f"{name} is set, and no setting has that name",
                next_step=_nearest(name, known),
            )


def _in_plain_words(error: pydantic.ValidationError) -> errors.CheckError:
    complaints = []
    step = "`agentchat-check config` prints every setting with its meaning"
    for one in error.errors():
        name = ".".join(str(part) for part in one["loc"]) or "settings"
        complaints.append(f"{name}: {one['msg'].removeprefix('Value error, ')}")
        if one["type"] == "extra_forbidden":
            step = _nearest(name, set(Settings.model_fields))
    return errors.CheckError(
        f"read the settings from options, {PREFIX}* and {FILE}",
        expected="known settings with well-formed values",
        actual="\n".join(complaints),
        next_step=step,
    )


def _nearest(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"did you mean {near[0]}? " if near else "`agentchat-check config` prints every setting with its meaning"


def _wrapped(text: str, width: int = 110) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case None:
            return '""'
        case str() | Path():
            return f'"{value}"'
        case tuple():
            return "[]"
        case dict():
            return "{}"
        case _:
            return str(value)
