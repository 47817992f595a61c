"""The repository that is judged, and which of its files were asked for."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark.api import Entry, Tree
from assaymark.errors import InputError
from assaymark.values import dataclass

if TYPE_CHECKING:
    from assaymark.subject.checkout import Opened

_UNTRACKED = ("ls-files", "--others", "--exclude-standard", "-z")
_MAX_UNTRACKED = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Candidates in the order of their path. ``named`` are files that the user named one by one.

    ``tree`` are the files that Git tracks, or all of a folder; ``root`` is the folder on disk from which all paths
    count; ``laid`` holds contents that stand in for files. ``asked`` is what the user named, seen from there; nothing
    for all of it.
    """

    tree: Tree
    opened: Opened | None
    entries: tuple[Entry, ...]
    named: frozenset[str]
    root: Path | None
    laid: Mapping[str, bytes]
    paths: tuple[str, ...]
    asked: tuple[str, ...] = ()


def open_sources(places: Sequence[str], *, root: Path | None = None, stdin: tuple[str, bytes] | None = None) -> Sources:
    """Files, folders (of one repository) or an archive; Git's untracked files that are not ignored count as well.

    ``stdin`` is a path with the content that an editor holds for it. Raises InputError when a place does not exist or
    lies in another repository than the first.
    """
    from assaymark.subject.checkout import open_subject

    laid: dict[str, bytes] = {}
    wanted = [Path(stdin[0])] if stdin else [Path(place) for place in places or (".",)]
    if not stdin:
        for place in wanted:
            if not os.path.lexists(place):
                raise InputError("there is nothing at this path", where=str(place), hint="see: assaymark validate -h")
    top = _top(wanted, root)
    opened = open_subject(top)
    if opened.root is None:
        entries = _files(opened.tree)
        return _sources(opened, entries, (), laid)
    inside = [_relative(place, top) for place in wanted]
    if stdin:
        laid[inside[0]] = stdin[1]
        return _sources(opened, [_entry(inside[0], len(stdin[1]))], (inside[0],), laid)
    everything = [*_files(opened.tree), *_untracked(opened, top)]
    known = {e.path for e in everything}
    named = [path for path, place in zip(inside, wanted, strict=True) if not place.is_dir()]
    everything += [_on_disk(top, path) for path in dict.fromkeys(named) if path not in known]
    folders = [path for path, place in zip(inside, wanted, strict=True) if place.is_dir()]
    chosen = [e for e in everything if e.path in set(named) or _below(e.path, folders)]
    found = _sources(opened, chosen, named, laid, everything)
    return found if "." in inside else replace(found, asked=tuple(dict.fromkeys(inside)))


def _sources(
    opened: Opened,
    chosen: Iterable[Entry],
    named: Collection[str],
    laid: Mapping[str, bytes],
    everything: Iterable[Entry] | None = None,
) -> Sources:
    entries = tuple(sorted(chosen, key=lambda e: e.path))
    paths = tuple(sorted({e.path for e in (everything or _files(opened.tree))}))
    return Sources(
        tree=opened.tree,
        opened=opened,
        entries=entries,
        named=frozenset(named),
        root=opened.root,
        laid=laid,
        paths=paths,
    )


def _top(places: Sequence[Path], root: Path | None) -> Path:
    """The folder (or archive) that everything is seen from: a Git work tree, else a folder that holds all places."""
    if root is not None:
        return _folder(root)
    from assaymark.subject.checkout import locate

    first = places[0]
    at = first if first.is_dir() else first.parent
    if first.is_file() and len(places) == 1 and first.name.endswith((".tar.gz", ".tgz", ".zip")):
        return first
    real = _folder(at)
    found = locate(real)
    if found is not None and found[0].work_tree is not None:
        return found[0].work_tree
    if found is not None:
        return real  # a bare repository
    here = Path.cwd()
    folders = [_folder(p if p.is_dir() else p.parent) for p in places]
    if len(places) == 1 and first.is_dir():
        return real
    if all(f.is_relative_to(here) for f in folders):
        return here
    return Path(os.path.commonpath(folders))


def _folder(place: Path) -> Path:
    try:
        return place.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as problem:
        raise InputError("the folder cannot be opened", where=str(place)) from problem


def _relative(place: Path, top: Path) -> str:
    # The folder is resolved, the file itself is not: a link is seen as what it is.
    real = _folder(place) if place.is_dir() else _folder(place.parent) / place.name
    if not real.is_relative_to(top):
        raise InputError(
            f"lies outside {top}", where=str(place), hint="validate one repository at a time, or give --root"
        )
    return real.relative_to(top).as_posix()


def _below(path: str, folders: Iterable[str]) -> bool:
    return any(folder == "." or path.startswith(folder + "/") for folder in folders)


def _files(tree: Tree) -> list[Entry]:
    return [e for e in tree if not e.is_symlink and not e.is_submodule]


def _untracked(opened: Opened, top: Path) -> list[Entry]:
    repository = opened.repository
    if repository is None or opened.root is None:
        return []
    from assaymark.subject.git import Repository

    within = Repository(repository.git_dir, top)
    answer = within.ask(_UNTRACKED)[0]
    if answer.code != 0:
        return []
    names = answer.stdout.decode("utf-8", "surrogateescape").split("\0")
    made = (_untracked_entry(top, name) for name in names[:_MAX_UNTRACKED] if name and not name.endswith("/"))
    return [e for e in made if e is not None]


def _untracked_entry(top: Path, path: str) -> Entry | None:
    entry = _on_disk(top, path)
    return None if entry.is_symlink or entry.size < 0 else entry


def _on_disk(top: Path, path: str) -> Entry:
    """A file that the tree lacks; size -1 when it cannot be looked at. Its blob id is not known yet."""
    import stat

    try:
        status = os.lstat(os.path.join(top, path))  # noqa: PTH118 - names are not valid paths everywhere
    except (OSError, ValueError):
        return _entry(path, -1)
    if stat.S_ISLNK(status.st_mode):
        return Entry(path, 0o120000, "", status.st_size)
    return _entry(path, status.st_size if stat.S_ISREG(status.st_mode) else -1)


def _entry(path: str, size: int) -> Entry:
    return Entry(path, 0o100644, "", size)


def of_tree(tree: Tree, entries: Iterable[Entry]) -> Sources:
    """Files of a tree that someone else opened; nothing on disk is looked at."""
    paths = tuple(sorted(e.path for e in _files(tree)))
    return Sources(tree=tree, opened=None, entries=tuple(entries), named=frozenset(), root=None, laid={}, paths=paths)
