"""Do the database and the cache hold what the application keeps in them?"""

import pytest

from agentchat_check.checks import storage
from agentchat_check.probes import cache, database


@pytest.mark.safe
def test_the_database_accepts_the_application(stack, verify):
    """The database lets the application's account in, and answers it.

    Procedure:
        1. Take name and password as the database's container was given them.
        2. Log in over the network, as the application does, and ask one question.

    If it fails:
        A password that was changed in the env file does not change an existing volume: set it in the database, too
        (ALTER USER), or put the old one back.
    """
    verify(storage.database_admits(database.log_in(stack)))


@pytest.mark.safe
def test_the_database_has_its_tables(stack, api, verify):
    """The database has every table of the contract, and each can store every character.

    Procedure:
        1. List the tables of the application's database.
        2. Compare them with those that every release has, and of a release that we know with its own.
        3. The database and every table use utf8mb4.

    If it fails:
        Missing tables are made by the backend at its start: restart it, and read its log. Another character set loses
        emoji and rare characters: convert the table, after a backup.
    """
    schema = database.schema(stack)
    verify(storage.tables_there(schema, title=api.title, version=api.version), storage.utf8mb4(schema))


@pytest.mark.safe
def test_the_cache_answers_the_application(stack, verify):
    """The cache lets the application in, and answers it.

    Procedure:
        1. Take the password as the containers were given it.
        2. Log in over the network, as the application does, and ping.

    If it fails:
        Read the cache's log, and compare its password with the backend's.
    """
    verify(storage.cache_answers(cache.ping(stack)))


@pytest.mark.safe
def test_the_cache_holds_the_session(stack, guest, verify):
    """The cache holds the session of a log-in for as long as its token is good, and no longer.

    Procedure:
        1. Log in.
        2. Look at the user's session in the cache, and at its time to live.

    If it fails:
        No session: logging out, and keeping people out, does not work. One that lives for ever: old sessions pile up
        until the cache is full.
    """
    verify(storage.session_lives(cache.session(stack, guest.user_id)))
