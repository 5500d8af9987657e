"""Services as rules see them, made of the nodes of compose files, whichever way these write them."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from agentchat_check.audit.composing import by_name
from agentchat_check.audit.marked import Node
from agentchat_check.audit.places import Place
from agentchat_check.audit.services import Build, HealthCheck, Mount, Port, Service


def view(name: str, node: Node, directory: Path) -> Service:
    """A service from its node, with relative paths made absolute."""
    where = {"": node.place}
    for key, value in node.items():
        where[key] = value.place
    build = _build(node.get("build"), directory)
    dependencies = _dependencies(node, where)
    networks = node.get("networks")
    return Service(
        name=name,
        where=where,
        scalars={key: value.text() for key, value in node.items() if isinstance(value.value, str)},
        build=build,
        entrypoint=_words(node.get("entrypoint")),
        command=_words(node.get("command")),
        environment=_mapping(node.get("environment"), "environment", where),
        env_files=tuple(_env_files(node.get("env_file"), directory, where)),
        ports=tuple(dict.fromkeys(_ports(node.get("ports"), where))),
        expose=tuple(one.text().partition("/")[0] for one in _entries(node.get("expose"))),
        mounts=_mounts(node, directory, where),
        networks=frozenset(dict(by_name(networks).items()) if networks and networks.value else {"default"})
        if not node.get("network_mode")
        else frozenset(),
        aliases=_aliases(node),
        dependencies=dependencies,
        health=_health(node.get("healthcheck"), where),
        memory_limit=_memory(node),
        logging=_logging(node.get("logging")),
    )


def _entries(node: Node | None) -> list[Node]:
    return node.entries() if node else []


def _words(node: Node | None) -> tuple[str, ...] | None:
    """A command line, as a list; None where there is none."""
    if node is None or node.value is None:
        return None
    if isinstance(node.value, str):
        try:
            return tuple(shlex.split(node.value))
        except ValueError:
            return (node.value,)
    return tuple(one.text() for one in node.entries())


def _mapping(node: Node | None, key: str, where: dict[str, Place]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, value in by_name(node).items() if node else ():
        where[f"{key}:{name}"] = value.place
        found[name] = value.value if isinstance(value.value, str) else None
    return found


def _build(node: Node | None, directory: Path) -> Build | None:
    if node is None or node.value is None:
        return None
    context = node.text() or (node.get("context") or node).text() or "."
    dockerfile = node.get("dockerfile")
    target = node.get("target")
    args = _mapping(node.get("args"), "args", {})
    if "://" not in context:
        context = _absolute(context, directory)
    return Build(
        context=context,
        dockerfile="" if node.get("dockerfile_inline") else (dockerfile.text() if dockerfile else "") or "Dockerfile",
        target=target.text() if target else "",
        args={name: value for name, value in args.items() if value is not None},
    )


def _absolute(path: str, directory: Path) -> str:
    return os.path.normpath(directory / Path(path.replace("~", str(Path.home()), 1) if path.startswith("~") else path))


def _dependencies(node: Node, where: dict[str, Place]) -> dict[str, str]:
    section, found = node.get("depends_on"), {}
    for name, how in by_name(section).items() if section else ():
        condition = how.get("condition")
        found[name] = condition.text() if condition else ""
        where[f"depends_on:{name}"] = how.place
    for link in _entries(node.get("links")):
        found.setdefault(link.text().partition(":")[0], "link")
    for key in ("network_mode", "pid", "ipc"):
        kind, _, other = (node.get(key) or Node("", node.place)).text().partition(":")
        if kind == "service" and other:
            found.setdefault(other, key)
    return found


def _env_files(node: Node | None, directory: Path, where: dict[str, Place]) -> list[Path]:
    found = []
    for entry in [node] if node and isinstance(node.value, dict) else _entries(node):
        path = entry.text() or (entry.get("path") or Node("", entry.place)).text()
        if path:
            found.append(Path(_absolute(path, directory)))
            where[f"env_file:{found[-1]}"] = entry.place
    return found


def _ports(node: Node | None, where: dict[str, Place]) -> list[Port]:
    found = []
    for entry in _entries(node):
        if isinstance(entry.value, dict):
            values = {key: value.text() for key, value in entry.items()}
            port = Port(values.get("host_ip", ""), values.get("published", ""), values.get("target", ""))
        else:
            text = entry.text().partition("/")[0]
            host, published, target = _port_parts(text)
            port = Port(host, published, target)
        found.append(port)
        where[f"ports:{port.published}:{port.target}"] = entry.place
    return found


def _port_parts(text: str) -> tuple[str, str, str]:
    """``[HOST:[PUBLISHED]:]TARGET``; a host in brackets may hold colons."""
    if bracketed := re.match(r"\[(.*?)\]:(.*)", text):
        host, rest = bracketed.groups()
        published, _, target = rest.rpartition(":")
        return host, published, target
    rest, _, target = text.rpartition(":")
    host, _, published = rest.rpartition(":")
    return host, published, target


def _mounts(node: Node, directory: Path, where: dict[str, Place]) -> tuple[Mount, ...]:
    """Mounts by their target: the last one wins."""
    found: dict[str, Mount] = {}
    for entry in _entries(node.get("volumes")):
        mount = (
            _long_mount(entry, directory) if isinstance(entry.value, dict) else _short_mount(entry.text(), directory)
        )
        found[mount.target] = mount
        where[f"volumes:{mount.target}"] = entry.place
    for entry in _entries(node.get("tmpfs")):
        target = entry.text().partition(":")[0].rstrip("/")
        found[target] = Mount("tmpfs", "", target)
        where[f"volumes:{target}"] = entry.place
    return tuple(found.values())


def _long_mount(entry: Node, directory: Path) -> Mount:
    values = {key: value.text() for key, value in entry.items()}
    kind, source = values.get("type", "volume"), values.get("source", "")
    if kind == "bind":
        source = _absolute(source, directory)
    return Mount(kind, source, values.get("target", "").rstrip("/") or "/", values.get("read_only") == "true")


def _short_mount(text: str, directory: Path) -> Mount:
    drive = re.match(r"[A-Za-z]:[\\/]", text)
    rest = text[2:] if drive else text
    parts = rest.split(":")
    if drive:
        parts[0] = text[:2] + parts[0]
    if len(parts) == 1:
        return Mount("volume", "", text.rstrip("/") or "/")
    source, target, options = parts[0], parts[1], parts[2] if len(parts) > 2 else ""  # noqa: PLR2004 - the third is there
    bind = source.startswith((".", "/", "~")) or drive is not None
    return Mount(
        "bind" if bind else "volume",
        _absolute(source, directory) if bind and not drive else source,
        target.rstrip("/") or "/",
        "ro" in options.split(","),
    )


def _aliases(node: Node) -> frozenset[str]:
    names = {(node.get(key) or Node("", node.place)).text() for key in ("container_name", "hostname")}
    for network in dict((node.get("networks") or Node(None, node.place)).items()).values():
        names |= {alias.text() for alias in _entries(network.get("aliases"))}
    return frozenset(names - {""})


def _health(node: Node | None, where: dict[str, Place]) -> HealthCheck | None:
    if node is None or not isinstance(node.value, dict):
        return None
    for key, value in node.items():
        where[f"healthcheck:{key}"] = value.place
    test = node.get("test")
    if test is not None and isinstance(test.value, str):
        words: tuple[str, ...] = ("CMD-SHELL", test.value)
    else:
        words = tuple(one.text() for one in _entries(test))
    period = node.get("start_period")
    disabled = (node.get("disable") or Node("", node.place)).text() == "true" or words[:1] == ("NONE",)
    return HealthCheck(words, disabled, start_period=bool(period and re.search(r"[1-9]", period.text())))


def _memory(node: Node) -> str:
    limit = node.get("deploy", "resources", "limits", "memory") or node.get("mem_limit")
    return limit.text() if limit and limit.text() != "0" else ""


def _logging(node: Node | None) -> tuple[str, dict[str, str]]:
    if node is None:
        return "", {}
    driver, options = node.get("driver"), node.get("options")
    return driver.text() if driver else "", {key: value.text() for key, value in (options.items() if options else ())}
