import docker.errors
import pytest
import requests

from agentchat_check import errors
from agentchat_check.stack import complaints
from agentchat_check.stack.process import CommandError, Completed

FILES = "compose files that `docker compose config` accepts"
ENGINE = "an engine that answers"
IMAGE = "the image on this engine, or a registry that has it"


@pytest.mark.parametrize(
    ("said", "kind", "expected", "next_step"),
    [
        (
            "services.mysql.environment: required variable MYSQL_PASSWORD is missing a value: set it in docker.env",
            errors.DeploymentError,
            "a value for MYSQL_PASSWORD",
            "set MYSQL_PASSWORD in the env file, or name another one: --env-file FILE",
        ),
        ("yaml: line 3: mapping values are not allowed in this context", errors.DeploymentError, FILES, "correct"),
        ("validating /srv/docker-compose.yml: services.web Additional property imagee is not allowed",
         errors.DeploymentError, FILES, "correct the file at the place named above"),
        ('service "backend" depends on undefined service "mysql": invalid compose project',
         errors.DeploymentError, FILES, "correct"),
        ("env file /srv/docker.env not found: stat /srv/docker.env: no such file or directory",
         errors.DeploymentError, FILES, "correct"),
        ('service "web" has neither an image nor a build context specified', errors.DeploymentError, FILES, "correct"),
        (
            "driver failed programming external connectivity: Bind for 0.0.0.0:8090 failed: port is already allocated",
            errors.HostError,
            "port 8090 free",
            "stop what holds it (`ss -ltnp 'sport = :8090'` names it), or publish another port",
        ),
        (
            "listen tcp4 0.0.0.0:7860: bind: address already in use",
            errors.HostError,
            "port 7860 free",
            "stop what holds it (`ss -ltnp 'sport = :7860'` names it), or publish another port",
        ),
        (
            "write /var/lib/docker/tmp/x: no space left on device",
            errors.HostError,
            "room on the disk",
            "make room where the engine keeps its data; `docker system df` shows what takes it",
        ),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", errors.HostError, ENGINE, "start the"),
        ("error during connect: Get http://x: EOF", errors.HostError, ENGINE, "start the engine again"),
        ("dial unix /var/run/docker.sock: connect: no such file or directory", errors.HostError, ENGINE, "start the"),
        ("('Connection aborted.', ConnectionResetError(104))", errors.HostError, ENGINE, "start the engine again"),
        ("pull access denied for agentchat, repository does not exist", errors.HostError, IMAGE, "load the image"),
        ("manifest for mysql:99 not found: manifest unknown", errors.HostError, IMAGE, "--image ROLE=NAME"),
        ("lookup registry.test: no such host", errors.HostError, IMAGE, "load the image, or name one that is here"),
    ],
)  # fmt: skip
def test_a_known_complaint_is_told_with_its_cure(
    said: str, kind: type[errors.CheckError], expected: str, next_step: str
) -> None:
    error = complaints.meaning("bring it up", said)
    assert type(error) is kind
    assert (error.tried, error.expected, error.actual) == ("bring it up", expected, said)
    assert next_step in error.next_step


def test_a_complaint_that_nobody_foresaw_is_told_whole() -> None:
    assert str(complaints.meaning("bring it up", "the moon is full\nhowl", "no end after 3 s")) == (
        "bring it up\n"
        "  expected:   success\n"
        "  actual:     no end after 3 s\n"
        "              the moon is full\n"
        "              howl\n"
        "  next step:  read what was said above, and the services' logs in the evidence"
    )


def test_what_a_command_complained_of_becomes_the_error_it_means() -> None:
    with pytest.raises(errors.DeploymentError) as caught, complaints.translated("read the compose files"):
        raise CommandError(Completed(("docker",), 15, "", "yaml: line 1: did not find expected key"))
    assert caught.value.tried == "read the compose files"


def test_a_command_that_took_too_long_says_so() -> None:
    with pytest.raises(errors.StackError, match="no end after 60 s"), complaints.translated("stop it"):
        raise CommandError(Completed(("docker",), -9, "", ""), "no end after 60 s")


@pytest.mark.parametrize(
    "complaint",
    [
        docker.errors.APIError("500 Server Error: no space left on device"),
        requests.ConnectionError("Connection aborted."),
        requests.ConnectionError("Connection refused"),
    ],
)
def test_what_the_engine_complains_of_becomes_the_error_it_means(complaint: Exception) -> None:
    with pytest.raises(errors.HostError, match=str(complaint)), complaints.translated("look"):
        raise complaint


def test_what_is_no_complaint_of_theirs_is_left_alone() -> None:
    with pytest.raises(KeyError), complaints.translated("look"):
        raise KeyError("ours")


def test_what_compose_said_is_shown_without_its_running_account() -> None:
    said = """ Network demo_default  Creating
 Network demo_default  Created
 Volume "demo_data"  Created
 Container demo-mysql-1  Started
 Container demo-mysql-1  Error
dependency failed to start: container demo-mysql-1 is unhealthy"""
    assert complaints.without_progress(said).splitlines() == [
        " Container demo-mysql-1  Error",
        "dependency failed to start: container demo-mysql-1 is unhealthy",
    ]
