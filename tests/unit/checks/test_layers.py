"""What a container wrote beside its volumes is data exactly when the next one misses it."""

import pytest

from agentchat_check.checks import layers
from agentchat_check.facts import LayerFile, Layers
from agentchat_check.findings import Verdict


def judged(used: dict[str, tuple[LayerFile, ...]], fresh: dict[str, tuple[LayerFile, ...]]) -> tuple[Verdict, str]:
    """What is said when these were there, and then those."""
    finding = layers.data_in_volumes(Layers(used), Layers(fresh))
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


@pytest.mark.parametrize(
    "path",
    [
        "/run/mysqld/mysqld.pid",
        "/tmp/a",  # noqa: S108 - a path in a container
        "/var/log/nginx/access.log",
        "/app/logs/agentchat.txt",
        "/app/agentchat/__pycache__/main.cpython-313.pyc",
        "/root/.cache/uv/x",
        "/app/node_modules/.vite/deps/vue.js",
        "/app/auto-imports.d.ts",
        "/root/.mysql_history",
        "/etc/hosts",
    ],
)
def test_what_nobody_misses_is_no_data(path: str) -> None:
    assert judged({"backend": (LayerFile(path, "d"),)}, {}) == (
        Verdict.HOLDS,
        "1 files outside of named volumes in 1 services, none of them data",
    )


def test_what_every_start_makes_again_as_it_was_is_no_loss() -> None:
    same = {"frontend": (LayerFile("/etc/nginx/conf.d/default.conf", "d"),)}
    assert judged(same, same)[0] is Verdict.HOLDS


@pytest.mark.parametrize(
    "fresh",
    [(), (LayerFile("/app/vector_db/chroma.sqlite3", "empty"),), (LayerFile("/app/vector_db/chroma.sqlite3", ""),)],
    ids=["gone", "begun anew", "unread"],
)
def test_files_that_the_next_container_misses_are_named(fresh: tuple[LayerFile, ...]) -> None:
    used = {"backend": (LayerFile("/app/vector_db/chroma.sqlite3", "full"),)}
    assert judged(used, {"backend": fresh}) == (
        Verdict.BROKEN,
        "backend: /app/vector_db/chroma.sqlite3, in the container's own layer",
    )


def test_a_volume_without_a_name_is_said_to_be_one() -> None:
    verdict, actual = judged({"redis": (LayerFile("/data/dump.rdb", "d", volume=True),)}, {"redis": ()})
    assert (verdict, actual) == (Verdict.BROKEN, "redis: /data/dump.rdb, in a volume without a name")


def test_of_many_files_the_first_are_told() -> None:
    verdict, actual = judged({"backend": tuple(LayerFile(f"/app/data/{n}", "d") for n in range(10))}, {})
    assert verdict is Verdict.BROKEN
    assert actual.splitlines()[-1] == "… and 2 more"


def test_without_containers_nothing_is_known() -> None:
    assert judged({}, {}) == (Verdict.UNKNOWN, "there was no container")
