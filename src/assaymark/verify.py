"""The whole chain, offline: badge -> report -> provenance -> subject; which link holds, and which does not.

Each link is looked at by itself and against its neighbour. A link that is not there is ``unknown``, never ``yes``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from assaymark.badges.verify import Answer, Known, Says, Verdict, shown
from assaymark.errors import InputError
from assaymark.model import Assessment, Subject
from assaymark.records import NamedTuple

if TYPE_CHECKING:
    from assaymark.config import Config

REPORT = "assessment.json"
PROVENANCE = "provenance.json"
BUNDLE = "badge.sigstore.json"
SEALED = "statements.dsse.jsonl"
# The first of these that carries a credential is looked at closely; the others have to carry the same one.
BADGES = ("badge.svg", "badge.png", "credential.jwt")
ENDPOINT = "badge.json"
# What is drawn from the report alone, byte for byte, and who draws it.
DRAWN = {
    "assessment_output.json": "sqaaas",
    "report.sarif": "sarif",
    "junit.xml": "junit",
    "summary.md": "markdown",
    "report.html": "html",
}


class Own(NamedTuple):
    """The judged commit as it lies in the verifier's own clone; ``config`` is None when it cannot be read."""

    subject: Subject
    config: Config | None


class Link(NamedTuple):
    """One link of the chain and what was found out about it."""

    name: str
    answers: tuple[Answer, ...]

    @property
    def says(self) -> Says:
        """No if any answer is no; unknown if any is, or if nothing could be asked."""
        said = {a.says for a in self.answers}
        if Says.NO in said:
            return Says.NO
        return Says.UNKNOWN if Says.UNKNOWN in said or not said else Says.YES


def chain(files: Mapping[str, bytes], known: Known, own: Own | None) -> tuple[Link, ...]:
    """The links of a folder of reports (``files`` by name).

    ``known`` is what the verifier brings for the badge; ``own`` is None without a clone.
    """
    try:
        assessment = _parsed(files)
    except InputError as problem:
        assessment, broken = None, str(problem)
    else:
        broken = f"there is no {REPORT}"
    return (
        Link("badge", shown(_badges(files, assessment, known))),
        Link("report", shown(_report(files, assessment, broken))),
        Link("provenance", shown(_provenance(files, assessment, known))),
        Link("subject", shown(_subject(assessment, own))),
    )


def _parsed(files: Mapping[str, bytes]) -> Assessment | None:
    return _read(files[REPORT]) if REPORT in files else None


def _read(content: bytes) -> Assessment:
    from assaymark.reports.json import from_json

    return from_json(content.decode("utf-8", "replace"), where=REPORT)


def _badges(files: Mapping[str, bytes], assessment: Assessment | None, known: Known) -> Iterator[Answer]:
    from assaymark.badges import bake
    from assaymark.badges.verify import verify

    there = [name for name in BADGES if name in files]
    tokens: dict[str, str] = {}
    for name in there:
        try:
            tokens[name] = bake.extract(files[name]).token
        except bake.NotBaked as problem:
            yield from _unsigned(name, files[name], assessment, str(problem))
    if tokens:
        first, *others = tokens
        bringing = replace(known, evidence=files, read=_read, bundle=files.get(BUNDLE))
        yield from _named(first, verify(files[first], bringing))
        for name in others:
            yield from _beside(name, verify(files[name], bringing), tokens[name] == tokens[first])
    elif not there:
        yield Answer("badge", Says.UNKNOWN, "there is none")
    if ENDPOINT in files and assessment is not None:
        yield from _endpoint(files[ENDPOINT], assessment)


def _beside(name: str, verdict: Verdict, same: bool) -> Iterator[Answer]:
    """Another form of the badge: the same credential, and its own picture."""
    if not same:
        yield Answer("credential", Says.NO, f"{name} carries another one")
        return
    for answer in verdict.answers:
        if answer.about == "picture" and answer.says is not Says.YES:
            yield answer._replace(text=f"{name}: {answer.text}")


def _endpoint(content: bytes, assessment: Assessment) -> Iterator[Answer]:
    from assaymark.badges import assessed, endpoint
    from assaymark.badges.model import aged

    badge = assessed.level(assessment)
    # Grey is allowed: it claims less.
    if content not in (endpoint.render(badge).encode(), endpoint.render(aged(badge, "")).encode()):
        yield Answer("endpoint", Says.NO, f"{ENDPOINT} shows something else than the report says")


