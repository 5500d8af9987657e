"""Does stop.sh keep the data unless it is told otherwise, and then only its own?"""

import pytest

from agentchat_check.checks import scripts, stopping
from agentchat_check.probes import belongings, database
from agentchat_check.probes import scripts as look
from agentchat_check.procedures import adversity, start_stop, starting


def test_stop_sh_can_be_run_as_it_is(deployment, verify):
    r"""stop.sh can be run as it lies on the disk.

    Procedure:
        1. Look at its mode: its owner may run it.
        2. Its first line names its shell, and no line ends in CRLF, as after an unpacking on Windows.

    If it fails:
        chmod +x stop.sh; CRLF goes with sed -i 's/\r$//' stop.sh.
    """
    verify(scripts.runnable(look.script(look.find(deployment.directory, look.STOP))))


@pytest.mark.disruptive(mends=True)
def test_stopping_keeps_every_volume_and_every_row(stack, settings, verify):
    """stop.sh keeps the data when the question is answered with return, with n, or not at all.

    Procedure:
        1. A user registers.
        2. Run stop.sh and press return; again, and say n; again, with no input to read. Each time nothing runs any
           more, and every volume is there.
        3. The later ones stop what is stopped: that is harmless.
        4. Start again: every row is there.

    If it fails:
        Do not run this stop.sh where there are data to lose: docker compose down stops the deployment and keeps them.
    """
    start_stop.fill_in(stack)
    starting.newcomer(stack)
    rows, before = database.row_digests(stack), belongings.of(stack.client, stack.project)
    first = start_stop.stop(stack, given="\n", timeout=settings.up_timeout)
    after_return = belongings.of(stack.client, stack.project)
    second = start_stop.stop(stack, given="n\n", timeout=settings.up_timeout)
    after_n = belongings.of(stack.client, stack.project)
    third = start_stop.stop(stack, given="", timeout=settings.up_timeout)
    after_nothing = belongings.of(stack.client, stack.project)
    verify(
        stopping.keeps_volumes(first, "answered with return", before, after_return),
        stopping.keeps_volumes(second, "answered with n", before, after_n),
        stopping.keeps_volumes(third, "not answered, the input ends", before, after_nothing),
        stopping.harmless_twice(second, after_return, after_n),
    )
    stack.up(timeout=settings.up_timeout)
    verify(stopping.keeps_rows(rows, database.row_digests(stack)))


@pytest.mark.disruptive(mends=True)
def test_yes_removes_this_projects_data_and_nothing_of_others(stack, settings, verify):
    """stop.sh answered with y removes this deployment's data, and nothing of any other project.

    Procedure:
        1. Bring up another project with nearly the same name: a container, a volume, a network.
        2. Run stop.sh and say y. A command that prunes is noted, and not let through: this is not its host.
        3. Of this deployment neither a container nor a volume is left; the other project is what it was.
        4. Start again.

    If it fails:
        Before running this stop.sh, see what else is on the host: docker compose ls. docker compose down --volumes
        removes the data of this deployment alone.
    """
    start_stop.fill_in(stack)
    with adversity.neighbour(stack) as other:
        before = belongings.of(stack.client, stack.project)
        run = start_stop.stop(stack, given="y\n", timeout=settings.up_timeout)
        findings = (
            stopping.removes_its_data(run, before, belongings.of(stack.client, stack.project)),
            stopping.spares_others(
                run,
                other,
                belongings.of(stack.client, other.project),
                belongings.has_images(stack.client, other.images),
            ),
        )
    stack.up(timeout=settings.up_timeout)
    verify(*findings)
