"""What the project declares about itself, from every metadata and package file in the root that we read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import Any

from assaymark.api import Entry, Tree, fact
from assaymark.records import NamedTuple
from assaymark.values import dataclass

LIMIT = 1_000_000  # bytes of one metadata file

CFF = "cff"
CODEMETA = "codemeta"
ZENODO = "zenodo"
CITABLE = (CFF, CODEMETA)

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Flaw(NamedTuple):
    """Something in a metadata file that breaks its format (``severe``) or leaves it poorer than it should be."""

    message: str
    line: int | None = None
    fix: str | None = None
    severe: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One file and what it says. Texts are '' where it says nothing; lines count from 1.

    ``problem`` is why it could not be read at all (``problem_line``); ``flaws`` are what its format forbids or misses.
    """

    path: str
    format: str
    name: str = ""
    version: str = ""
    version_line: int | None = None
    licence: str = ""
    licence_line: int | None = None
    description: str = ""
    urls: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    authors: tuple[str, ...] = ()
    problem: str | None = None
    problem_line: int | None = None
    flaws: tuple[Flaw, ...] = ()
    data: Mapping[str, Any] = field(default_factory=lambda: _NOTHING, repr=False)


class Metadata(NamedTuple):
    """All metadata files of the root, citation formats first."""

    declared: tuple[Declared, ...]

    def of(self, *formats: str) -> tuple[Declared, ...]:
        """Those of some formats."""
        return tuple(d for d in self.declared if d.format in formats)

    @property
    def citable(self) -> tuple[Declared, ...]:
        """CITATION.cff and codemeta.json."""
        return self.of(*CITABLE)

    @property
    def packages(self) -> tuple[Declared, ...]:
        """What package managers read."""
        return tuple(d for d in self.declared if d.format not in (*CITABLE, ZENODO))

    @property
    def urls(self) -> tuple[tuple[str, str, str], ...]:
        """All declared addresses as (label in lower case, address, path of the file), each address once per label."""
        found = {(k.lower(), v): d.path for d in self.declared for k, v in d.urls.items() if isinstance(v, str)}
        return tuple((label, url, path) for (label, url), path in found.items())


@fact
def metadata(tree: Tree) -> Metadata:
    """Every metadata file in the root; one that cannot be read is kept with its problem."""
    found: list[Declared] = []
    for pattern, format, module in _FORMATS:
        found += [_read(tree, entry, format, module) for entry in tree.find(pattern)[:3]]
    return Metadata(tuple(found))


# name in the root, format, module whose READERS know it (imported when there is such a file)
_FORMATS: tuple[tuple[str, str, str], ...] = (
    ("citation.cff", CFF, "cff"),
    ("codemeta.json", CODEMETA, "codemeta"),
    (".zenodo.json", ZENODO, "codemeta"),
    ("pyproject.toml", "pyproject", "python"),
    ("setup.cfg", "setup.cfg", "python"),
    ("setup.py", "setup.py", "python"),
    ("package.json", "npm", "others"),
    ("cargo.toml", "cargo", "others"),
    ("description", "r", "others"),
    ("project.toml", "julia", "others"),
    ("pom.xml", "maven", "others"),
    ("cmakelists.txt", "cmake", "others"),
    ("fpm.toml", "fpm", "others"),
    ("go.mod", "go", "others"),
    ("composer.json", "composer", "others"),
)


def _read(tree: Tree, entry: Entry, format: str, module: str) -> Declared:
    from importlib import import_module

    from assaymark.subject.parsing import ParseProblem

    empty = Declared(path=entry.path, format=format)
    if entry.size > LIMIT:
        return replace(empty, problem=f"is larger than {LIMIT:,} bytes")
    reader: Callable[[Tree, str, str], Declared] = import_module(f"assaymark.subject.manifests.{module}").READERS[
        format
    ]
    try:
        return reader(tree, entry.path, tree.text(entry.path, LIMIT))
    except ParseProblem as problem:
        return replace(empty, problem=problem.message, problem_line=problem.line)
    except RecursionError:
        return replace(empty, problem="nested too deeply")


def line_of(text: str, pattern: str, start: int = 0) -> int | None:
    """The line on which an expression first matches (``^`` and ``$`` are line ends)."""
    found = re.compile(pattern, re.MULTILINE).search(text, start)
    return text.count("\n", 0, found.start()) + 1 if found else None


def text_of(value: object) -> str:
    """A scalar as text, '' for anything else."""
    if isinstance(value, bool) or value is None:
        return ""
    return str(value).strip() if isinstance(value, str | int | float) else ""


def mapping_of(value: object) -> Mapping[str, Any]:
    """The value when it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else _NOTHING


def list_of(value: object) -> list[Any]:
    """The value when it is a list, a list of it when it is something else, empty when it is nothing."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]
