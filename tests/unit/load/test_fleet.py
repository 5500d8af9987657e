"""The compose file of workers on other hosts fits the master that they join."""

from pathlib import Path

import yaml

from agentchat_check.load import generator, profiles

FLEET = profiles.FILES / "fleet"


def test_workers_join_where_the_master_listens_and_have_what_they_need() -> None:
    worker = yaml.safe_load((FLEET / "docker-compose.yml").read_text(encoding="utf-8"))["services"]["worker"]
    assert worker["command"] == [
        "--locustfile=-",
        "--worker",
        "--master-host=${MASTER:?the address of the host that the master runs on}",
        f"--master-port=${{MASTER_PORT:-{generator.PORT}}}",
    ]
    checkout = (FLEET / worker["build"]["context"]).resolve()
    lines = (checkout / worker["build"]["dockerfile"]).read_text(encoding="utf-8").splitlines()
    copied = [Path(line.split()[1]) for line in lines if line.startswith("COPY ")]
    assert [str(path) for path in copied if not (checkout / path).exists()] == []
    locked = (checkout / "requirements" / "load.txt").read_text(encoding="utf-8")
    assert all(f"{package}==" in locked for package in ("locust", "hdrhistogram", "pydantic", "docker"))
