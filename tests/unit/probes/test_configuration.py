import pytest
from docker import DockerClient

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.probes import configuration
from agentchat_check.probes.configuration import Address
from stacks import attached

FILE = """\
# mysql://commented:out@nowhere:1/x
mysql:
  endpoint: "mysql+pymysql://chat:p%40ss@mysql:3306/agentchat?charset=utf8mb4"  # mysql://later:x@y/z
  async_endpoint: "mysql+aiomysql://other:x@mysql:3306/other"
redis: {endpoint: redis://redis:6379}
"""


@pytest.mark.parametrize(
    ("scheme", "address"),
    [
        ("mysql", Address("chat", "p@ss", "mysql", "agentchat")),
        ("redis", Address("", "", "redis", "")),
        ("amqp", None),
    ],
)
def test_the_first_address_of_a_scheme_counts_outside_of_comments(scheme: str, address: Address | None) -> None:
    assert configuration.first(FILE, scheme) == address


@pytest.mark.parametrize(
    ("said", "found"),
    [((0, FILE), True), ((1, FILE), False), (errors.StackError("gone"), False)],
    ids=["there", "not there", "gone"],
)
def test_an_application_without_the_file_says_nothing(
    client: DockerClient, said: tuple[int, str] | Exception, *, found: bool
) -> None:
    with attached(client, prints={("backend", f"cat {configuration.FILE}"): said}) as stack:
        assert (configuration.address(stack, "mysql") is not None) == found


def test_where_nobody_is_the_application_nobody_is_asked(client: DockerClient) -> None:
    with attached(client, roles={Role.DATABASE: "mysql"}) as stack:
        assert configuration.address(stack, "mysql") is None
