from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import deployment as deployments
from agentchat_check import errors
from agentchat_check.deployment import Configuration, Deployment
from agentchat_check.stack import build, debian
from agentchat_check.stack.build import Plan
from agentchat_check.stack.compose import Compose
from doors import Call, MakeSettings, Programs
from engines import Engine

MYSQL = "mysql:8.0"

MakePlan = Callable[..., Plan]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """What the backend is built from."""
    made = tmp_path / "backend"
    made.mkdir()
    (made / "Dockerfile").write_text("FROM scratch\n")
    return made


@pytest.fixture
def configuration(context: Path) -> Configuration:
    """A backend that is built, and a database that is not."""
    services = {"backend": {"build": {"context": str(context)}}, "mysql": {"image": MYSQL}}
    return deployments.configuration({"name": "agentchat", "services": services}, {})


@pytest.fixture
def compose(tmp_path: Path) -> Compose:
    """A compose project."""
    return Compose(tmp_path, project="demo")


@pytest.fixture
def plan(client: DockerClient, configuration: Configuration, settings: MakeSettings) -> MakePlan:
    """Plans what the deployment's services will run."""

    def made(
        of: Configuration = configuration,
        *,
        replaced: dict[str, str] | None = None,
        stub_model: dict[str, Any] | None = None,
        **given: Any,
    ) -> Plan:
        deployment = Deployment("My Chat!", Path("/srv/chat"), (), replace_images=replaced or {})
        return build.plan(client, deployment, of, settings(**given), stub_model=stub_model)

    return made


def of(services: dict[str, Any]) -> Configuration:
    return deployments.configuration({"services": services}, {})


def test_what_is_built_is_named_after_its_content_and_what_is_not_is_pulled(plan: MakePlan, context: Path) -> None:
    made = plan()
    (image,) = made.images.values()
    assert image.startswith("agentchat-check/my-chat-backend:")
    section = {"context": str(context), "secrets": []}
    assert made == Plan({"backend": image}, {"backend": section}, ("backend",), (MYSQL,))


@pytest.mark.parametrize("change", ["file", "recipe", "section"])
def test_another_content_has_another_name(
    plan: MakePlan, configuration: Configuration, context: Path, change: str
) -> None:
    before = plan().images["backend"]
    match change:
        case "file":
            (context / "main.py").touch()
        case "recipe":
            configuration.services["backend"]["build"]["dockerfile"] = "Dockerfile.prod"
        case "section":
            configuration.services["backend"]["build"]["args"] = {"A": "1"}
    assert plan().images["backend"] != before


def test_a_context_that_is_no_directory_here_has_a_name_too(plan: MakePlan) -> None:
    assert plan(of({"backend": {"build": {"context": "https://git.test/chat.git"}}})).build == ("backend",)


@pytest.mark.parametrize(("asked", "built"), [(None, ()), (True, ("backend",))])
def test_what_is_here_is_built_again_only_when_asked_for(
    engine: Engine, plan: MakePlan, asked: object, built: tuple[str, ...]
) -> None:
    engine.images = {plan().images["backend"]: "sha256:1"}
    assert plan(build=asked).build == built


@pytest.mark.parametrize(("named", "image"), [({}, "agentchat-backend"), ({"image": "chat:2"}, "chat:2")])
def test_without_building_what_the_deployments_own_project_built_is_run(
    plan: MakePlan, configuration: Configuration, named: dict[str, str], image: str
) -> None:
    configuration.services["backend"].update(named)  # type: ignore[attr-defined]
    assert plan(build=False) == Plan({"backend": image}, {}, (), (image, MYSQL))


def test_the_stub_model_is_built_where_one_is_asked_for(plan: MakePlan, context: Path) -> None:
    made = plan(stub_model={"context": str(context)})
    assert made.images["model"].startswith("agentchat-check/stub-model:")
    assert made.build == ("backend", "model")


def test_builds_are_given_the_certificates_of_a_proxy_and_keep_their_own_secrets(
    plan: MakePlan, configuration: Configuration
) -> None:
    without = plan()
    configuration.services["backend"]["build"]["secrets"] = [{"source": "npmrc"}]
    made = plan(ca_bundle=Path("/etc/ca.crt"))
    assert made.sections["backend"]["secrets"] == [{"source": "npmrc"}, {"source": "ca_bundle"}]
    assert made.images == without.images


