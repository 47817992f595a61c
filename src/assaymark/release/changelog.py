"""A changelog that people keep: its sections, what waits for the next release, and what a version brought."""

from __future__ import annotations

from collections.abc import Iterable

from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.releases import parse_version

NAMES = ("CHANGELOG.md", "CHANGES.md", "HISTORY.md", "NEWS.md")
# Folders of fragments: one file for each change, named KIND at its end (123.feature.md), as towncrier reads them.
FRAGMENTS = ("changelog.d", "newsfragments", "changes")
MAJOR, MINOR, PATCH = "major", "minor", "patch"
_HEADING = late(r"^##\s+\[?v?(?P<name>[^\]\s]+)\]?(?:\([^)]*\))?(?P<rest>.*)$")
_PART = late(r"^###\s+(?P<name>.+?)\s*$")
_DATE = late(r"\d{4}-\d\d-\d\d")
# Sections as "Keep a Changelog" names them, and what each asks of the next version.
_SECTIONS = {
    "removed": MAJOR, "breaking": MAJOR, "breaking changes": MAJOR,
    "added": MINOR, "changed": MINOR, "deprecated": MINOR, "features": MINOR,
    "fixed": PATCH, "security": PATCH, "bug fixes": PATCH,
}  # fmt: skip # a table of short items
_KINDS = {
    "breaking": MAJOR, "removal": MAJOR, "removed": MAJOR,
    "feature": MINOR, "added": MINOR, "changed": MINOR, "change": MINOR, "deprecation": MINOR, "deprecated": MINOR,
    "bugfix": PATCH, "fixed": PATCH, "fix": PATCH, "doc": PATCH, "docs": PATCH, "misc": PATCH, "security": PATCH,
}  # fmt: skip # a table of short items


class Section(NamedTuple):
    """What the changelog says under one heading; ``version`` is ``unreleased`` or a version as written."""

    version: str
    date: str
    line: int
    text: str

    @property
    def empty(self) -> bool:
        """Whether nothing but headings stands in it."""
        return not any(line.strip() and not line.startswith("#") for line in self.text.splitlines())


def sections(text: str) -> tuple[Section, ...]:
    """The sections for versions, in order; headings that name none are passed over."""
    found: list[Section] = []
    lines = text.splitlines()
    starts = [(n, m) for n, line in enumerate(lines) if len(line) < 300 and (m := _HEADING.match(line))]
    for index, (number, match) in enumerate(starts):
        name = match["name"]
        if name.lower() != "unreleased" and parse_version(name) is None:
            continue
        end = starts[index + 1][0] if index + 1 < len(starts) else len(lines)
        date = _DATE.search(match["rest"])
        body = "\n".join(lines[number + 1 : end]).strip("\n")
        found.append(Section(name.lower(), date[0] if date else "", number + 1, _without_links(body)))
    return tuple(found)


def of_version(found: Iterable[Section], version: str) -> Section | None:
    """The section of a version, however it writes it."""
    wanted = parse_version(version)
    if wanted is None:
        return None
    return next((s for s in found if (v := parse_version(s.version)) is not None and v.key == wanted.key), None)


def unreleased(found: Iterable[Section]) -> Section | None:
    """The section of what waits."""
    return next((s for s in found if s.version == "unreleased"), None)


def asked_by(section: Section) -> str | None:
    """How large a step the headings of a section ask for; None when it is empty."""
    if section.empty:
        return None
    parts = [m["name"].lower() for line in section.text.splitlines() if (m := _PART.match(line))]
    return largest(_SECTIONS.get(name, PATCH) for name in parts) or PATCH


def asked_by_fragments(names: Iterable[str]) -> str | None:
    """How large a step the fragments in a folder ask for (``12.feature.md``); None when there are none."""
    words = [name.lower().removesuffix(".md").removesuffix(".rst").split(".") for name in names]
    return largest(_KINDS[part] for parts in words for part in parts[1:] if part in _KINDS)


def largest(steps: Iterable[str]) -> str | None:
    """The largest of some steps; None of none."""
    return max(steps, key=(PATCH, MINOR, MAJOR).index, default=None)


def _without_links(body: str) -> str:
    """Without the definitions of links that stand at the end of such files."""
    lines = body.splitlines()
    while lines and (not lines[-1].strip() or lines[-1].startswith("[")):
        lines.pop()
    return "\n".join(lines)
