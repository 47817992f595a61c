"""A record, folder, manifest or data file on disk, as a `Source`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from assaymark.api import FactUnavailable, InputError, content_of
from assaymark_data import manifest, table_schema
from assaymark_data.dataset import GRIDS, MAPS, PICKLES, TABLES, Dataset, File, kind_of
from assaymark_data.reading import from_json, record_of
from assaymark_data.record import Record
from assaymark_data.source import LIMIT, MANIFEST, RECORDS, Source

MOST_FILES = 2_000
_DATA = (*TABLES, *GRIDS, *MAPS, *PICKLES, ".npy", ".npz", ".h5", ".hdf5", ".zip", ".gz")


def source(place: Path) -> Source:
    """What is judged at a path. Raises InputError when it is a wrong manifest or cannot be read."""
    place = place.resolve()
    root = _repository(place) or (place if place.is_dir() else place.parent)
    if place.is_dir() and not place.name.endswith(".zarr"):
        return _folder(place, root)
    if place.name.endswith(".toml"):
        return of_manifest(place, root)
    if place.suffix.lower() in _DATA:
        file = File(path=place.name, kind=kind_of(place.name))
        dataset = Dataset(folder=place.parent, root=root, files=(file,))
        return Source(
            name=place.relative_to(root).as_posix(),
            root=root,
            dataset=dataset,
            states=tuple(_states(dataset)),
            problem="no metadata record was given: only the file was judged",
            remedy="judge its folder, with the record in it",
        )
    return _of_record(place, root)


def of_manifest(place: Path, root: Path) -> Source:
    """The files and the record that a manifest names."""
    dataset, table = manifest.load(place, root)
    name = place.relative_to(root).as_posix() if place.is_relative_to(root) else place.name
    found = Source(name=name, root=root, dataset=dataset, states=("manifest " + _digest(place), *_states(dataset)))
    record = table.get("record")
    if not record:
        return replace(found, problem="the manifest names no metadata record", remedy='record = "datacite.json"')
    try:
        return replace(found, where=record, document=content_of(dataset.place(record), LIMIT))
    except (FactUnavailable, InputError) as problem:
        return replace(found, where=record, problem=f"{record}: {problem}", remedy="mend record in the manifest")


def _folder(folder: Path, root: Path) -> Source:
    """The manifest of a folder; else its record with the files that it names; else the data files that lie there."""
    if (folder / MANIFEST).is_file():
        return of_manifest(folder / MANIFEST, root)
    for name in RECORDS:
        if (folder / name).is_file():
            return _of_record(folder / name, root)
    dataset = Dataset(folder=folder, root=root, files=tuple(_lying(folder)))
    return Source(
        name=folder.relative_to(root).as_posix() if folder != root else folder.name,
        root=root,
        dataset=dataset if dataset.files else None,
        states=tuple(_states(dataset)),
        problem="the folder has no metadata record under a usual name",
        remedy=f"add one, such as {', '.join(RECORDS[:4])}",
    )


def _of_record(place: Path, root: Path) -> Source:
    document = content_of(place, LIMIT)
    folder = place.parent
    files = tuple(_named(document, place, root))
    bag = (folder / "bagit.txt").is_file()
    dataset = Dataset(folder=folder, root=root, said_by=place.name, files=files) if files or bag else None
    return Source(
        name=place.relative_to(root).as_posix(),
        where=place.name,
        document=document,
        root=root,
        dataset=dataset,
        states=tuple(_states(dataset)) if dataset else (),
    )


def _named(document: bytes, place: Path, root: Path) -> Iterator[File]:
    """The local files that a record names, with what it says of them."""
    try:
        record = record_of(document, place.name)
        if record.format == "Frictionless Data Package":
            beside = Dataset(folder=place.parent, root=root)
            yield from table_schema.package_files(from_json(document, place.name), partial(_beside, beside))
            return
    except FactUnavailable:
        return
    yield from _parts(record)


def _beside(dataset: Dataset, path: str) -> Mapping[str, Any]:
    """A schema or dialect that a package keeps in a file. Raises FactUnavailable when there is none."""
    if "://" in path:
        raise FactUnavailable(f"{path[:200]} lies elsewhere and was not read")
    try:
        tree = from_json(content_of(dataset.place(path), LIMIT), path)
    except InputError as problem:
        raise FactUnavailable(f"{path}: {problem}") from problem
    if not isinstance(tree, Mapping):
        raise FactUnavailable(f"{path} is no JSON object")
    return tree


def _parts(record: Record) -> Iterator[File]:
    for part in record.parts[:MOST_FILES]:
        path = part.address.removeprefix("./")
        if path and ":" not in path and not path.startswith(("/", "#")) and not path.endswith("/"):
            sums = tuple(table_schema.checksum(part.checksum))
            yield File(path=path, kind=kind_of(path), size=part.size, checksums=sums)


def _lying(folder: Path) -> Iterator[File]:
    """Data files in a folder by their names; no link is followed."""
    found: Iterable[Path] = sorted(p for p in folder.rglob("*") if not p.is_symlink() and ".git" not in p.parts)
    named = [p for p in found if p.suffix.lower() in _DATA and (p.is_file() or p.suffix == ".zarr")][:MOST_FILES]
    for place in named:
        path = place.relative_to(folder).as_posix()
        if not any(p.endswith(".zarr") for p in Path(path).parts[:-1]):
            yield File(path=path, kind=kind_of(path))


def _repository(place: Path) -> Path | None:
    return next((p for p in (place, *place.parents) if (p / ".git").exists()), None)


def _digest(place: Path) -> str:
    with place.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _digest_of_store(place: Path) -> str:
    """Of a folder that is one thing (Zarr): the digest of the paths and digests of its files."""
    files = [p for p in sorted(place.rglob("*")) if p.is_file() and not p.is_symlink()]
    words = "\n".join(f"{p.relative_to(place).as_posix()} {_digest(p)}" for p in files)
    return hashlib.sha256(words.encode()).hexdigest()


def _states(dataset: Dataset) -> Iterator[str]:
    """What tells one state of the data from the next: the rules, and each file's digest."""
    yield json.dumps([repr(f) for f in dataset.files], sort_keys=True)
    for path in dict.fromkeys([*(f.path for f in dataset.files), *dataset.checksum_files]):
        try:
            place = dataset.place(path)
            yield f"{path} {_digest(place) if place.is_file() else _digest_of_store(place)}"
        except (FactUnavailable, OSError):
            yield f"{path} absent"
