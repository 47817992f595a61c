"""Files that a manifest names: found without leaving the root, digested, and never unpickled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from assaymark.api import FactUnavailable
from assaymark_models.manifest import Manifest

STORE, MOST_FILES = ".zarr", 100_000
PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".ckpt", ".dill", ".cloudpickle")


def place_of(manifest: Manifest, name: str) -> Path:
    """The file that a path of the manifest names; a Zarr store is a folder.

    Raises FactUnavailable when it leaves the root (by a link too), is missing or is no ordinary file.
    """
    given = Path(name)
    if given.is_absolute():
        raise FactUnavailable(f"{name} is no path relative to the manifest", remedy="write it relative to the manifest")
    try:
        place = (manifest.path.parent / given).resolve()
        if not place.is_relative_to(manifest.root):
            raise FactUnavailable(
                f"{name} lies outside {manifest.root.name or 'the root'} and is not read",
                remedy="put the file beside the manifest, or name a folder that holds both: --root DIR",
            )
        if not place.is_file() and not (place.suffix == STORE and place.is_dir()):
            raise FactUnavailable(f"there is no file {name}", remedy=f"put {name} there, or mend its path")
    except (OSError, ValueError, RuntimeError) as problem:
        raise FactUnavailable(f"{name} cannot be opened: {problem}") from problem
    return place


def is_pickle(place: Path) -> bool:
    """Whether a file holds, or by its name may hold, Python objects whose loading runs code."""
    if place.suffix.lower() in PICKLES:
        return True
    with place.open("rb") as stream:
        head = stream.read(2)
    return head[:1] == b"\x80" and head[1:] in (b"\x02", b"\x03", b"\x04", b"\x05")


def digest_of(place: Path) -> str:
    """SHA-256 of a file, streamed; of a folder, of the paths and digests of its files."""
    if place.is_dir():
        files = sorted(p for p in place.rglob("*") if p.is_file() and not p.is_symlink())
        if len(files) > MOST_FILES:
            raise FactUnavailable(f"{place.name} holds more than {MOST_FILES:,} files")
        return digest_of_parts([(p.relative_to(place).as_posix(), digest_of(p)) for p in files])
    with place.open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()


def digest_of_parts(parts: Iterable[tuple[str, str]]) -> str:
    """SHA-256 of a folder, of the paths and digests of its files."""
    ordered = sorted(parts, key=lambda part: PurePosixPath(part[0]))
    return "sha256:" + hashlib.sha256("\n".join(f"{p} {d}" for p, d in ordered).encode()).hexdigest()
