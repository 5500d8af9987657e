"""Are the deployment's files in order? Nothing is started; images are only looked into."""

import pytest

from agentchat_check.audit.rules import data, health, images, network, running, secrets, variables, written


@pytest.mark.safe
def test_every_service_has_a_health_check_that_tells(audited, verify):
    """Every service has a health check that can fail, that its image can run, and that leaves time to start.

    Procedure:
        1. Read the compose files as docker compose config does, and the Dockerfiles.
        2. For each service look for a health check, and for programs in it that its image lacks.
        3. Look for checks that succeed whatever the service does.

    If it fails:
        Write a check that asks what users ask, with a program that is in the image, and start_period as long as the
        slowest start. Until then docker compose up --wait and depends_on mean little.
    """
    verify(*audited.findings(health))


@pytest.mark.safe
def test_services_reach_each_other_and_nobody_else_reaches_them(audited, verify):
    """Services find each other by name, wait for each other, share a network, and publish no more than is meant.

    Procedure:
        1. Read what each service is told of hosts: variables, commands, and configuration files that it is given.
        2. Compare with what it waits for, and with the networks that it is on.
        3. Look for localhost, for ports on every interface, and for names that only one copy can have.

    If it fails:
        Ports on every interface first: until they are closed, close them in the network before the host; the host's own
        firewall does not see them.
    """
    verify(*audited.findings(network))


@pytest.mark.safe
def test_services_run_with_limits_and_without_privileges(audited, verify):
    """Services restart by themselves, have limits for memory and logs, and no power over the host.

    Procedure:
        1. Look at restart policies, memory limits (in production where there is an overlay for it) and log rotation.
        2. Look for privileges, the engine's socket and namespaces of the host.

    If it fails:
        Take the privileges away first. A memory limit somewhat above what docker stats shows under load is enough.
    """
    verify(*audited.findings(running))


@pytest.mark.safe
def test_data_are_where_a_backup_finds_them(audited, verify):
    """Data are in volumes, or in the deployment's own directory.

    Procedure:
        1. Find out where each service keeps data: its image's fame, its command, VOLUME in its Dockerfile.
        2. Compare with what is mounted there.
        3. Look for directories that services write to outside the deployment.

    If it fails:
        Do not recreate the container that is named: its data would go with it. Copy them out with docker cp, mount a
        volume, and copy them back.
    """
    verify(*audited.findings(data))


@pytest.mark.safe
def test_images_can_be_built_again_and_run_as_they_should(audited, verify):
    """Images are pinned, build from files that are there, hold what they run, and do not run as root.

    Procedure:
        1. Read each Dockerfile, its context and its .dockerignore.
        2. Look for base images without a version, files that are not there, and lock files that do not arrive.
        3. Look for the program that each service runs, and for the user that runs it; in the image where the files do
           not tell and the engine has it.

    If it fails:
        Build from a fresh checkout, without the cache, on a host that never built it: that is where it fails first.
    """
    verify(*audited.findings(images))


@pytest.mark.safe
def test_secrets_are_secret(audited, verify):
    """Secrets are not the well-known ones, and stand in the env file only.

    Procedure:
        1. Look for values that everybody knows among the passwords and keys that services are given.
        2. Look for passwords and keys in compose files, Dockerfiles and configuration files.

    If it fails:
        Change the secret, not only the file: what stood there has been seen. The database keeps its old password until
        it is changed there as well.
    """
    verify(*audited.findings(secrets))


@pytest.mark.safe
def test_every_variable_is_set_and_read(audited, verify):
    """The compose files' variables are set, and what the env files set is read by something.

    Procedure:
        1. List the variables of the compose files, and those of the env file.
        2. Compare: unset, blank, set twice, read by nothing.

    If it fails:
        A variable that nothing reads is worse than none: somebody will change it and believe in it.
    """
    verify(*audited.findings(variables))


@pytest.mark.safe
def test_the_files_work_as_they_are_written(audited, verify):
    """Compose takes the files, scripts can be run, and documents name files that exist.

    Procedure:
        1. Let docker compose config read the files.
        2. Look at each script: run bit, line ends, the programs it calls.
        3. Look for the files that the documents name.

    If it fails:
        Compose's own words come first. A document that leads nowhere is mended together with what it describes.
    """
    verify(*audited.findings(written))
