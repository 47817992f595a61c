"""From the repository to the place where a release is found: the records of a release as one, and what they tell.

The assessment, the build and the publication each leave a record of their own run. They speak of the same things by the
same names (a commit, a digest), so put together they can be walked from a DOI back to the commit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from assaymark.errors import InputError
from assaymark.provenance import recorded
from assaymark.provenance.account import Account, Artifact, Work
from assaymark.provenance.constraints import RELATIONS
from assaymark.provenance.prov import relation_name
from assaymark.provenance.published import Published
from assaymark.provenance.published import read as read_published

ASSESSMENT = "provenance.json"
BUILD = "release-provenance.json"
PUBLICATION = "publication-provenance.json"
# What the records name by digest, and what is held against that where it lies beside them.
REPORT = "assessment.json"
STATEMENT = "release.intoto.jsonl"
LISTED = "release.json"
FILES = (ASSESSMENT, BUILD, PUBLICATION, REPORT, STATEMENT, LISTED)
# The prefix that the names of each run get in the whole.
_RUNS = {ASSESSMENT: "assessment", BUILD: "build", PUBLICATION: "publication"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A release's build, the assessment it rests on, and its places; ``None`` where there is no record of it."""

    build: Account
    assessment: Account | None
    published: Published | None

    @property
    def verdict(self) -> Artifact:
        """The assessment by its digest, as the build was given it."""
        return next(item for item in self.build.inputs if item.kind == "assessment")


def read(files: Mapping[str, bytes]) -> Chain:
    """The chain that the records of a release tell of, by the names of their files; of `FILES` only ``BUILD`` must be.

    Raises InputError, with the file as its place, when one is not ours, was edited, or is about something else.
    """
    build = _read(files, BUILD, recorded.account_of)
    if build.work is not Work.RELEASE or not any(item.kind == "assessment" for item in build.inputs):
        raise InputError("is not the record of a release", where=BUILD)
    assessment = _read(files, ASSESSMENT, recorded.account_of) if ASSESSMENT in files else None
    published = _read(files, PUBLICATION, read_published) if PUBLICATION in files else None
    chain = Chain(build=build, assessment=assessment, published=published)
    told = (assessment.report.sha256, assessment.subject.uri, assessment.subject.commit) if assessment else None
    if told and told != (chain.verdict.sha256, build.subject.uri, build.subject.commit):
        raise InputError("tells of another assessment than the release was built on", where=ASSESSMENT)
    if published and (published.statement, published.commit) != (build.report.sha256, build.subject.commit):
        raise InputError("tells of another release", where=PUBLICATION)
    named = {REPORT: chain.verdict.sha256, STATEMENT: build.report.sha256, LISTED: published and published.listed}
    for name, digest in named.items():
        if name in files and digest and hashlib.sha256(files[name]).hexdigest() != digest:
            raise InputError("is not the one that the records tell of", where=name)
    return chain


def _read(files: Mapping[str, bytes], name: str, reader: Any) -> Any:
    try:
        return reader(files[name])
    except InputError as problem:
        raise InputError(problem.message, where=name, hint=problem.hint) from problem


def joined(files: Mapping[str, bytes]) -> dict[str, Any]:
    """All records of a release as one PROV-JSON document; what several tell of has what each says of it.

    Each run keeps its names, below a prefix of its own. Raises InputError as `read` does.
    """
    read(files)
    whole: dict[str, Any] = {"prefix": {}}
    for name, run in _RUNS.items():
        if name in files:
            _add(whole, json.loads(files[name]), run)
    return whole


def _add(whole: dict[str, Any], document: Mapping[str, Any], run: str) -> None:
    for prefix, address in document["prefix"].items():
        whole["prefix"][run if prefix == "run" else prefix] = address
    for section, records in document.items():
        if section == "prefix":
            continue
        known = whole.setdefault(section, {})
        for name, record in records.items():
            if section in RELATIONS:
                ends = {end: _renamed(record[end], run) for end, _ in RELATIONS[section] if end in record}
                told = {**record, **ends}
                one, two = list(ends.values())[:2]
                known[relation_name(section, one, two, told)] = told
            else:
                name = _renamed(name, run)
                known[name] = _united(known.get(name, {}), record)


def _renamed(name: str, run: str) -> str:
    return f"{run}:{name[4:]}" if name.startswith("run:") else name


def _united(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both records of one thing as one: PROV lets an attribute have several values."""
    united = dict(one)
    for key, value in other.items():
        values = _several(united.get(key)) + [v for v in _several(value) if v not in _several(united.get(key))]
        united[key] = values[0] if len(values) == 1 else values
    return united


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def steps(chain: Chain) -> Iterable[tuple[str, str]]:
    """The chain in words, from the repository on: what it is, and what names it."""
    build, published = chain.build, chain.published
    yield "commit", f"{build.subject.name}@{build.subject.commit or build.subject.sha256}"
    yield "assessment", f"{build.facts.get('level', 'none')}, {chain.verdict.name} sha256:{chain.verdict.sha256}"
    yield "release", f"{build.facts.get('tag', '')}, {len(build.outputs)} files, sha256:{build.report.sha256}"
    for place in published.places if published else ():
        named = f"doi:{place.doi}" if place.doi else f"sha256:{place.sha256}"
        yield place.kind, f"{place.address} {named}{' (draft)' if place.draft else ''}"
