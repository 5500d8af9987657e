import io
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.stack import apt
from doors import Call, MakeSettings, Programs
from makers import Clock

CHANGES = ["install the package chromium", "start the Docker engine"]
WAYS = ["do it yourself"]

Terminal = Callable[[str], None]


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """This is Debian, and we are root."""
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "debian", "PRETTY_NAME": "Debian 12"})
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Whoever waits need not."""
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    monkeypatch.setattr(time, "sleep", clock.sleep)


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch, typed: str) -> Iterator[None]:
    """A terminal on which somebody types."""
    theirs, its = os.openpty()
    with os.fdopen(its, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        os.write(theirs, typed.encode())
        yield
    os.close(theirs)


@pytest.mark.parametrize(
    ("release", "user", "why"),
    [
        ({"ID": "debian"}, 0, ""),
        ({"ID": "ubuntu"}, 0, ""),
        ({"ID": "debian"}, 1000, "not running as root"),
        ({"ID": "fedora", "PRETTY_NAME": "Fedora 43"}, 0, "this is Fedora 43, not Debian or Ubuntu"),
        ({"ID": "other"}, 0, "this is another system, not Debian or Ubuntu"),
    ],
)
def test_only_root_installs_and_only_on_debian_or_ubuntu(
    monkeypatch: pytest.MonkeyPatch, release: dict[str, str], user: int, why: str
) -> None:
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert apt.may_install() == why


def test_nothing_is_installed_on_a_system_that_does_not_say_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> dict[str, str]:
        raise FileNotFoundError

    monkeypatch.setattr(platform, "freedesktop_os_release", unknown)
    assert apt.may_install() == "this is not Debian or Ubuntu"


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("stdin", [None, io.StringIO()], ids=["no input", "no terminal"])
def test_changes_are_announced_and_where_nobody_is_there_to_ask_made(
    monkeypatch: pytest.MonkeyPatch, settings: MakeSettings, capsys: pytest.CaptureFixture[str], stdin: object
) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    apt.allow(CHANGES, settings(), ways=WAYS)
    assert capsys.readouterr().err.splitlines() == [
        "agentchat-check: going to install the package chromium",
        "agentchat-check: going to start the Docker engine",
    ]


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("typed", ["y\n", "\n"])
def test_on_a_terminal_changes_are_made_after_a_yes(
    monkeypatch: pytest.MonkeyPatch, settings: MakeSettings, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    with terminal(monkeypatch, typed):
        apt.allow(CHANGES, settings(), ways=WAYS)
    assert "agentchat-check: go on? [y/n]" in capsys.readouterr().out


@pytest.mark.usefixtures("ours")
def test_on_a_terminal_a_no_stops_it(monkeypatch: pytest.MonkeyPatch, settings: MakeSettings) -> None:
    with terminal(monkeypatch, "n\n"), pytest.raises(errors.HostError) as caught:
        apt.allow(CHANGES, settings(), ways=WAYS)
    assert str(caught.value) == (
        "prepare this host\n"
        "  Checked:\n"
        "    - needed: install the package chromium\n"
        "    - needed: start the Docker engine\n"
        "    - may we: no, declined\n"
        "  To fix this, either:\n"
        "    - do it yourself"
    )


@pytest.mark.usefixtures("ours")
def test_the_operator_may_forbid_every_change(settings: MakeSettings, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(errors.HostError, match="may we: no, refused by AGENTCHAT_CHECK_NO_INSTALL"):
        apt.allow(CHANGES, settings(no_install=True), ways=WAYS)
    assert "going to" not in capsys.readouterr().err


def test_packages_are_installed_without_questions_from_fresh_lists(programs: Programs) -> None:
    programs.answer("^apt-get ", "Setting up\n")
    apt.install("docker.io", "iptables")
    assert programs.lines == [
        "apt-get -qq update",
        "apt-get -qq install -y --no-install-recommends docker.io iptables",
    ]
    assert all(call.environment["DEBIAN_FRONTEND"] == "noninteractive" for call in programs.calls)


LOCKED = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 4711 (apt-get)\nE: Unable to lock\n"


@pytest.mark.usefixtures("hurried")
def test_somebody_elses_installation_is_waited_for(programs: Programs) -> None:

    def ends(_: Call) -> None:
        if len(programs.calls) == 3:
            programs.answer("^apt-get ")

    programs.answer("^apt-get ", stderr=LOCKED, returncode=100, does=ends)
    apt.install("chromium")
    assert [line.split()[2] for line in programs.lines] == ["update", "update", "update", "update", "install"]


@pytest.mark.usefixtures("hurried")
def test_somebody_elses_installation_is_named_when_it_does_not_end(programs: Programs) -> None:
    programs.answer("^apt-get ", stderr=LOCKED, returncode=100)
    with pytest.raises(errors.TimeoutError, match=r"held by process 4711 \(apt-get\)"):
        apt.install("chromium")


def test_what_else_apt_complains_of_is_not_waited_for(programs: Programs) -> None:
    programs.answer("^apt-get .*update", stderr="E: Could not resolve the mirror\n", returncode=100)
    with pytest.raises(errors.CheckError, match="Could not resolve"):
        apt.install("chromium")
    assert len(programs.lines) == 1


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("docker-compose:\n  Installed: (none)\n  Candidate: 2.26.1-4\n", "2.26.1-4"),
        ("docker-compose:\n  Candidate: 5:28.2.2+dfsg1-1\n", "28.2.2+dfsg1-1"),
        ("docker-compose:\n  Candidate: (none)\n", ""),
        ("", ""),
    ],
)
def test_the_version_that_installing_would_give_is_asked_of_apt(programs: Programs, said: str, version: str) -> None:
    programs.answer("^apt-cache policy docker-compose$", said)
    assert apt.candidate("docker-compose") == version


@pytest.mark.parametrize(
    ("sites", "mirror"),
    [
        ("http://security.test/debian-security\nhttp://mirror.test/debian/\n", "http://mirror.test/debian"),
        ("http://mirror.test/debian\n", "http://mirror.test/debian"),
        ("http://mirror.test/ubuntu\n", ""),
        ("", ""),
    ],
)
def test_the_mirror_is_the_one_that_apt_uses(
    programs: Programs, settings: MakeSettings, sites: str, mirror: str
) -> None:
    programs.answer("^apt-get indextargets", sites)
    assert apt.mirror(settings()) == mirror


def test_the_operators_mirror_is_taken_without_asking(programs: Programs, settings: MakeSettings) -> None:
    assert apt.mirror(settings(debian_mirror="http://own.test/debian")) == "http://own.test/debian"
    assert programs.calls == []


def test_a_package_of_another_suite_is_unpacked_without_touching_the_hosts_sources(
    programs: Programs, settings: MakeSettings, tmp_path: Path
) -> None:
    sources: list[str] = []

    def update(call: Call) -> None:
        listed = next(word for word in call.line.split() if word.startswith("Dir::Etc::sourcelist="))
        sources.append(Path(listed.partition("=")[2]).read_text())

    def download(call: Call) -> None:
        assert call.cwd
        (call.cwd / "docker-compose_2.40_amd64.deb").touch()

    programs.answer("^apt-get .* update$", does=update)
    programs.answer("^apt-get .* download docker-compose$", does=download)
    programs.answer("^dpkg --extract ")
    apt.unpack_from("trixie", "docker-compose", tmp_path, settings(debian_mirror="http://own.test/debian"))
    assert sources == [
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://own.test/debian trixie main\n"
    ]
    assert all("Dir::Etc::sourceparts=/dev/null" in line for line in programs.lines[:2])
    assert programs.lines[2].endswith(f"/docker-compose_2.40_amd64.deb {tmp_path}")


def test_without_a_mirror_the_operator_is_asked_to_name_one(
    programs: Programs, settings: MakeSettings, tmp_path: Path
) -> None:
    programs.answer("^apt-get indextargets")
    with pytest.raises(errors.HostError) as caught:
        apt.unpack_from("trixie", "docker-compose", tmp_path, settings())
    assert str(caught.value) == (
        "fetch the package docker-compose of Debian trixie\n"
        "  expected:   a Debian mirror among this host's apt sources\n"
        "  actual:     none\n"
        "  next step:  name one: AGENTCHAT_CHECK_DEBIAN_MIRROR"
    )
