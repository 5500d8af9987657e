"""Are secrets where they belong, and nowhere else?"""

import pytest

from agentchat_check.checks import secrets
from agentchat_check.probes import database, page, tokens
from agentchat_check.probes import secrets as looks
from agentchat_check.procedures import secret_starts


@pytest.mark.disruptive(mends=True)
def test_secrets_stand_nowhere_else(stack, site, guest, verify):
    """Secrets are in the env file and in the processes that need them, and nowhere else.

    Procedure:
        1. Log in, so that every secret has been in use.
        2. Look for each secret, in every form that it takes, in the compose files; there also for values that are named
           like secrets.
        3. Likewise in the images that the deployment builds: history, environment, labels, every file.
        4. Likewise in the logs, among the arguments of every process, in the page and in what it loads.

    If it fails:
        Whoever sees that place knows the secret: rotate it first. Then take it out; a value goes into the env file, and
        ${NAME:?} into the compose file.
    """
    guest.api.call("dialogs")
    verify(
        secrets.not_in_compose_files(looks.in_compose_files(stack)),
        secrets.not_in_images(looks.in_images(stack)),
        secrets.not_in_logs(looks.in_logs(stack)),
        secrets.not_on_command_lines(looks.on_command_lines(stack)),
        secrets.not_in_page(looks.in_page(stack, page.look(site.page))),
    )


@pytest.mark.disruptive(mends=True)
def test_production_refuses_weak_secrets(stack, verify):
    """Production does not start with a secret that is empty, well known, or an example's.

    Procedure:
        1. Take every secret that an administrator makes, of the backend and of the database.
        2. Start its service as in production, beside the one that runs, with the secret empty, "123456" and "changeme".
        3. Each start has to end at once, with an error that names the variable.

    If it fails:
        See that this installation's own secrets are strong: openssl rand -hex 32. Nobody else will.
    """
    verify(secrets.refuses_weak(secret_starts.weak_ones(stack)))


@pytest.mark.disruptive(mends=True)
def test_a_token_signed_with_a_well_known_key_is_refused(guest, verify):
    """Nobody can make a token of their own: the key that signs them is in no manual.

    Procedure:
        1. Log in, and take the token's claims.
        2. Sign them with each well-known key, AgentChat's own defaults among them, and list the user's dialogs.
        3. Each has to be refused, while the user's own token opens the list.

    If it fails:
        Everybody can be any user. Take the installation off the network, set JWT_SECRET_KEY to a key of your own
        (openssl rand -hex 32), and see that the application reads it.
    """
    forged = {key: guest.api.as_user(tokens.signed_with(guest.token, key)) for key in secrets.KNOWN_KEYS}
    answers = {key: api.call("dialogs") for key, api in forged.items()}
    verify(secrets.refuses_known_keys(answers, own=guest.api.call("dialogs")))


@pytest.mark.disruptive(mends=True)
def test_the_backend_holds_the_password_of_the_database(stack, verify):
    """The password that the backend was told is the one that the database has.

    Procedure:
        1. Take every account that the backend holds: from its environment, its secret files, its config.yaml.
        2. Log in to the database with each, over the network.

    If it fails:
        The backend may live on connections from before, until it restarts. Change the password in the database
        (ALTER USER), or the one that the backend is told.
    """
    verify(secrets.opens_database(database.application_log_ins(stack)))


@pytest.mark.disruptive(mends=True)
def test_docker_secrets_work(stack, verify):
    """Every secret can be handed over in a file that NAME_FILE names, as Docker Secrets and external managers do.

    Procedure:
        1. Start the backend and the database beside those that run, each with its secrets in files under /run/secrets,
           and none in its environment. The database gets a place of its own for its data.
        2. Each has to come up; the backend only does when what the files say opens the database and the cache.
        3. Give each secret in both ways: the start has to end with an error that names it.

    If it fails:
        Without NAME_FILE the secrets of this installation are in the environment, where `docker inspect` shows them to
        whoever may talk to the engine.
    """
    verify(secrets.reads_files(secret_starts.from_files(stack)))
