"""The files themselves: what compose refuses, scripts, documents."""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

from agentchat_check.audit.files import Files, Text
from agentchat_check.audit.places import Place
from agentchat_check.audit.ruling import Hit, Rule, Severity, Unseen

_NAMES_A_FILE = re.compile(
    r"(?<![\w/.$<{@:~*-])(?:\./|\.\./)*(?:[\w-][\w.-]*/)*"
    r"(?:[\w.-]+\.(?:sh|bat|ya?ml|toml|env\.example|env|conf|sql)|Dockerfile(?:\.[\w.-]+)?)(?![\w/*>}-]|\.\w)"
)
_SHELLS = {"", "bash", "sh", "shell", "console", "zsh"}
_MAKES = r"(?:\b(?:cp|mv)(?:\s+-\S+)*\s+\S+\s+|>\s*|\b(?:touch|vim?|nano|tee|-o)\s+(?:\S+\s+)*)"
_LEADS_ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:|^[#/]|^$", re.IGNORECASE)
_IMAGES_OWN = {"/bin/sh", "/bin/bash", "/usr/bin/env"}


def _refused(files: Files) -> Iterator[Hit | Unseen]:
    missing_variable = any(use.required and not _has(files, use.name) for use, _ in files.uses)
    if files.complaint and not files.twice and not (missing_variable and "required variable" in files.complaint):
        path = files.deployment.compose_files[-1]
        line = re.search(r"line (\d+)", files.complaint)
        yield Hit(Place(path, int(line.group(1)) if line else 1), files.shown(path), f"compose says: {files.complaint}")


def _has(files: Files, name: str) -> bool:
    return any(variable.name == name and variable.value for variable in files.variables)


def _key_twice(files: Files) -> Iterator[Hit | Unseen]:
    for key, place in files.twice:
        yield Hit(place, key, f"{key} stands here a second time, and compose refuses the file")


def _not_executable(files: Files) -> Iterator[Hit | Unseen]:
    copied = _copied(files)  # whose Dockerfile may see to it
    for text in files.scripts():
        sourced = any(
            re.search(rf"(source|\.)\s+\S*{re.escape(text.path.name)}", one.content) for one in files.scripts()
        )
        if text.content.startswith("#!") and not (sourced or text.path in copied) and not os.access(text.path, os.X_OK):
            yield Hit(Place(text.path), files.shown(text.path), f"{files.shown(text.path)} may not be executed")


def _crlf(files: Files) -> Iterator[Hit | Unseen]:
    for text in files.scripts():
        number = next((n for n, line in enumerate(text.content.split("\n"), 1) if line.endswith("\r")), 0)
        if number:
            yield Hit(Place(text.path, number), files.shown(text.path), "its lines end as on Windows, with CR LF")


def _calls_missing(files: Files) -> Iterator[Hit | Unseen]:
    inside = _mounted(files) | _copied(files)
    for text in files.scripts():
        if text.path in inside:
            continue
        name = files.shown(text.path)
        told = set()
        for call in files.calls(text):
            if call.foreseen or call.name in told or call.name in _IMAGES_OWN:
                continue
            told.add(call.name)
            place = Place(text.path, call.line)
            if "/" in call.name:
                if not call.name.startswith("/") and not _exists(call.name, text.path.parent, files):
                    yield Hit(place, name, f"{name} calls {call.name}, which does not exist")
            elif not files.programs("docker"):
                yield Unseen(name, "this host has no docker, so the scripts are not meant to run on it")
                return
            elif not files.programs(call.name):
                yield Hit(place, name, f"{name} calls {call.name}, which this host does not have")


def _copied(files: Files) -> set[Path]:
    """Scripts that go into an image: those in a build context of their own, and those that a Dockerfile names."""
    contexts = {image.context.directory for image in files.images.values() if image.context}
    apart = {context for context in contexts if not files.directory.is_relative_to(context)}
    dockerfiles = [text.content for text in files.texts if text.path.name.startswith("Dockerfile")]
    return {
        text.path
        for text in files.scripts()
        if any(text.path.is_relative_to(context) for context in apart)
        or any(re.search(rf"\b{re.escape(text.path.name)}\b", content) for content in dockerfiles)
    }


def _mounted(files: Files) -> set[Path]:
    """Scripts that run in a container, whose programs are those of its image."""
    sources = {Path(mount.source) for service in files.services.values() for mount in service.mounts if mount.source}
    return {text.path for text in files.scripts() if any(text.path.is_relative_to(source) for source in sources)}


def _documents(files: Files) -> Iterator[Hit | Unseen]:
    scripts = "\n".join(text.content for text in files.scripts())
    for text in files.texts:
        if text.path.suffix.lower() != ".md":
            continue
        told = set()
        for place, name in _named(text):
            made = re.search(_MAKES + re.escape(name.removeprefix("./")) + r"(?![\w.-])", text.content + scripts)
            if name not in told and not made and not _exists(name, text.path.parent, files):
                told.add(name)
                shown = files.shown(text.path)
                yield Hit(place, shown, f"{shown} names {name}, which does not exist")


def _named(text: Text) -> Iterator[tuple[Place, str]]:
    """Files that a document names: in links, in code, and in commands."""
    for token in MarkdownIt().parse(text.content):
        first = (token.map or [0])[0]
        if token.type == "fence" and token.info.strip().split(" ")[0].lower() in _SHELLS:
            for number, line in enumerate(token.content.split("\n"), start=first + 2):
                command = re.sub(r"(^|\s)#.*$", "", line)
                if not set(command) & set("│├└─"):
                    yield from ((Place(text.path, number), name) for name in _NAMES_A_FILE.findall(command))
        for child in token.children or ():
            if child.type == "code_inline":
                yield from ((_line(text, first, name), name) for name in _NAMES_A_FILE.findall(child.content))
            elif child.type in {"link_open", "image"}:
                target = str(child.attrs.get("href") or child.attrs.get("src") or "")
                target = urllib.parse.unquote(target.partition("#")[0].partition("?")[0])
                if not _LEADS_ELSEWHERE.match(target):
                    yield _line(text, first, target), target


def _line(text: Text, first: int, name: str) -> Place:
    lines = text.content.split("\n")[first:]
    return Place(text.path, first + 1 + next((n for n, line in enumerate(lines) if name in line), 0))


def _exists(name: str, beside: Path, files: Files) -> bool:
    """Whether there is such a file: from where it is named, from the deployment, above it, or anywhere in it."""
    roots = (beside, files.directory, files.directory.parent)
    try:
        if any((root / name).exists() for root in roots):
            return True
    except (OSError, ValueError):
        return True
    last = Path(name).name
    return any(text.path.name == last for text in files.texts)


RULES = (
    Rule(
        "compose-refuses",
        Severity.ERROR,
        "compose takes the files",
        "Nothing of it can be started.",
        "correct what compose names; docker compose config --quiet shows whether it is content",
        _refused,
    ),
    Rule(
        "key-twice",
        Severity.ERROR,
        "no key stands twice in a mapping",
        "Other tools take one of the two and say nothing; compose refuses the file.",
        "remove one of them",
        _key_twice,
    ),
    Rule(
        "script-not-executable",
        Severity.WARNING,
        "every script may be executed",
        "./start.sh ends with: Permission denied.",
        "chmod +x, and git update-index --chmod=+x so that it stays",
        _not_executable,
    ),
    Rule(
        "script-with-crlf",
        Severity.ERROR,
        "the lines of scripts end as on Linux",
        "The kernel looks for an interpreter whose name ends in a carriage return, and finds none.",
        "dos2unix, and *.sh text eol=lf in .gitattributes",
        _crlf,
    ),
    Rule(
        "script-calls-missing-program",
        Severity.ERROR,
        "every script calls programs that are there",
        "It ends in the middle of its work, with: command not found.",
        "install the program, or look for it first: command -v",
        _calls_missing,
    ),
    Rule(
        "document-names-missing-file",
        Severity.NOTE,
        "documents name files that exist",
        "Whoever follows the document is stuck at that step.",
        "correct the name, or add the file",
        _documents,
    ),
)
