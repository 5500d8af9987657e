"""Do the data of an installation outlive its containers?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise

DATA_IN_VOLUMES = Promise(
    "layers.data_in_volumes",
    "data are in volumes only: a new container finds all that the old one wrote",
    "mount a named volume at the directory of the files above, and copy them there before the container is recreated",
)

NOT_DATA = re.compile(
    r"""
      ^/(dev|proc|sys|run|tmp)/ | ^/var/(run|tmp|log|cache|lock|lib/(apt|dpkg|systemd))/   # what a system keeps for now
    | ^/(usr/)?sbin/docker-init$                                                         # the engine's own
    | ^/etc/(hosts|hostname|resolv\.conf|mtab|localtime|ld\.so\.cache)$
    | /(__pycache__|\.cache|\.npm|\.yarn|\.local/state|node_modules|logs?)/                # what is made again
    | /(auto-imports|components)\.d\.ts$                                                    # what vite's plugins write
    | \.(pyc|pid|sock|lock|log|log\.\d+|log\.gz|tmp)$
    | /\.(bash|mysql|rediscli|python)_?history$ | /\.(viminfo|lesshst)$                    # what people leave
    """,
    re.VERBOSE,
)
"""Paths of files that nobody misses: of the system, of caches, logs, and of processes that run."""


def data_in_volumes(used: facts.Layers, fresh: facts.Layers) -> Finding:
    """What was written beside the volumes while the stack was used is not missed in the containers after it.

    A file that every start makes again as it was is no loss; one that is gone, or begins anew, is.

    Args:
        used: What the containers had written when they were replaced.
        fresh: What the ones after them have.
    """
    lost = [line for service in sorted(used.files) for line in _lost(service, used, fresh)]
    expected = "nothing but logs, caches and what each start makes again outside of the volumes"
    if not used.files:
        return DATA_IN_VOLUMES.unknown(
            expected=expected,
            actual="there was no container",
            next_step="see whether the stack runs: docker compose ps",
        )
    beside = sum(map(len, used.files.values()))
    fine = f"{beside} files outside of named volumes in {len(used.files)} services, none of them data"
    more = [f"… and {len(lost) - _SHOWN} more"] if len(lost) > _SHOWN else []
    return DATA_IN_VOLUMES.judge(not lost, expected=expected, actual="\n".join(lost[:_SHOWN] + more) or fine)


_SHOWN = 8


def _lost(service: str, used: facts.Layers, fresh: facts.Layers) -> Iterator[str]:
    again = {(file.path, file.digest) for file in fresh.files.get(service, ()) if file.digest}
    for file in used.files[service]:
        if not NOT_DATA.search(file.path) and (file.path, file.digest) not in again:
            where = "a volume without a name" if file.volume else "the container's own layer"
            yield f"{service}: {file.path}, in {where}"
