"""A path -> what is judged: a checkout or a part of one, a bare repository, a folder, or an archive."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

from assaymark.api import Entry, FactUnavailable
from assaymark.errors import InputError
from assaymark.model import Subject
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject import remote, swhid
from assaymark.subject.files import read_file, read_link
from assaymark.subject.git import Answer, Blobs, GitProblem, Repository
from assaymark.subject.tree import IndexedTree

KIND = "software"
_COMMIT = late(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LISTED = late(rb"(\d{6}) \w+ ([0-9a-f]{40,64})(?: +(\d+|-|BAD))?\t([^\0]+)\0")
_REMOTES = ("config", "-z", "--get-regexp", r"^remote\..*\.url$")
_FOLDER = b"040000"
_NO_SIZE = {b"-": 0, b"": 0, b"BAD": -1}


class Opened(NamedTuple):
    """A subject ready to be judged.

    ``root`` is the folder on disk, None when the files come from an object store or an archive. ``git_dir`` is None
    without a repository. ``prefix`` is the path of the subject within its repository: empty, or ending in ``/``.
    """

    subject: Subject
    tree: IndexedTree
    root: Path | None
    git_dir: Path | None
    prefix: str = ""

    @property
    def repository(self) -> Repository | None:
        """To ask Git about it; None without a repository."""
        return Repository(self.git_dir) if self.git_dir else None


def open_subject(path: Path | str, ref: str | None = None) -> Opened:
    """Open what ``path`` names: its checked-out state, or the state at ``ref``.

    A folder inside a checkout is judged as a part of its own, with paths relative to it. Raises InputError when there
    is nothing at the path, it cannot be read, or the repository has no such ref.
    """
    place = _existing(path)
    if place.is_file():
        return _archive(place, ref)
    if not place.is_dir():
        raise InputError("is neither a folder nor an archive", where=str(path), hint=_HINT)
    found = locate(place)
    if found is None:
        return _folder(place, ref)
    repository, prefix = found
    if ref is not None or repository.work_tree is None:
        return _stored(repository, prefix, place, ref)
    return _checked_out(repository, prefix, place)


_HINT = "give the path of a Git checkout, a folder, or a .tar.gz or .zip archive"


def _existing(path: Path | str) -> Path:
    try:
        return Path(path).resolve(strict=True)
    except FileNotFoundError as problem:
        raise InputError("there is nothing at this path", where=str(path), hint=_HINT) from problem
    except (OSError, RuntimeError, ValueError) as problem:
        raise InputError(f"the path cannot be opened: {problem}", where=str(path), hint=_HINT) from problem


def locate(place: Path) -> tuple[Repository, str] | None:
    """The repository that a folder is or lies in, and the folder's path within it.

    Raises InputError when the folder has a ``.git`` that is no repository; a broken one further up is passed over.
    """
    if not os.path.lexists(place / ".git") and _is_git_dir(place):
        return Repository(place), ""
    for folder in (place, *place.parents):
        dot = folder / ".git"
        if not os.path.lexists(dot):
            continue
        git_dir = _linked(dot) if dot.is_file() else dot
        if git_dir is not None and _is_git_dir(git_dir):
            prefix = "" if folder == place else place.relative_to(folder).as_posix() + "/"
            return Repository(git_dir, folder), prefix
        if folder == place:
            raise InputError("its .git is not a Git repository", where=str(place), hint="clone it again")
    return None


def _is_git_dir(folder: Path) -> bool:
    if not (folder / "HEAD").exists() and not (folder / "HEAD").is_symlink():
        return False
    return (folder / "commondir").is_file() or ((folder / "objects").is_dir() and (folder / "refs").is_dir())


def _linked(file: Path) -> Path | None:
    """Where a ``.git`` file (of a worktree or a submodule) points."""
    try:
        with file.open(encoding="utf-8", errors="surrogateescape") as stream:
            text = stream.read(10_000)
        return (file.parent / text.removeprefix("gitdir:").strip()).resolve() if text.startswith("gitdir:") else None
    except (OSError, ValueError, RuntimeError):
        return None


def _checked_out(repository: Repository, prefix: str, place: Path) -> Opened:
    from assaymark.subject.index import lay

    within = ("--", prefix) if prefix else ()
    head, remotes, listing, staged = repository.ask(
        ("rev-parse", "HEAD^{commit}", "HEAD^{tree}", "--symbolic-full-name", "HEAD"),
        _REMOTES,
        ("ls-files", "--stage", "-z", "--debug", *within),
        ("diff-index", "--cached", "--quiet", "--no-ext-diff", "HEAD", *within),
    )
    listed = _listing(listing, place)
    if prefix and not listed:
        return _folder(place, None)  # nothing in it is tracked: it only happens to lie in a checkout
    if not listed and not prefix and head.code == 0:
        return _stored(repository, prefix, place, None)  # a clone whose files were never laid out, or not to the end
    laid = lay(listed, repository.work_tree or place, _index_time(repository))
    commit, ref = _commit_of(head)
    absent = _sized(repository, laid.absent)
    entries = [_relative(e, prefix) for e in (*laid.entries, *absent)]
    dirty = laid.dirty or (staged.code != 0 if commit else bool(entries))
    disk = _disk_reader(place)
    missing = {e.path.removeprefix(prefix) for e in absent}
    tree = IndexedTree(entries, _either(missing, _blob_reader(repository), disk) if missing else disk)
    subject = Subject(
        kind=KIND,
        path=prefix.rstrip("/") or ".",
        repository=_repository(remotes),
        commit=commit,
        ref=ref or _actions_ref(commit),
        swhid=_swhid(commit, tree, whole=not prefix and not dirty),
        digest=tree.digest,
        dirty=dirty,
    )
    return Opened(subject, tree, place, repository.git_dir, prefix)


def _stored(repository: Repository, prefix: str, place: Path, ref: str | None) -> Opened:
    """A commit out of the object store: of a bare repository, or at a given ref."""
    bare = Repository(repository.git_dir)
    name = "HEAD" if ref is None else ref
    if not name or name.startswith("-") or not name.isprintable():
        raise InputError(f"{name!r} is no name of a commit", where=str(place))
    asked, remotes = bare.ask(
        ("rev-parse", f"{name}^{{commit}}", f"{name}^{{tree}}", "--symbolic-full-name", name), _REMOTES
    )
    commit, full = _commit_of(asked)
    if commit is None and ref is not None:
        hint = "fetch it first, or name a branch, tag or commit that this clone has"
        raise InputError(f"the repository has no commit {ref!r}", where=str(place), hint=hint)
    entries = _tree_entries(bare, commit, prefix, place) if commit else ()
    tree = IndexedTree(entries, _blob_reader(bare))
    subject = Subject(
        kind=KIND,
        path=prefix.rstrip("/") or ".",
        repository=_repository(remotes),
        commit=commit,
        ref=full or _actions_ref(commit),
        swhid=_swhid(commit, tree, whole=not prefix),
        digest=tree.digest,
    )
    return Opened(subject, tree, None, repository.git_dir, prefix)


def _folder(place: Path, ref: str | None) -> Opened:
    from assaymark.subject.folder import walk

    if ref is not None:
        raise InputError(f"is not a Git repository, so it has no {ref!r}", where=str(place))
    tree = IndexedTree(walk(place), _disk_reader(place))
    return Opened(Subject(kind=KIND, path=".", digest=tree.digest), tree, place, None)


def _archive(place: Path, ref: str | None) -> Opened:
    from assaymark.subject.archive import unpack

    if ref is not None:
        raise InputError(f"is not a Git repository, so it has no {ref!r}", where=str(place))
    contents = unpack(place)
    tree = IndexedTree(contents.entries, contents.read)
    return Opened(Subject(kind=KIND, path=".", digest=tree.digest), tree, None, None)


def _repository(answer: Answer) -> str | None:
    pairs = (item.partition("\n") for item in answer.stdout.decode("utf-8", "replace").split("\0") if item)
    named = {key[len("remote.") : -len(".url")]: url for key, _, url in pairs}
    return remote.of_remotes(named) or (remote.of_actions() if not named else None)


def _commit_of(answer: Answer) -> tuple[str | None, str | None]:
    """Commit and full name of a ref out of ``rev-parse``; nothing before the first commit."""
    lines = answer.stdout.decode("utf-8", "surrogateescape").split("\n")
    if answer.code != 0 or not _COMMIT.fullmatch(lines[0]):
        return None, None
    name = lines[2] if len(lines) > 2 else ""
    return lines[0], name if name.startswith("refs/") else None


def _actions_ref(commit: str | None) -> str | None:
    """What GitHub Actions checked out by commit, such as ``refs/pull/7/merge``."""
    same = commit is not None and commit == os.environ.get("GITHUB_SHA")
    return os.environ.get("GITHUB_REF") or None if same else None


def _swhid(commit: str | None, tree: Iterable[Entry], *, whole: bool) -> str | None:
    return swhid.revision(commit) if commit and whole else swhid.directory(tree)


def _listing(answer: Answer, place: Path) -> bytes:
    if answer.code != 0 or answer.truncated:
        what = "is too large" if answer.truncated else f"cannot be read: {answer.problem}"
        raise InputError(f"the Git repository {what}", where=str(place), hint="try: git fsck")
    return answer.stdout


def _index_time(repository: Repository) -> int:
    try:
        return (repository.git_dir / "index").stat().st_mtime_ns
    except OSError:
        return 0


def root_at(opened: Opened, commit: str) -> IndexedTree:
    """The files right in the subject's root as they were at a commit. Raises InputError when it cannot be read."""
    bare = Repository(cast(Path, opened.git_dir))
    entries = _tree_entries(bare, commit, opened.prefix, bare.git_dir, deep=False)
    stored = _blob_reader(bare)

    def read(entry: Entry, limit: int) -> bytes:
        now = opened.tree.get(entry.path)  # most files are still the same, and at hand
        return opened.tree.read(entry.path, limit) if now and now.blob == entry.blob else stored(entry, limit)

    return IndexedTree(entries, read)


