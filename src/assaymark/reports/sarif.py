"""SARIF 2.1.0: one run, the findings as results; what was not found out as notifications, never as results.

Verdicts without a place in a file (and findings without one) are notifications too: code scanning refuses results that
lie nowhere. Paths are those of the whole repository, also when only a folder of it was judged: code scanning knows no
others, and two folders of one commit are two analyses, as are two manifests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from assaymark.findings import Findings, Item, by_weight, notices, reason, remedy
from assaymark.links import prefix_of
from assaymark.model import Assessment, Finding, Location, Outcome, Severity, Subcriterion, SubcriterionResult, Subject
from assaymark.wording import OUTCOME_WORDS, branch, json_safe, utf8

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# GitHub refuses a run with more results or rules than this, and a rule with more than 20 tags (it shows 10).
MAX_RESULTS = 25_000
MAX_RULES = 25_000
MAX_TAGS = 10
# GitHub takes 10 MB compressed; messages are cut long before that matters.
MAX_TEXT = 2_000
_NOTICE_LEVELS = {Outcome.FAILED: "warning", Outcome.ERROR: "error", Outcome.UNKNOWN: "note"}
_OPEN = tuple(_NOTICE_LEVELS)


def render(assessment: Assessment) -> str:
    """The log, with a newline at its end."""
    findings = Findings(assessment)
    prefix = _prefix(assessment.subject)
    located = [i for i in by_weight(findings) if _usable(i.finding.location)]
    shown = located[:MAX_RESULTS]
    rules = _rules(assessment, shown)
    shown = [i for i in shown if i.finding.rule in rules]
    positions = {rule: n for n, rule in enumerate(rules)}
    run = {
        "tool": {"driver": _driver(assessment, list(rules.values()))},
        "automationDetails": {
            "id": "/".join(("assaymark", quote(utf8(assessment.profile), safe=""), _part(assessment.subject)))
        },
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "the root of the repository that was judged"}}},
        **_origin(assessment),
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(assessment, findings, len(located) - len(shown))],
        "results": [_result(i, positions[i.finding.rule], prefix) for i in shown],
        "properties": _properties(assessment),
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_safe(json.dumps(log, indent=1)) + "\n"


def _usable(where: Location | None) -> bool:
    """Whether it is a path inside the repository."""
    return where is not None and where.path != "" and where.path[0] != "/" and ".." not in where.path.split("/")


def _prefix(subject: Subject) -> str:
    """The folder that was judged; a strange one is left out rather than made a part of paths."""
    prefix = prefix_of(subject)
    return prefix if not prefix or _usable(Location(path=f"{prefix}x")) else ""


def _part(subject: Subject) -> str:
    """What tells several analyses of one commit apart: the folder or the manifest that was judged."""
    path = subject.path if subject.path != "." and _usable(Location(path=subject.path)) else ""
    return f"{quote(utf8(path), safe='')}/" if path else ""


def _driver(a: Assessment, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": "assaymark",
        "semanticVersion": a.run.assaymark,
        "informationUri": "https://assaymark.github.io/assaymark/",
        "rules": rules,
    }


def _origin(a: Assessment) -> dict[str, Any]:
    if not a.subject.repository:
        return {}
    origin = {"repositoryUri": f"https://{quote(utf8(a.subject.repository))}"}
    if a.subject.commit:
        origin["revisionId"] = utf8(a.subject.commit)
    if a.subject.ref:
        origin["branch"] = utf8(branch(a.subject))
    return {"versionControlProvenance": [origin]}


def _properties(a: Assessment) -> dict[str, Any]:
    return {
        "profile": utf8(a.profile),
        "profileDigest": utf8(a.profile_digest),
        "level": a.level,
        "asOf": a.as_of.isoformat(),
        "partial": [utf8(p) for p in a.partial],
    }


def _rules(a: Assessment, items: list[Item]) -> dict[str, dict[str, Any]]:
    """One rule per rule id, explained by the sub-criteria it counts for, in the order of ids."""
    definitions = {r.definition.id: r.definition for r in a.results}
    members: dict[str, list[Item]] = {}
    for item in items:
        members.setdefault(item.finding.rule, []).append(item)
    ids = sorted(members)[:MAX_RULES]
    return {rule: _rule(rule, members[rule], definitions) for rule in ids}


def _rule(rule: str, items: list[Item], definitions: Mapping[str, Subcriterion]) -> dict[str, Any]:
    ids = sorted({s for i in items for s in i.subcriteria})
    known = [definitions[i] for i in ids]
    sources = ", ".join(sorted({s for i in items for s in i.sources}))
    tags = [*ids, *sorted({d.criterion for d in known})]
    made = {
        "id": rule,
        "shortDescription": {"text": _text(f"{rule} ({sources}): {' '.join(d.text for d in known)}")},
        "help": {"text": _text("\n\n".join(_help(d) for d in known))},
        "defaultConfiguration": {"level": _worst(items)},
        "properties": {"tags": tags[:MAX_TAGS]},
    }
    address = next((r for d in known for r in d.references if r.startswith("https://")), None)
    return made if address is None else made | {"helpUri": quote(utf8(address), safe=":/?#[]@!$&'()*+,;=%")}


def _help(d: Subcriterion) -> str:
    return f"{d.id} ({d.requirement}): {d.text}\nWhy: {d.why}\nWhat to do: {d.remedy}"


def _worst(items: list[Item]) -> str:
    severities = {i.finding.severity for i in items}
    return next(s.value for s in (Severity.ERROR, Severity.WARNING, Severity.NOTE) if s in severities)


def _text(text: str) -> str:
    clean = utf8(text)
    return clean if len(clean) <= MAX_TEXT else clean[: MAX_TEXT - 3] + "..."


def _result(item: Item, position: int, prefix: str) -> dict[str, Any]:
    f = item.finding
    message = f.message if f.fix is None else f"{f.message}\nFix: {f.fix}"
    result: dict[str, Any] = {
        "ruleId": f.rule,
        "ruleIndex": position,
        "kind": "fail",
        "level": f.severity,
        "message": {"text": _text(message) or f.rule},
        "partialFingerprints": {"assaymark/v1": item.id},
        "properties": {"subcriteria": list(item.subcriteria), "sources": list(item.sources)},
    }
    if f.location:
        result["locations"] = [{"physicalLocation": _physical(f.location, prefix)}]
    if item.waived:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": "waived"}]
    return result


def _physical(where: Location, prefix: str) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(utf8(prefix + where.path)), "uriBaseId": "SRCROOT"}}
    region = {
        "startLine": where.line,
        "startColumn": where.column,
        "endLine": where.end_line,
        "endColumn": where.end_column,
    }
    if where.line:
        place["region"] = {key: value for key, value in region.items() if value is not None}
    return place


def _invocation(a: Assessment, findings: Findings, hidden: int) -> dict[str, Any]:
    notes = [_verdict_note(r) for r in a.results if r.outcome in _OPEN and not _shown(r, findings)]
    notes += [_finding_note(i.finding) for i in findings if not _usable(i.finding.location)]
    notes += [_finding_note(n) for n in notices(a)]
    notes += [_note(f"{hidden:,} results of lower severity were left out: see assessment.json", "warning")] * (
        hidden > 0
    )
    notes += [_note(f"partial run: {p}; what was left out is not judged", "note") for p in a.partial]
    return {"executionSuccessful": True, "toolExecutionNotifications": notes}


def _shown(r: SubcriterionResult, findings: Findings) -> bool:
    """Whether results already say what is wrong: a failure with a finding that has a place."""
    located = (_usable(i.finding.location) for e in r.evidence if e.outcome is Outcome.FAILED for i in findings.of(e))
    return r.outcome is Outcome.FAILED and any(located)


def _verdict_note(r: SubcriterionResult) -> dict[str, Any]:
    text = f"{r.definition.id} {OUTCOME_WORDS[r.outcome]}: {reason(r)}\nWhat to do: {remedy(r)}"
    return _note(text, _NOTICE_LEVELS[r.outcome], r.definition.id)


def _finding_note(f: Finding) -> dict[str, Any]:
    return _note(f"{f.rule}: {f.message}", f.severity, f.rule)


def _note(text: str, level: str, descriptor: str | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"level": level, "message": {"text": _text(text)}}
    return made if descriptor is None else {"descriptor": {"id": utf8(descriptor)}, **made}
