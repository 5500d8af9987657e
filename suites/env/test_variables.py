"""Does every variable do what it is there for?"""

import pytest

from agentchat_check.checks import environment
from agentchat_check.procedures import knobs
from agentchat_check.report import matrix


@pytest.mark.disruptive
def test_every_variable_is_alive(stack, guest, exhibit, verify):
    """Every variable of the deployment's files has an effect, and no value of it does harm without a word.

    Procedure:
        1. List the variables: every key of the example env file, and every ${…} of the compose files.
        2. Have compose read its files with each of them set, changed, empty, missing and malformed.
        3. Start the services with malformed values, each beside the one that runs.
        4. Bring the stack up with other values, and see what the application does otherwise: its clocks and logs, how
           it asks the model, what it lets in. Secrets are tried on what they open. Of other variables the
           application's own files say whether it reads them.
        5. Show all of it as a table.

    If it fails:
        A variable without an effect misleads whoever sets it: take it out of the files, or make the application read
        it. A malformed value that starts should be refused where the settings are read, by the variable's name. One
        that may be missing needs a default.
    """
    seen = knobs.try_every(stack, guest)
    exhibit("every variable, and what became of it", matrix.variables(seen))
    verify(environment.alive(seen), environment.refuses_nonsense(seen), environment.refuses_nothing(seen))
