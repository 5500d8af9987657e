"""Can every secret be changed, and what do users notice?"""

import pytest

from agentchat_check.checks import rotation
from agentchat_check.procedures import rotate


@pytest.mark.disruptive
def test_the_database_password_can_be_changed(stack, site, guest, exhibit, verify):
    """The database's password is changed while users are there; the old one is refused, and every row stays.

    Procedure:
        1. A user lists dialogs twenty times a second, through the page.
        2. Give the account a second password, with special characters: ALTER USER … RETAIN CURRENT PASSWORD.
        3. Write it into the env file, and `docker compose up --detach`: the backend and the database are recreated.
        4. End the first password: ALTER USER … DISCARD OLD PASSWORD.
        5. Log in with the new one, and with the old one; compare volumes and rows with those from before.

    If it fails:
        Put the old password back: ALTER USER, and the env file. Quotes and backslashes do not survive the official
        image of MySQL; use other characters.
    """
    seen = rotate.database_password(stack, guest, page=site.page)
    exhibit("the database password was changed", rotation.noticed(seen))
    verify(rotation.rotates(seen), rotation.retires(seen), rotation.keeps(seen))


@pytest.mark.disruptive
def test_the_cache_password_can_be_changed(stack, site, guest, exhibit, verify):
    """The cache's password is changed while users are there; the old one is refused, and sessions stay.

    Procedure:
        1. A user lists dialogs twenty times a second, through the page.
        2. Write a password with special characters, quotes too, into the env file, and `docker compose up --detach`:
           the cache and the backend are recreated.
        3. Log in to the cache with the new one, with the old one, and with none. The user is still logged in.
        4. Compare volumes and rows with those from before.

    If it fails:
        Put the old password back in the env file, and `docker compose up --detach`. Special characters belong in single
        quotes there.
    """
    seen = rotate.cache_password(stack, guest, page=site.page)
    exhibit("the cache's password was changed", rotation.noticed(seen))
    verify(rotation.rotates(seen), rotation.retires(seen), rotation.keeps(seen))


@pytest.mark.disruptive
def test_the_key_of_the_tokens_can_be_changed(stack, site, guest, exhibit, verify):
    """The key that signs tokens is changed while users are there; they log in again, and no old token opens anything.

    Procedure:
        1. A user lists dialogs twenty times a second, through the page; being told to log in counts as an answer.
        2. Write a new JWT_SECRET_KEY into the env file (openssl rand -hex 32), and `docker compose up --detach`: the
           backend is recreated.
        3. Log in again. Ask with the token from before, and with one that is signed with the old key.
        4. Compare volumes and rows with those from before.

    If it fails:
        If old tokens still open something, the key is not read from the env file, and whoever knows it can be any user:
        take the installation off the network.
    """
    seen = rotate.token_key(stack, guest, page=site.page)
    exhibit("the key of the tokens was changed", rotation.noticed(seen))
    verify(rotation.rotates(seen), rotation.retires(seen), rotation.keeps(seen))
