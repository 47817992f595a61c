"""``assessment.json``: the one document that everything else is drawn from, and the way back.

Strict JSON in ASCII, one list item a line, so that two of them can be compared with ordinary tools. Everything but the
key ``run`` is the same whenever and wherever the same subject is judged. Each finding is written once, in ``findings``;
evidence refers to it by its position there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NoReturn

from assaymark.errors import InputError
from assaymark.findings import Findings, Item, metrics, notices
from assaymark.model import (
    Assessment,
    CriterionResult,
    DecidedBy,
    Evidence,
    Finding,
    Grade,
    Level,
    Location,
    Outcome,
    Requirement,
    RunFacts,
    Severity,
    Subcriterion,
    SubcriterionResult,
    Subject,
    ToolRef,
    Waiver,
)
from assaymark.wording import json_safe, one_line, utf8

SCHEMA = "https://assaymark.github.io/schemas/assessment-1.json"
MAX_SIZE = 128_000_000


def render(assessment: Assessment) -> str:
    """The document, with a newline at its end."""
    return json_safe(_layout(document(assessment)))


def document(assessment: Assessment) -> dict[str, Any]:
    """The document as plain values, in the order of its keys."""
    findings = Findings(assessment)
    a = assessment
    return {
        "schema": SCHEMA,
        "subject": _subject(a.subject),
        "profile": utf8(a.profile),
        "profile_version": utf8(a.profile_version),
        "profile_digest": utf8(a.profile_digest),
        "config_digest": utf8(a.config_digest),
        "as_of": a.as_of.isoformat(),
        "level": a.level,
        "attested": a.attested,
        "partial": [utf8(p) for p in a.partial],
        **({"changed": [utf8(p) for p in a.changed]} if a.changed else {}),
        "missing": {level: list(ids) for level, ids in sorted(a.missing.items(), key=lambda m: m[0].rank)},
        "withheld": {level: _texts(w) for level, w in sorted(a.withheld.items(), key=lambda m: m[0].rank)},
        "criteria": [_criterion(c) for c in a.criteria],
        "subcriteria": [_result(r, findings) for r in a.results],
        "findings": [_item(i) for i in findings],
        "notices": [_finding(n) for n in notices(a)],
        "run": _run(a.run),
    }


def _layout(data: Mapping[str, Any]) -> str:
    """One line per key, and one per item of a list of objects."""
    lines = [f"{json.dumps(key)}: {_value(value)}" for key, value in data.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _value(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(_compact(item) for item in value) + "\n]"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _texts(values: Iterable[str]) -> list[str]:
    return [utf8(v) for v in values]


def _full(**values: Any) -> dict[str, Any]:
    """All keys, None included; text made encodable."""
    return {k: utf8(v) if isinstance(v, str) else v for k, v in values.items()}


def _lean(**values: Any) -> dict[str, Any]:
    """The same without keys that say nothing."""
    return {k: v for k, v in _full(**values).items() if v is not None and v != "" and v != [] and v != {}}


def _subject(s: Subject) -> dict[str, Any]:
    return _full(
        kind=s.kind,
        repository=s.repository,
        path=s.path,
        commit=s.commit,
        ref=s.ref,
        swhid=s.swhid,
        digest=s.digest,
        dirty=s.dirty,
    )


def _criterion(c: CriterionResult) -> dict[str, Any]:
    return _full(id=c.id, title=c.title, outcome=c.outcome, required_for=c.required_for, missing=list(c.missing))


def _result(r: SubcriterionResult, findings: Findings) -> dict[str, Any]:
    d = r.definition
    return _full(
        id=d.id,
        criterion=d.criterion,
        requirement=d.requirement,
        outcome=r.outcome,
        grade=r.grade,
        required_for=r.required_for,
        evidence=[_evidence(e, findings) for e in r.evidence],
        waiver=_waiver(r.waiver) if r.waiver else None,
        text=d.text,
        why=d.why,
        remedy=d.remedy,
        decided_by=list(d.decided_by),
        checks=_texts(d.checks),
        references=_texts(d.references),
    ) | ({} if d.tools is None else {"tools": _texts(d.tools)})


def _evidence(e: Evidence, findings: Findings) -> dict[str, Any]:
    return _full(outcome=e.outcome, message=e.message) | _lean(
        check=e.check,
        grade=None if e.grade is Grade.MEASURED else e.grade,
        findings=list(findings.indices(e)),
        metrics=metrics(e),
        tool=_full(name=e.tool.name) | _lean(version=e.tool.version, digest=e.tool.digest) if e.tool else None,
        digest=e.digest,
        remedy=e.remedy,
        link=e.link,
    )


def _waiver(w: Waiver) -> dict[str, Any]:
    return _full(id=w.id, reason=w.reason, until=w.until.isoformat()) | _lean(owner=w.owner, path=w.path, rule=w.rule)


def _item(item: Item) -> dict[str, Any]:
    own = {"id": item.id, **_finding(item.finding), "subcriteria": list(item.subcriteria)}
    return own | {"waived": True} if item.waived else own


def _finding(f: Finding) -> dict[str, Any]:
    where = f.location
    found = {"rule": f.rule, "severity": f.severity, "message": f.message}
    if where is not None:
        found["path"] = where.path
        found |= _lean(line=where.line, column=where.column, end_line=where.end_line, end_column=where.end_column)
    return found if f.fix is None else found | {"fix": f.fix}


def _run(r: RunFacts) -> dict[str, Any]:
    return _full(
        started=r.started,
        duration=r.duration,
        host=r.host,
        assaymark=r.assaymark,
        python=r.python,
        cached=r.cached,
        durations=dict(sorted((utf8(name), spent) for name, spent in r.durations.items())),
        **({"facts": {utf8(name): utf8(value) for name, value in sorted(r.facts.items())}} if r.facts else {}),
    )


# ---------------------------------------------------------------------------------------------------------- reading


def from_json(text: str, where: str = "assessment.json") -> Assessment:
    """Read a document that may come from anywhere.

    Raises InputError with the place when it is too large, not JSON, or not what the schema says.
    """
    if len(text) > MAX_SIZE:
        raise InputError(f"the assessment is larger than {MAX_SIZE // 1_000_000} MB", where=where)
    try:
        data = _parse(text, where)
        _validate(data, where)
        return _assessment(data)
    except RecursionError as problem:
        raise InputError("the assessment is nested too deeply", where=where) from problem
    except (ValueError, LookupError, TypeError) as problem:
        raise InputError(f"the assessment contradicts itself: {one_line(str(problem), 200)}", where=where) from problem


def from_own(text: str) -> Assessment:
    """Read a document that this very version wrote (the cache): not validated, fast."""
    return _assessment(json.loads(text))


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except ValueError as problem:
        raise InputError(f"the assessment is not JSON: {one_line(str(problem), 200)}", where=where) from problem


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def _validate(data: Any, where: str) -> None:
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else None
        said = one_line(str(found), 100) if found else "no schema"
        raise InputError(f"this is not an assessment: {said}", where=where, hint=f"expected the schema {SCHEMA}")
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    problem = best_match(Draft202012Validator(_rules()).iter_errors(data))
    if problem is not None:
        place = "/".join(str(part) for part in problem.absolute_path)
        raise InputError(f"{one_line(place, 200) or 'the document'}: {one_line(problem.message, 200)}", where=where)


def _rules() -> Any:
    """The schema with each definition where it is referred to: to look them up takes two fifths of a validation."""
    from assaymark.data import schema

    rules = json.loads(schema("assessment").read_text(encoding="utf-8"))
    definitions = rules.pop("$defs")

    def whole(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return whole(definitions[value["$ref"].removeprefix("#/$defs/")])
            return {key: whole(each) for key, each in value.items()}
        return [whole(each) for each in value] if isinstance(value, list) else value

    return whole(rules)


def _assessment(d: Mapping[str, Any]) -> Assessment:
    findings = [_read_finding(f) for f in d["findings"]]
    return Assessment(
        subject=Subject(**d["subject"]),
        profile=d["profile"],
        profile_version=d["profile_version"],
        profile_digest=d["profile_digest"],
        config_digest=d["config_digest"],
        as_of=date.fromisoformat(d["as_of"]),
        level=Level(d["level"]),
        missing=_levels(d["missing"]),
        criteria=tuple(_read_criterion(c) for c in d["criteria"]),
        results=tuple(_read_result(r, findings) for r in d["subcriteria"]),
        notices=tuple(_read_finding(n) for n in d["notices"]),
        attested=d["attested"],
        partial=tuple(d["partial"]),
        run=RunFacts(**d["run"]),
        withheld=_levels(d["withheld"]),
        changed=tuple(d.get("changed", ())),
    )


def _levels(d: Mapping[str, Sequence[str]]) -> dict[Level, tuple[str, ...]]:
    return {Level(level): tuple(values) for level, values in d.items()}


def _level(value: str | None) -> Level | None:
    return None if value is None else Level(value)


def _read_criterion(c: Mapping[str, Any]) -> CriterionResult:
    return CriterionResult(
        id=c["id"],
        title=c["title"],
        outcome=Outcome(c["outcome"]),
        required_for=_level(c["required_for"]),
        missing=tuple(c["missing"]),
    )


def _read_result(r: Mapping[str, Any], findings: Sequence[Finding]) -> SubcriterionResult:
    return SubcriterionResult(
        definition=_read_definition(r),
        outcome=Outcome(r["outcome"]),
        grade=Grade(r["grade"]),
        evidence=tuple(_read_evidence(e, findings) for e in r["evidence"]),
        waiver=_read_waiver(r["waiver"]) if r["waiver"] else None,
        required_for=_level(r["required_for"]),
    )


def _read_definition(r: Mapping[str, Any]) -> Subcriterion:
    return Subcriterion(
        id=r["id"],
        criterion=r["criterion"],
        requirement=Requirement(r["requirement"]),
        text=r["text"],
        why=r["why"],
        remedy=r["remedy"],
        decided_by=tuple(DecidedBy(d) for d in r["decided_by"]),
        checks=tuple(r["checks"]),
        references=tuple(r["references"]),
        tools=tuple(r["tools"]) if "tools" in r else None,
    )


def _read_evidence(e: Mapping[str, Any], findings: Sequence[Finding]) -> Evidence:
    return Evidence(
        outcome=Outcome(e["outcome"]),
        message=e["message"],
        check=e.get("check", ""),
        grade=Grade(e.get("grade", Grade.MEASURED)),
        findings=tuple(findings[n] for n in e.get("findings", ())),
        metrics=e.get("metrics", {}),
        tool=ToolRef(**e["tool"]) if "tool" in e else None,
        digest=e.get("digest"),
        remedy=e.get("remedy"),
        link=e.get("link"),
    )


def _read_waiver(w: Mapping[str, Any]) -> Waiver:
    return Waiver(**{**w, "until": date.fromisoformat(w["until"])})


def _read_finding(f: Mapping[str, Any]) -> Finding:
    where = None
    if "path" in f:
        where = Location(
            path=f["path"],
            line=f.get("line"),
            column=f.get("column"),
            end_line=f.get("end_line"),
            end_column=f.get("end_column"),
        )
    return Finding(
        rule=f["rule"],
        message=f["message"],
        severity=Severity(f["severity"]),
        location=where,
        fix=f.get("fix"),
    )
