"""Compose files put together: what counts in the end, and where it stands."""

from collections.abc import Callable

import pytest

from agentchat_check.audit import interpolation, shell
from agentchat_check.audit.files import TO_BE_FILLED_IN, Files

Read = Callable[..., Files]

VALUES = {"SET": "1", "BLANK": ""}


@pytest.mark.parametrize(
    ("text", "comes_to"),
    [
        ("$SET ${SET}", "1 1"),
        ("${GONE}", ""),
        ("${GONE:-a${SET}b}", "a1b"),
        ("${BLANK:-x} ${BLANK-x}", "x "),
        ("${SET:+y} ${GONE:+y} ${BLANK+y}", "y  y"),
        ("${SET:?no} ${GONE:?no}", "1 "),
        ("$$SET $", "$SET $"),
        ("${SET", "${SET"),
        ("${9}", "${9}"),
    ],
)
def test_variables_come_to_what_compose_makes_of_them(text: str, comes_to: str) -> None:
    assert interpolation.filled(text, VALUES) == comes_to


def test_variables_in_defaults_are_uses_too() -> None:
    found = [(use.name, use.operator, use.word) for use in interpolation.uses("${A:-${B:?c}} $D")]
    assert found == [("A", ":-", "${B:?c}"), ("B", ":?", "c"), ("D", "", "")]


def test_the_last_file_wins_and_keeps_its_place(read: Read) -> None:
    files = read(
        "a.yml",
        "b.yml",
        a_DOT_yml="services:\n  web:\n    image: a:1\n    command: [one]\n    ports: ['1:1']\n"
        "    environment: [A=1, B=1]\n",
        b_DOT_yml="services:\n  web:\n    command: [two]\n    ports: ['2:2']\n    environment: {B: 2}\n",
    )
    web = files.services["web"]
    assert web.command == ("two",)
    assert [port.published for port in web.ports] == ["1", "2"]
    assert web.environment == {"A": "1", "B": "2"}
    assert (web.at("command").file.name, web.at("command").line) == ("b.yml", 3)
    assert (web.at("environment:A").file.name, web.at("environment:A").line) == ("a.yml", 6)
    assert (web.at("nothing").file.name, web.at("nothing").line) == ("a.yml", 2)


def test_reset_and_override_take_away(read: Read) -> None:
    files = read(
        "a.yml",
        "b.yml",
        a_DOT_yml="services: {web: {image: 'a:1', restart: always, ports: ['1:1'], volumes: ['x:/x']}}",
        b_DOT_yml="services: {web: {restart: !reset null, ports: !override ['2:2'], volumes: !reset []}}",
    )
    web = files.services["web"]
    assert web.word("restart") == ""
    assert [port.published for port in web.ports] == ["2"]
    assert web.mounts == ()


def test_extensions_includes_and_anchors_are_followed(read: Read) -> None:
    files = read(
        "a.yml",
        a_DOT_yml="include: [more/b.yml]\nx-all: &all\n  restart: always\nservices:\n  web:\n    <<: *all\n"
        "    extends: {file: c.yml, service: base}\n    command: [mine]\n",
        c_DOT_yml="services:\n  base: {extends: root, image: 'c:1'}\n  root: {user: '7', command: [theirs]}\n",
        more__b_DOT_yml="services:\n  db: {image: 'b:1', volumes: ['./data:/data']}\n",
    )
    web, db = files.services["web"], files.services["db"]
    assert (web.image, web.word("user"), web.word("restart"), web.command) == ("c:1", "7", "always", ("mine",))
    assert web.at("restart").line == 3
    assert db.mounts[0].source == str(files.directory / "more/data")
    assert [path.name for path in files.compose_files] == ["a.yml", "b.yml", "c.yml"]


def test_a_services_env_file_counts_below_its_own_variables(read: Read) -> None:
    files = read(
        "a.yml",
        a_DOT_yml="services: {web: {image: 'a:1', env_file: [x.env], environment: {A: mine}}}",
        x_DOT_env="A=theirs\nB=2\n",
    )
    assert files.services["web"].environment == {"A": "mine", "B": "2"}
    assert files.services["web"].at("environment:B").line == 2


def test_what_an_example_leaves_to_the_administrator_is_no_value(read: Read) -> None:
    texts = {"a_DOT_yml": "services: {web: {image: 'a:1', environment: {PASSWORD: '${PASSWORD:?}'}}}"}
    files = read("a.yml", **texts, docker_DOT_env_DOT_example="PASSWORD=\n")
    assert files.example
    assert files.services["web"].environment == {"PASSWORD": TO_BE_FILLED_IN}


def test_calls_of_a_script_are_those_that_are_written_out() -> None:
    script = 'f() { ls; }\nf\nX=1 env Y=2 curl -f "$URL"\n$CMD\nexec nginx -g x\nif git status; then git pull; fi\n'
    found = [(call.name, call.line, call.foreseen) for call in shell.calls(script)]
    assert found == [("ls", 1, False), ("curl", 3, False), ("nginx", 5, False), ("git", 6, True), ("git", 6, True)]
