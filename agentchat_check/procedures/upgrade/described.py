"""A release as its directory tells it: nothing is started, built or pulled."""

from __future__ import annotations

import ast
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from agentchat_check import deployment as deployments
from agentchat_check import facts
from agentchat_check.audit import composing, places, variables, views
from agentchat_check.audit.composing import Composed
from agentchat_check.audit.files import TO_BE_FILLED_IN
from agentchat_check.deployment import Configuration, Deployment
from agentchat_check.procedures.upgrade import data_places
from agentchat_check.procedures.upgrade.merge import merge
from agentchat_check.procedures.upgrade.planning import Described
from agentchat_check.stack import content
from agentchat_check.stack.compose import project_of

_EXAMPLES = ("docker.env.example", "*.env.example", "env.example", "*.env.sample")
_MOST_REVISIONS = 10_000


def example(deployment: Deployment) -> str:
    """The example of the env file that a deployment brings along; "" where it brings none.

    Raises:
        errors.DeploymentError: It cannot be read.
    """
    found = (path for pattern in _EXAMPLES for path in sorted(deployment.directory.glob(pattern)))
    first = next(found, None)
    return places.text_of(first) if first else ""


def own(deployment: Deployment) -> str:
    """The env file that a deployment is run with; "" where there is none.

    Raises:
        errors.DeploymentError: It cannot be read.
    """
    return places.text_of(deployment.env_file) if deployment.env_file else ""


def both(
    before: Deployment, after: Deployment, env: str, *, image_id: Callable[[str], str] = lambda _: ""
) -> tuple[Described, Described]:
    """Describe two releases, the later one as it is to run: with the env file merged, in the project of the former.

    Args:
        before: The release that runs.
        after: The release that is to run.
        env: The administrator's env file.
        image_id: As for ``read``.

    Raises:
        errors.DeploymentError: Their files are at fault.
    """
    was = read(before, env, image_id=image_id)
    merged = merge(was.example, env, example(after))
    return was, read(after, merged.text, project=was.configuration.project, image_id=image_id)


def read(
    deployment: Deployment, env: str, *, project: str = "", image_id: Callable[[str], str] = lambda _: ""
) -> Described:
    """Describe the release in a deployment's directory.

    Args:
        deployment: The deployment.
        env: The text of the env file to read its compose files with; what they require and it lacks is made up.
        project: The project that it is going to run in; by default the one that the files name.
        image_id: Says an image's id; "" for one that is not at hand.

    Raises:
        errors.DeploymentError: Its files are at fault.
    """
    with tempfile.TemporaryDirectory(prefix="agentchat-check-plan-") as directory:
        file = Path(directory) / "env"
        file.touch(mode=0o600)
        file.write_text(env)
        values = {**variables.values(variables.read(file)), **deployment.variables}
        composed = composing.read(deployment.compose_files, deployment.directory, values)
        uses = frozenset(_uses(composed, deployment, file))
        required = {use.name for use, _ in composed.uses if use.required}
        made_up = {name: TO_BE_FILLED_IN for name in required if not values.get(name)}
        given = {**deployment.variables, **made_up}
        files = [*deployment.compose_files, *_stand_in(Path(directory) / "env-files.yml", composed, deployment, file)]
        compose = project_of("", deployment.directory, files, [file], given)
        configuration = deployments.configuration(compose.rendered(), deployment.role_names)
    revisions = tuple(_revisions(deployment, configuration))
    return Described(
        release=facts.Release(
            name=deployment.name,
            images=tuple(_images(deployment, configuration, image_id)),
            revision=revisions[-1] if revisions else "",
            revisions=revisions,
        ),
        configuration=configuration,
        places=data_places.declared(configuration, project=project),
        directory=deployment.directory,
        example=example(deployment),
        uses=uses,
        required=frozenset(required - deployment.variables.keys()),
    )


def _uses(composed: Composed, deployment: Deployment, env: Path) -> Iterator[str]:
    """Variables that the compose files fill in or pass on, and those of the env files that services are given."""
    yield from (use.name for use, _ in composed.uses)
    for name, node in composed.services().items():
        service = views.view(name, node, composed.bases.get(name, deployment.directory))
        yield from (variable for variable, value in service.environment.items() if value is None)
        for path in service.env_files:
            yield from variables.values(variables.read(path if path.exists() else env))


def _stand_in(override: Path, composed: Composed, deployment: Deployment, env: Path) -> Iterator[Path]:
    """A compose file that gives services the env file at hand where their own is not made yet; none where it is."""
    services = {}
    for name, node in composed.services().items():
        paths = views.view(name, node, composed.bases.get(name, deployment.directory)).env_files
        if any(not path.exists() for path in paths):
            services[name] = json.dumps([str(path if path.exists() else env) for path in paths])
    if services:
        lines = [f"  {json.dumps(name)}: {{env_file: !override {paths}}}" for name, paths in services.items()]
        override.write_text("\n".join(["services:", *lines, ""]))
        yield override


def _images(
    deployment: Deployment, configuration: Configuration, image_id: Callable[[str], str]
) -> Iterator[facts.Image]:
    """What each service runs; of an image that is built here its recipe is the id."""
    for service, settings in configuration.services.items():
        replaced = _replaced(deployment, configuration, service)
        name = replaced or str(settings.get("image") or f"{configuration.project}-{service}")
        if settings.get("build") and not replaced:
            yield facts.Image(service, name, _recipe(settings["build"]))
        else:
            yield facts.Image(service, name, image_id(name))


def _replaced(deployment: Deployment, configuration: Configuration, service: str) -> str:
    """The image that the operator named for a service; "" for none."""
    role = configuration.role_of(service)
    return deployment.replace_images.get(service) or deployment.replace_images.get(role or "", "")


def _recipe(section: Mapping[str, Any]) -> str:
    context = Path(section["context"])
    if not context.is_dir():
        return ""
    settings = {key: value for key, value in section.items() if key not in {"context", "secrets"}}
    return f"built from {content.key(json.dumps(settings, sort_keys=True), content.tree(context))}"


def _revisions(deployment: Deployment, configuration: Configuration) -> Iterator[str]:
    """The revisions of Alembic's in the contexts of what is built, the oldest first; other images may hold others."""
    after: dict[str | None, list[str]] = {}
    contexts = {
        Path(settings["build"]["context"])
        for service, settings in configuration.services.items()
        if "build" in settings and not _replaced(deployment, configuration, service)
    }
    for context in sorted(contexts):
        for path in sorted(context.glob("**/versions/*.py")):
            revision, former = _assigned(path)
            if revision:
                after.setdefault(former, []).append(revision)
    waiting = list(after.get(None, ()))
    for _ in range(_MOST_REVISIONS):
        if not waiting:
            return
        revision = waiting.pop(0)
        yield revision
        waiting += after.get(revision, ())


def _assigned(path: Path) -> tuple[str, str | None]:
    """What a migration says it is and what it comes after; "" for a file that is none."""
    told: dict[str, Any] = {}
    try:
        statements = ast.parse(places.text_of(path)).body
    except SyntaxError:
        return "", None
    for statement in statements:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Constant):
            told |= {target.id: value.value for target in targets if isinstance(target, ast.Name)}
    former = told.get("down_revision")
    return str(told.get("revision") or ""), str(former) if former else None