@pytest.mark.parametrize("named", ["database", "mysql"])
def test_an_image_is_replaced_by_role_or_by_service_and_not_built(plan: MakePlan, named: str) -> None:
    made = plan(replaced={named: "mysql:8.4", "backend": "chat:2"})
    assert made == Plan({"mysql": "mysql:8.4", "backend": "chat:2"}, {}, (), ("chat:2", "mysql:8.4"))


@pytest.mark.parametrize("named", ["cache", "postgres"])
def test_an_image_for_what_a_deployment_does_not_have_is_refused(plan: MakePlan, named: str) -> None:
    with pytest.raises(errors.DeploymentError) as caught:
        plan(replaced={named: "x:1"})
    assert str(caught.value) == (
        f"run the image x:1 for {named}\n"
        "  expected:   a role or a service of My Chat!: backend, mysql\n"
        f"  actual:     it has no {named}\n"
        f"  next step:  correct --image {named}=x:1"
    )


def test_debian_images_stand_in_for_official_ones_and_for_those_alone(plan: MakePlan) -> None:
    ours = debian.names()
    images = {"db": "library/mysql:8.0", "redis": ours["redis"], "search": "elastic:8"}
    made = plan(of({name: {"image": image} for name, image in images.items()}), images="debian")
    assert made.images == {"db": ours["mysql"]}
    assert made.pull == tuple(sorted([ours["mysql"], ours["redis"], "elastic:8"]))


def test_one_service_of_a_plan_may_run_another_image() -> None:
    made = Plan({"mysql": "a", "backend": "b"}, {"mysql": {}, "backend": {}}, (), ())
    assert made.running("mysql", "prepared") == Plan({"mysql": "prepared", "backend": "b"}, {"backend": {}}, (), ())


def test_what_a_plan_misses_is_pulled_and_built(
    client: DockerClient, compose: Compose, programs: Programs, settings: MakeSettings
) -> None:
    settings().state.mkdir()
    programs.answer("^docker (pull|compose)")
    build.carry_out(client, Plan({"backend": "chat:1"}, {}, ("backend",), (MYSQL,)), compose, settings())
    assert [line.split()[-2:] for line in programs.lines] == [["pull", MYSQL], ["build", "backend"]]


def test_what_somebody_else_built_meanwhile_is_not_built_again(
    engine: Engine, client: DockerClient, compose: Compose, settings: MakeSettings, programs: Programs
) -> None:
    settings().state.mkdir()
    engine.images = {"chat:1": "sha256:1"}
    build.carry_out(client, Plan({"backend": "chat:1"}, {}, ("backend",), ()), compose, settings())
    build.carry_out(client, Plan({}, {}, (), ()), compose, settings())
    assert programs.calls == []


@pytest.mark.parametrize(("used", "removed"), [(set(), ["sha256:old"]), ({"sha256:old"}, [])], ids=["unused", "used"])
def test_an_image_that_lost_its_name_to_a_new_one_is_removed_unless_it_is_used(
    engine: Engine,
    client: DockerClient,
    compose: Compose,
    programs: Programs,
    settings: MakeSettings,
    used: set[str],
    removed: list[str],
) -> None:
    def built(_: Call) -> None:
        engine.images["chat:1"] = "sha256:new"
        engine.nameless = {"sha256:old"}

    settings().state.mkdir()
    engine.images = {"chat:1": "sha256:old", "chat:2": "sha256:same"}
    engine.used = used
    programs.answer(" build ", does=built)
    plan = Plan({"backend": "chat:1", "worker": "chat:2", "cron": "chat:3"}, {}, ("backend", "worker", "cron"), ())
    build.carry_out(client, plan, compose, settings(build=True))
    assert engine.removed == removed


def test_a_build_that_fails_says_what_of(
    client: DockerClient, compose: Compose, programs: Programs, settings: MakeSettings
) -> None:
    settings().state.mkdir()
    programs.answer(" build ", stderr="failed to solve: exit code: 1", returncode=17)
    with pytest.raises(errors.StackError) as caught:
        build.carry_out(client, Plan({"backend": "chat:1"}, {}, ("backend",), ()), compose, settings())
    assert (caught.value.tried, caught.value.actual) == ("build backend", "failed to solve: exit code: 1")