def _named(name: str, verdict: Verdict) -> Iterator[Answer]:
    for answer in verdict.answers:
        yield answer._replace(text=f"{name}: {answer.text}") if answer.about == "signature" else answer


def _unsigned(name: str, content: bytes, assessment: Assessment | None, why: str) -> Iterator[Answer]:
    yield Answer("signature", Says.UNKNOWN, f"{name} is a picture without a credential: {why}")
    if assessment is not None and name == "badge.svg":
        from assaymark.badges import assessed, svg

        same = svg.render(assessed.level(assessment)).encode() == content
        told = "drawn from the report, byte for byte" if same else "it shows something else than the report says"
        yield Answer("picture", Says.YES if same else Says.NO, told)


def _report(files: Mapping[str, bytes], assessment: Assessment | None, broken: str) -> Iterator[Answer]:
    if assessment is None:
        yield Answer("report", Says.NO if REPORT in files else Says.UNKNOWN, broken)
        return
    from assaymark.badges.award import follows

    yield Answer("report", Says.YES, f"{REPORT}, {_digest(files[REPORT])[:12]}, keeps its schema")
    answer = follows(assessment)
    if answer is None:
        yield Answer(
            "level", Says.UNKNOWN, f"this version of assaymark has no profile {assessment.profile} like theirs"
        )
    else:
        told = "follows" if answer else "does not follow"
        yield Answer("level", Says.YES if answer else Says.NO, f"{assessment.level} {told} from the results")
    changed = [name for name, form in DRAWN.items() if name in files and files[name] != _drawn(form, assessment)]
    if changed:
        yield Answer("drawings", Says.NO, f"not what the report gives: {', '.join(changed)}")


def _drawn(form: str, assessment: Assessment) -> bytes:
    render: Callable[[Assessment], str] = import_module(f"assaymark.reports.{form}").render
    return render(assessment).encode("utf-8", "backslashreplace")


def _provenance(files: Mapping[str, bytes], assessment: Assessment | None, known: Known) -> Iterator[Answer]:
    signed: tuple[dict[str, Any], ...] = ()
    if SEALED in files:
        from assaymark.badges import envelopes

        judged = envelopes.judge(envelopes.lines_of(files[SEALED]), known)
        signed = judged.statements
        yield from (a._replace(text=f"{SEALED}: {a.text}") if a.about == "signature" else a for a in judged.answers)
    if PROVENANCE not in files:
        yield Answer("provenance", Says.UNKNOWN, f"there is no {PROVENANCE}")
        return
    from assaymark.provenance.constraints import violations

    try:
        document = json.loads(files[PROVENANCE])
    except (ValueError, RecursionError) as problem:
        yield Answer("provenance", Says.NO, f"{PROVENANCE} is no JSON document: {problem}")
        return
    found = violations(document)
    if found:
        first = f"{found[0].record}: {found[0].message}"
        yield Answer("sound", Says.NO, f"{len(found)} constraints are broken, the first: {first}")
    else:
        yield Answer("sound", Says.YES, "the constraints of W3C PROV hold")
    if assessment is None:
        yield Answer("about", Says.UNKNOWN, "there is no report to compare it with")
        return
    yield from _about(document, files[REPORT], assessment)
    yield from _statements(files, signed)


def _about(document: Any, report: bytes, assessment: Assessment) -> Iterator[Answer]:
    entities = document.get("entity") if isinstance(document, dict) else None
    entities = entities if isinstance(entities, dict) else {}
    entity = entities.get(f"sha256:{_digest(report)}")
    if not isinstance(entity, dict):
        yield Answer("about", Says.NO, "it tells of another report")
        return
    told = {
        str(e.get("prov:label")): e.get("am:outcome")
        for e in entities.values()
        if isinstance(e, dict) and isinstance(e.get("prov:type"), dict) and e["prov:type"].get("$") == "am:Result"
    }
    mine = {r.definition.id: r.outcome.value for r in assessment.results}
    commit = assessment.subject.commit
    if entity.get("am:verdict") != assessment.level.value or told != mine:
        yield Answer("about", Says.NO, "it tells of other results than the report")
    elif commit and f"commit:{commit}" not in entities:
        yield Answer("about", Says.NO, f"it does not tell of the commit {commit[:12]}")
    else:
        yield Answer("about", Says.YES, "this very report, with the same results")


