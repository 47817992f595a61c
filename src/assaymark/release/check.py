"""Whether a commit is fit to be released, question by question. Nothing is changed, nothing of it is executed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from assaymark.api import FactUnavailable
from assaymark.badges.verify import Says
from assaymark.errors import InputError
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.release import changelog, dependencies, licences, trusted, versions
from assaymark.release.plan import is_development
from assaymark.subject.releases import parse_tag, parse_version
from assaymark.wording import one_line

if TYPE_CHECKING:
    from assaymark.assessment import Judged
    from assaymark.release.dependencies import Dependency
    from assaymark.release.source import Source

_MOST = 12  # names that one answer lists


class Item(NamedTuple):
    """One question, its answer with the place, and what to do about it."""

    about: str
    says: Says
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person says about a release: the tag, the lock, and licences that no metadata tells.

    ``programs`` are dependencies that are started as programs of their own, not imported: their licence asks nothing
    of the project. ``environment`` are folders in which the dependencies are installed (none: where assaymark is).
    """

    tag: str = ""
    lock: str | None = None
    programs: Collection[str] = ()
    licences: Mapping[str, str] = field(default_factory=dict)
    environment: list[str] | None = None


def checked(source: Source, wanted: Wanted) -> list[Item]:
    """Every question but the one about the gate."""
    return [
        *_clean(source),
        *_versions(source),
        *_tag(source, wanted.tag),
        *_changelog(source),
        *_documents(source),
        *_badge(source),
        *_signers(source),
        *_lock(source, wanted.lock),
        *_licences(source, wanted),
    ]


def gate_kept(judged: Judged, gate: str, commit: str) -> Item:
    """Whether the verdict on this very commit meets the gate."""
    from assaymark import catalogue, policy

    found = judged.assessment
    ids = catalogue.load().subcriteria(judged.profile)
    answer = policy.gate(policy.check_gate(gate, judged.profile, ids), judged.profile, ids, found)
    if found.subject.commit != commit or found.subject.dirty:
        return Item("gate", Says.UNKNOWN, "what was judged is not this commit", "Commit what is changed.")
    if found.partial:
        return Item("gate", Says.UNKNOWN, f"only a part was judged: {_listed(found.partial)}", "Judge all of it.")
    met = answer.outcome is policy.GateOutcome.MET
    if met:
        return Item("gate", Says.YES, f"{gate}: met at {commit[:12]}, level {found.level}")
    says = Says.NO if answer.outcome is policy.GateOutcome.NOT_MET else Says.UNKNOWN
    reasons = [one_line(r, 160) for r in answer.reasons]
    return Item("gate", says, _listed([f"{gate}: {answer.outcome}", *reasons]), "See: assaymark assess .")


def _clean(source: Source) -> Iterator[Item]:
    if source.opened.subject.dirty:
        yield Item("changes", Says.NO, "files differ from the commit", "Commit the changes, or take them back.")
    else:
        yield Item("changes", Says.YES, f"the files are those of {source.commit[:12]}")


def _versions(source: Source) -> Iterator[Item]:
    version = source.version
    if version is None:
        yield Item("version", Says.NO, "no file declares a version", "Write it into pyproject.toml or CITATION.cff.")
        return
    if is_development(version.text):
        yield Item("version", Says.NO, f"{version.text} is a development version", "Declare the one to be released.")
        return
    found = list(versions.told(source))
    wrong = [f"{place} says {place.version}" for place in found if _key(place.version) != version.key]
    where = _listed(list(dict.fromkeys(map(str, found))), ", ")
    if wrong:
        yield Item("version", Says.NO, _listed(wrong), f"Write {version.text} everywhere.")
    else:
        yield Item("version", Says.YES, f"{version.text} in {where}")
    for name in ("CITATION.cff", "codemeta.json"):
        there = next((d for d in source.metadata.declared if d.path.lower() == name.lower()), None)
        if there is None:
            yield Item(name, Says.NO, "there is none", f"Write a {name}: citations are taken from it.")
        elif there.problem:
            yield Item(name, Says.NO, f"{there.path}:{there.problem_line or 1}: {there.problem}")
        elif not there.version:
            yield Item(name, Says.NO, f"{there.path} has no version", f"Add the version {version.text}.")


