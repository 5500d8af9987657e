"""A flaw for every rule of the audit: a small change in a copy of the reference deployment's files. No engine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agentchat_check.deployment import REFERENCE
from agentchat_check.faults.planting import changed

COMPOSE, PRODUCTION, EXAMPLE = "docker-compose.yml", "docker-compose.prod.yml", "docker.env.example"

_MODEL = "instead.\n  model:\n    <<: *every-service\n"
_MODEL_CHECK = "test: curl -fsS http://localhost:8000/health"
_SECRET = "ed7a0c6f1b3948d2a5c4"  # noqa: S105 - of nothing


@dataclass(frozen=True, slots=True)
class Flaw:
    """A change in the files, the rule that it breaks, and the place where it shows.

    Attributes:
        rule: The rule's id.
        file: The file of the hit.
        at: A text that stands in it once; the hit is on its last line. "" for the first line of the file.
        changes: By file, what to write instead of what stands there.
        new: By file, the text of one that was not there.
        then: What else is done to the copy.
    """

    rule: str
    file: str
    at: str
    changes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    new: Mapping[str, str] = field(default_factory=dict)
    then: Callable[[Path], object] = lambda _: None

    def __str__(self) -> str:
        """The rule that it breaks."""
        return self.rule

    def planted(self, into: Path) -> Path:
        """A copy of the reference deployment with this flaw; ``into`` is made."""
        copy(into)
        for name, edits in self.changes.items():
            path = into / name
            path.write_text(changed(path.read_text(), edits, path))
        for name, text in self.new.items():
            (into / name).write_text(text)
        self.then(into)
        return into

    def line(self, directory: Path) -> int:
        """The line of the hit."""
        if not self.at:
            return 1
        text = (directory / self.file).read_text()
        return text[: text.index(self.at) + len(self.at)].count("\n") + 1


def copy(into: Path) -> Path:
    """A copy of the reference deployment's files as they are; ``into`` is made."""
    shutil.copytree(REFERENCE, into, ignore=shutil.ignore_patterns("node_modules", "__pycache__", "dist", "docker.env"))
    return into


def _on_the_model(rule: str, line: str) -> Flaw:
    """A line more in the service that nothing else depends on for its own work."""
    return Flaw(rule, COMPOSE, line, {COMPOSE: {_MODEL: f"{_MODEL}    {line}\n"}})


def _with_crlf(directory: Path) -> None:
    script = directory / "stop.sh"
    script.write_bytes(script.read_bytes().replace(b"\n", b"\r\n"))


HEALTH = (
    Flaw(
        "no-health-check",
        COMPOSE,
        "instead.\n  model:",
        {COMPOSE: {f"    healthcheck:\n      <<: *health\n      {_MODEL_CHECK}\n": ""}},
    ),
    Flaw(
        "health-check-proves-nothing",
        COMPOSE,
        "test: redis-cli ping",
        {COMPOSE: {'test: test "$$(redis-cli ping)" = PONG': "test: redis-cli ping"}},
    ),
    Flaw(
        "health-check-calls-missing-program",
        COMPOSE,
        "test: wget",
        {COMPOSE: {_MODEL_CHECK: "test: wget -qO- http://localhost:8000/health"}},
    ),
    Flaw(
        "no-start-period",
        COMPOSE,
        "MODEL_TOKENS_PER_SECOND:-200}\n    healthcheck:",
        {COMPOSE: {f"<<: *health\n      {_MODEL_CHECK}": f"interval: 5s\n      {_MODEL_CHECK}"}},
    ),
)

NETWORK = (
    Flaw("localhost-in-container", COMPOSE, "REDIS_HOST:", {COMPOSE: {"REDIS_HOST: redis": "REDIS_HOST: localhost"}}),
    Flaw("missing-dependency", COMPOSE, "REDIS_HOST:", {COMPOSE: {"      redis: {condition: service_healthy}\n": ""}}),
    Flaw(
        "depends-on-without-condition",
        COMPOSE,
        "depends_on: [backend]",
        {COMPOSE: {"depends_on:\n      backend: {condition: service_healthy}": "depends_on: [backend]"}},
    ),
    Flaw(
        "off-the-shared-network",
        COMPOSE,
        "networks: [agentchat-network]",
        {
            COMPOSE: {
                _MODEL: f"{_MODEL}    networks: [apart]\n",
                "\nnetworks:\n": "\nnetworks:\n  apart:\n",
            }
        },
    ),
    Flaw(
        "published-on-all-interfaces",
        COMPOSE,
        '- "${FRONTEND_PORT',
        {COMPOSE: {"${BIND_ADDRESS:-127.0.0.1}:${FRONTEND_PORT": "${FRONTEND_PORT"}},
    ),
    _on_the_model("fixed-container-name", "container_name: stand-in"),
)

