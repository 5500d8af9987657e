"""The settings: config.yaml, overridden by the environment; read once, when this module is imported."""

import os
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    YamlConfigSettingsSource,
)

ROOT = Path(__file__).parent.parent
CONFIG = ROOT / "config.yaml"

PUBLISHED_KEY = "published-and-therefore-for-development-only"
SHORTEST_KEY = 32
SHORTEST_PASSWORD = 8
WELL_KNOWN_PASSWORDS = {"", "123456", "12345678", "admin", "agentchat", "changeme", "password", "root", "secret"}


class SecretFiles(PydanticBaseSettingsSource):
    """NAME_FILE names a file that holds the value of NAME, as Docker secrets do."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - the base class has it
        """Read one field's file, if the environment names one."""
        name = field_name.upper()
        path = os.environ.get(f"{name}_FILE")
        if not path:
            return None, field_name, False
        if os.environ.get(name):
            raise SettingsError(f"{name} and {name}_FILE are both set; keep one of them")
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n"), field_name, False
        except OSError as error:
            raise SettingsError(f"{name}_FILE: cannot read {path}: {error.strerror}") from None

    def __call__(self) -> dict[str, Any]:
        """Collect the fields that have a file."""
        fields = self.settings_cls.model_fields.items()
        values = {name: self.get_field_value(field, name)[0] for name, field in fields}
        return {name: value for name, value in values.items() if value is not None}


class Settings(BaseSettings):
    """What an administrator can set; config.yaml holds the defaults and says what each means."""

    model_config = SettingsConfigDict(yaml_file=CONFIG, env_ignore_empty=True, extra="forbid")

    mysql_host: str
    mysql_port: int = Field(ge=1, le=65535)
    mysql_database: str
    mysql_user: str
    mysql_password: str

    redis_host: str
    redis_port: int = Field(ge=1, le=65535)
    redis_password: str

    jwt_secret_key: str = PUBLISHED_KEY
    app_env: Literal["development", "production"]
    log_level: Literal["debug", "info", "warning", "error"]
    workers: int = Field(ge=1, le=64)

    openai_base_url: str = Field(pattern=r"^https?://[^\s/]+")
    openai_api_key: str
    openai_model: str = Field(min_length=1)

    upload_limit_mb: int = Field(ge=1, le=1024)

    # Read by the system, not by us, which takes a name it does not know for UTC: here a mistake is told.
    tz: str = "UTC"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic passes every source
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic passes every source
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic passes every source
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: the first that knows a value wins."""
        return env_settings, SecretFiles(settings_cls), YamlConfigSettingsSource(settings_cls)

    @field_validator("tz")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("there is no such time zone; Asia/Shanghai is one") from None
        return name

    @model_validator(mode="after")
    def _production_is_locked(self) -> "Settings":
        if self.app_env == "production":
            if self.jwt_secret_key == PUBLISHED_KEY:
                raise ValueError("JWT_SECRET_KEY is not set; make one with: openssl rand -hex 32")
            if len(self.jwt_secret_key) < SHORTEST_KEY:
                raise ValueError(f"JWT_SECRET_KEY is shorter than {SHORTEST_KEY} characters")
            for name, password in {"MYSQL": self.mysql_password, "REDIS": self.redis_password}.items():
                if len(password) < SHORTEST_PASSWORD or password.lower() in WELL_KNOWN_PASSWORDS:
                    raise ValueError(
                        f"{name}_PASSWORD is empty, well known, or shorter than {SHORTEST_PASSWORD} characters"
                    )
        return self


def load() -> Settings:
    """Read the settings, or stop the program with one line that names what is wrong, never its value."""
    try:
        return Settings()
    except ValidationError as error:
        reason = "; ".join(_in_words(problem) for problem in error.errors())
    except (ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
    raise SystemExit(f"Cannot start. {reason}")


def _in_words(problem: ErrorDetails) -> str:
    names = [str(part).upper() for part in problem["loc"]]
    return ": ".join([*names, problem["msg"].removeprefix("Value error, ")])


settings = load()
