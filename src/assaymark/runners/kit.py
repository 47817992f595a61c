"""What a node needs to judge as this machine does: the distributions that run here, as one archive under its digest.

Nothing is fetched for it. What is installed here (by hash, where it came from our lock) is what judges there, so that
the answer is the same; the nodes need neither a network nor pip, only the same Python. The archive holds ``lib`` (as
``site-packages``), ``bin`` (programs) and ``scripts.json`` (programs that an installer makes out of entry points).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import sys
import tarfile
from collections.abc import Collection, Iterable, Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath

from assaymark import registry
from assaymark.data import folder as data_folder
from assaymark.errors import InputError
from assaymark.records import NamedTuple

OWN = "assaymark"
DATA = ("badges", "criteria", "pipelines/templates")
# A node has no use for what starts engines and nodes.
_NOT_THERE = ("assaymark-pipelines",)
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_NEITHER = ("__pycache__", ".pyc")


class Item(NamedTuple):
    """A file of the archive: its name there, and where it lies or what it says."""

    name: str
    content: Path | bytes
    executable: bool = False


class Kit(NamedTuple):
    """An archive, the version of Python that it was made for (``3.11``) and the kind of machine (``x86_64``)."""

    file: Path
    python: str
    machine: str


def python() -> str:
    """The version of Python that runs here, without what makes no difference to a compiled module."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def kit(cache: Path, plugins: Collection[str]) -> Kit:
    """The archive of what runs here; made once for each change of it.

    Of the ``plugins`` (names of `assaymark.api.Plugin`) also what they need is carried; of others only their own code,
    so that what is installed looks the same. Raises InputError when an installed distribution cannot be packed.
    """
    own, others = _chosen(frozenset(plugins))
    items = [item for name, package in own.items() for item in _own_items(name, package)]
    machine = os.uname().machine
    told = hashlib.sha256(f"1 {python()} {machine}\n".encode())
    for item in items:
        content = item.content if isinstance(item.content, bytes) else item.content.read_bytes()
        told.update(f"{item.name} {hashlib.sha256(content).hexdigest()}\n".encode())
    for name in others:
        told.update((metadata.distribution(name).read_text("RECORD") or "").encode())
    file = cache / f"assaymark-{told.hexdigest()[:16]}.tar.gz"
    if not file.is_file():
        scripts: dict[str, str] = {}
        for name in others:
            items += _items(metadata.distribution(name), scripts)
        scripts |= _scripts(metadata.distribution(OWN))
        items.append(Item("scripts.json", json.dumps(scripts, sort_keys=True).encode()))
        _pack(items, file)
    return Kit(file, python(), machine)


def _chosen(plugins: frozenset[str]) -> tuple[dict[str, str], list[str]]:
    """Our own distribution and those of all plugins, with their packages; and names of what the chosen plugins need."""
    points = {_normal(point.owner): point for point in registry.points()}
    own = {OWN: OWN} | {n: p.module.partition(".")[0] for n, p in sorted(points.items()) if n not in _NOT_THERE}
    start = [name for name in own if name == OWN or points[name].name in plugins]
    waiting, found = list(start), set()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            asked = _requires(name)
        except metadata.PackageNotFoundError:
            continue  # for another system, or another Python
        found.add(name)
        waiting += asked
    if not _requires(OWN):
        # Put there by our actions, which do not write down what is asked for: all that is there was chosen.
        found = {_normal(each.name) for each in metadata.distributions()} - set(_NOT_THERE)
    return own, sorted(found - own.keys())


def _requires(name: str) -> list[str]:
    """What a distribution asks for. What it names for an extra is left out, unless something else asks for it."""
    asked = metadata.distribution(name).requires or []
    return [_normal(match[0]) for line in asked if "extra ==" not in line and (match := _NAME.match(line))]


def _own_items(name: str, package: str) -> Iterator[Item]:
    """A distribution with a plugin, or ours: its package, installed or in a checkout; metadata and data with it."""
    found = metadata.distribution(name)
    place = _package(package)
    for path in sorted(place.rglob("*")):
        inside = path.relative_to(place)
        if path.is_file() and not set(inside.parts) & {"_data", "__pycache__"}:
            yield Item(f"lib/{package}/{inside.as_posix()}", path)
    info = f"lib/{name.replace('-', '_')}-{found.version}.dist-info"
    for file in ("METADATA", "entry_points.txt"):
        if text := found.read_text(file):
            yield Item(f"{info}/{file}", text.encode())
    if name == OWN:
        for folder in DATA:
            root = Path(str(data_folder(folder)))
            for path in sorted(root.rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    yield Item(f"lib/{OWN}/_data/{folder}/{path.relative_to(root).as_posix()}", path)


def _package(package: str) -> Path:
    from importlib.util import find_spec

    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(f"{package} is not installed as a folder, so it cannot be carried to a node")
    return Path(next(iter(spec.submodule_search_locations)))


def _items(found: metadata.Distribution, scripts: dict[str, str]) -> Iterator[Item]:
    """The files of somebody else's distribution, as its record names them."""
    if found.files is None:
        hint = "install it again with pip or uv"
        raise InputError(f"{found.name} has no record of its files, so it cannot be carried to a node", hint=hint)
    made = _scripts(found)
    scripts |= made
    for file in found.files:
        place, path = Path(str(found.locate_file(file))), PurePosixPath(file)
        if str(file).endswith(_NEITHER) or "__pycache__" in path.parts or path.is_absolute() or not place.is_file():
            continue
        if ".." not in path.parts:
            yield Item(f"lib/{path}", place)
        elif path.parent.name == "bin" and path.name not in made:
            yield Item(f"bin/{path.name}", place, executable=True)


def _scripts(found: metadata.Distribution) -> dict[str, str]:
    return {point.name: point.value for point in found.entry_points if point.group == "console_scripts"}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pack(items: Iterable[Item], file: Path) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with (
            temporary.open("wb") as raw,
            gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            for item in items:
                _add(archive, item)
        temporary.replace(file)
    except OSError as problem:
        temporary.unlink(missing_ok=True)
        said = problem.strerror or str(problem)
        raise InputError(f"what is to be carried to a node cannot be written: {said}", where=str(file)) from problem


def _add(archive: tarfile.TarFile, item: Item) -> None:
    data = item.content if isinstance(item.content, bytes) else item.content.read_bytes()
    executable = item.executable or (isinstance(item.content, Path) and os.access(item.content, os.X_OK))
    member = tarfile.TarInfo(item.name)
    member.size, member.mode = len(data), 0o755 if executable else 0o644
    archive.addfile(member, io.BytesIO(data))
