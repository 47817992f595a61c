"""``assessment_output.json`` in the shape that readers of SQAaaS 3.5.0 know.

That shape has two states: what could not be determined is not valid, what does not apply is, each with the reason.
The five outcomes, and all else that the shape has no place for, are under the key ``assaymark``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from assaymark.ahead import next_level
from assaymark.findings import FULFILLED, Findings, by_criterion, remedy
from assaymark.model import (
    Assessment,
    CriterionResult,
    Evidence,
    Level,
    Outcome,
    Requirement,
    SubcriterionResult,
)
from assaymark.wording import OUTCOME_WORDS, branch, json_safe, markup, named, one_line, place, utf8

SPEC = "3.5.0"
CRITERIA = ("QC.Acc", "QC.Doc", "QC.Lic", "QC.Met", "QC.Sec", "QC.Sty", "QC.Uni", "QC.Ver")
STANDARD = {
    "title": "A set of Common Software Quality Assurance Baseline Criteria for Research Projects",
    "version": "v4.1",
    "url": "https://hdl.handle.net/10261/160086",
}
# What SQAaaS calls the report of a kind of subject; all indicators of FAIR are one criterion there.
BADGES = {"data": "fair", "service": "services"}
FAIR, INDICATOR = "QC.FAIR", "RDA-"
FAIR_STANDARD = {"title": "RDA Indicators", "version": "v1.0", "url": "https://doi.org/10.15497/rda00050"}
MAX_FINDINGS = 200
_KEYWORDS = {
    Requirement.MUST_NOT: "MUST",
    Requirement.SHOULD_NOT: "SHOULD",
    Requirement.NONE: "MAY",
}
_LEVELS = (Level.BRONZE, Level.SILVER, Level.GOLD)


def render(assessment: Assessment) -> str:
    """The document: ASCII, four blanks of indent, no newline at its end."""
    a = assessment
    findings = Findings(a)
    ahead = {r.definition.id for r in next_level(a).missing}
    wanted = [(c, m) for c, m in _criteria(a) if m and (c.id in (*CRITERIA, FAIR) or c.required_for)]
    data = {
        "meta": {"version": SPEC, "report_json_url": "", "report_permalink": "", "timestamp": _timestamp(a)},
        "repository": [_repository(a)],
        "report": {utf8(c.id): _criterion(c, members, a, findings, ahead) for c, members in wanted},
        "badge": {
            BADGES.get(a.subject.kind, "software"): {
                "criteria": {level.value: _badge(a, level) for level in _LEVELS},
                "data": {},
            }
        },
        "assaymark": _own(a),
    }
    return json_safe(json.dumps(data, indent=4, allow_nan=False))


def _criteria(a: Assessment) -> list[tuple[CriterionResult, Sequence[SubcriterionResult]]]:
    """Criteria with their members, the indicators of FAIR as one."""
    found: list[tuple[CriterionResult, Sequence[SubcriterionResult]]] = list(by_criterion(a))
    families = [(c, m) for c, m in found if c.id.startswith(INDICATOR)]
    if not families:
        return found
    asked = [r.required_for for _, m in families for r in m if r.required_for]
    open_ = [c.outcome for c, _ in families if c.outcome not in FULFILLED]
    fair = CriterionResult(
        id=FAIR,
        title="FAIR",
        outcome=next(iter(open_), Outcome.PASSED),
        required_for=min(asked, key=lambda level: level.rank, default=None),
        missing=tuple(i for c, _ in families for i in c.missing),
    )
    return [
        (fair, [r for _, m in families for r in m]),
        *((c, m) for c, m in found if c not in [f for f, _ in families]),
    ]


def _id(id: str) -> str:
    """``RDA_A1_1_01M`` for ``RDA-A1.1-01M``: how SQAaaS writes an indicator."""
    return id.replace("-", "_").replace(".", "_") if id.startswith(INDICATOR) else utf8(id)


def _timestamp(a: Assessment) -> float:
    try:
        return datetime.fromisoformat(a.run.started).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _url(a: Assessment) -> str:
    return f"https://{utf8(a.subject.repository)}" if a.subject.repository else ""


def _repository(a: Assessment) -> dict[str, Any]:
    s = a.subject
    host, _, name = utf8(s.repository or "").partition("/")
    own: dict[str, Any] = {
        "url": _url(a),
        "name": name or utf8(named(s)),
        "tag": utf8(branch(s)),
        "commit_id": utf8(s.commit or ""),
        "is_main_repo": True,
    }
    if host == "github.com":
        owner = name.partition("/")[0]
        own["avatar_url"] = f"https://github.com/{owner}.png"
        own |= dict.fromkeys(("description", "languages", "topics", "stargazers_count", "watchers_count"))
        own |= dict.fromkeys(("contributors_count", "forks_count"))
    return own | {"badge_status": "no_badge" if a.level is Level.NONE else a.level}


def _criterion(
    c: CriterionResult,
    members: Sequence[SubcriterionResult],
    a: Assessment,
    findings: Findings,
    ahead: set[str],
) -> dict[str, Any]:
    good = sum(r.outcome in FULFILLED for r in members)
    return {
        "valid": c.outcome in FULFILLED,
        "subcriteria": {_id(r.definition.id): _subcriterion(r, a, findings, ahead) for r in members},
        "coverage": {
            "percentage": 100 * good // len(members),
            "total_subcriteria": len(members),
            "success_subcriteria": good,
        },
    }


def _subcriterion(r: SubcriterionResult, a: Assessment, findings: Findings, ahead: set[str]) -> dict[str, Any]:
    valid = r.outcome in FULFILLED
    own = {
        "description": utf8(r.definition.text),
        "requirement_level": _KEYWORDS.get(r.definition.requirement, r.definition.requirement.value),
        "hint": markup(one_line(remedy(r))),
        "evidence": [_evidence(e, r, a, findings) for e in r.evidence],
        "valid": valid,
    }
    if r.definition.id.startswith(INDICATOR):
        own["points"] = max((float(e.metrics.get("points", 0)) for e in r.evidence), default=0.0)
    return own if valid else own | {"required_for_next_level_badge": r.definition.id in ahead}


def _evidence(e: Evidence, r: SubcriterionResult, a: Assessment, findings: Findings) -> dict[str, Any]:
    valid = e.outcome in FULFILLED
    lines = _lines(e, findings)
    return {
        "valid": valid,
        "message": _message(e),
        "plugin": {"name": f"assaymark/{utf8(e.check)}".rstrip("/"), "version": utf8(a.run.assaymark)},
        "tool": {
            "name": utf8(e.tool.name if e.tool else e.check),
            "lang": None,
            "version": utf8((e.tool.version if e.tool else a.run.assaymark) or "not-provided"),
            "docker": None,
            "ci": {
                "name": _ci_name(e, r, a),
                "status": "SUCCESS" if valid else "FAILED",
                "stdout_command": [f"assaymark {_verb(a)} --select {utf8(r.definition.id)}"],
                "stdout_text": lines,
                "url": utf8(e.link or ""),
            },
            "level": "REQUIRED" if r.required_for else "RECOMMENDED",
            "build_repo": _url(a),
        },
        "standard": FAIR_STANDARD if r.definition.id.startswith(INDICATOR) else STANDARD,
        "data_unstructured": lines,
    }


def _verb(a: Assessment) -> str:
    """The command that judges this kind of subject."""
    return {"software": "assess", "image": "smoke"}.get(a.subject.kind, utf8(a.subject.kind))


def _message(e: Evidence) -> str:
    """The reason, with the outcome in front where true and false would not tell it."""
    plain = e.outcome in (Outcome.PASSED, Outcome.FAILED)
    return utf8(e.message) if plain else f"{OUTCOME_WORDS[e.outcome]}: {utf8(e.message)}"


def _ci_name(e: Evidence, r: SubcriterionResult, a: Assessment) -> str:
    parts = (r.definition.criterion, named(a.subject), e.tool.name if e.tool else e.check)
    return " ".join(utf8(part) for part in parts if part)


def _lines(e: Evidence, findings: Findings) -> str:
    """The findings as a linter would print them."""
    items = findings.of(e)
    lines = [
        one_line(f"{place(i.finding.location) or '-'}: {i.finding.rule} {i.finding.message}")
        for i in items[:MAX_FINDINGS]
    ]
    if len(items) > MAX_FINDINGS:
        lines.append(f"and {len(items) - MAX_FINDINGS} more: see assessment.json")
    return "\n".join(lines)


def _badge(a: Assessment, level: Level) -> dict[str, list[str]]:
    asked = [c.id for c, _ in _criteria(a) if c.required_for and c.required_for.rank <= level.rank]
    owner = {
        r.definition.id: FAIR if r.definition.id.startswith(INDICATOR) else r.definition.criterion for r in a.results
    }
    open_ = {owner.get(i) or i.rstrip("0123456789.X") for i in a.missing.get(level, ())}
    everything = [*asked, *sorted(open_ - set(asked))]
    return {
        "to_fulfill": everything,
        "missing": [c for c in everything if c in open_],
        "fulfilled": [c for c in everything if c not in open_],
    }


def _own(a: Assessment) -> dict[str, Any]:
    return {
        "profile": utf8(a.profile),
        "profile_version": utf8(a.profile_version),
        "profile_digest": utf8(a.profile_digest),
        "config_digest": utf8(a.config_digest),
        "as_of": a.as_of.isoformat(),
        "level": a.level,
        "attested": a.attested,
        "partial": [utf8(p) for p in a.partial],
        "missing": {level: list(ids) for level, ids in sorted(a.missing.items(), key=lambda m: m[0].rank)},
        "withheld": {
            level: [utf8(w) for w in why] for level, why in sorted(a.withheld.items(), key=lambda m: m[0].rank)
        },
        "outcomes": {utf8(r.definition.id): r.outcome for r in a.results},
        "waived": {utf8(r.definition.id): r.waiver.until.isoformat() for r in a.results if r.waiver},
        "swhid": None if a.subject.swhid is None else utf8(a.subject.swhid),
    }