def _tree_entries(
    repository: Repository, commit: str, prefix: str, place: Path, *, deep: bool = True
) -> tuple[Entry, ...]:
    listing = ("ls-tree", "-z", *(("-r",) if deep else ()))
    within = ("--full-tree", commit, *(("--", prefix) if prefix else ()))
    answer = repository.ask((*listing, "-l", *within))[0]
    sized = answer.code == 0
    if not sized:
        # A partial clone refuses to give the sizes of objects that it does not hold.
        answer = repository.ask((*listing, *within))[0]
    entries = tuple(
        Entry(
            path.decode("utf-8", "surrogateescape").removeprefix(prefix),
            int(mode, 8),
            blob.decode(),
            _NO_SIZE[size] if size in _NO_SIZE else int(size),
        )
        for mode, blob, size, path in _LISTED.findall(_listing(answer, place))
        if mode != _FOLDER
    )
    return entries if sized else _sized(repository, entries)


def _sized(repository: Repository, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The same with the sizes of their objects, -1 for one that is not in this clone."""
    sizes = repository.sizes([e.blob for e in entries]) if entries else {}
    return tuple(e if e.is_submodule else Entry(e.path, e.mode, e.blob, sizes.get(e.blob, -1)) for e in entries)


def _relative(entry: Entry, prefix: str) -> Entry:
    return Entry(entry.path.removeprefix(prefix), entry.mode, entry.blob, entry.size) if prefix else entry


Reader = Callable[[Entry, int], bytes]


def _disk_reader(root: Path) -> Reader:
    def read(entry: Entry, limit: int) -> bytes:
        if entry.is_submodule:
            return b""
        try:
            return (read_link if entry.is_symlink else read_file)(root, entry.path, limit)
        except OSError as problem:
            reason = problem.strerror or str(problem)
            raise FactUnavailable(f"{entry.path} cannot be read: {reason}") from problem

    return read


def _blob_reader(repository: Repository) -> Reader:
    blobs = Blobs(repository)

    def read(entry: Entry, limit: int) -> bytes:
        if entry.is_submodule:
            return b""
        try:
            return blobs.read(entry.blob, entry.size, limit)
        except (KeyError, GitProblem) as problem:
            reason = f"the content of {entry.path} is not in this clone"
            raise FactUnavailable(reason, remedy="make a full clone (no --filter)") from problem

    return read


def _either(names: set[str], first: Reader, second: Reader) -> Reader:
    return lambda entry, limit: (first if entry.path in names else second)(entry, limit)
