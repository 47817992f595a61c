"""The folder of a release: flat, each file named with its digest in ``release.json``, all of it in ``SHA256SUMS``."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assaymark.errors import InputError

SCHEMA = "https://assaymark.github.io/schemas/release/v1"
MANIFEST = "release.json"
SUMS = "SHA256SUMS"
NOTES = "notes.md"
BUNDLE = "release.sigstore.json"
STATEMENT = "release.intoto.jsonl"
SEALED = "release.dsse.jsonl"  # signed with a key of one's own, where no workflow can
REPORT = "assessment.json"
CRATE = "ro-crate-metadata.json"
RECORD = "release-provenance.json"  # W3C PROV of the release; provenance.json is that of the assessment
PUBLISHED = "publication-provenance.json"  # W3C PROV of where it was taken; it grows, so no list names it
METADATA = "metadata.json"  # what CITATION.cff and its like say, for whoever publishes without a checkout
# What is not listed: the list itself, and what can only be made of it.
OUTSIDE = (MANIFEST, SUMS, BUNDLE, SEALED, PUBLISHED)
MAX_SEALED = 20_000_000
MAX_FILE = 2_000_000_000  # as much as GitHub takes
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+!-]{0,199}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_IMAGE = re.compile(r"[a-z0-9.-]+(?::\d+)?(?:/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}")
_TAG = re.compile(r"[A-Za-z0-9@][A-Za-z0-9._+@/-]{0,119}")


@dataclass(frozen=True, slots=True, order=True)
class File:
    """One file: its name, what it is (``sdist``, ``wheel``, ``sbom`` ...), and its content by digest."""

    name: str
    kind: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What ``release.json`` says. ``repository`` is ``host/owner/name``; ``images`` are ``name@sha256:...``."""

    name: str
    version: str
    tag: str
    commit: str
    repository: str
    prerelease: bool
    level: str
    gate: str
    files: tuple[File, ...]
    images: tuple[str, ...] = ()
    licence: str = ""


def digest(path: Path) -> str:
    """SHA-256 of a file. Raises InputError when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as problem:
        raise InputError(f"cannot be read: {problem.strerror}", where=str(path)) from problem


def described(folder: Path, kinds: Mapping[str, str]) -> tuple[File, ...]:
    """The files of a folder that are to be listed, by name; ``kinds`` says what each one is."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.name in OUTSIDE or not path.is_file() or path.is_symlink():
            continue
        found.append(File(path.name, kinds.get(path.name, "other"), digest(path), path.stat().st_size))
    return tuple(found)


def render(release: Release) -> str:
    """``release.json``: the same bytes for the same release."""
    value = {
        "schema": SCHEMA,
        "name": release.name,
        "version": release.version,
        "tag": release.tag,
        "commit": release.commit,
        "repository": release.repository,
        "licence": release.licence,
        "prerelease": release.prerelease,
        "level": release.level,
        "gate": release.gate,
        "files": [{"name": f.name, "kind": f.kind, "sha256": f.sha256, "size": f.size} for f in sorted(release.files)],
        "images": sorted(release.images),
    }
    return json.dumps(value, indent=1) + "\n"


def read(folder: Path) -> Release:
    """What the folder's ``release.json`` says. Raises InputError when there is none or it is not one."""
    place = folder / MANIFEST
    try:
        if place.stat().st_size > 5_000_000:
            raise InputError("is larger than any such file", where=str(place))
        text = place.read_bytes()
    except OSError as problem:
        hint = "make the folder with: assaymark release build"
        raise InputError(f"cannot be read: {problem.strerror}", where=str(place), hint=hint) from problem
    return parse(text, str(place))


def parse(text: bytes, where: str = MANIFEST) -> Release:
    """The release that a manifest describes. Raises InputError: it may come from anybody."""
    try:
        value = json.loads(text)
        if value["schema"] != SCHEMA:
            raise InputError(f"has another schema than {SCHEMA}", where=where)
        release = Release(
            files=tuple(_file(row) for row in value["files"]),
            images=tuple(_matching(_IMAGE, i, "image") for i in value["images"]),
            tag=_matching(_TAG, value["tag"], "tag"),
            commit=_matching(_COMMIT, value["commit"], "commit"),
            prerelease=value["prerelease"] is True,
            **{k: _text(value[k], k) for k in ("name", "version", "repository", "licence", "level", "gate")},
        )
    except (ValueError, LookupError, TypeError, RecursionError) as problem:
        raise InputError(f"is no description of a release: {problem}", where=where) from problem
    if len({f.name for f in release.files}) != len(release.files):
        raise InputError("names a file twice", where=where)
    return release


def sums(folder: Path) -> str:
    """``SHA256SUMS`` of everything that is listed and of the list, as ``sha256sum --check`` reads it."""
    names = [f.name for f in read(folder).files]
    return "".join(f"{digest(folder / name)}  {name}\n" for name in sorted([*names, MANIFEST]))


def parse_sums(text: str) -> dict[str, str]:
    """Names and digests of a ``SHA256SUMS``. Raises InputError for a line that is none, or a second one."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        value, _, name = line.partition("  ")
        if not _SHA256.fullmatch(value) or not _NAME.fullmatch(name) or name in found:
            raise InputError("is no line of digest and name", where=f"{SUMS}:{number}")
        found[name] = value
    return found


def differing(folder: Path, files: Iterable[File]) -> list[str]:
    """What is not as listed: names with why."""
    wrong = []
    for file in files:
        path = folder / file.name
        if path.is_symlink() or not path.is_file():
            wrong.append(f"{file.name} is not there")
        elif path.stat().st_size != file.size or digest(path) != file.sha256:
            wrong.append(f"{file.name} has another content than listed")
    return wrong


def _file(row: Any) -> File:
    size = row["size"]
    if not isinstance(size, int) or not 0 <= size <= MAX_FILE:
        raise ValueError(f"{size!r} is no size")
    name = _matching(_NAME, row["name"], "file")
    if name in OUTSIDE:
        raise ValueError(f"{name} cannot list itself")
    return File(name, _text(row["kind"], "kind"), _matching(_SHA256, row["sha256"], "digest"), size)


def _matching(pattern: re.Pattern[str], value: Any, what: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{value!r:.100} is no {what}")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or len(value) > 300 or not value.isprintable():
        raise ValueError(f"{what} is no text")
    return value


def is_name(text: str) -> bool:
    """Whether a text may be the name of a file of a release: no path, no option, nothing hidden."""
    return _NAME.fullmatch(text) is not None
