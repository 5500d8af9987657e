"""A log like those of the services is written full, and what is kept of it is told."""

import pytest
from docker import DockerClient

from agentchat_check import errors, facts
from agentchat_check.facts.production import MIB
from agentchat_check.probes import full_logs
from engines import Engine, container
from stacks import attached

FIRST, LAST = "agentchat-check: the first line\n", "agentchat-check: the last line\n"


def logging(service: str, driver: str, **options: str) -> dict[str, object]:
    made = container(service)
    made["HostConfig"]["LogConfig"] = {"Type": driver, "Config": {k.replace("_", "-"): v for k, v in options.items()}}
    return made


@pytest.mark.parametrize(
    ("size", "most"),
    [("10m", 10 * MIB), ("1.5k", 1536), ("2GB", 2**31), ("7", 7), ("10 MiB", 10 * MIB), ("-1", 0), ("", 0)],
)
def test_a_size_is_read_as_drivers_write_it(size: str, most: int) -> None:
    assert full_logs.bytes_of(size) == most


def test_logs_that_are_alike_are_filled_once(engine: Engine, client: DockerClient) -> None:
    alike = {"max_size": "10m", "max_file": "3"}
    engine.containers = [
        logging("redis", "json-file", **alike, mode="non-blocking", max_buffer_size="1m"),
        *(logging(name, "json-file", **alike, labels="x") for name in ("mysql", "backend")),
        logging("frontend", "journald"),
    ]
    engine.prints = ["x\n", LAST]
    with attached(client) as stack:
        mysql, redis = full_logs.full_logs(stack)
    assert mysql.rotation == facts.LogRotation("backend, mysql", "json-file", "10m", "3")
    assert redis.rotation.service == "redis"
    assert (mysql.kept, mysql.oldest, mysql.newest, mysql.unseen) == (2 + len(LAST), False, True, "")
    assert mysql.limit == 3 * (10 * MIB + 4000)
    assert mysql.written > mysql.limit + 10 * MIB
    asked = [made["HostConfig"]["LogConfig"]["Config"] for made in engine.made]
    assert asked == [{"max-size": "10m", "max-file": "3", "labels": "x"}, {"max-size": "10m", "max-file": "3"}]
    assert {made["Image"] for made in engine.made} == {"sha256:mysql"}
    assert engine.started == engine.removed == ["made-1", "made-2"]


def test_a_log_of_which_nothing_says_where_it_ends_is_tried_all_the_same(engine: Engine, client: DockerClient) -> None:
    engine.containers = [logging("mysql", "json-file", max_size="-1")]
    engine.prints = [FIRST, "x\n", LAST]
    with attached(client) as stack:
        (endless,) = full_logs.full_logs(stack)
    assert (endless.limit, endless.oldest, endless.newest) == (None, True, True)
    assert f"{endless.written / MIB:.1f}" == "64.0"
    *_, lines, _ = engine.made[0]["Cmd"]
    assert int(lines) * 4000 + len(FIRST) + len(LAST) == endless.written


def test_a_driver_that_ends_by_itself_is_taken_at_its_word(engine: Engine, client: DockerClient) -> None:
    engine.containers = [logging("mysql", "local")]
    with attached(client) as stack:
        (log,) = full_logs.full_logs(stack)
    assert log.limit == 5 * (20 * MIB + 4000)
    assert (log.kept, log.oldest, log.newest) == (0, False, False)


def test_what_takes_too_much_is_not_tried(engine: Engine, client: DockerClient) -> None:
    engine.containers = [logging("mysql", "json-file", max_size="1g", max_file="3")]
    with attached(client) as stack:
        (log,) = full_logs.full_logs(stack)
    assert log.unseen == "it takes more than the 700 MiB that are tried"
    assert engine.made == []


def test_where_no_log_is_in_files_there_is_nothing_to_fill(engine: Engine, client: DockerClient) -> None:
    with attached(client) as stack:
        assert full_logs.full_logs(stack) == ()
        engine.containers = [logging("mysql", "journald")]
        with pytest.raises(errors.InapplicableError) as caught:
            full_logs.full_logs(stack)
    assert caught.value.actual == "every log goes elsewhere"


def test_an_image_that_cannot_print_is_told_and_leaves_nothing(engine: Engine, client: DockerClient) -> None:
    engine.containers = [logging("mysql", "json-file", max_size="1k")]
    engine.status = 127
    with attached(client) as stack, pytest.raises(errors.StackError) as caught:
        full_logs.full_logs(stack)
    assert caught.value.actual == "exit status 127"
    assert engine.removed == ["made-1"]
