"""Whatever stands in the files: they are read, or refused with one clear error, soon."""

import os
import string
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agentchat_check import deployment as deployments
from agentchat_check import errors
from agentchat_check.audit import files, interpolation, judging, marked, variables
from agentchat_check.audit.judging import Audit
from agentchat_check.settings import Settings

FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SOON = 5.0

words = st.sampled_from(
    ["a", "web", "db", "8080:80", "./x:/y:ro", "${A:-b}", "$", "$$", "1m", "", "-", "{}", "\u00e9", "~"]
)
scalars = st.one_of(words, st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12))
keys = st.sampled_from(
    [
        "image",
        "build",
        "context",
        "dockerfile",
        "args",
        "target",
        "command",
        "entrypoint",
        "environment",
        "env_file",
        "ports",
        "volumes",
        "tmpfs",
        "networks",
        "depends_on",
        "condition",
        "healthcheck",
        "test",
        "start_period",
        "disable",
        "restart",
        "deploy",
        "resources",
        "limits",
        "memory",
        "logging",
        "driver",
        "options",
        "privileged",
        "user",
        "extends",
        "service",
        "file",
        "include",
        "path",
        "links",
        "pid",
        "aliases",
        "type",
        "source",
        "published",
        "host_ip",
    ]
)
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=5)),
    max_leaves=25,
)
compose_like = st.fixed_dictionaries(
    {
        "services": st.dictionaries(
            st.sampled_from(["web", "db", "a"]), st.dictionaries(keys, trees, max_size=8), max_size=3
        )
    },
    optional={"include": trees, "volumes": trees, "networks": trees, "name": scalars},
)


def audited(directory: Path) -> Audit:
    return judging.judge(files.read(deployments.read(directory, Settings()), ask_compose=False))


def written(directory: Path, compose: str | bytes, **others: str | bytes) -> Path:
    for name, content in {"docker-compose.yml": compose, **others}.items():
        (directory / name).write_bytes(
            content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        )
    return directory


def read_or_refused(directory: Path) -> None:
    audit, refused = None, None
    try:
        audit = audited(directory)
    except errors.DeploymentError as error:
        refused = error
    assert audit or (refused and refused.actual and refused.next_step)
    assert all(hit.place.line >= 1 and hit.message for _, hit in (audit.hits() if audit else ()))


@FUZZ
@given(tree=compose_like)
def test_any_tree_that_looks_like_a_compose_file(tree: Any, tmp_path: Path) -> None:
    read_or_refused(written(tmp_path, yaml.safe_dump(tree, allow_unicode=True)))


@FUZZ
@given(content=st.binary(max_size=300))
def test_any_bytes_for_a_compose_file(content: bytes, tmp_path: Path) -> None:
    read_or_refused(written(tmp_path, content))


@FUZZ
@given(text=st.text(st.sampled_from("ab:- \n[]{}&*!|>'\"#%@,?~<<0.\t"), max_size=80))
def test_any_text_of_the_signs_of_yaml(text: str, tmp_path: Path) -> None:
    read_or_refused(written(tmp_path, "services: {a: {image: b}}\nx-any:\n  " + text))


@FUZZ
@given(content=st.one_of(st.binary(max_size=200), st.text(string.printable, max_size=200).map(str.encode)))
def test_any_env_file(content: bytes, tmp_path: Path) -> None:
    read_or_refused(written(tmp_path, 'services: {a: {image: "b:${A}"}}', **{"docker.env": content}))


@FUZZ
@example(content="", other="[[]")
@given(content=st.text(max_size=200), other=st.text(st.sampled_from("RUN COPY FROM <<E\n\\ '\"[]$a./*"), max_size=80))
def test_any_dockerfile_script_and_document(content: str, other: str, tmp_path: Path) -> None:
    compose = "services: {a: {build: .}}"
    texts = {"Dockerfile": "FROM a:1\n" + other, "README.md": content, "start.sh": "#!/bin/sh\n" + content + other}
    read_or_refused(written(tmp_path, compose, **texts, **{".dockerignore": other}))


@FUZZ
@given(text=st.text(st.sampled_from("${}:-?+aB1_ "), max_size=60))
def test_any_variable(text: str) -> None:
    assert isinstance(interpolation.filled(text, {"a": "1"}), str)
    assert all(use.name for use in interpolation.uses(text))


