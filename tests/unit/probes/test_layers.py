"""What a container wrote beside its named volumes: files that hold something, and nothing else."""

import pytest
from docker import DockerClient

from agentchat_check.facts import LayerFile
from agentchat_check.probes import layers
from engines import Engine, container
from stacks import attached

DIGESTS = f"sh -c {layers.DIGESTS} sh"
FILES = f"sh -c {layers.FILES} sh"
ANONYMOUS = {"Type": "volume", "Name": "0" * 64, "Destination": "/data"}
NAMED = {"Type": "volume", "Name": "demo_uploads", "Destination": "/app/uploads"}


def changed(*paths: str, deleted: str = "", mounts: tuple[dict[str, str], ...] = ()) -> dict[str, object]:
    """A backend whose layer has these paths."""
    diff = [{"Path": path, "Kind": 1} for path in paths] + [{"Path": deleted, "Kind": 2}]
    return {**container("backend"), "Mounts": list(mounts), "changes": diff}


@pytest.mark.parametrize(
    ("made", "prints", "files"),
    [
        (
            changed("/app", "/app/db", "/app/db/a", "/app/empty", deleted="/app/old"),
            {f"{DIGESTS} /app/db/a /app/empty": (0, "d1  /app/db/a\n")},
            (LayerFile("/app/db/a", "d1"),),
        ),
        (changed("/app", "/app/db", "/app/db/a"), {}, (LayerFile("/app/db/a", ""),)),
        (changed("/app", "/app/uploads", mounts=(NAMED,)), {}, ()),
        (
            changed(mounts=(ANONYMOUS,)),
            {f"{FILES} /data": (0, "/data/dump.rdb\n"), f"{DIGESTS} /data/dump.rdb": (0, "d2  /data/dump.rdb\n")},
            (LayerFile("/data/dump.rdb", "d2", volume=True),),
        ),
        (changed(mounts=(ANONYMOUS,)), {f"{FILES} /data": (0, "")}, ()),
    ],
    ids=["a file that holds something", "without a shell", "a named volume", "a nameless volume", "an empty one"],
)
def test_files_that_a_new_container_would_not_find_are_listed(
    engine: Engine,
    client: DockerClient,
    made: dict[str, object],
    prints: dict[str, tuple[int, str]],
    files: tuple[LayerFile, ...],
) -> None:
    engine.containers = [made]
    with attached(client, prints={("backend", line): said for line, said in prints.items()}) as stack:
        assert layers.written(stack).files == {"backend": files}
