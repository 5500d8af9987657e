"""One running compose project: looked at, and acted on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentchat_check import errors, facts
from agentchat_check.deployment import Configuration, Role
from agentchat_check.settings import FILE
from agentchat_check.stack import coming_up, complaints, inspection, isolation, labels, process
from agentchat_check.stack.compose import Compose
from agentchat_check.stack.timeline import Timeline

if TYPE_CHECKING:
    from docker import DockerClient as Client
    from docker.models.containers import Container


@dataclass(frozen=True, slots=True)
class Stack:
    """One compose project on this engine.

    Attributes:
        project: Its name.
        name: What reports call its deployment.
        client: The engine.
        compose: Its compose commands.
        configuration: What the deployment itself declares, without isolation; None when its files are not here.
        roles: The service that plays each role.
        timeline: What happened to its containers since we know it.
        live: Whether it is somebody's installation, where only what is safe may be done.
        kept: Whether it stays when its run ends.
        unhealthy: Services that the engine called unhealthy when it came up; that they run is all they are asked for.
    """

    project: str
    name: str
    client: Client
    compose: Compose
    configuration: Configuration | None
    roles: Mapping[Role, str]
    timeline: Timeline
    live: bool
    kept: bool = False
    unhealthy: frozenset[str] = frozenset()

    @property
    def directory(self) -> Path:
        """The compose directory it runs from; of a stack of ours the scratch copy.

        Raises:
            errors.StackError: It is not known, as of an installation whose files are not here.
        """
        if self.compose.project_directory is None:
            raise errors.StackError(
                f"find the files of {self.project}",
                expected="the directory that it was started from",
                actual="it is not known on this host",
                next_step="run on the host that started it",
            )
        return self.compose.project_directory

    def services(self) -> tuple[facts.Service, ...]:
        """One look at every container of the project, in the order of their names."""
        with complaints.translated(f"look at the containers of {self.project}"):
            roles = {service: role for role, service in self.roles.items()}
            found = [inspection.service(container.attrs, roles) for container in self._containers()]
        return tuple(sorted(found, key=lambda service: service.name))

    def inspect(self) -> dict[str, dict[str, Any]]:
        """What the engine knows of every container, whole, by service."""
        with complaints.translated(f"look at the containers of {self.project}"):
            return {container.labels[labels.SERVICE]: container.attrs for container in self._containers()}

    def service(self, role: Role) -> facts.Service:
        """One look at the container that plays a role.

        Raises:
            errors.DeploymentError: No service plays it.
            errors.StackError: Its container does not exist.
        """
        name, roles = self.service_name(role), {service: role for role, service in self.roles.items()}
        with complaints.translated(f"look at the containers of {self.project}"):
            return inspection.service(self.container(name).attrs, roles)

    def service_name(self, role: Role) -> str:
        """The service that plays a role.

        Raises:
            errors.DeploymentError: None does.
        """
        if role not in self.roles:
            raise errors.DeploymentError(
                f"find the service that plays {role}",
                expected=f"one service of {self.name} named or made like a {role}",
                actual=f"its services are {', '.join(sorted(s.name for s in self.services())) or 'none'}",
                next_step=f'say which in {FILE}: [roles] {role} = "SERVICE"',
            )
        return self.roles[role]

    def declared_ports(self) -> dict[str, tuple[facts.Port, ...]] | None:
        """What the compose files publish, by service; None when they are not here to be read."""
        if self.configuration is None:
            return None
        return {
            name: tuple(
                facts.Port(
                    target=int(port["target"]),
                    host=str(port.get("host_ip", "")),
                    published=int(str(port["published"]).partition("-")[0]) if port.get("published") else 0,
                    protocol=str(port.get("protocol", "tcp")),
                )
                for port in service.get("ports") or ()
            )
            for name, service in self.configuration.services.items()
        }

    def hosts(self) -> frozenset[str]:
        """Names that only mean something inside this project: of services, containers and their aliases."""
        names = set()
        for service, attrs in self.inspect().items():
            names |= {service, attrs["Name"].lstrip("/")}
            for network in attrs["NetworkSettings"]["Networks"].values():
                names |= set(network.get("Aliases") or ()) - {attrs["Id"][:12]}
        return frozenset(names)

    def address(self, role: Role, port: int | None = None) -> tuple[str, int]:
        """Where this host reaches a role: its published port, else its address on the project's network.

        Args:
            role: Whom to reach.
            port: Its port inside the container; the role's own when not given.

        Raises:
            errors.StackError: It is not running, or this host cannot reach it.
        """
        service = self.service(role)
        targets = [port] if port else [isolation.PORTS.get(role), *(p.target for p in service.ports if p.published)]
        for target in targets:
            for published in service.ports:
                if published.target == target and published.published:
                    host = "127.0.0.1" if published.host in {"", "0.0.0.0", "::"} else published.host  # noqa: S104 - compared, not bound
                    return host, published.published
        if service.addresses and (inside := targets[0]):
            return service.addresses[0], inside
        raise errors.StackError(
            f"reach the {role}",
            expected="a running container with an address",
            actual=str(service),
            next_step=f"docker compose --project-name {self.project} ps --all",
        )

    def environment(self, role: Role) -> dict[str, str]:
        """The environment a role's container was made with."""
        name = self.service_name(role)
        with complaints.translated(f"read the environment of {name}"):
            pairs = self.container(name).attrs["Config"]["Env"] or []
        return dict(pair.partition("=")[::2] for pair in pairs)

    def container(self, service: str) -> Container:
        """A service's container; of several the first.

        Raises:
            errors.StackError: There is none.
        """
        for container in self._containers(service):
            return container
        raise errors.StackError(
            f"look at {service}",
            expected=f"a container of the service {service} in the project {self.project}",
            actual="there is none",
            next_step=f"docker compose --project-name {self.project} ps --all",
        )

    def execute(self, service: str, command: Sequence[str], *, user: str = "") -> tuple[int, str]:
        """Run a command inside a service's container; its exit status and both outputs together."""
        with complaints.translated(f"run {command[0]} in {service}"):
            result = self.container(service).exec_run(list(command), user=user)
            output = result.output if isinstance(result.output, bytes) else b"".join(result.output)
        return result.exit_code or 0, output.decode(errors="replace")

    def logs(self, service: str, *, tail: int | None = None) -> str:
        """What a service printed, both outputs, each line with its time; the last lines only when asked."""
        with complaints.translated(f"read the logs of {service}"):
            return "".join(
                container.logs(timestamps=True, tail=tail or "all").decode(errors="replace")
                for container in self._containers(service)
            )

    def up(
        self, *, timeout: float, unhealthy_too: bool = False, patient: bool = False, options: Sequence[str] = ()
    ) -> None:
        """Bring every service up, and wait until each has settled.

        Args:
            timeout: Seconds.
            unhealthy_too: Whether a service that runs, and that the engine calls unhealthy, will do.
            patient: Whether such a one may yet recover, or be replaced.
            options: More of the command's.

        Raises:
            errors.CheckError: A service does not come up; the error ends in its last log lines.
        """
        tried = f"bring up {self.name}"
        command = [*self.compose.compose_command_property, "up", "--detach", "--no-build", *options]
        before = {service.container: service.restarts for service in self.services()}
        with process.running(command, environment=self.compose.environment) as up:
            try:
                self.settle(timeout=timeout, beside=up, before=before, unhealthy_too=unhealthy_too, patient=patient)
            except (errors.StackError, errors.TimeoutError) as error:
                said = up.completed().said if up.done() else ""
                last_lines = partial(self.logs, tail=15)
                raise coming_up.why_not(tried, error, said, look=self.services, last_lines=last_lines) from None

    def settle(
        self,
        *,
        timeout: float,
        beside: process.Running | None = None,
        before: Mapping[str, int] | None = None,
        unhealthy_too: bool = False,
        patient: bool = False,
        only: Collection[str] = (),
    ) -> None:
        """Wait until every service is where it should be.

        Args:
            timeout: Seconds.
            beside: A program that brings them there, and has to end, too.
            before: The containers that were there before it, with their restarts until then.
            unhealthy_too: Whether a service that runs, and that the engine calls unhealthy, will do.
            patient: Whether such a one may yet recover, or be replaced.
            only: The services that are waited for; all, when none is named.

        Raises:
            errors.StackError: The program failed, or a service it brings up will not come there.
            errors.TimeoutError: It took too long.
        """
        declared = self.configuration.services if self.configuration else ()
        coming_up.wait_until_settled(
            lambda: tuple(service for service in self.services() if not only or service.name in only),
            self.is_at_rest,
            expected=set(only) or {*declared, *self.roles.values()},
            timeout=timeout,
            beside=beside,
            before=before or {},
            unhealthy_too=unhealthy_too,
            patient=patient,
            clock=self.timeline,
        )

    def is_at_rest(self, service: facts.Service) -> bool:
        """Whether a service is where it should be, or where it was when the stack came up."""
        return service.settled or (service.name in self.unhealthy and service.state == "running")

    def act(self, *arguments: str, timeout: float = 120.0) -> None:
        """Run a compose command that changes the stack: ``act("restart", "backend")``."""
        with complaints.translated(f"{' '.join(arguments)} in {self.project}"):
            self.compose(*arguments, timeout=timeout)

    def _containers(self, service: str = "") -> list[Container]:
        """The containers of one service, or of all; each is asked about by itself, so fewer are sooner."""
        ours = [f"{labels.PROJECT}={self.project}", f"{labels.ONE_OFF}=False"]
        ours += [f"{labels.SERVICE}={service}"] if service else []
        return self.client.containers.list(all=True, filters={"label": ours}, ignore_removed=True)
