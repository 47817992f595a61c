"""The examples of the rules: where they lie, and what each of them expects."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("rules")
_NAME = re.compile(r"(pass|fail)(-[A-Za-z0-9_-]+)?")
_MARK = re.compile(r"<- ([A-Z]{2,3}-[A-Z]\d{3})\s*(?:\*/)?\s*$")
_EXPECTED = ".expected.txt"


@dataclass(frozen=True)
class Place:
    """Where a finding is expected; ``column`` 0 when any will do."""

    path: str
    line: int
    column: int = 0

    def fits(self, path: str, line: int, column: int) -> bool:
        """Whether a finding stands there."""
        return (self.path, self.line) == (path, line) and self.column in (0, column)


@dataclass(frozen=True)
class Example:
    """One example of one rule."""

    rule: str
    place: Path

    @property
    def fails(self) -> bool:
        """Whether the rule is to be reported."""
        return self.place.name.startswith("fail")

    @property
    def name(self) -> str:
        """As tests call it."""
        return f"{self.rule}/{self.place.name}"

    def copy_to(self, folder: Path) -> Path:
        """Its files alone in a folder."""
        if self.place.is_dir():
            copied = shutil.copytree(self.place, folder / "root", symlinks=True)
            (copied / "expected.txt").unlink(missing_ok=True)
            return copied
        root = folder / "root"
        root.mkdir()
        shutil.copy(self.place, root / self.place.name)
        return root

    def files(self) -> list[tuple[str, Path]]:
        """Path from its root, and the file."""
        if not self.place.is_dir():
            return [(self.place.name, self.place)]
        found = [p for p in sorted(self.place.rglob("*")) if p.is_file() and p.name != "expected.txt"]
        return [(p.relative_to(self.place).as_posix(), p) for p in found]

    def expected(self) -> tuple[list[Place], set[str]]:
        """Places of the rule, and the other rules that may be reported."""
        places = [
            Place(path, number)
            for path, file in self.files()
            for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
            if (match := _MARK.search(line)) and match[1] == self.rule
        ]
        also: set[str] = set()
        for line in self._listed():
            if line.startswith("also "):
                also.add(line.removeprefix("also ").strip())
            else:
                places.append(self._place(line))
        return places, also

    def _listed(self) -> list[str]:
        inside = self.place / "expected.txt"
        beside = self.place.with_name(self.place.name.partition(".")[0] + _EXPECTED)
        source = inside if self.place.is_dir() else beside
        if not source.is_file():
            return []
        lines = (line.strip() for line in source.read_text(encoding="utf-8").splitlines())
        return [line for line in lines if line and not line.startswith("#")]

    def _place(self, text: str) -> Place:
        parts = text.split(":")
        numbers = [int(part) for part in parts if part.isdigit()]
        named = [part for part in parts if not part.isdigit()]
        if named:
            path = named[0]
        else:
            (path,) = (path for path, _ in self.files())
        return Place(path, *numbers)


def examples(folder: Path = FOLDER) -> list[Example]:
    """All of them, by rule and name."""
    found = []
    for rule in sorted(p for p in folder.iterdir() if p.is_dir()):
        for place in sorted(rule.iterdir()):
            if place.name.endswith(_EXPECTED):
                continue
            assert _NAME.fullmatch(place.name.partition(".")[0]), f"{place} is neither pass… nor fail…"
            found.append(Example(rule.name, place))
    return found


def retired(folder: Path = FOLDER) -> set[str]:
    """Ids that were given up."""
    return set((folder / "retired.txt").read_text(encoding="utf-8").split())
