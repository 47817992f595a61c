"""What is judged, or tried by a step, as one archive: the checkout as it stands, with its history.

Of a checkout go along: what Git tracks or does not ignore, in its submodules too, and the repository without what is
configured to run (hooks, filters, helpers) or to be secret (addresses lose their passwords; the tokens that CI hosts
leave in the configuration stay here). What Git ignores stays here too. No link is followed.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import stat
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from assaymark.errors import InputError
from assaymark.records import NamedTuple
from assaymark.subject.checkout import locate
from assaymark.subject.git import GitProblem, Repository

# It is held in memory, twice, on its way to a login node.
LIMIT = 1_000_000_000
_LEFT = {"hooks", "logs", "config", "config.worktree", "worktrees", "modules", "lfs", "gitdir", "commondir", "rr-cache"}
_KEPT = re.compile(
    r"core\.(repositoryformatversion|filemode|bare|symlinks|ignorecase|autocrlf|eol|sparsecheckout(cone)?)"
    r"|extensions\.[a-z]+|remote\..*\.url|branch\..*\.(remote|merge)",
    re.DOTALL,
)
_LOGIN = re.compile(r"^([a-z+]+://)[^/@]*@")


class Parcel(NamedTuple):
    """``data`` is a tar.gz with one file or folder, in which ``path`` is what was named."""

    data: bytes
    path: str


def packed(path: Path) -> Parcel:
    """An archive as it is; a folder in a checkout with all of the checkout; any other folder with what is judged of it.

    Raises InputError when it cannot be read, is too large, or its history lies elsewhere.
    """
    try:
        place = path.resolve(strict=True)
    except (OSError, RuntimeError) as problem:
        raise InputError("there is nothing at this path", where=str(path)) from problem
    if place.is_file():
        return Parcel(_archived([(place.name, place)]), place.name)
    found = locate(place) if place.is_dir() else None
    if found is None:
        return _plain(place)
    repository, prefix = found
    worked = list(_worked(repository)) if repository.work_tree else []
    if prefix and not any(name.startswith(prefix) for name in worked):
        return _plain(place)  # it only happens to lie in a checkout
    root = repository.work_tree or repository.git_dir
    name = _named(root)
    inside = ".git/" if repository.work_tree else ""
    members = [(f"{name}/{inside}{n}", p) for n, p in _stored(repository.git_dir)]
    members += [(f"{name}/{n}", root / n) for n in worked]
    data = _archived(members, {f"{name}/{inside}config": _config(repository)})
    return Parcel(data, f"{name}/{prefix}".rstrip("/"))


def _plain(place: Path) -> Parcel:
    from assaymark.subject.folder import walk

    name = _named(place)
    return Parcel(_archived((f"{name}/{e.path}", place / e.path) for e in walk(place)), name)


def _named(root: Path) -> str:
    return re.sub(r"[^\w.+-]", "_", root.name).lstrip(".-") or "source"


def _stored(git_dir: Path) -> Iterator[tuple[str, Path]]:
    """The files of a repository; of a linked worktree its own, then those it shares."""
    shared = git_dir
    if (git_dir / "commondir").is_file():
        shared = (git_dir / (git_dir / "commondir").read_text("utf-8", "surrogateescape").strip()).resolve()
    if (shared / "objects" / "info" / "alternates").exists():
        hint = "git repack -a -d && rm .git/objects/info/alternates"
        raise InputError("its history lies in another repository (alternates)", where=str(git_dir), hint=hint)
    seen = {"objects", "refs"}
    for name in sorted(seen):  # Git knows a repository by these two, which may hold no file
        yield name, shared / name
    for root in dict.fromkeys((git_dir, shared)):
        for folder, names, files in os.walk(root):
            top = Path(folder) == root
            names[:] = sorted(n for n in names if not (top and n in _LEFT))
            for file in sorted(files):
                place = Path(folder, file)
                name = place.relative_to(root).as_posix()
                if not (top and file in _LEFT) and not file.endswith(".lock") and name not in seen:
                    seen.add(name)
                    yield name, place


def _worked(repository: Repository) -> Iterator[str]:
    """Paths of the work tree that Git knows of or would add."""
    try:
        listed = repository.run("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    except GitProblem as problem:
        raise InputError(f"the checkout cannot be listed: {problem}", where=str(repository.work_tree)) from problem
    names = dict.fromkeys(n.decode("utf-8", "surrogateescape") for n in listed.split(b"\0") if n)
    root = repository.work_tree or Path()
    links: dict[str, bool] = {"": False}
    for name in names:
        folder, _, last = name.rstrip("/").rpartition("/")
        # A name that leads out can only stand in an index that somebody forged.
        if ".." in (last, *folder.split("/")) or name.startswith("/") or _through_a_link(root, folder, links):
            continue
        yield name.rstrip("/")
        # With a slash at its end: somebody else's repository, which is none of the checkout.
        if not name.endswith("/") and (root / name).is_dir() and not (root / name).is_symlink():
            yield from _submodule(root / name, name)


def _submodule(place: Path, name: str) -> Iterator[str]:
    """The files of one that is laid out. Its history stays here: what is judged of it is the commit that it is at."""
    try:
        found = locate(place)
    except InputError:
        return
    if found is not None and not found[1]:
        yield from (f"{name}/{inner}" for inner in _worked(found[0]))


def _through_a_link(root: Path, folder: str, known: dict[str, bool]) -> bool:
    """Whether a folder is reached through a link: then what lies there is no part of the checkout."""
    if folder not in known:
        known[folder] = _through_a_link(root, folder.rpartition("/")[0], known) or (root / folder).is_symlink()
    return known[folder]


def _config(repository: Repository) -> bytes:
    """What the repository says of itself, its remotes and branches, without passwords, and nothing that is run."""
    answer = repository.ask(("config", "-z", "--local", "--list"))[0]
    lines = []
    for pair in answer.stdout.decode("utf-8", "surrogateescape").split("\0"):
        key, _, value = pair.partition("\n")
        # That of a linked worktree may be another's, which has none.
        if _KEPT.fullmatch(key) and not (key == "core.bare" and repository.work_tree):
            section, _, rest = key.partition(".")
            below, _, name = rest.rpartition(".")
            head = f'{section} "{_escaped(below)}"' if below else section
            bare = _LOGIN.sub(lambda match: match[1], value)
            lines.append(f'[{head}]\n\t{name} = "{_escaped(bare)}"\n')
    return "".join(lines).encode("utf-8", "surrogateescape")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")


def _archived(members: Iterable[tuple[str, Path]], made: dict[str, bytes] | None = None) -> bytes:
    data = io.BytesIO()
    with gzip.GzipFile("", "wb", 1, data, mtime=0) as stream, tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in (made or {}).items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name, path in members:
            _add(archive, name, path)
            _bounded(data, name)
    _bounded(data, "all of it")
    return data.getvalue()


def _bounded(data: io.BytesIO, where: str) -> None:
    if data.tell() > LIMIT:
        raise InputError(f"it is larger than {LIMIT:,} bytes, packed", where=where, hint="run assaymark where it lies")


def _add(archive: tarfile.TarFile, name: str, path: Path) -> None:
    """A file, link or folder as it is; what is gone by now, or is none of these, is left out."""
    try:
        kind = path.lstat().st_mode
        member = archive.gettarinfo(path, name)
    except OSError:
        return
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    if stat.S_ISREG(kind):
        # One with two names is packed twice: the second would be a link to the first.
        member.type, member.linkname = tarfile.REGTYPE, ""
        try:
            with path.open("rb") as stream:
                member.size = os.fstat(stream.fileno()).st_size
                archive.addfile(member, stream)
        except OSError as problem:
            raise InputError(f"it cannot be read: {problem.strerror}", where=str(path)) from problem
    elif stat.S_ISLNK(kind) or stat.S_ISDIR(kind):
        archive.addfile(member)
