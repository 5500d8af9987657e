from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.stack import patches

BEFORE = "".join(f"{number}\n" for number in range(1, 21))

CHANGED = """\
diff --git a/kept/numbers b/kept/numbers
index 1111111..2222222 100644
--- a/kept/numbers
+++ b/kept/numbers
@@ -2,3 +2,4 @@ whatever git thinks the place is called
 2
-3
+three
+and a half
 4
@@ -18,3 +19,3 @@
 18
-19
+nineteen
 20
"""
ADDED = "--- /dev/null\n+++ b/a new/file\n@@ -0,0 +1,2 @@\n+one\n+two\n"
REMOVED = "--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files to change: twenty lines, and one to remove."""
    (tmp_path / "tree" / "kept").mkdir(parents=True)
    (tmp_path / "tree" / "kept" / "numbers").write_text(BEFORE)
    (tmp_path / "tree" / "old").write_text("gone\n")
    return tmp_path / "tree"


def applied(text: str, tree: Path) -> None:
    patch = tree.parent / "next.patch"
    patch.write_text(text)
    patches.apply(patch, tree)


def refusal(text: str, tree: Path) -> errors.DeploymentError:
    with pytest.raises(errors.DeploymentError) as caught:
        applied(text, tree)
    return caught.value


def test_lines_change_and_files_come_and_go(tree: Path) -> None:
    (tree / "kept" / "numbers").chmod(0o755)
    applied(CHANGED + ADDED + REMOVED, tree)
    expected = BEFORE.replace("\n3\n", "\nthree\nand a half\n").replace("\n19\n", "\nnineteen\n")
    assert (tree / "kept" / "numbers").read_text() == expected
    assert (tree / "kept" / "numbers").stat().st_mode & 0o777 == 0o755
    assert (tree / "a new" / "file").read_text() == "one\ntwo\n"
    assert not (tree / "old").exists()


def test_lines_that_are_only_added_stand_behind_the_line_that_is_named(tree: Path) -> None:
    applied("--- a/old\n+++ b/old\n@@ -1,0 +2,1 @@\n+new\n", tree)
    assert (tree / "old").read_text() == "gone\nnew\n"


def test_lines_end_where_a_newline_is_and_nowhere_else(tree: Path) -> None:
    (tree / "old").write_bytes(b"a\x0cb\r\n\xe2\x80\xa8\n")
    applied("--- a/old\n+++ b/old\n@@ -2 +2 @@\n-\u2028\n+c\n", tree)
    assert (tree / "old").read_bytes() == b"a\x0cb\r\nc\n"


def test_what_does_not_fit_is_told_by_file_and_line(tree: Path) -> None:
    (tree / "kept" / "numbers").write_text(BEFORE.replace("\n3\n", "\n3.0\n"))
    assert str(refusal(CHANGED, tree)) == (
        "apply next.patch\n"
        "  expected:   line 3 of kept/numbers: 3\n"
        "  actual:     3.0\n"
        f"  next step:  make the patch anew, for what its base is now: {tree.parent / 'README.md'} says how"
    )
    assert (tree / "kept" / "numbers").read_text() == BEFORE.replace("\n3\n", "\n3.0\n")


@pytest.mark.parametrize(
    ("text", "expected", "actual"),
    [
        (f"0\n{BEFORE}", "line 2 of kept/numbers: 2", "1"),
        ("1\n2\n", "line 3 of kept/numbers: 3", "the file is shorter"),
        (BEFORE.replace("\n19\n", "\n\n"), "line 19 of kept/numbers: 19", "an empty line"),
    ],
    ids=["moved", "shorter", "blank"],
)
def test_what_moved_or_is_gone_does_not_fit(tree: Path, text: str, expected: str, actual: str) -> None:
    (tree / "kept" / "numbers").write_text(text)
    error = refusal(CHANGED, tree)
    assert (error.expected, error.actual) == (expected, actual)


@pytest.mark.parametrize(
    ("text", "expected", "actual"),
    [
        (ADDED.replace("a new/file", "old"), "no old, which it adds", "it is there already"),
        (REMOVED.replace("a/old", "a/older"), "the file older", "there is no such file"),
        ("".join(CHANGED.splitlines(keepends=True)[:-1]), "a unified diff", "Hunk is shorter than expected"),
        (
            "diff --git a/old b/older\nsimilarity index 100%\nrename from old\nrename to older\n",
            "lines that change",
            "older is renamed, or has none",
        ),
    ],
    ids=["there already", "not there", "cut short", "renamed"],
)
def test_what_is_no_change_of_these_files_is_refused(tree: Path, text: str, expected: str, actual: str) -> None:
    error = refusal(text, tree)
    assert (error.expected, error.actual) == (expected, actual)
