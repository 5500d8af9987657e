import io
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

import archives
from agentchat_check import errors
from agentchat_check.archive import sealing
from agentchat_check.archive.sealing import Identity, Key, Sealing


def ssh_key() -> tuple[bytes, str]:
    """A private key of ssh, and the public one."""
    key = ed25519.Ed25519PrivateKey.generate()
    openly = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, openly)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private, f"{public.decode()} somebody@somewhere"


def opened(closed: Sealing, identity: Identity) -> bytes:
    """Close a new key, open it again with an identity, and return what both have in common."""
    key = Key.new()
    found = identity.open(closed.close(key), closed.opened_by, where="a")
    assert found.text() == key.text()
    return found.text()


def identity_file(path: Path, text: bytes | str) -> Identity:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Identity.of_file(path)


def test_each_recipient_can_open_an_archive_with_the_file_that_age_keygen_writes(tmp_path: Path) -> None:
    first, second = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    closed = Sealing(recipients=(f" {first.to_public()}\n", str(second.to_public())))
    for private in (first, second):
        file = f"# created: 2026-11-24T19:36:00Z\n# public key: {private.to_public()}\n{private}\n"
        assert opened(closed, identity_file(tmp_path / "identity.txt", file))


def test_a_file_of_several_identities_opens_what_any_of_them_does(tmp_path: Path) -> None:
    others = [pyrage.x25519.Identity.generate() for _ in range(2)]
    lines = "\n".join(map(str, [others[0], archives.PRIVATE, others[1]]))
    assert opened(archives.SEALING, identity_file(tmp_path / "identity.txt", lines))


def test_keys_of_ssh_do_as_well(tmp_path: Path) -> None:
    private, public = ssh_key()
    assert opened(Sealing(recipients=(public,)), identity_file(tmp_path / "id_ed25519", private))


def test_a_passphrase_does_instead_and_another_one_does_not() -> None:
    closed = Sealing(passphrase="correct horse")  # noqa: S106 - a test gives it away
    key = Key.new()
    file = closed.close(key)
    assert Identity.of_passphrase("correct horse").open(file, "passphrase", where="a").text() == key.text()
    with pytest.raises(errors.ArchiveError) as caught:
        Identity.of_passphrase("battery staple").open(file, "passphrase", where="/b/a")
    assert str(caught.value) == (
        "open the encrypted archive /b/a\n"
        "  expected:   the passphrase it was closed with\n"
        "  actual:     the passphrase does not open it\n"
        "  next step:  give the right one; without it nobody can read this archive"
    )


def test_a_wrong_key_is_called_one(tmp_path: Path) -> None:
    identity = identity_file(tmp_path / "other.txt", f"{pyrage.x25519.Identity.generate()}\n")
    with pytest.raises(errors.ArchiveError) as caught:
        identity.open(archives.SEALING.close(Key.new()), "identity", where="/b/a")
    assert (caught.value.expected, caught.value.actual) == (
        "the private key of one of its recipients",
        f"{tmp_path / 'other.txt'} does not open it",
    )


@pytest.mark.parametrize(
    ("identity", "opened_by", "actual"),
    [(archives.IDENTITY, "passphrase", "an identity"), (Identity.of_passphrase("x"), "identity", "a passphrase")],
)
def test_what_does_not_fit_is_not_tried(identity: Identity, opened_by: sealing.OpenedBy, actual: str) -> None:
    with pytest.raises(errors.ArchiveError) as caught:
        identity.open(b"", opened_by, where="a")
    assert caught.value.actual == actual


def test_recipients_and_a_passphrase_at_once_are_refused() -> None:
    with pytest.raises(errors.ArchiveError, match="encrypt the archive"):
        Sealing(recipients=archives.SEALING.recipients, passphrase="x")  # noqa: S106 - a test gives it away


@pytest.mark.parametrize("text", ["age1nothing", "ssh-dss AAAA", "", pytest.param(str(archives.PRIVATE), id="private")])
def test_what_is_no_public_key_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(errors.ArchiveError) as caught:
        Sealing(recipients=(*archives.SEALING.recipients, text))
    assert caught.value.tried == "encrypt the archive for recipient 2 of 2"
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "actual"),
    [
        (b"", "no key is in it"),
        (b"# nothing\n\n", "no key is in it"),
        (b"AGE-SECRET-KEY-1NOTHING\n", "Bech32"),
        (b"\xff\xfe", "decode"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n", "SSH"),
    ],
)
def test_what_is_no_identity_is_refused(tmp_path: Path, text: bytes, actual: str) -> None:
    with pytest.raises(errors.ArchiveError) as caught:
        identity_file(tmp_path / "identity.txt", text)
    assert caught.value.tried == f"read the identity file {tmp_path / 'identity.txt'}"
    assert actual in caught.value.actual


def test_an_identity_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(errors.ArchiveError, match="No such file"):
        Identity.of_file(tmp_path / "none.txt")


def test_secrets_are_in_no_text_of_the_objects() -> None:
    closed = Sealing(passphrase="horse")  # noqa: S106 - a test gives it away
    texts = [repr(closed), repr(Identity.of_passphrase("horse")), repr(Key.new())]
    assert not any("horse" in text or "AGE-SECRET" in text for text in texts)


def test_a_key_decrypts_what_it_encrypted_and_nothing_else() -> None:
    key, closed, found = Key.new(), io.BytesIO(), io.BytesIO()
    key.encrypt(io.BytesIO(b"x" * 200_000), closed)
    key.decrypt(io.BytesIO(closed.getvalue()), found)
    assert found.getvalue() == b"x" * 200_000
    with pytest.raises(pyrage.DecryptError):
        Key.new().decrypt(io.BytesIO(closed.getvalue()), io.BytesIO())