def _tag(source: Source, wanted: str) -> Iterator[Item]:
    version = source.version
    if version is None:
        return
    tag = wanted or source.tag
    _, said = parse_tag(tag)
    if said is None or said.key != version.key:
        yield Item("tag", Says.NO, f"{tag} is not a tag for {version.text}", f"Tag it {source.tag}.")
        return
    there = next((t for t in source.history.tags if t.name == tag), None)
    if there and there.commit != source.commit:
        text = f"{tag} is at {there.commit[:12]}, not at this commit"
        yield Item("tag", Says.NO, text, "Raise the version: a tag that was published is never moved.")
    elif there:
        yield Item("tag", Says.YES, f"{tag} is at this commit")
    elif source.history.shallow:
        yield Item("tag", Says.UNKNOWN, f"this clone is shallow and may lack {tag}", "git fetch --tags --unshallow")
    else:
        yield Item("tag", Says.YES, f"{tag} is free")
    newest = source.releases.latest
    if newest and newest.tag != tag and newest.version.key >= version.key:
        yield Item("order", Says.NO, f"{newest.tag} is there already and is not older", "Raise the version.")


def _changelog(source: Source) -> Iterator[Item]:
    found, version = source.text(*changelog.NAMES), source.version
    if found is None:
        yield Item("changelog", Says.NO, "there is none", "Write a CHANGELOG.md with a section for each version.")
        return
    if version is None:
        return
    name, text = found
    section = changelog.of_version(changelog.sections(text), version.text)
    heading = f"## [{version.text}] - YYYY-MM-DD"
    if section is None:
        yield Item("changelog", Says.NO, f"{name} has no section for {version.text}", f"Add `{heading}`.")
    elif section.empty:
        yield Item("changelog", Says.NO, f"{name}:{section.line} has a heading and nothing below", "Say what changed.")
    elif not section.date:
        yield Item("changelog", Says.NO, f"{name}:{section.line} has no date", f"Write `{heading}`.")
    else:
        yield Item("changelog", Says.YES, f"{name}:{section.line} tells what {version.text} brings")


def _documents(source: Source) -> Iterator[Item]:
    version = source.version
    if version is None:
        return
    looked, named = versions.documents(source)
    wrong = [f"{place} names {place.version}" for place in named if _key(place.version) not in (None, version.key)]
    if wrong:
        yield Item("documents", Says.NO, _listed(wrong), f"Write {version.text} there, or no version at all.")
    elif looked:
        yield Item("documents", Says.YES, f"no page of {looked} names another version")


def _badge(source: Source) -> Iterator[Item]:
    """A badge in the README must be that of this repository."""
    readme = source.text("README.md", "README.rst", "README.org")
    repository = (source.opened.subject.repository or "").partition("/")[2]
    if readme is None:
        return
    for number, line in enumerate(readme[1].splitlines(), 1):
        for match in _BADGE.finditer(line[:5_000]):
            if not repository:
                text = f"{readme[0]}:{number} shows that of {match['repository']}; this clone has no remote to tell"
                yield Item("badge", Says.UNKNOWN, text, "git remote add origin ADDRESS")
                return
            if match["repository"].lower() != repository.lower():
                text = f"{readme[0]}:{number} shows the badge of {match['repository']}"
                yield Item("badge", Says.NO, text, "assaymark badge embed")
                return
            yield Item("badge", Says.YES, f"{readme[0]}:{number} shows that of {repository}")
            return


def _signers(source: Source) -> Iterator[Item]:
    """Where workflows of the repository sign for others: whether every release before this one is listed as trusted."""
    if source.tree.get(trusted.LIST) is None:
        return
    if lacking := trusted.unlisted(source):
        text = f"{trusted.LIST} does not name {_listed([r.tag for r in lacking], ', ')}"
        yield Item("signers", Says.NO, text, f"List {trusted.entry(lacking[0])}, or say in a comment why not.")
    else:
        yield Item("signers", Says.YES, f"{trusted.LIST} names every release before this one")


_BADGE = late(
    r"https://raw\.githubusercontent\.com/(?P<repository>[\w.-]+/[\w.-]+)/badges/(?:[\w.-]+/)*badge\.(?:svg|png|json)"
)


