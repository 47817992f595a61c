"""Every place in a commit that tells the version of what is released: metadata, modules, pins on one another."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.release.dependencies import normal
from assaymark.release.source import members

if TYPE_CHECKING:
    from assaymark.release.source import Source

_VERSION = late(r"(?ms)^\[project\]\s*?$(?:(?!^\[).)*?^version\s*=\s*\"(?P<value>[^\"\n]{1,60})\"")
_NAME = late(r"(?ms)^\[project\]\s*?$(?:(?!^\[).)*?^name\s*=\s*\"(?P<value>[^\"\n]{1,100})\"")
_PIN = late(r"[\"'](?P<name>[A-Za-z0-9][\w.-]{0,100})(?:\[[\w, -]*\])?\s*==\s*(?P<value>[\w.!+]{1,60})\s*[\"';]")
# What lies here is about other projects, or made up.
_NOT_OURS = frozenset({"tests", "test", "examples", "example", "fixtures", "templates"})
_MOST = 200
_HISTORY = late(r"(?i)changelog|/decisions/")
_PAGE = 1_000_000


class Told(NamedTuple):
    """A place and the version that stands there."""

    path: str
    line: int
    version: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def told(source: Source) -> Iterator[Told]:
    """Metadata of the root, then every package that is released with it, its module, and pins among all of these."""
    for each in source.metadata.declared:
        if each.version:
            yield Told(each.path, each.version_line or 1, each.version)
    yield from (Told(*place) for place in source.module_versions())
    for folder in members(source):
        if folder == ".":
            continue
        text = _project(source, folder)
        if match := _VERSION.search(text):
            yield Told(f"{folder}/pyproject.toml", _line(text, match.start("value")), match["value"])
        if match := _NAME.search(text):
            yield from (Told(*place) for place in source.module_versions(folder, match["value"]))
    yield from _pins(source, names(source))


def names(source: Source) -> frozenset[str]:
    """The names of all packages that are released together, in their normal form."""
    found = [_NAME.search(_project(source, folder)) for folder in members(source)]
    return frozenset(normal(name) for name in (source.name, *(m["value"] for m in found if m)))


def documents(source: Source) -> tuple[int, tuple[Told, ...]]:
    """How many pages there are, and where they name a version of this very project to install or to use."""
    pattern, looked, found = _named(source), 0, []
    for entry in source.tree.glob("README*", "**/README*", "docs/**/*.md", "docs/**/*.rst"):
        if not _ours(entry.path) or entry.size > _PAGE or _HISTORY.search(entry.path):
            continue
        looked += 1
        text = source.tree.read(entry.path, _PAGE).decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            found += [Told(entry.path, number, m[m.lastgroup or 0]) for m in pattern.finditer(line[:5_000])]
    return looked, tuple(each for each in found if len(each.version) < 40)


def _named(source: Source) -> re.Pattern[str]:
    """``tide==1.2.0``, ``lab/tide/actions/x@v1.2.0``, and the version beside a commit that is still to be filled in
    (``lab/tide@<commit> # v1.2.0``); beside a real one stands the version of that commit."""
    name = re.escape(source.name).replace("\\-", "[-_.]").replace("_", "[-_.]")
    repository = re.escape((source.opened.subject.repository or "\0").partition("/")[2] or "\0")
    used = rf"{repository}(?:/[\w./-]+)?@"
    at = rf"(?:(?<![\w.-]){name}(?:\[[\w, -]*\])?==|badge/version-|{used}v?)(?P<said>\d[\w.]*\w)"
    beside = rf"{used}(?![0-9a-f]{{40}})[^\s#]{{1,60}} +# *v?(?P<beside>\d[\w.]*\w)"
    return re.compile(rf"{beside}|{at}", re.IGNORECASE)


def _project(source: Source, folder: str) -> str:
    found = source.text("pyproject.toml" if folder == "." else f"{folder}/pyproject.toml")
    return found[1] if found else ""


def _pins(source: Source, own: Collection[str]) -> Iterator[Told]:
    """Exact versions that one of the packages asks for of another (``"tide==1.2.0"``)."""
    released = {f"{folder}/pyproject.toml".removeprefix("./") for folder in members(source)}
    places = sorted(e.path for e in source.tree if e.path.rpartition("/")[2] == "pyproject.toml" and _ours(e.path))
    for path in places[:_MOST]:
        found = source.text(path)
        lines = found[1].splitlines() if found else []
        pins = [(n, m) for n, line in enumerate(lines, 1) for m in _PIN.finditer(line[:2_000])]
        ours = [Told(path, number, match["value"]) for number, match in pins if normal(match["name"]) in own]
        # What is made of exactly these packages has their version too, though it is not released with them.
        if ours and path not in released and found and (match := _VERSION.search(found[1])):
            yield Told(path, _line(found[1], match.start("value")), match["value"])
        yield from ours


def _ours(path: str) -> bool:
    return not _NOT_OURS & set(path.split("/")[:-1])


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
