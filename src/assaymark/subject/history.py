"""The history behind a checkout: commits, tags, branches, and when each file last changed."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import TYPE_CHECKING

from assaymark.api import FactUnavailable, fact
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.git import GitProblem, Repository
from assaymark.values import dataclass

if TYPE_CHECKING:
    from assaymark.subject.checkout import Opened

MAX_COMMITS = 5_000
MAX_TEXT = 10_000
_LIMIT = 50_000_000
_FORMAT = "%H%x00%P%x00%an%x00%ae%x00%ct%x00%at%x00%ce%x00%s%x00%b"
_FIELDS = 9
_REFS = "%(refname)%00%(objectname)%00%(*objectname)%00%(objecttype)%00%(*objecttype)%00%(creatordate:unix)"
_LOG = ("log", "-z", "--no-show-signature", "--no-color", "--no-notes", "--encoding=UTF-8")
_CHANGE = late(rb"\x01([0-9a-f ]*)\x01(\d*)\x01")


class Commit(NamedTuple):
    """One commit; ``time`` is when it was committed, in seconds since 1970. Texts end at `MAX_TEXT` characters.

    ``written`` is when the author made it and ``committer`` who (by e-mail) put it where it is: both differ from the
    author's own when it was rebased or applied by someone else.
    """

    id: str
    parents: tuple[str, ...]
    author: str
    email: str
    time: int
    subject: str
    body: str
    written: int = 0
    committer: str = ""

    @property
    def is_merge(self) -> bool:
        """Whether it joins two or more lines of history."""
        return len(self.parents) > 1


class Tag(NamedTuple):
    """A tag on a commit; ``time`` is when an annotated tag was made, else that of the commit."""

    name: str
    commit: str
    time: int


class Branch(NamedTuple):
    """A branch, its name without that of the remote; ``time`` is that of its last commit."""

    name: str
    commit: str
    time: int
    remote: bool


@dataclass(frozen=True, slots=True)
class History:
    """What Git knows. ``commits`` go back from the judged one, newest first; `complete` says whether those are all."""

    shallow: bool
    head: str
    branch: str | None
    commits: tuple[Commit, ...]
    tags: tuple[Tag, ...] = ()
    branches: tuple[Branch, ...] = ()
    changes: LastChanges | None = field(default=None, compare=False, repr=False)

    @property
    def complete(self) -> bool:
        """Whether ``commits`` reaches back to the first one."""
        return not self.shallow and len(self.commits) < MAX_COMMITS

    def last_change(self, path: str) -> int | None:
        """When the last commit that touched a file was made; None when the commits at hand do not tell."""
        return self.changes.of(path) if self.changes else None


class LastChanges:
    """The last commit of every path, read from Git when the first is asked for: the latest commits, then the rest."""

    def __init__(self, repository: Repository, commit: str, prefix: str, shallow: bool) -> None:
        self._repository = repository
        self._commit = commit
        self._prefix = prefix
        self._shallow = shallow
        self._lock = threading.Lock()
        self._times: dict[str, int] = {}
        self._passes = [("-n", str(MAX_COMMITS)), ("--skip", str(MAX_COMMITS))]

    def of(self, path: str) -> int | None:
        """Seconds since 1970, or None."""
        with self._lock:
            while path not in self._times and self._passes:
                self._gather(*self._passes.pop(0))
            return self._times.get(path)

    def _gather(self, *part: str) -> None:
        within = ("--", self._prefix) if self._prefix else ()
        shape = ("--format=%x01%P%x01%ct%x01", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv")
        try:
            output = self._repository.run(*_LOG, *shape, *part, "--end-of-options", self._commit, *within)
        except GitProblem as problem:
            raise FactUnavailable(f"Git cannot list what changed: {problem}") from problem
        changed = list(_changed(output))
        for parents, time, paths in changed:
            if self._shallow and not parents:
                continue  # the edge of a shallow clone seems to add every file
            for path in paths:
                self._times.setdefault(path.removeprefix(self._prefix), time)
        if len(changed) < MAX_COMMITS:
            self._passes.clear()


@fact
def history(opened: Opened) -> History:
    """The history of the judged commit."""
    repository, commit = opened.repository, opened.subject.commit
    if repository is None:
        raise FactUnavailable(
            "there is no Git history here", remedy="assess a Git checkout instead of a copy of its files"
        )
    if commit is None:
        raise FactUnavailable("the repository has no commits yet", remedy="commit the files")
    asked = repository.ask(
        (*_LOG, f"--format={_FORMAT}", "-n", str(MAX_COMMITS), "--end-of-options", commit),
        ("for-each-ref", f"--format={_REFS}", "refs/tags", "refs/heads", "refs/remotes"),
        ("rev-parse", "--is-shallow-repository"),
        limit=_LIMIT,
    )
    for answer in asked:
        if answer.code != 0 and not answer.truncated:
            raise FactUnavailable(f"Git cannot read the history: {answer.problem}", remedy="try: git fsck")
    log, refs, shallow = (answer.stdout for answer in asked)
    is_shallow = shallow.strip() == b"true"
    tags, branches = _refs(refs)
    ref = opened.subject.ref or ""
    return History(
        shallow=is_shallow,
        head=commit,
        branch=ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else None,
        commits=tuple(_commits(log)),
        tags=tags,
        branches=branches,
        changes=LastChanges(repository, commit, opened.prefix, is_shallow),
    )


def _commits(log: bytes) -> Iterator[Commit]:
    """Column by column: of thousands of commits each takes a third of the time that it takes alone."""
    values = log.split(b"\0")
    del values[len(values) // _FIELDS * _FIELDS :]
    *columns, bodies = (values[field::_FIELDS] for field in range(_FIELDS))
    ids, parents, authors, emails, times, written, committers, subjects = map(_texts, columns)
    fields = (
        ids,
        (tuple(ids.split()) for ids in parents),
        authors,
        emails,
        _numbers(times),
        subjects,
        # One by one: decoded together, a single emoji makes four bytes of every character.
        (_text(body)[:MAX_TEXT].strip() for body in bodies),
        _numbers(written),
        committers,
    )
    return map(Commit._make, zip(*fields, strict=True))


def _texts(column: list[bytes]) -> list[str]:
    if not column:
        return []
    texts = b"\0".join(column).decode("utf-8", "replace").split("\0")
    return [text[:MAX_TEXT] for text in texts] if max(map(len, texts)) > MAX_TEXT else texts


def _changed(output: bytes) -> Iterator[tuple[str, int, list[str]]]:
    parts = _CHANGE.split(output)
    for parents, time, names in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        paths = [p.decode("utf-8", "surrogateescape") for p in names.strip(b"\0\n").split(b"\0")]
        yield parents.decode(), _number(time.decode()), [p for p in paths if p]


def _refs(output: bytes) -> tuple[tuple[Tag, ...], tuple[Branch, ...]]:
    tags, branches = [], []
    for line in output.splitlines():
        fields = [_text(v) for v in line.split(b"\0")]
        if len(fields) != 6:
            continue  # the last one of too long a list
        name, object, peeled, kind, peeled_kind, time = fields
        if (peeled_kind or kind) != "commit":
            continue  # a tag may name a file or another tag
        when, commit = _number(time), peeled or object
        if name.startswith("refs/tags/"):
            tags.append(Tag(name.removeprefix("refs/tags/"), commit, when))
        elif name.startswith("refs/heads/"):
            branches.append(Branch(name.removeprefix("refs/heads/"), commit, when, remote=False))
        else:
            short = name.removeprefix("refs/remotes/").partition("/")[2]
            if short and short != "HEAD":
                branches.append(Branch(short, commit, when, remote=True))
    return tuple(tags), tuple(branches)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _numbers(texts: list[str]) -> Iterable[int]:
    together = "".join(texts)
    return map(int if all(texts) and together.isascii() and together.isdigit() else _number, texts)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
