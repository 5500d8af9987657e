from typing import Any

import pytest
import yaml

from agentchat_check.stack import compose_yaml
from agentchat_check.stack.compose_yaml import Override, Reset


def test_a_file_explains_itself() -> None:
    assert compose_yaml.as_yaml({"services": {}}, header="one\ntwo") == "# one\n# two\nservices: {}\n"


def test_what_replaces_and_what_removes_is_written_with_composes_own_tags() -> None:
    service = {"ports": Override([{"target": 80}]), "networks": Override({"inner": None}), "container_name": Reset()}
    assert compose_yaml.as_yaml({"services": {"web": service}}, header="why") == (
        "# why\n"
        "services:\n"
        "  web:\n"
        "    ports: !override\n"
        "    - target: 80\n"
        "    networks: !override\n"
        "      inner: null\n"
        "    container_name: !reset 'null'\n"
    )


def test_values_that_stand_twice_are_written_twice() -> None:
    shared = {"owner": "me"}
    written = compose_yaml.as_yaml({"one": shared, "two": shared}, header="")
    assert written == "one:\n  owner: me\ntwo:\n  owner: me\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("ports: !override [80]", {"ports": [80]}),
        ("ports: !override {web: 80}", {"ports": {"web": 80}}),
        ("name: !override web", {"name": "web"}),
        ("ports: !reset []", {"ports": None}),
    ],
)
def test_composes_own_tags_do_to_values_what_they_say(text: str, value: Any) -> None:
    assert compose_yaml.parsed(text) == value


def test_what_was_written_is_read_again() -> None:
    values = {"services": {"web": {"ports": Override([{"target": 80}]), "image": "x:1", "build": Reset()}}}
    read = compose_yaml.parsed(compose_yaml.as_yaml(values, header="why"))
    assert read == {"services": {"web": {"ports": [{"target": 80}], "image": "x:1", "build": None}}}


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(yaml.YAMLError):
        compose_yaml.parsed("services: [")
