"""What is known of the official images without having them: programs, users, health checks, where they keep data.

It is asked only where the image itself is not on this host, and it is kept by hand. What is not certain of every tag of
a family does not belong here: of what is named nowhere nothing is said.

Sources: the Dockerfiles that github.com/docker-library/official-images names, and the lists of packages in
github.com/docker-library/repo-info. On 2026-11-29 what is said of programs was compared with what could be had of them:
the Dockerfiles of golang, httpd, memcached, mysql, node, postgres, python and rabbitmq of 2026, those of nginx and
valkey of early 2025, and what repo-info lists for ubuntu 24.04 (August 2026) and, in part, redis 8.10 (September 2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentchat_check.deployment import image_name


@dataclass(frozen=True, slots=True)
class Official:
    """A family of images.

    Attributes:
        programs: What it certainly holds, beside its system's.
        system: ``debian``, ``debian-full`` (with curl, wget, git …), ``ubuntu``, or "" where it is another; alpine is
            in the tag.
        steps_down: Whether its entrypoint takes another user than root.
        user: The user it declares; "" is root.
        data: Where it keeps what has to stay.
        ports: Where it listens.
    """

    programs: frozenset[str] = frozenset()
    system: str = ""
    steps_down: bool = False
    user: str = ""
    data: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()


def _of(programs: str = "", **more: Any) -> Official:
    return Official(frozenset(programs.split()), **more)


_ENTRY = "docker-entrypoint.sh"
_STAND_IN = "agentchat-check/"


def _stateful(programs: str, data: tuple[str, ...], port: str, system: str = "") -> Official:
    """A database: its entrypoint runs what it is told to, as a user of its own."""
    held = frozenset([*programs.split(), _ENTRY])
    return Official(held, system, steps_down=True, data=data, ports=(port,))


FAMILIES: Mapping[str, Official] = {
    "mysql": _stateful("mysql mysqladmin mysqld mysqldump sh bash cat", ("/var/lib/mysql",), "3306"),
    "mariadb": _stateful("mariadb mariadb-admin mariadbd healthcheck.sh sh bash cat", ("/var/lib/mysql",), "3306"),
    "percona": _of("mysql mysqladmin mysqld sh bash", user="mysql", data=("/var/lib/mysql",), ports=("3306",)),
    "postgres": _stateful(
        "psql pg_isready postgres bash", ("/var/lib/postgresql/data", "/var/lib/postgresql"), "5432", "debian"
    ),
    "redis": _stateful("redis-cli redis-server", ("/data",), "6379", "debian"),
    "valkey": _stateful("valkey-cli valkey-server redis-cli redis-server", ("/data",), "6379", "debian"),
    "mongo": _stateful("mongod sh bash", ("/data/db",), "27017"),
    "rabbitmq": _stateful("rabbitmq-server rabbitmq-diagnostics rabbitmqctl sh bash", ("/var/lib/rabbitmq",), "5672"),
    "memcached": _of(f"memcached {_ENTRY}", system="debian", user="memcache", ports=("11211",)),
    "minio": _of("minio", ports=("9000", "9001")),
    "nginx": _of(f"nginx curl {_ENTRY}", system="debian"),
    "httpd": _of("httpd", system="debian"),
    "python": _of("python python3 pip pip3", system="debian-full"),
    "node": _of(f"node npm npx {_ENTRY}", system="debian-full"),
    "golang": _of("go", system="debian-full"),
    "debian": _of(system="debian"),
    "ubuntu": _of(system="ubuntu"),
    "alpine": _of(),
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SHELL_TOOLS = _words("""
    sh cat ls cp mv rm mkdir chmod chown grep sed awk sleep env cut sha256sum id kill true false test echo printf head
    tail sort uniq wc tr date dirname basename find xargs tar gzip touch stat install expr seq tee which
""")
_CLIENTS = "mysql mysqladmin psql redis-cli"
_SYSTEMS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "alpine": (
        _SHELL_TOOLS | _words("wget nc ping ps pgrep pkill netstat vi unzip"),
        _words(f"curl bash git jq ncat {_CLIENTS}"),
    ),
    "debian": (
        _SHELL_TOOLS | _words("bash"),
        _words(f"curl wget nc ncat ping git jq ps pgrep netstat {_CLIENTS}"),
    ),
    "ubuntu": (
        _SHELL_TOOLS | _words("bash"),
        _words(f"curl wget nc ncat ping git jq netstat {_CLIENTS}"),
    ),
    "debian-full": (
        _SHELL_TOOLS | _words("bash curl wget git"),
        _words("nc ncat jq ping mysqladmin redis-cli"),
    ),
}
"""What each system certainly holds, and certainly lacks until somebody installs it."""


def family(image: str) -> Official | None:
    """The family of an official image, or of one that this project builds to stand in for it; None of any other."""
    path = image.partition("@")[0].removeprefix("docker.io/").removeprefix("library/").removeprefix(_STAND_IN)
    name = image_name(image)
    known = FAMILIES.get(name)
    return known if known and (path.partition(":")[0] in {name, f"{name}/{name}"}) else None


def system(image: str) -> str:
    """The system an official image is made on; "" where that is not known."""
    known = family(image)
    if known is None:
        return ""
    tagged, _, digest = image.partition("@")
    tag = tagged.rpartition(":")[2] if ":" in tagged else ""
    if "alpine" in tag or image_name(image) == "alpine":
        return "alpine"
    if digest and not tag:
        return ""
    slim = "slim" in tag or image.startswith(_STAND_IN)
    return "debian" if known.system == "debian-full" and slim else known.system


def holds(image: str, program: str) -> bool | None:
    """Whether an official image holds a program as it comes; None where that is not known."""
    known = family(image)
    if known is None:
        return None
    # nginx's small variants come without curl, the only ones that do.
    if program in known.programs and not (program == "curl" and "slim" in image):
        return True
    has, lacks = _SYSTEMS.get(system(image), (frozenset(), frozenset()))
    return True if program in has else False if program in lacks else None
