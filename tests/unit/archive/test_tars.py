import io
import os
import random
import tarfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import errors
from agentchat_check.archive import tars
from agentchat_check.archive.streams import Nowhere
from agentchat_check.archive.tars import LeftOut, Tree

WHERE = "/var/lib/app"
CUT = datetime(2026, 11, 24, 19, 36, tzinfo=UTC)
BEFORE, AFTER = int(CUT.timestamp()) - 1, int(CUT.timestamp()) + 1

Member = tuple[tarfile.TarInfo, bytes]


class Sink(io.BytesIO):
    """Where a stream goes; like the engine's it can only be written."""

    seek = tell = read = None  # type: ignore[assignment]


class Trickle:
    """A source that gives a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        """At most so many, and never many."""
        return self._data.read(min(size, 1000))


def member(name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", **said: object) -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.mtime, info.uid, info.gid = kind, len(data), BEFORE, 1000, 1000
    for attribute, value in said.items():
        setattr(info, attribute, value)
    return info, data


def tar(*members: Member, form: int = tarfile.PAX_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as written:
        for info, data in members:
            written.addfile(info, io.BytesIO(data))
    return target.getvalue()


def passed(source: bytes, until: datetime | None = None) -> tuple[Tree, dict[str, tarfile.TarInfo]]:
    """Select, and what reached the sink."""
    sink = Sink()
    tree = tars.select(Trickle(source), sink, mounted_at=WHERE, until=until)
    again = tars.check(Trickle(sink.getvalue()), Nowhere(), mounted_at=WHERE)
    assert again == Tree(tree.files, tree.bytes, tree.digest, ())
    with tarfile.open(fileobj=io.BytesIO(sink.getvalue())) as found:
        return tree, {info.name: info for info in found}


def digest(*members: Member) -> str:
    return tars.check(Trickle(tar(*members)), Nowhere(), mounted_at=WHERE).digest


def refusal(source: bytes, where: str = WHERE) -> tuple[errors.ArchiveError, bytes]:
    """How a stream is refused, and what had been passed on by then."""
    sink = Sink()
    with pytest.raises(errors.ArchiveError) as caught:
        tars.check(Trickle(source), sink, mounted_at=where)
    assert caught.value.tried == f"read the files of {where}"
    return caught.value, sink.getvalue()


TREE = (
    member("app/", tarfile.DIRTYPE, mode=0o755),
    member("app/a.txt", data=b"hello"),
    member("app/sub", tarfile.DIRTYPE, mode=0o700),
    member("app/sub/ü" + "x" * 200, data=random.Random(1).randbytes(3_000_000)),  # noqa: S311 - the same each time
    member("app/sub/b", data=b""),
    member("app/sub/second", tarfile.LNKTYPE, linkname="app/a.txt"),
    member("app/current", tarfile.SYMTYPE, linkname="sub/b"),
    member("app/sub/up", tarfile.SYMTYPE, linkname="../a.txt"),
    member("app/whole", tarfile.SYMTYPE, linkname="/var/lib/app/sub"),
    member("app/loop", tarfile.SYMTYPE, linkname="."),
)


def test_every_file_directory_and_link_arrives_as_it_was() -> None:
    tree, found = passed(tar(*TREE))
    assert (tree.files, tree.bytes, tree.left_out) == (3, 3_000_005, ())
    expected = {info.name.rstrip("/"): info for info, _ in TREE}
    assert list(found) == list(expected)
    for name, info in found.items():
        for attribute in ("type", "mode", "uid", "gid", "size", "mtime", "linkname"):
            assert getattr(info, attribute) == getattr(expected[name], attribute), (name, attribute)


def test_what_is_attached_to_a_file_arrives_too() -> None:
    attached = {"SCHILY.xattr.user.origin": "web", "mtime": f"{BEFORE}.25"}
    _, found = passed(tar(member("app/a", data=b"x", pax_headers=attached)))
    assert found["app/a"].pax_headers["SCHILY.xattr.user.origin"] == "web"


def test_names_that_are_no_utf8_arrive() -> None:
    name = b"app/caf\xe9".decode(errors="surrogateescape")
    _, found = passed(tar(member(name, data=b"x"), form=tarfile.GNU_FORMAT))
    assert list(found) == [name]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_usual_form_of_a_tar_has_the_same_digest(form: int) -> None:
    plain = [(info, data) for info, data in TREE if len(info.name) < 90]
    assert tars.check(Trickle(tar(*plain, form=form)), Nowhere(), mounted_at=WHERE).digest == digest(*plain)


def test_a_digest_is_of_no_order_and_no_time_and_no_name_of_the_mount_point() -> None:
    expected = digest(*TREE)
    moved = [member(info.name, info.type, data, linkname=info.linkname, mode=info.mode) for info, data in TREE]
    for info, _ in moved:
        info.mtime += 1000
    files = [pair for pair in moved if pair[0].type != tarfile.LNKTYPE]
    links = [pair for pair in moved if pair[0].type == tarfile.LNKTYPE]
    assert digest(*reversed(files), *links) == expected


def test_of_a_file_with_two_names_either_may_come_first() -> None:
    assert digest(member("app/a", data=b"x"), member("app/b", tarfile.LNKTYPE, linkname="app/a")) == digest(
        member("app/b", data=b"x"), member("app/a", tarfile.LNKTYPE, linkname="app/b")
    )


@pytest.mark.parametrize(
    "other",
    [
        member("app/b", data=b"hello"),
        member("app/a", data=b"hellp"),
        member("app/a", data=b"hell"),
        member("app/a", data=b"hello", mode=0o600),
        member("app/a", data=b"hello", mode=0o4644),
        member("app/a", data=b"hello", uid=0),
        member("app/a", data=b"hello", gid=0),
        member("app/a", tarfile.DIRTYPE),
        member("app/a", tarfile.SYMTYPE, linkname="b"),
    ],
)
def test_a_digest_shows_every_difference(other: Member) -> None:
    assert digest(other) != digest(member("app/a", data=b"hello"))


def test_where_a_link_leads_is_in_the_digest() -> None:
    one, two = (member("app/a", tarfile.SYMTYPE, linkname=target) for target in ("b", "c"))
    assert digest(one) != digest(two)


def test_what_was_changed_after_the_cut_is_left_out_but_directories_stay() -> None:
    tree, found = passed(
        tar(
            member("app", tarfile.DIRTYPE, mtime=AFTER),
            member("app/old", data=b"12", mtime=CUT.timestamp()),
            member("app/new", data=b"345", mtime=AFTER),
            member("app/new-too", tarfile.LNKTYPE, linkname="app/new", mtime=AFTER),
            member("app/link", tarfile.SYMTYPE, linkname="old", mtime=AFTER),
            member("app/last", data=b"6"),
        ),
        until=CUT,
    )
    assert list(found) == ["app", "app/old", "app/last"]
    assert (tree.files, tree.bytes) == (2, 3)
    assert tree.left_out == (
        LeftOut("new", "it was changed after the cut"),
        LeftOut("new-too", "it is a second name of a file that is not there"),
        LeftOut("link", "it was changed after the cut"),
    )


UNWANTED = [
    (member("app/x", tarfile.SYMTYPE, linkname="/etc/passwd"), "it leads to /etc/passwd, out of /var/lib/app"),
    (member("app/x", tarfile.SYMTYPE, linkname="/var/lib/apple"), "it leads to /var/lib/apple, out of /var/lib/app"),
    (
        member("app/x", tarfile.SYMTYPE, linkname="/var/lib/app/../x"),
        "it leads to /var/lib/app/../x, out of /var/lib/app",
    ),
    (member("app/x", tarfile.SYMTYPE, linkname=".."), "it leads to .., out of /var/lib/app"),
    (member("app/x", tarfile.SYMTYPE, linkname="./../y"), "it leads to ./../y, out of /var/lib/app"),
    (member("app/a/x", tarfile.SYMTYPE, linkname="../../y"), "it leads to ../../y, out of /var/lib/app"),
    (member("app/x", tarfile.SYMTYPE, linkname="s/../.."), "it leads to s/../.., out of /var/lib/app"),
    (member("app/x", tarfile.LNKTYPE, linkname="app/none"), "it is a second name of a file that is not there"),
    (member("app/x", tarfile.LNKTYPE, linkname="app/d"), "it is a second name of a file that is not there"),
    (member("app/x", tarfile.CHRTYPE, devmajor=1, devminor=5), "it is no file, directory or link"),
    (member("app/x", tarfile.BLKTYPE), "it is no file, directory or link"),
    (member("app/x", tarfile.FIFOTYPE), "it is no file, directory or link"),
    (member("app/x", b"Z"), "it is no file, directory or link"),
]


@pytest.mark.parametrize(("unwanted", "why"), UNWANTED)
def test_what_is_no_file_of_the_volume_is_left_out_when_taken_and_refused_when_restored(
    unwanted: Member, why: str
) -> None:
    good = [member("app/d", tarfile.DIRTYPE), member("app/d/f", data=b"x")]
    tree, found = passed(tar(*good, unwanted, member("app/z", data=b"y")))
    assert tree.left_out == (LeftOut(unwanted[0].name.removeprefix("app/"), why),)
    assert list(found) == ["app/d", "app/d/f", "app/z"]
    error, before = refusal(tar(*good, unwanted, member("app/z", data=b"y")))
    assert error.actual == f"{unwanted[0].name.removeprefix('app/')!r}: {why}"
    assert before == tar(*good)[: 3 * 512]


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([member("/app/x", data=b"1")], "'/app/x': its name is absolute, or climbs"),
        ([member("app/../../x", data=b"1")], "'app/../../x': its name is absolute, or climbs"),
        ([member("..", tarfile.DIRTYPE)], "'..': its name is absolute, or climbs"),
        ([member("other/x", data=b"1")], "'other/x': it does not lie below app"),
        ([member("apple", data=b"1")], "'apple': it does not lie below app"),
        ([member("app/x", tarfile.LNKTYPE, linkname="/etc/passwd")], "'/etc/passwd': its name is absolute, or climbs"),
        ([member("app/x", tarfile.LNKTYPE, linkname="app/../x")], "'app/../x': its name is absolute, or climbs"),
        ([member("app/x", data=b"1"), member("app/./x", data=b"1")], "'x': it comes twice"),
        (
            [member("app/s", tarfile.SYMTYPE, linkname="d"), member("app/s/x", data=b"1")],
            "'s/x': it lies below a link",
        ),
        (
            [member("app/s", tarfile.SYMTYPE, linkname="d"), member("app/s/d/e/x", tarfile.DIRTYPE)],
            "'s/d/e/x': it lies below a link",
        ),
        (
            [member("app/s", tarfile.DIRTYPE), member("app/s", tarfile.SYMTYPE, linkname="d")],
            "'s': it comes twice",
        ),
    ],
)
def test_names_that_nobody_of_good_will_writes_are_always_refused(members: Sequence[Member], why: str) -> None:
    error, before = refusal(tar(*members))
    assert error.actual == why
    assert len(before) <= 1024
    with pytest.raises(errors.ArchiveError):
        tars.select(Trickle(tar(*members)), Nowhere(), mounted_at=WHERE)


def test_the_root_of_a_container_has_no_name() -> None:
    tree = tars.check(Trickle(tar(member("./", tarfile.DIRTYPE), member("./a", data=b"x"))), Nowhere(), mounted_at="/")
    assert tree.files == 1
    assert refusal(tar(member("../a", data=b"x")), "/")[0].actual == "'../a': its name is absolute, or climbs"


def sparse() -> bytes:
    """A file of a tebibyte, in a kibibyte."""
    info, _ = member("app/x")
    written = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    written[156:157] = tarfile.GNUTYPE_SPARSE
    written[483:495] = b"0" * 11 + b"\0"
    written[483:495] = bytes([0x80, 0, 0, 0, 0, 0, 0x01, 0, 0, 0, 0, 0])
    return checked(written) + bytes(1024)


def checked(header: bytearray) -> bytes:
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def test_a_sparse_file_is_not_blown_up() -> None:
    error, before = refusal(sparse())
    assert error.actual == "'x': it is a sparse file, which the engine does not write"
    assert before == b""


def test_an_extended_header_of_gigabytes_is_not_read() -> None:
    header = bytearray(member("app/x", tarfile.XHDTYPE)[0].tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"%011o\0" % (5 << 30)
    error, _ = refusal(checked(header) + bytes(2048))
    assert error.actual == f"an extended header of {5 << 30} bytes"


@given(data=st.data())
def test_a_stream_that_ends_early_is_told(data: st.DataObject) -> None:
    whole = tar(*TREE[:3], *TREE[4:])
    end = len(whole.rstrip(b"\0"))
    end = -(-end // 512) * 512 + 1023
    size = data.draw(st.integers(0, end) | st.integers(0, end // 512).map(lambda blocks: blocks * 512))
    error, _ = refusal(whole[:size])
    assert error.expected == "a whole tar stream"


@given(position=st.integers(0, 511), bits=st.integers(1, 255))
def test_a_damaged_header_is_not_taken_for_the_end(position: int, bits: int) -> None:
    first, second = tar(member("app/a", data=b"x")), tar(member("app/b", data=b"y"))
    header = bytearray(second[:512])
    header[position] ^= bits
    stream = first[:1024] + bytes(header) + second[512:]
    if 148 <= position < 156:  # the checksum's own field may say the same in other letters
        return
    refusal(stream)


def test_a_stream_of_nothing_is_an_empty_tree() -> None:
    tree = tars.check(Trickle(bytes(10240)), Nowhere(), mounted_at=WHERE)
    assert (tree.files, tree.bytes, tree.digest) == (0, 0, "0" * 64)


def test_the_source_is_read_to_its_very_end() -> None:
    source = io.BytesIO(tar(*TREE) + bytes(3 << 20))
    tars.check(source, Nowhere(), mounted_at=WHERE)
    assert source.read() == b""


def test_what_the_source_or_the_sink_has_to_say_is_heard() -> None:
    class Broken:
        def read(self, _: int) -> bytes:
            raise errors.ArchiveError("read x")

        def write(self, _: bytes) -> int:
            raise ConnectionError("gone")

    with pytest.raises(errors.ArchiveError, match="read x"):
        tars.check(Broken(), Nowhere(), mounted_at=WHERE)
    with pytest.raises(ConnectionError, match="gone"):
        tars.check(Trickle(tar(*TREE)), Broken(), mounted_at=WHERE)


def test_a_real_tree_packed_by_tar_itself_is_taken(tmp_path: Path) -> None:
    below = tmp_path / "app"
    (below / "deep" / "er").mkdir(parents=True)
    (below / "deep" / "er" / "f").write_bytes(os.urandom(100_000))
    (below / "two").hardlink_to(below / "deep" / "er" / "f")
    (below / "link").symlink_to("deep/er")
    os.mkfifo(below / "pipe")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as written:
        written.add(below, "app")
    tree, found = passed(packed.getvalue())
    assert (tree.files, tree.bytes) == (1, 100_000)
    assert [left.path for left in tree.left_out] == ["pipe"]
    assert len(found) == 6
