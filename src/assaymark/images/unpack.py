"""An image -> a folder with its files, kept under its digest. Nothing is ever written outside that folder.

Owners, devices and the bits that give a program another user's rights are left out: whoever starts a container from a
folder is an ordinary user. Links are resolved inside the folder, as a container would.
"""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from assaymark.errors import InputError
from assaymark.images.folder import READY
from assaymark.images.layers import HIDDEN, OPAQUE, UNPACKED, layer, normal
from assaymark.images.packed import Packed, digest_of, listed, packed
from assaymark.images.scan import Files
from assaymark.images.source import manifest, opened

# Where engines that take a read-only folder put their mounts.
_FOLDERS = ("dev", "proc", "sys", "tmp", "etc", "mnt")
_FILES = ("etc/passwd", "etc/group", "etc/hosts", "etc/resolv.conf")
_HOPS = 40
_CHUNK = 1 << 20


def unpacked(path: str | Path, cache: Path, architecture: str | None = None) -> tuple[Path, str]:
    """The folder of an image, unpacked now or before, and the image's digest.

    Raises InputError when the image cannot be read, or there is no room.
    """
    where = Path(path)
    if where.is_file() and (found := packed(where)) is not None:
        return _unpacked_file(where, found, cache)
    with opened(where) as source:
        chosen = manifest(source, architecture)

        def fill(root: Path) -> None:
            left = UNPACKED
            for blob in chosen.layers:
                with layer(source, blob, left) as members:
                    left -= _apply(root, members, source.refused)

        return _kept(cache, chosen.digest, fill), chosen.digest


def _unpacked_file(where: Path, found: Packed, cache: Path) -> tuple[Path, str]:
    digest = digest_of(where)

    def fill(root: Path) -> None:
        with listed(where, found) as members:
            _apply(root, members, lambda why: InputError(why, where=str(where)), whole=True)

    return _kept(cache, digest, fill), digest


def _kept(cache: Path, digest: str, fill: Callable[[Path], None]) -> Path:
    """The folder that ``fill`` fills, unless it was filled before; whole or not at all."""
    import tempfile

    place = cache / digest.replace(":", "-")
    if (place / READY).is_file():
        return place / "root"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=cache, prefix=".new-"))
    except OSError as problem:
        raise InputError(f"no image can be unpacked here: {problem.strerror}", where=str(cache)) from problem
    try:
        root = fresh / "root"
        root.mkdir()
        fill(root)
        _prepare(root)
        (fresh / READY).write_text(digest + "\n", encoding="ascii")
        with suppress(OSError):  # another controller was quicker
            fresh.rename(place)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise InputError(f"the image cannot be unpacked: {reason}", where=str(cache)) from problem
    finally:
        if fresh.exists():
            remove(fresh)
    return place / "root"


Refused = Callable[[str], InputError]


def _apply(root: Path, members: Files, refused: Refused, *, whole: bool = False) -> int:
    """Put one layer onto the folder; gives the bytes written. ``whole``: no name hides anything."""
    written = 0
    fresh: set[str] = set()
    for info in members:
        path = normal(info.name)
        if path is None:
            continue
        parent, name = _parent(root, path)
        if name == OPAQUE and not whole:
            for each in list(os.scandir(parent)):
                if each.path not in fresh:
                    _clear(Path(each.path))
        elif name.startswith(HIDDEN) and not whole:
            if (gone := name.removeprefix(HIDDEN)) not in ("", ".", ".."):
                _clear(parent / gone)
        else:
            fresh.add(str(parent / name))
            written += _member(root, parent / name, info, members, refused)
    return written


def _parent(root: Path, path: str) -> tuple[Path, str]:
    """The real folder above a member, made if it is not there, always inside ``root``; and the member's name."""
    above, _, name = path.rpartition("/")
    return _resolved(root, above), name


def _resolved(root: Path, path: str) -> Path:
    """A folder inside ``root`` as a container resolves it; what is missing or no folder is made."""
    at, hops = root, _HOPS
    pending = [p for p in reversed(path.split("/")) if p not in ("", ".")]
    while pending:
        part = pending.pop()
        if part == "..":
            at = at if at == root else at.parent
            continue
        here = at / part
        try:
            mode = here.lstat().st_mode
        except FileNotFoundError:
            here.mkdir(mode=0o755)
            at = here
            continue
        if stat.S_ISLNK(mode):
            hops -= 1
            if hops < 0:
                raise InputError(f"links in the image refer to one another: {path[:200]!r}")
            target = os.readlink(here)  # noqa: PTH115 - a string, as it stands
            at = root if target.startswith("/") else at
            pending += [p for p in reversed(target.split("/")) if p not in ("", ".")]
        elif stat.S_ISDIR(mode):
            at = here
        else:
            here.unlink()
            here.mkdir(mode=0o755)
            at = here
    return at


def _member(root: Path, path: Path, info: tarfile.TarInfo, members: Files, refused: Refused) -> int:
    mode = info.mode & 0o777
    if info.isdir():
        if path.is_symlink() or not path.is_dir():
            _clear(path)
            path.mkdir()
        path.chmod(mode | 0o700)
        return 0
    if info.isreg():
        _clear(path)
        with members.content(info) or open(os.devnull, "rb") as content:  # noqa: PTH123 the null device is no path of ours
            return _written(path, content, mode)
    if info.issym():
        _clear(path)
        path.symlink_to(info.linkname)
    elif info.islnk():
        target = normal(info.linkname)
        if target is None:
            raise refused(f"{info.name[:200]!r} links to nothing")
        above, name = _parent(root, target)
        if (above / name).is_symlink() or (above / name).is_file():
            _clear(path)
            os.link(above / name, path, follow_symlinks=False)
    return 0


def _written(path: Path, content: IO[bytes], mode: int) -> int:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    size = 0
    with os.fdopen(handle, "wb") as file:
        while data := content.read(_CHUNK):
            size += len(data)
            file.write(data)
        os.fchmod(file.fileno(), mode | 0o400)
    return size


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove(path)
    else:
        path.unlink(missing_ok=True)


def remove(folder: Path) -> None:
    """Delete a folder of unpacked files, whatever rights its parts have; links are not followed."""
    for here, folders, _ in os.walk(folder):
        for name in folders:
            with suppress(OSError):
                if not Path(here, name).is_symlink():
                    Path(here, name).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _prepare(root: Path) -> None:
    for name in _FOLDERS:
        _resolved(root, name)
    # One that is no folder is a fault of the image, and shows where a home is mounted.
    with suppress(FileExistsError):
        (root / "home").mkdir(mode=0o755)
    for name in _FILES:
        parent, last = _parent(root, name)
        if not (parent / last).exists() and not (parent / last).is_symlink():
            (parent / last).touch(mode=0o644)
