"""Every setting explains itself, and the defaults that depend on the host are found there."""

from pathlib import Path

import pytest

from agentchat_check import settings
from agentchat_check.settings import Settings
from agentchat_check.settings.fields import ca_bundle


@pytest.fixture
def no_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host whose own certificates are in no file."""

    class Paths:
        cafile = None

    monkeypatch.setattr("agentchat_check.settings.fields.ssl.get_default_verify_paths", Paths)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_means(name: str) -> None:
    assert (Settings.model_fields[name].description or "").endswith(".")


def test_the_certificates_that_the_environment_names_come_first(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.crt"
    bundle.touch()
    assert ca_bundle({"SSL_CERT_FILE": str(bundle)}) == bundle


@pytest.mark.usefixtures("no_bundle")
@pytest.mark.parametrize("named", [{}, {"SSL_CERT_FILE": ""}, {"SSL_CERT_FILE": "/nowhere/ca.crt"}])
def test_certificates_that_are_nowhere_are_none(named: dict[str, str]) -> None:
    assert ca_bundle(named) is None


def test_the_host_s_own_certificates_are_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "ca.crt"
    bundle.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert settings.read().ca_bundle == bundle


def test_settings_stay_as_they_were_read() -> None:
    read = settings.read()
    with pytest.raises(ValueError, match="frozen"):
        setattr(read, "url", "https://elsewhere.example.org")  # noqa: B010 - mypy would refuse it, too
