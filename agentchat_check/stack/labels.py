"""Labels: those that compose puts on what it makes, and ours, by which we find and remove what we made."""

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
VOLUME = "com.docker.compose.volume"
ONE_OFF = "com.docker.compose.oneoff"
WORKING_DIRECTORY = "com.docker.compose.project.working_dir"
CONFIG_HASH = "com.docker.compose.config-hash"
CONFIG_FILES = "com.docker.compose.project.config_files"
ENVIRONMENT_FILE = "com.docker.compose.project.environment_file"

OWNER = "agentchat-check.owner"
RUN = "agentchat-check.run"
KEEP = "agentchat-check.keep"
SCRATCH = "agentchat-check.scratch"
ADDED_PORTS = "agentchat-check.added-ports"


def of_helpers(project: str) -> str:
    """The project that containers count among which reach the volumes of another and are no service of its."""
    return f"{project}-helper"