@pytest.mark.parametrize(
    ("compose", "why"),
    [
        ("services:\n  a: [b\n", "line 3: "),
        ("services: {a: *b}\n", "line 1: *b leads nowhere"),
        ("services: &a {a: *a}\n", "line 1: *a leads nowhere"),
        ("x: " + "[" * 5000, "nested more than 100 levels deep"),
        ("a" * (10 * 2**20), "it has 10,485,760 bytes; more than 1,048,576 are not read"),
        (b"services: {a: {image: \xff}}", "byte 23 is not UTF-8"),
        ("", "there are none in it"),
        ("services:\n  a: {extends: a, image: b}\n", "a extends itself"),
        ("services:\n  a: {extends: nobody}\n", "it extends 'nobody', and there is no such service"),
        ("include: [docker-compose.yml]\nservices: {a: {image: b}}\n", "it includes itself"),
        ("include: [gone.yml]\nservices: {a: {image: b}}\n", "there is no such file"),
        ("web:\n  image: nginx\n", "there are none in it"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(compose: str | bytes, why: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(errors.DeploymentError) as caught:
        audited(written(tmp_path, compose))
    assert why in caught.value.actual
    assert caught.value.next_step
    assert time.monotonic() - begun < SOON


def test_a_billion_laughs_are_read_as_the_few_they_are(tmp_path: Path) -> None:
    laughs = "".join(f"x-{n + 1}: &l{n + 1} [{', '.join([f'*l{n}'] * 9)}]\n" for n in range(40))
    merged = "".join(f"x-m{n + 1}: &m{n + 1} {{<<: [*m{n}, *m{n}], k{n}: *l40}}\n" for n in range(40))
    text = f"x-0: &l0 [ha, '${{HA:-ha}}']\n{laughs}x-m0: &m0 {{image: 'a:1'}}\n{merged}"
    text += "services:\n  a: {<<: *m40, command: *l40, environment: *l40, ports: *l40, x-l: *l40}\n"
    begun = time.monotonic()
    audit = audited(written(tmp_path, text, **{"docker-compose.override.yml": text}))
    assert set(audit.files.services) == {"a"}
    assert time.monotonic() - begun < SOON


def test_links_in_a_circle_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "here").symlink_to("there")
    (tmp_path / "there").symlink_to("here")
    audit = audited(written(tmp_path, "services: {a: {build: here, env_file: there, volumes: ['./loop:/x']}}"))
    assert [hit.message for rule, hit in audit.hits() if rule.id == "copy-of-missing-file"] == [
        "a: its Dockerfile here/Dockerfile does not exist"
    ]


def test_a_pipe_in_the_directory_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "README.md")
    assert audited(written(tmp_path, "services: {a: {image: 'b:1'}}")).files.services.keys() == {"a"}


def test_a_10_mb_file_beside_the_deployment_is_left_alone(tmp_path: Path) -> None:
    begun = time.monotonic()
    audited(written(tmp_path, "services: {a: {image: 'b:1'}}", **{"dump.sql": b"x" * 10 * 2**20}))
    assert time.monotonic() - begun < SOON


def test_an_env_file_as_people_write_them(tmp_path: Path) -> None:
    lines = [
        b"\xef\xbb\xbf# first",
        b"",
        b"export A=plain # said",
        b"B='it costs $5'",
        b'C="${A}, twice"',
        b"D=\xe5\xaf\x86\xe7\xa0\x81",
        b"A=again",
        b"E=",
        b"F",
    ]
    (tmp_path / "docker.env").write_bytes(b"\r\n".join(lines))
    found = variables.read(tmp_path / "docker.env")
    assert [(v.name, v.value, v.place.line) for v in found] == [
        ("A", "plain", 3),
        ("B", "it costs $5", 4),
        ("C", "plain, twice", 5),
        ("D", "密码", 6),
        ("A", "again", 7),
        ("E", "", 8),
        ("F", None, 9),
    ]
    assert variables.values(found)["A"] == "again"


def test_keys_that_stand_twice_are_told_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("a:\n  b: 1\n  b: 2\n")
    document = marked.read(tmp_path / "a.yml")
    assert [(key, place.line) for key, place in document.twice] == [("b", 3)]
