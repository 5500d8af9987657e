"""Who looks at an installation: users made or named for it, logged in once and kept for the rest of the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.probes import api as apis
from agentchat_check.probes.api import Account, Api
from agentchat_check.procedures import visit
from agentchat_check.procedures.visit import Guest
from agentchat_check.settings import PREFIX, Settings
from agentchat_check.stack import evidence
from agentchat_check.stack.running import Stack

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Site:
    """Where an installation answers.

    Attributes:
        api: Address of the API, ``http://127.0.0.1:7860``.
        page: Address of the page, ``http://127.0.0.1:8090``.
    """

    api: str
    page: str


@dataclass
class Reception:
    """What the tests of one process share at each site: its API, a guest, an agent to talk to.

    Attributes:
        settings: Which site and which account the operator named.
    """

    settings: Settings
    _kept: dict[tuple[str, str], object] = field(default_factory=dict)
    _sites: dict[str, Site] = field(default_factory=dict)

    def site(self, stack: Stack | None) -> Site:
        """Where a stack answers, looked up once for each; without one, the address that was named."""
        if stack is None:
            url = (self.settings.url or "").rstrip("/")
            return Site(url, (self.settings.page_url or url).rstrip("/"))
        if stack.project not in self._sites:
            ways = map(stack.address, (Role.BACKEND, Role.FRONTEND))
            self._sites[stack.project] = Site(*(f"http://{host}:{port}" for host, port in ways))
        return self._sites[stack.project]

    def api(self, site: Site) -> Api:
        """A site's API, asked by nobody."""
        return self._once("api", site, lambda: apis.discover(site.api))

    def guest(self, site: Site, *, live: bool) -> Guest:
        """A user of a site, logged in: the account that was named, or on a stack of ours a new one.

        Raises:
            errors.CheckError: No account was named for an installation that is not ours, or it cannot log in.
        """
        return self._once("guest", site, lambda: visit.arrive(self.api(site), self.account() if live else None))

    def account(self) -> Account:
        """The account that was named for a running installation.

        Raises:
            errors.CheckError: None was.
        """
        if not self.settings.user or not self.settings.password:
            raise errors.CheckError(
                "log in to the running installation",
                expected="an account that was made for checks",
                actual="no --user" if not self.settings.user else f"no {PREFIX}PASSWORD in the environment",
                next_step=f"register a user there, and name it: {PREFIX}PASSWORD=… pytest … --user NAME",
            )
        return Account(self.settings.user, self.settings.password.get_secret_value())

    def agent(self, site: Site, guest: Guest, stack: Stack | None) -> str:
        """An agent to talk to: on a stack of ours one that answers with the stub model, else the first there is."""
        if stack is None or stack.live:
            return self._once("agent", site, lambda: visit.first_agent(guest))
        return self._once("agent", site, lambda: visit.agent_of_ours(guest, stack))

    def application(self) -> str:
        """What the application that was asked calls itself, with its release; "" before any was."""
        asked = (api for api in self._kept.values() if isinstance(api, Api))
        return next((f"{api.title} {api.version}".strip() for api in asked), "")

    def secrets(self) -> list[str]:
        """Values of ours that neither a finding nor its evidence may show."""
        guests = [guest for guest in self._kept.values() if isinstance(guest, Guest)]
        ours = [secret for guest in guests for secret in (guest.account.password, guest.token)]
        ours += [self.settings.password.get_secret_value()] if self.settings.password else []
        every = evidence.secret_values({f"SECRET_{number}": secret for number, secret in enumerate(ours)})
        return sorted(every, key=len, reverse=True)

    def _once(self, what: str, site: Site, make: Callable[[], T]) -> T:
        key = (what, site.api)
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]  # type: ignore[return-value] # under this name lies what this maker made
