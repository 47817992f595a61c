"""``matrix.toml``: several images, each at several sites, in one call; one assessment for each, and a table of all.

One after the other. What is over is written down at once: a run that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assaymark.api import InputError, read_manifest

SCHEMA = Path(__file__).with_name("matrix.schema.json")
LIMIT = 1_000_000
RECORD, SUMMARY = "matrix.json", "matrix.md"
# Exit statuses by what they say of the whole: a known failure first, then a bug, wrong input, something open.
WORST = (1, 4, 2, 3)
GATE = {0: "", 1: "gate not met", 2: "not tried", 3: "undetermined", 4: "bug"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """An image at a site. ``folder`` holds its reports; ``key`` changes when the image or what is asked of it does.

    ``status`` is the exit status that it alone would have had, None while it is not over.
    """

    image: str
    site: str
    folder: str
    key: str
    status: int | None = None
    level: str | None = None
    problem: str = ""

    @property
    def told(self) -> str:
        """What the table says of it."""
        if self.status is None:
            return "-"
        gate = GATE.get(self.status, f"exit {self.status}")
        return ", ".join(filter(None, (self.level, gate))) or "?"


def is_matrix(path: Path) -> bool:
    """Whether a manifest names images and sites; one that cannot be read is another's to tell."""
    try:
        text = path.read_text(encoding="utf-8") if path.stat().st_size <= LIMIT else ""
    except (OSError, UnicodeDecodeError):
        return False
    return re.search(r"(?m)^\s*\[\s*matrix\s*\]", text) is not None


def read(path: Path) -> tuple[Cell, ...]:
    """The cells, by image and site as they are named there; paths are relative to the file. Raises InputError."""
    table = read_manifest(path.read_text(encoding="utf-8"), str(path), SCHEMA)["matrix"]
    skipped = {(each["image"], each["site"]) for each in table.get("skip", ())}
    known = {(image, site) for image in table["images"] for site in table["sites"]}
    if unknown := skipped - known:
        image, site = min(unknown)
        raise InputError(f"'skip' names {image} at {site}, which is no cell", where=str(path))
    cells = [_cell(path.parent, image, site) for image in table["images"] for site in table["sites"]]
    left = tuple(cell for cell, pair in zip(cells, _pairs(table), strict=True) if pair not in skipped)
    if not left:
        raise InputError("'skip' leaves nothing to try", where=str(path))
    if len({cell.folder for cell in left}) != len(left):
        raise InputError("two images have names that differ in signs only", where=str(path), hint="rename a manifest")
    return left


def _pairs(table: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    return ((image, site) for image in table["images"] for site in table["sites"])


def _cell(beside: Path, image: str, site: str) -> Cell:
    place = image if "://" in image else str(beside / image)
    folder = "/".join(re.sub(r"[^\w.@+-]+", "-", each).strip("-.") or "cell" for each in (image, site))
    return Cell(image=place, site=site, folder=folder, key=_key(place, site))


def _key(image: str, site: str) -> str:
    """Of a manifest its text and the image that it names, of an image the file as it lies there."""
    from assaymark_hpc.manifest import is_manifest
    from assaymark_hpc.manifest import read as asked_of

    told = hashlib.sha256(f"{image}\0{site}\0".encode())
    place = Path(image)
    if is_manifest(place):
        try:
            asked = asked_of(place)
        except InputError:
            return told.hexdigest()[:16]  # its cell will say what is wrong
        told.update(f"{asked.digest} {asked.image}".encode())
        place = Path(asked.image)
    for each in (place, place / "index.json"):
        if each.is_file():
            told.update(f" {each.stat().st_size} {each.stat().st_mtime_ns}".encode())
    return told.hexdigest()[:16]


def known(output: Path) -> Mapping[str, Cell]:
    """What an earlier call wrote down, by key; nothing that cannot be read."""
    try:
        told = json.loads((output / RECORD).read_text(encoding="utf-8"))
        cells = [Cell(**{name: each[name] for name in Cell.__dataclass_fields__}) for each in told["cells"]]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {cell.key: cell for cell in cells}


def kept(cells: Iterable[Cell], output: Path) -> None:
    """Write down how it stands: `RECORD` for programs, `SUMMARY` for people. Raises InputError."""
    found = tuple(cells)
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in ((RECORD, as_json(found)), (SUMMARY, as_markdown(found))):
            temporary = output / f".{name}"
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(output / name)
    except OSError as problem:
        raise InputError(f"cannot write the summary: {problem.strerror}", where=str(output)) from problem


def gone_through(
    cells: Sequence[Cell], output: Path, earlier: Mapping[str, Cell], judge: Callable[[Cell], Cell]
) -> tuple[Cell, ...]:
    """Judge each that was not judged in an ``earlier`` call; after each the state of all is written down."""
    found = {cell.folder: cell for cell in cells}
    for cell in cells:
        before = earlier.get(cell.key)
        over = before is not None and before.status in (0, 1) and (output / cell.folder / "assessment.json").is_file()
        found[cell.folder] = before if over and before else judge(cell)
        kept(found.values(), output)
    return tuple(found.values())


def level_of(folder: Path) -> str | None:
    """The level of the assessment in a folder; None without one."""
    try:
        return str(json.loads((folder / "assessment.json").read_text(encoding="utf-8"))["level"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def status_of(cells: Iterable[Cell]) -> int:
    """The exit status of all together."""
    found = {cell.status for cell in cells}
    return next((status for status in WORST if status in found), 0)


def as_json(cells: Iterable[Cell]) -> str:
    """As an object of JSON."""
    found = tuple(cells)
    return json.dumps({"schema": 1, "status": status_of(found), "cells": [asdict(c) for c in found]}, indent=1) + "\n"


def as_text(cells: Sequence[Cell]) -> str:
    """A table: images down, sites across; below it what went wrong."""
    rows = _table(cells)
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    wrong = [f"{_short(c.image)} at {c.site}: {c.problem}" for c in cells if c.problem]
    return "\n".join([*lines, *([""] if wrong else []), *wrong]) + "\n"


def as_markdown(cells: Sequence[Cell]) -> str:
    """The same for a summary."""
    head, *rows = _table(cells)
    lines = [_row(head), _row("---" for _ in head), *map(_row, rows)]
    wrong = [f"- {_plain(_short(c.image))} at {_plain(c.site)}: {_plain(c.problem)}" for c in cells if c.problem]
    return "\n".join(["# Images and sites", "", *lines, *([""] if wrong else []), *wrong]) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(_plain, cells)) + " |"


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_<>|\[\]@#])", r"\\\1", " ".join(text.split()))


def _table(cells: Sequence[Cell]) -> list[list[str]]:
    sites = list(dict.fromkeys(cell.site for cell in cells))
    by_pair = {(cell.image, cell.site): cell.told for cell in cells}
    images = dict.fromkeys(cell.image for cell in cells)
    return [["image", *sites], *([_short(i), *(by_pair.get((i, s), "") for s in sites)] for i in images)]


def _short(image: str) -> str:
    return image if "://" in image else Path(image).name