def _statements(files: Mapping[str, bytes], signed: Sequence[Mapping[str, Any]]) -> Iterator[Answer]:
    """Each in-toto statement beside the report names the report by its digest, and says what the record says.

    So does each that is ``signed``; of these none may be missing either.
    """
    lines = [line for line in files.get("statements.intoto.jsonl", b"").splitlines() if line.strip()]
    if not lines and SEALED not in files:
        return
    from assaymark.provenance import intoto, recorded
    from assaymark.provenance.uris import PREDICATES

    if signed:
        from assaymark.badges.term import without

        # The term is the signer's; what is claimed is the rest.
        signed = [{**statement, "predicate": without(statement["predicate"])} for statement in signed]
    digest = _digest(files[REPORT])
    try:
        record = recorded.account_of(files[PROVENANCE])
    except InputError as problem:
        yield Answer("statements", Says.UNKNOWN, f"{PROVENANCE} {problem.message}")
        return
    expected = {PREDICATES[kind]: _told(made) for kind, made in intoto.predicates(record).items()}
    evidence = {step.evidence.sha256 for step in record.steps}
    statements = [*map(_loaded, lines), *signed]
    for statement in statements:
        try:
            about = all(s["digest"] == {"sha256": digest} for s in statement["subject"]) and statement["subject"]
            predicate = statement["predicate"]
            same = _told(predicate) == expected.get(statement["predicateType"]) and _resting(predicate) <= evidence
        except (LookupError, TypeError, AttributeError, RecursionError):
            about = same = False
        if not (about and same):
            what = "says something else than the record" if about else "is about another report"
            yield Answer("statements", Says.NO, f"one of them {what}")
            return
    missing = sorted(set(expected) - {s["predicateType"] for s in signed})
    if SEALED in files and missing:
        yield Answer("statements", Says.UNKNOWN, f"nobody signed what the record gives as {', '.join(missing)}")
        return
    told = f"{len(lines)} bare and {len(signed)} signed" if SEALED in files else f"{len(lines)}"
    yield Answer("statements", Says.YES, f"{told}, about this very report, and they say the same")


def _loaded(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _told(predicate: Mapping[str, Any]) -> Any:
    """What a predicate claims, whatever the order in which it lists things."""

    def ordered(value: Any) -> Any:
        if isinstance(value, dict):
            # Of several pieces of evidence for one claim any may be named.
            return {k: ordered(v) for k, v in value.items() if k != "evidence"}
        return sorted(map(ordered, value), key=_canonical) if isinstance(value, list) else value

    return ordered(predicate)


def _resting(predicate: Mapping[str, Any]) -> set[str | None]:
    """The digests of the evidence that a predicate names for its claims."""
    return {claim["evidence"]["digest"]["sha256"] for claim in predicate.get("attributes", ())}


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _subject(assessment: Assessment | None, own: Own | None) -> Iterator[Answer]:
    if assessment is None:
        yield Answer("subject", Says.UNKNOWN, "there is no report to say what was judged")
        return
    theirs = assessment.subject
    if own is None:
        yield Answer("subject", Says.UNKNOWN, f"{theirs.commit or theirs.path}; compared with nothing (--repository)")
        return
    if theirs.dirty:
        yield Answer("subject", Says.NO, "files were judged that no commit holds")
    elif (theirs.commit, theirs.digest) != (own.subject.commit, own.subject.digest):
        yield Answer("subject", Says.NO, f"the files of {theirs.commit or 'no commit'} are others than those judged")
    else:
        yield Answer("subject", Says.YES, f"{theirs.commit}, file by file")
        yield _settings(assessment, own.config)


def _settings(assessment: Assessment, config: Config | None) -> Answer:
    """By whose rules: the repository's own settings can leave files and questions out, and who looks should know."""
    if config is None or config.digest != assessment.config_digest:
        return Answer("settings", Says.UNKNOWN, "it was judged by a configuration that this commit does not have")
    bearing = tuple(_bearing(config))
    if not bearing:
        return Answer("settings", Says.YES, "none of the repository's own bears on the verdict")
    return Answer("settings", Says.YES, f"these of the repository's own bear on the verdict: {', '.join(bearing)}")


def _bearing(config: Config) -> Iterator[str]:
    for name in ("select", "skip", "exclude"):
        if getattr(config, name):
            yield name
    if config.attestations:
        yield f"attestation ({len(config.attestations)})"
    if config.steps:
        yield f"step ({len(config.steps)})"
    yield from (f"policy.{name}" for name in sorted(config.policy))
    yield from (f"validate.{name}" for name in sorted(config.validate))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