RUNNING = (
    _on_the_model("no-restart-policy", 'restart: "no"'),
    _on_the_model("uneven-restart-policies", "restart: on-failure"),
    Flaw(
        "no-memory-limit",
        COMPOSE,
        "instead.\n  model:",
        {
            PRODUCTION: {
                "  model:\n    restart: always\n    healthcheck: {interval: 15s}\n    deploy:": "  x:\n    deploy:"
            }
        },
    ),
    _on_the_model("no-log-rotation", "logging: {driver: json-file}"),
    _on_the_model("privileged", "privileged: true"),
    _on_the_model("docker-socket", 'volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]'),
    _on_the_model("host-namespace", "pid: host"),
)

DATA = (
    Flaw(
        "data-outside-volume",
        COMPOSE,
        "- redis\n    volumes:",
        {COMPOSE: {"- redis_data:/data": "- redis_data:/elsewhere"}},
    ),
    Flaw(
        "bind-mount-outside-backup",
        COMPOSE,
        "- ../uploads",
        {COMPOSE: {"- backend_uploads:/app/uploads": "- ../uploads:/app/uploads"}},
    ),
)

IMAGES = (
    Flaw("unpinned-image", COMPOSE, ":-mysql}", {COMPOSE: {"${MYSQL_IMAGE:-mysql:8.0}": "${MYSQL_IMAGE:-mysql}"}}),
    Flaw(
        "command-not-in-image",
        "model/Dockerfile",
        'CMD ["gunicorn"',
        {"model/Dockerfile": {'CMD ["uvicorn"': 'CMD ["gunicorn"'}},
    ),
    Flaw("runs-as-root", "model/Dockerfile", "FROM ${PYTHON_IMAGE}", {"model/Dockerfile": {"USER model\n": ""}}),
    Flaw(
        "copy-of-missing-file",
        "model/Dockerfile",
        "COPY requirements.txt .",
        {"model/.dockerignore": {"!requirements.txt\n": ""}},
    ),
    Flaw(
        "lock-file-outside-context",
        "frontend/Dockerfile",
        "COPY .npmrc",
        {
            "frontend/.dockerignore": {"!package-lock.json\n": ""},
            "frontend/Dockerfile": {"COPY .npmrc package.json package-lock.json ./": "COPY .npmrc package.json ./"},
        },
    ),
)

SECRETS = (
    Flaw(
        "default-secret",
        COMPOSE,
        "JWT_SECRET_KEY:-",
        {COMPOSE: {"${JWT_SECRET_KEY:?set it in docker.env}": "${JWT_SECRET_KEY:-change-me}"}},
    ),
    Flaw(
        "secret-in-compose-file",
        COMPOSE,
        "JWT_SECRET_KEY: ",
        {COMPOSE: {"${JWT_SECRET_KEY:?set it in docker.env}": _SECRET}, EXAMPLE: {"JWT_SECRET_KEY=\n": ""}},
    ),
    Flaw(
        "secret-in-file",
        "backend/config.yaml",
        "mysql_password: ",
        {"backend/config.yaml": {'mysql_password: ""': f"mysql_password: {_SECRET}"}},
    ),
)

VARIABLES = (
    Flaw("unset-variable", COMPOSE, "LOG_LEVEL: ${", {COMPOSE: {"${LOG_LEVEL:-info}": "${LOG_LEVEL}"}}),
    Flaw(
        "blank-variable",
        EXAMPLE,
        "\nOPENAI_API_KEY=",
        {COMPOSE: {"${OPENAI_API_KEY:-}": "${OPENAI_API_KEY}"}, EXAMPLE: {"#OPENAI_API_KEY=": "OPENAI_API_KEY="}},
    ),
    Flaw(
        "variable-read-by-nothing",
        EXAMPLE,
        "SMTP_SERVER=",
        {EXAMPLE: {"#LOG_LEVEL=info\n": "SMTP_SERVER=mail.example.org\n"}},
    ),
    Flaw("env-file-read-by-nothing", "backend.env", "", new={"backend.env": "LOG_LEVEL=debug\n"}),
    Flaw(
        "variable-twice",
        EXAMPLE,
        "LOG_LEVEL=debug",
        {EXAMPLE: {"#LOG_LEVEL=info": "LOG_LEVEL=info\nLOG_LEVEL=debug"}},
    ),
)

WRITTEN = (
    Flaw("compose-refuses", COMPOSE, "", {COMPOSE: {"init: true": "init: perhaps"}}),
    Flaw("key-twice", COMPOSE, "init: true\n    init: true", {COMPOSE: {"init: true": "init: true\n    init: true"}}),
    Flaw("script-not-executable", "start.sh", "", then=lambda copied: (copied / "start.sh").chmod(0o644)),
    Flaw("script-with-crlf", "stop.sh", "", then=_with_crlf),
    Flaw(
        "script-calls-missing-program",
        "start.sh",
        "\nno-such-program",
        {"start.sh": {"\ncompose ps\n": "\ncompose ps\nno-such-program\n"}},
    ),
    Flaw("document-names-missing-file", "README.md", "", new={"README.md": "Start it with `./begin.sh`.\n"}),
)

ALL = (*HEALTH, *NETWORK, *RUNNING, *DATA, *IMAGES, *SECRETS, *VARIABLES, *WRITTEN)
