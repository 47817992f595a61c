"""What people read beside a release: the changelog's section, else the commits, and how to check what they took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assaymark.release import changelog
from assaymark.wording import one_line

if TYPE_CHECKING:
    from assaymark.release.folder import Release
    from assaymark.release.source import Source

_MOST = 100
_ESCAPED = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>#|~"} | {"@": "&#64;"})


def render(source: Source, release: Release) -> str:
    """The notes as Markdown. What comes out of commits is escaped: it mentions nobody and links nowhere."""
    parts = [_changes(source)]
    if release.level:
        judged = f"Judged **{release.level}** at commit `{release.commit[:12]}` (gate: {release.gate or 'none'})"
        parts.append(f"{judged}; the assessment is among the files.")
    if release.images:
        parts.append("Images, by digest:\n\n" + "\n".join(f"- `{image}`" for image in sorted(release.images)))
    parts.append(
        f"To check a file: `assaymark release verify FILE --tag {release.tag} --github {_repository(release)}`"
        if release.repository.startswith("github.com/")
        else "To check a file, with the other files of the release beside it: `assaymark release verify FILE`"
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _repository(release: Release) -> str:
    return release.repository.partition("/")[2]


def _changes(source: Source) -> str:
    found, version = source.text(*changelog.NAMES), source.version
    if found and version:
        section = changelog.of_version(changelog.sections(found[1]), version.text)
        if section and not section.empty:
            return section.text.strip()
    own = [c for c in source.since_last() if not c.is_merge]
    lines = [f"- {one_line(c.subject, 200).translate(_ESCAPED)} ({c.id[:8]})" for c in own[:_MOST]]
    more = [f"- and {len(own) - _MOST} more"] if len(own) > _MOST else []
    return "\n".join(["### Changes", "", *lines, *more]) if lines else ""
