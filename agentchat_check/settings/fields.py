"""Every setting, with its meaning."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import platformdirs
import pydantic
import pydantic_settings
from pydantic import Field

from agentchat_check.settings import thresholds
from agentchat_check.settings.accepted import AcceptedRule, AllowedLine

PREFIX = "AGENTCHAT_CHECK_"
FILE = "agentchat-check.toml"

WAYS = ("deployment", "attach", "url")
"""The settings that each name what to look at; without one it is the reference deployment."""

_ADDRESS = r"^https?://[^/]"

ImageSet = Literal["auto", "official", "debian"]


class Settings(pydantic_settings.BaseSettings):
    """What the operator asked for. Options win over the environment, that over the file, that over the defaults.

    The descriptions are the documentation: ``agentchat-check config`` prints them as a commented file.
    """

    model_config = pydantic_settings.SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True, extra="forbid", frozen=True
    )

    deployment: Path | None = Field(
        None,
        description="An AgentChat compose directory to bring up and verify. It is copied first and never written. "
        "Default: the reference deployment.",
        examples=["/srv/agentchat/docker"],
    )
    env_file: Path | None = Field(
        None,
        description="The env file of that deployment. Default: docker.env, .env or docker.env.example in it.",
        examples=["docker.env"],
    )
    compose_files: tuple[Path, ...] = Field(
        (),
        description="Its compose files, in order. Default: the one that docker compose would take, with its override.",
        examples=[["docker-compose.yml", "docker-compose.prod.yml"]],
    )
    replace_images: Mapping[str, str] = Field(
        {},
        description="Images to run instead of the deployment's, by role or service; they are not built.",
        examples=[{"database": "mysql:8.4"}],
    )
    build: bool | None = Field(
        None,
        description="true: build the deployment's images even when nothing changed. false: never build; run what its "
        "own compose project built before. Default: build what changed.",
        examples=[True],
    )
    attach: str | None = Field(
        None,
        description="A running compose project on this engine to look at. On one that we did not make, only safe "
        "tests run.",
        examples=["agentchat"],
    )
    url: str | None = Field(
        None,
        pattern=_ADDRESS,
        description="The address of a running installation's API, to look at it from outside. Only safe tests run.",
        examples=["https://chat.example.org"],
    )
    page_url: str | None = Field(
        None,
        pattern=_ADDRESS,
        description="The address of its page, where that is another one.",
        examples=["https://chat.example.org"],
    )
    user: str | None = Field(
        None,
        description=f"The account to use on a running installation; its password is in {PREFIX}PASSWORD.",
        examples=["check"],
    )
    password: pydantic.SecretStr | None = Field(None, description="The password of that account.", exclude=True)
    roles: Mapping[str, str] = Field(
        {},
        description="Which compose service plays which role, where its name and image do not say so. Roles: frontend, "
        "backend, database, cache, objects, model.",
        examples=[{"backend": "api", "database": "db-primary"}],
    )
    images: ImageSet = Field(
        "auto",
        description="Where the reference deployment's images come from. official: pulled, pinned. debian: built here "
        "from Debian packages; in another deployment they stand in for the official ones. auto: local ones, else a "
        "bounded pull, else debian.",
    )
    pull_timeout: float = Field(
        300.0, gt=0, allow_inf_nan=False, description="Seconds that the pull of one image may take."
    )
    up_timeout: float = Field(
        300.0, gt=0, allow_inf_nan=False, description="Seconds until every service has to be healthy."
    )
    health_interval: float = Field(
        0.5,
        ge=0,
        allow_inf_nan=False,
        description="Seconds between the health checks of stacks that we bring up; their patience stays what it was. "
        "0 keeps the deployment's own.",
    )
    database: Literal["cold", "prepared"] = Field(
        "cold",
        description="cold: a stack starts with an empty database, as a new installation does. prepared: with a copy of "
        "the database as it was after such a start, which is faster.",
    )
    other_database: str | None = Field(
        None,
        min_length=1,
        description="An image of another version of the database, into which a backup of this one is restored. "
        "Default: none, and that test is left out.",
        examples=["mysql:8.4"],
    )
    from_release: str | None = Field(
        None,
        min_length=1,
        description="The release that an upgrade begins with: a compose directory, ref-1, ref-2 or ref-3, a tag of the "
        "application's images (:v2.5), or images (backend=IMAGE,frontend=IMAGE). Default: the deployment.",
        examples=["/srv/agentchat-2.4/docker"],
    )
    to_release: str | None = Field(
        None,
        min_length=1,
        description="The release that it goes to, named likewise. Default: the next one of the reference deployment.",
        examples=["/srv/agentchat-2.5/docker"],
    )
    releases: Path | None = Field(
        None,
        description="A directory of releases, each a compose directory in it: from each one an upgrade goes to the "
        "next, in the order of their names, v2.9 before v2.10. Default: the reference deployment's.",
        examples=["/srv/agentchat-releases"],
    )
    plan_seed: int | None = Field(
        None,
        ge=0,
        description="What chooses the order and the moments of planned disturbances; the same seed gives the same "
        "plan. Default: another one each run, shown at its start.",
        examples=[20261124],
    )
    plans: int = Field(
        2,
        ge=1,
        description="How many plans of upgrades, rollbacks, restarts, kills and writes are carried out, each on a "
        "stack of its own; the first is that of the seed.",
    )
    plan_length: int = Field(
        6,
        ge=1,
        description="How many steps each of these plans has; fewer steps of the same seed are its beginning.",
    )
    keep_stack: bool = Field(
        default=False, description="Leave the stack running at the end, and say how to reach and remove it."
    )
    no_install: bool = Field(
        default=False, description="Install and start nothing on this host; stop and say what is missing."
    )
    restart_engine: bool = Field(
        default=False,
        description="true: where a host is to be rebooted, restart the engine itself, if agentchat-check started it "
        "and it runs nothing else; for runs of one process alone. false: kill all its containers, and start them.",
        examples=[True],
    )
    debian_mirror: str = Field(
        "",
        description="The Debian mirror to build images from. Default: the one that this host's apt uses.",
        examples=["http://mirror.example.org/debian"],
    )
    ca_bundle: Path | None = Field(
        default_factory=lambda: ca_bundle(os.environ),
        description="Certificates that builds trust besides their own, for proxies that inspect TLS. "
        "Default: SSL_CERT_FILE, else this host's bundle.",
        examples=["/etc/ssl/certs/ca-certificates.crt"],
    )
    chromium: Path | None = Field(
        None,
        description="The Chromium program for the page's checks. Default: the one on the PATH.",
        examples=["/usr/bin/chromium"],
    )
    thresholds: Path | None = Field(
        None,
        description="The file of thresholds: the limits of live checks, of load runs and of alert rules. Default: "
        "loadtests/thresholds.toml, which explains itself.",
        examples=["loadtests/thresholds.toml"],
    )
    reports: Path = Field(Path(".agentchat-check"), description="Where reports and evidence go, a directory per run.")
    state: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("agentchat-check")),
        description="Where this host's locks are, and the seed of its stacks' passwords. Default: the user's cache.",
        examples=["/var/cache/agentchat-check"],
    )
    allowed_log_lines: tuple[AllowedLine, ...] = Field(
        (),
        description="Log lines of this installation that look like errors, were reviewed, and are none. service is a "
        "role or a service, or empty for any; pattern is a regular expression.",
        examples=[[{"service": "backend", "pattern": "retrying error 42", "reason": "it retries, and succeeds"}]],
    )
    accepted_rules: tuple[AcceptedRule, ...] = Field(
        (),
        description="Rules of the audit that this deployment breaks, and may. path is a service, a variable or a file, "
        "or a pattern of its name, or empty for all.",
        examples=[[{"rule": "fixed-container-name", "path": "*", "reason": "one copy runs on this host"}]],
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
        return init_settings, env_settings, _File(settings_cls, toml_file=Path(FILE))

    @property
    def thresholds_file(self) -> Path:
        """The file of thresholds that counts."""
        return self.thresholds or thresholds.FILE

    @pydantic.model_validator(mode="after")
    def _one_way_in(self) -> Settings:
        named = [name for name in WAYS if getattr(self, name) is not None]
        if len(named) > 1:
            raise ValueError(f"{' and '.join(named)} name different deployments; keep one")
        return self


class _File(pydantic_settings.TomlConfigSettingsSource):
    """The file, in which a password has no place."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        if "password" in values:
            raise ValueError(f"{FILE} holds a password: remove it, and set {PREFIX}PASSWORD in the environment")
        return values


def ca_bundle(environment: Mapping[str, str]) -> Path | None:
    """The certificates this host trusts, if they are in a file."""
    candidates = (environment.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile)
    return next((Path(path) for path in candidates if path and Path(path).is_file()), None)
