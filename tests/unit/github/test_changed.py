from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assaymark.github.changed import changed_lines, distance, parse

TEN = "".join(f"line {n} of a file that is long enough to be known again\n" for n in range(1, 11))


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(root: Path) -> str:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Change")
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def root(repository: Callable[..., Path]) -> Path:
    return repository({"kept.py": TEN, "gone.py": TEN.replace("line", "LINE"), "old.py": TEN.replace("file", "text")})


@pytest.mark.parametrize("name", ["new.py", "neu mit ümlaut/x|`y`.py", 'a "b"\tc.py'])
def test_of_a_renamed_file_only_what_was_written_is_new(root: Path, name: str) -> None:
    base = git(root, "rev-parse", "HEAD")
    (root / name).parent.mkdir(exist_ok=True)
    (root / "old.py").rename(root / name)
    commit(root)
    assert changed_lines(root, base) == {name: ()}, "it is touched, and no line of it is new"
    (root / name).write_text((root / name).read_text() + "one more\n")
    commit(root)
    found = changed_lines(root, base)
    assert found == {name: (range(11, 12),)}
    assert [distance(found, name, line) for line in (1, 11)] == [1, 0]


def test_what_is_gone_and_what_others_did_meanwhile_is_no_change(root: Path) -> None:
    git(root, "checkout", "--quiet", "-b", "fix")
    (root / "gone.py").unlink()
    (root / "new.py").write_text("a\nb\n")
    head = commit(root)
    git(root, "checkout", "--quiet", "-")
    (root / "kept.py").write_text(TEN + "more\n")
    base = commit(root)
    git(root, "checkout", "--quiet", "--detach")
    git(root, "merge", "--quiet", "--no-ff", "--message", "Merge", head)
    assert changed_lines(root, base) == {"new.py": (range(1, 3),)}


def test_lines_of_a_file_that_look_like_a_rename_are_lines() -> None:
    diff = b"+++ b/a.txt\n@@ -0,0 +1,2 @@\n+rename to b.txt\n+x\nrename to c.txt\n"
    assert parse(diff) == {"a.txt": (range(1, 3),), "c.txt": ()}
