"""Which version comes next, why, and what would happen. Nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assaymark.release import changelog, commits, trusted, versions
from assaymark.release.changelog import MAJOR, MINOR, PATCH
from assaymark.subject.releases import Version, parse_version

if TYPE_CHECKING:
    from assaymark.release.source import Source

FIRST = "0.1.0"


def is_development(version: str) -> bool:
    """Whether a version names what is between two releases (``1.2.0.dev0``, ``1.2.0-SNAPSHOT``)."""
    return "dev" in version.lower() or "snapshot" in version.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The next release. ``last`` is the tag of the newest one; ``next`` is '' when nothing waits to be released.

    ``reasons`` are what the step rests on; ``todo`` what is to be done by hand before the tag; ``then`` what the
    release does.
    """

    name: str
    last: str
    declared: str
    step: str
    next: str
    tag: str
    reasons: tuple[str, ...]
    todo: tuple[str, ...]
    then: tuple[str, ...]


def plan(source: Source) -> Plan:
    """The plan for the checked-out commit."""
    step, reasons = _step(source)
    last, declared = source.releases.latest_here, source.version
    asked = raised(last.version, step) if last and step else "" if last else FIRST
    ahead = declared is not None and (last is None or declared.key > last.version.key)
    version = _released(declared) if ahead and declared is not None else asked
    if ahead and declared is not None:
        reasons.append(f"the files declare {declared.text}")
    tag = source.tag_of(version) if version else ""
    return Plan(
        name=source.name,
        last=last.tag if last else "",
        declared=declared.text if declared else "",
        step=step or "",
        next=version,
        tag=tag,
        reasons=tuple(reasons),
        todo=tuple(_todo(source, version, asked, tag)) if version else (),
        then=_then(tag, source) if version else (),
    )


def raised(version: Version, step: str) -> str:
    """The version after a step; before 1.0 what breaks raises the middle number, as Semantic Versioning lets it."""
    major, minor, patch = (*version.key[1], 0, 0, 0)[:3]
    if step == MAJOR and major > 0:
        return f"{major + 1}.0.0"
    if step in (MAJOR, MINOR):
        return f"{major}.{minor + 1}.0"
    # A pre-release leads to the version that it is named after.
    return f"{major}.{minor}.{patch + 1 if version.final else patch}"


def _released(declared: Version) -> str:
    """What is released of a declared version: a development version leads to the one that it is named after."""
    text = declared.text.removeprefix("v")
    return ".".join(str(n) for n in (*declared.key[1], 0, 0)[:3]) if is_development(text) else text


def _step(source: Source) -> tuple[str | None, list[str]]:
    """The largest step that anything asks for, and everything that asks."""
    asked: list[str] = []
    reasons: list[str] = []
    told = commits.said(source.since_last())
    if told.conventional:
        reasons.append(
            f"{told.conventional} of {told.commits} commits since then follow Conventional Commits: {told.step or 'no'}"
            f"{' step' if told.step else ' release needed by them'}"
        )
        asked += [told.step] if told.step else []
    for folder in changelog.FRAGMENTS:
        names = [e.path.partition("/")[2] for e in source.tree.glob(f"{folder}/*")]
        if step := changelog.asked_by_fragments(names):
            reasons.append(f"fragments in {folder}/: {step} step")
            asked.append(step)
    if found := source.text(*changelog.NAMES):
        waiting = changelog.unreleased(changelog.sections(found[1]))
        if waiting and (step := changelog.asked_by(waiting)):
            reasons.append(f"{found[0]}:{waiting.line} has an Unreleased section: {step} step")
            asked.append(step)
    if not asked and told.commits and not told.conventional:
        reasons.append(
            f"{told.commits} commits since then tell nothing of versions: {PATCH} step, unless you know more"
        )
        asked.append(PATCH)
    return changelog.largest(asked), reasons


def _todo(source: Source, version: str, asked: str, tag: str) -> list[str]:
    todo = []
    new, needed = parse_version(version), parse_version(asked) if asked else None
    if new and needed and new.key < needed.key:
        todo.append(f"raise the declared version to {asked}: what changed asks for more than {version}")
    for place in (*versions.told(source), *versions.documents(source)[1]):
        if (told := parse_version(place.version)) and told.text.removeprefix("v") != version:
            todo.append(f"{place}: write {version} instead of {place.version}")
    if found := source.text(*changelog.NAMES):
        there = changelog.sections(found[1])
        if changelog.of_version(there, version) is None:
            waiting = changelog.unreleased(there)
            line = f":{waiting.line}" if waiting else ""
            todo.append(f"{found[0]}{line}: give what is unreleased the heading `## [{version}] - YYYY-MM-DD`")
    for release in trusted.unlisted(source):
        todo.append(f"{trusted.LIST}: list {trusted.entry(release)}, or say in a comment why {release.tag} is left out")
    if source.opened.subject.dirty or todo:
        todo.append("commit that")
    todo.append(f"git tag -a {tag} -m {tag} && git push origin {tag}")
    return todo


def _then(tag: str, source: Source) -> tuple[str, ...]:
    from assaymark.release.source import members

    packages = members(source)
    what = f"{len(packages)} package{'s' if len(packages) != 1 else ''}" if packages else "the sources"
    return (
        f"assaymark release check: everything agrees on {tag}, and the gate is met",
        f"assaymark release build: {what}, each built twice and compared, with SBOM, provenance, badge and checksums",
        f"assaymark release publish: a draft on the forge for {tag}, every file, then the release",
    )