def _lock(source: Source, name: str | None) -> Iterator[Item]:
    asked = _asked(source)
    found = dependencies.locked(source, name)
    if asked is None:
        yield Item("lock", Says.UNKNOWN, _NOT_READ, "Declare the dependencies in [project] of pyproject.toml.")
        return
    if found is None:
        if asked:
            yield Item("lock", Says.NO, "there is no lock of the dependencies", "uv lock, or pip-compile with hashes.")
        return
    place, there = found
    by_name: dict[str, list[Dependency]] = {}
    for each in there:
        by_name.setdefault(each.name, []).append(each)
    wrong = [w for text in asked if (w := _unmet(text, by_name, versions.names(source)))]
    bare = [d.name for d in there if not d.hashes]
    if wrong:
        yield Item("lock", Says.NO, _listed([f"{place} lacks {w}" for w in wrong]), "Lock anew.")
    elif bare:
        yield Item("lock", Says.NO, f"{place}: no hash for {_listed(bare)}", "Lock with hashes: --generate-hashes.")
    else:
        yield Item("lock", Says.YES, f"{place} holds what is asked for: {len(there)} packages, each with its hash")


_NOT_READ = "what it depends on is told by code or by a format that is not read"


def _asked(source: Source) -> list[str] | None:
    """What the project asks for to run; None when that is not known. Nothing is asked for where there is no package."""
    if source.package is None:
        return []
    project = source.pyproject.get("project")
    if not isinstance(project, dict) or "dependencies" in project.get("dynamic", []):
        return None
    listed = project.get("dependencies", [])
    return [text for text in listed if isinstance(text, str)] if isinstance(listed, list) else None


def _unmet(text: str, there: Mapping[str, list[Dependency]], own: Collection[str]) -> str:
    """What the lock has not of a requirement; '' when it has it."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(text)
    except InvalidRequirement:
        return f"{one_line(text, 60)!r}, which is no requirement"
    name = dependencies.normal(wanted.name)
    if name in own or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
        return ""
    versions = [d.version for d in there.get(name, ())]
    if any(wanted.specifier.contains(v, prereleases=True) for v in versions):
        return ""
    return f"{one_line(text, 80)}" + (f" (it has {', '.join(versions)})" if versions else "")


def _licences(source: Source, wanted: Wanted) -> Iterator[Item]:
    if not source.licence:
        yield Item("licences", Says.NO, "the project declares no licence", 'license = "..." in pyproject.toml')
        return
    try:
        found = dependencies.locked(source, wanted.lock)
    except FactUnavailable as problem:
        yield Item("licences", Says.UNKNOWN, problem.reason)
        return
    if found is None:
        if _asked(source) != []:
            yield Item("licences", Says.UNKNOWN, "without a lock it is not known what is depended on", "Write a lock.")
        else:
            yield Item("licences", Says.YES, "nothing is depended on")
        return
    there = dependencies.needed_here(found[1])
    programs = {dependencies.normal(n) for n in wanted.programs}
    said = {dependencies.normal(n): v for n, v in wanted.licences.items()}
    if unknown := [n for n in (*programs, *said) if n not in {d.name for d in there}]:
        raise InputError(f"{found[0]} has no {', '.join(unknown)}", hint="take it out of --program or --licence")
    looked = dependencies.with_licences((d for d in there if d.name not in programs), wanted.environment)
    looked = tuple(replace(d, licence=said.get(d.name, d.licence)) for d in looked)
    says, why = licences.judged(source.licence, looked)
    if says is Says.YES:
        apart = f"; {len(programs)} more are programs of their own" if programs else ""
        yield Item("licences", says, f"all {len(looked)} may be used under {source.licence}{apart}")
    else:
        hint = "Say what you know: --licence NAME=SPDX, or --program NAME for what is never imported."
        yield Item("licences", says, _listed(why), hint)


def _key(text: str) -> object:
    found = parse_version(text)
    return found.key if found else None


def _listed(names: Iterable[str], between: str = "; ") -> str:
    all_ = list(names)
    more = f"{between}and {len(all_) - _MOST} more" if len(all_) > _MOST else ""
    return between.join(all_[:_MOST]) + more
