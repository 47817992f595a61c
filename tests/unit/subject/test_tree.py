"""The index over the judged files."""

import pytest

from assaymark.api import Entry
from assaymark.subject import tree as module
from assaymark.subject.tree import IndexedTree
from assaymark.testing import link, submodule, tree_of

FILES = {
    "README.md": "hello",
    "b/LICENSE.txt": "x",
    "a/z.py": "1",
    "a/readme.MD": "y",
    "l.py": link("a/z.py"),
    "sub.py": submodule(),
}


def test_entries_are_in_order_and_found_by_path() -> None:
    tree = tree_of(FILES)
    assert [e.path for e in tree] == sorted(FILES)
    assert len(tree) == 6
    assert tree.get("a/z.py") is not None
    assert tree.get("A/z.py") is None


def test_only_regular_files_are_found() -> None:
    tree = tree_of(FILES)
    assert [e.path for e in tree.glob("**/*.py")] == ["a/z.py"]
    assert [e.path for e in tree.glob("**/*.py", "b/*")] == ["a/z.py", "b/LICENSE.txt"]
    assert [e.path for e in tree.glob("**")] == ["README.md", "a/readme.MD", "a/z.py", "b/LICENSE.txt"]
    assert [e.path for e in tree.find("l.py")] == []


def test_find_ignores_case_and_does_not_descend() -> None:
    tree = tree_of(FILES)
    assert [e.path for e in tree.find("readme*")] == ["README.md"]
    assert [e.path for e in tree.find("readme*", under=("", "A"))] == ["README.md", "a/readme.MD"]


def test_reading() -> None:
    tree = tree_of({**FILES, "bom": b"\xef\xbb\xbfa\xff"})
    assert tree.read("README.md", 4) == b"hell"
    assert tree.read("README.md") == b"hello"
    assert tree.read("l.py") == b"a/z.py"
    assert tree.read("sub.py") == b""
    assert tree.text("bom") == "a\ufffd"
    with pytest.raises(KeyError):
        tree.read("nowhere")


def test_the_digest_follows_path_mode_and_content() -> None:
    digests = {
        tree_of(files).digest
        for files in ({}, {"a": "1"}, {"b": "1"}, {"a": "2"}, {"a": link("1")}, {"a": "1", "b": "1"}, {"a\n": "1"})
    }
    assert len(digests) == 7
    assert tree_of(dict(reversed(FILES.items()))).digest == tree_of(FILES).digest


class TestMemory:
    """Small files are held, up to a limit; large ones are read again."""

    @staticmethod
    def tree(sizes: dict[str, int]) -> tuple[IndexedTree, list[str]]:
        asked: list[str] = []

        def read(entry: Entry, limit: int) -> bytes:
            asked.append(entry.path)
            return b"x" * min(entry.size, limit)

        return IndexedTree([Entry(p, 0o100644, "0" * 40, s) for p, s in sizes.items()], read), asked

    def test_a_small_file_is_read_once(self) -> None:
        tree, asked = self.tree({"a": 10})
        assert [tree.read("a"), tree.read("a", 3), tree.read("a", 10)] == [b"x" * 10, b"x" * 3, b"x" * 10]
        assert asked == ["a"]

    def test_a_first_look_at_the_head_does_not_hide_the_rest(self) -> None:
        tree, _ = self.tree({"a": 10})
        assert tree.read("a", 3) == b"xxx"
        assert tree.read("a") == b"x" * 10

    def test_a_large_file_is_not_held(self) -> None:
        tree, asked = self.tree({"a": module.KEPT_FILE + 1})
        assert len(tree.read("a")) == module.KEPT_FILE + 1
        assert len(tree.read("a", 10)) == 10
        assert asked == ["a", "a"]

    def test_all_together_stay_below_the_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "KEPT_TOTAL", 25)
        tree, asked = self.tree({"a": 10, "b": 10, "c": 10})
        for path in "abcabc":
            tree.read(path)
        assert asked == ["a", "b", "c", "c"]
