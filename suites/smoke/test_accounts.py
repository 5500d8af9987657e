"""Can people get in, and only they?"""

import pytest

from agentchat_check.checks import conversation
from agentchat_check.probes import tokens
from agentchat_check.probes.api import Account
from agentchat_check.procedures import visit


def test_a_new_user_can_register_and_log_in(api, verify):
    """A new user registers, logs in, and is recognised by the token.

    Procedure:
        1. Register a user with a new name.
        2. Log in with that name and password.
        3. List the user's dialogs with the token.

    If it fails:
        Read the backend's log at that time. Registering writes to the database; logging in reads it, signs a token
        with JWT_SECRET_KEY and writes a session to the cache.
    """
    account = visit.fresh_account()
    registered = api.register(account)
    logged_in = api.log_in(account)
    own = api.as_user(visit.token_of(logged_in)).call("dialogs")
    verify(conversation.registers(registered), conversation.logs_in(logged_in, own))


@pytest.mark.safe
def test_a_user_can_log_in(guest, verify):
    """A user who has an account logs in, and is recognised by the token.

    Procedure:
        1. Log in with the name and the password.
        2. List the user's dialogs with the token.

    If it fails:
        Check the account first. Then read the backend's log at that time, and look whether every backend has the same
        JWT_SECRET_KEY.
    """
    verify(conversation.logs_in(guest.logged_in, guest.api.call("dialogs")))


@pytest.mark.safe
def test_a_wrong_password_is_refused(guest, api, verify):
    """A wrong password lets nobody in.

    Procedure:
        1. Log in with a wrong password, with an empty one, with the right one in other letters, and as nobody.
        2. Each has to be refused clearly: no token, and no server error.

    If it fails:
        If one was let in: take the installation off the network now. If the server failed instead of refusing: read
        the backend's log, for log-in is not looking at passwords at all.
    """
    name, password = guest.account.name, guest.account.password
    attempts = {
        "a wrong password": Account(name, visit.fresh_account().password),
        "an empty password": Account(name, ""),
        "the password in other letters": Account(name, password.swapcase()),
        "an unknown user": Account(visit.fresh_account().name, password),
    }
    verify(conversation.refuses_wrong_passwords({what: api.log_in(account) for what, account in attempts.items()}))


@pytest.mark.safe
def test_requests_without_a_valid_token_are_refused(guest, api, verify):
    """Nobody reads anything without logging in.

    Procedure:
        1. Ask for dialogs, messages, agents, models, tools and the user's data without a token.
        2. Ask for dialogs with a token of the right form that nobody signed, and with one that somebody else signed.
        3. Each has to be refused: HTTP 401 or 403.

    If it fails:
        Take the installation off the network, or let only trusted addresses reach the backend, until the call that is
        named asks for a token.
    """
    unsigned = api.as_user(tokens.unsigned(guest.token))
    foreign = api.as_user(tokens.signed_by_somebody_else(guest.token))
    verify(
        conversation.refuses_strangers(
            {
                **{f"{name} without a token": api.call(name) for name in ("dialogs", "agents", "models", "tools")},
                "messages without a token": api.call("history", params={"dialog_id": visit.NO_DIALOG}),
                "user without a token": api.call("user", params={"user_id": guest.user_id}),
                "dialogs with an unsigned token": unsigned.call("dialogs"),
                "dialogs with a token signed by somebody else": foreign.call("dialogs"),
            }
        )
    )
