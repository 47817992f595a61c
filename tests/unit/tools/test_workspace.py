from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from assaymark.api import Entry, FactUnavailable
from assaymark.subject.tree import IndexedTree
from assaymark.tools.workspace import LARGEST, Workspace, export


def test_a_copy_holds_the_files_and_no_links(tree: Callable[..., IndexedTree]) -> None:
    plain = tree({"a.py": "x", "d/b.py": b"\xff", "\udcff.py": "z"})
    link = Entry("link", 0o120000, "0" * 40, 11)
    found = IndexedTree([*plain, link], lambda e, limit: plain.read(e.path, limit))
    made = Workspace(found, None)
    root = made.root()
    assert made.root() == root
    assert (root / "d" / "b.py").read_bytes() == b"\xff"
    assert sorted(os.fsencode(p.name) for p in root.iterdir()) == [b"a.py", b"d", b"\xff.py"]


def test_no_path_leads_out_of_a_copy(tmp_path: Path) -> None:
    names = ("../x", "/etc/x", "a/../../x", "a//b", "./c", "ok")
    entries = [Entry(n, 0o100644, "0" * 40, 1) for n in names]
    (tmp_path / "in").mkdir()
    export(IndexedTree(entries, lambda e, limit: b"x"), entries, tmp_path / "in")
    assert [p.name for p in tmp_path.rglob("*")] == ["in", "ok"]


def test_what_cannot_be_read_or_is_too_large_is_left_out(tmp_path: Path) -> None:
    def reader(entry: Entry, limit: int) -> bytes:
        if entry.path == "gone":
            raise FactUnavailable("not in this clone")
        return b"x"

    entries = [Entry("gone", 0o100644, "0" * 40, 1), Entry("huge", 0o100644, "0" * 40, LARGEST + 1)]
    export(IndexedTree(entries, reader), entries, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_only_regular_files_on_disk_are_usable(tree: Callable[..., IndexedTree], on_disk: Callable[..., Path]) -> None:
    files = dict.fromkeys(("a", "dir", "fifo", "gone", "link"), "x")
    root = on_disk({"a": "x"})
    (root / "dir").mkdir()
    os.mkfifo(root / "fifo")
    (root / "link").symlink_to("/etc/passwd")
    found = tree(files)
    good, bad = Workspace(found, root).usable(found)
    assert [e.path for e in good] == ["a"]
    assert {e.path: reason for e, reason in bad} == {
        "dir": "is no regular file on disk",
        "fifo": "is no regular file on disk",
        "gone": "is not on disk",
        "link": "is no regular file on disk",
    }
    huge = Entry("a", 0o100644, "0" * 40, LARGEST + 1)
    assert Workspace(found, root).usable([huge])[1][0][1] == "larger than 10 MB"
