"""How a plugin (and assaymark itself) tests checks: trees out of text, real repositories, and evidence in one call.

::

    def test_a_changelog_is_asked_for() -> None:
        assert evidence_of(changelog, tree=tree_of({"README.md": "# x"})).outcome is Outcome.FAILED
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from assaymark.api import Check, Entry, Evidence, Options
from assaymark.errors import AssaymarkError
from assaymark.model import Subject
from assaymark.subject.checkout import KIND, Opened
from assaymark.subject.files import blob_id
from assaymark.subject.tree import IndexedTree
from assaymark.validation.model import Judgement

__all__ = [
    "AS_OF",
    "Blob",
    "NewCommit",
    "evidence_of",
    "facts_of",
    "link",
    "pieces_of",
    "repository_of",
    "script",
    "submodule",
    "tree_of",
]

AS_OF = date(2026, 11, 1)
AUTHOR = "Ada Example <ada@example.org>"
_FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Blob:
    """A file with a mode of its own; plain text and bytes stand for an ordinary one."""

    content: str | bytes
    mode: int = 0o100644

    @property
    def data(self) -> bytes:
        """The content as bytes; text is UTF-8."""
        return self.content.encode("utf-8", "surrogateescape") if isinstance(self.content, str) else self.content


File = str | bytes | Blob


def link(target: str) -> Blob:
    """A symbolic link."""
    return Blob(target, 0o120000)


def script(text: str) -> Blob:
    """An executable file."""
    return Blob(text, 0o100755)


def submodule(commit: str = "1" * 40) -> Blob:
    """Another repository at a commit."""
    return Blob(commit, 0o160000)


def tree_of(files: Mapping[str, File]) -> IndexedTree:
    """A tree in memory: path -> content."""
    blobs = {path: _blob(content) for path, content in files.items()}

    def entry(path: str, blob: Blob) -> Entry:
        if blob.mode == 0o160000:
            return Entry(path, blob.mode, str(blob.content), 0)
        return Entry(path, blob.mode, blob_id(blob.data), len(blob.data))

    def read(entry: Entry, limit: int) -> bytes:
        return b"" if entry.is_submodule else blobs[entry.path].data[:limit]

    return IndexedTree((entry(path, blob) for path, blob in blobs.items()), read)


def facts_of(tree: IndexedTree | None = None, **facts: Any) -> dict[str, Any]:
    """What an assessment starts from, from ``tree`` to ``exclude``, and yours."""
    tree = tree if tree is not None else tree_of({})
    subject = facts.get("subject") or Subject(kind=KIND, path=".", digest=tree.digest)
    start: dict[str, Any] = {
        "tree": tree,
        "subject": subject,
        "opened": Opened(subject, tree, None, None),
        "options": Options(as_of=AS_OF),
        "settings": {},
        "exclude": (),
        "validation": _validation,
    }
    return start | facts


def _validation(tree: IndexedTree) -> tuple[Judgement, ...] | None:
    """Workflow documents by the validators that are installed, without a configuration."""
    from assaymark.config import Config
    from assaymark.validity import of_tree

    return of_tree(tree, Config())


def pieces_of(check: Check, **facts: Any) -> tuple[Evidence, ...]:
    """All evidence of one check, run as an assessment runs it: what breaks inside becomes ``error`` or ``unknown``.

    Facts that are not given are gathered by what is installed.
    """
    from assaymark import registry
    from assaymark.engine import Facts, run_check

    return run_check(check, Facts(registry.load().facts.values(), facts_of(**facts)))


def evidence_of(check: Check, **facts: Any) -> Evidence:
    """The one piece of evidence of a check. ValueError when it gives none, or several."""
    (evidence,) = pieces_of(check, **facts)
    return evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCommit:
    """One commit to be made.

    ``write`` and ``remove`` change files; ``on`` names the branch (a new one starts at the main branch); ``merge``
    joins other branches, without a fast-forward. Without a ``date`` it is a day after the one before.
    """

    message: str = "Change"
    author: str = AUTHOR
    date: datetime | None = None
    on: str = ""
    merge: tuple[str, ...] = ()
    write: Mapping[str, File] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def repository_of(
    folder: Path,
    commits: Sequence[NewCommit] = (),
    *,
    branch: str = "main",
    branches: Iterable[str] = (),
    remote_branches: Iterable[str] = (),
    remote: str | None = None,
    bare: bool = False,
) -> Path:
    """Make a real Git repository and give its folder.

    ``branches`` and ``remote_branches`` point at the last commit of the main branch. AssaymarkError when Git refuses.
    """
    init = ["init", "--quiet", f"--initial-branch={branch}", *(["--bare"] if bare else []), str(folder)]
    _git(folder.parent, *init)
    stream = _Stream(branch)
    for commit in commits:
        stream.add(commit)
    if commits:
        stream.point(*(f"refs/heads/{name}" for name in branches))
        stream.point(*(f"refs/remotes/origin/{name}" for name in remote_branches))
        _git(folder, "fast-import", "--quiet", input=b"".join(stream.parts))
        if not bare:
            _git(folder, "reset", "--quiet", "--hard")
    if remote:
        _git(folder, "config", "remote.origin.url", remote)
    return folder


class _Stream:
    """What ``git fast-import`` reads; one process makes the whole history."""

    def __init__(self, branch: str) -> None:
        self.main = branch
        self.parts: list[bytes] = []
        self.files: dict[str, dict[str, Blob]] = {}
        self.changed: dict[str, set[str]] = {}
        self.tips: dict[str, int] = {}
        self.mark = 0
        self.time = _FIRST - timedelta(days=1)

    def add(self, commit: NewCommit) -> None:
        branch = commit.on or self.main
        self.mark += 1
        self.time = commit.date or self.time + timedelta(days=1)
        before = self.files.get(branch, self.files.get(self.main, {}))
        after = dict(before)
        for other in commit.merge:
            _update(after, {path: self.files[other].get(path) for path in self.changed.pop(other)})
        _update(after, {path: _blob(content) for path, content in commit.write.items()} | dict.fromkeys(commit.remove))
        self.changed.setdefault(branch, set()).update(
            path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
        )
        self._head(commit, branch)
        self._changes(before, after)
        self.files[branch], self.tips[branch] = after, self.mark
        for tag in commit.tags:
            self.point(f"refs/tags/{tag}", at=self.mark)

    def point(self, *refs: str, at: int | None = None) -> None:
        for ref in refs:
            self._line(f"reset {ref}")
            self._line(f"from :{at or self.tips[self.main]}")
            self._line("")

    def _head(self, commit: NewCommit, branch: str) -> None:
        who = f"{commit.author} {int(self.time.timestamp())} +0000"
        parent = self.tips.get(branch, self.tips.get(self.main))
        self._line(f"commit refs/heads/{branch}")
        self._line(f"mark :{self.mark}")
        self._line(f"author {who}")
        self._line(f"committer {who}")
        self._data(commit.message.encode("utf-8", "surrogateescape"))
        if parent is not None:
            self._line(f"from :{parent}")
        for other in commit.merge:
            self._line(f"merge :{self.tips[other]}")

    def _changes(self, before: Mapping[str, Blob], after: Mapping[str, Blob]) -> None:
        for path in before.keys() - after.keys():
            self._line(f"D {_quoted(path)}")
        for path, blob in after.items():
            if before.get(path) == blob:
                continue
            if blob.mode == 0o160000:
                self._line(f"M 160000 {blob.content!s} {_quoted(path)}")
            else:
                self._line(f"M {blob.mode:o} inline {_quoted(path)}")
                self._data(blob.data)
        self._line("")

    def _line(self, text: str) -> None:
        self.parts.append(text.encode("utf-8", "surrogateescape") + b"\n")

    def _data(self, data: bytes) -> None:
        self.parts.append(b"data %d\n" % len(data) + data + b"\n")


def _update(files: dict[str, Blob], changes: Mapping[str, Blob | None]) -> None:
    for path, blob in changes.items():
        if blob is None:
            files.pop(path, None)
        else:
            files[path] = blob


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _blob(content: File) -> Blob:
    return content if isinstance(content, Blob) else Blob(content)


def _git(folder: Path, *arguments: str, input: bytes | None = None) -> None:
    from assaymark import proc

    environment = {"GIT_CONFIG_GLOBAL": "/dev/null"}
    done = proc.run(["git", *arguments], cwd=folder, env=environment, timeout=120, input=input)
    if done.returncode != 0:
        raise AssaymarkError(f"git {arguments[0]}: {done.problem or done.stderr.decode('utf-8', 'replace')}")
