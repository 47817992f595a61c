"""A history of assessments in the shape that readers of yProv4SQA documents expect.

Names are made of the repository's address and the commit, not of counters, so that documents can be merged;
``numbered`` brings the counters back for tools that look for ``assessment1``. Nothing is written that is not known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from assaymark.provenance.milestones import Milestone

PREFIXES = {
    "ex": "https://sqaaas.eosc-synergy.eu/",
    "w3": "http://www.w3.org/",
    "tr": "http://www.w3.org/TR/2011/",
}
_BADGE_KEYS = ("entityType", "openBadgeId", "createdAt", "badgeclassOpenBadgeId", "image")
_GOOD = ("passed", "not-applicable")


def document(milestones: Sequence[Milestone], *, numbered: bool = False) -> dict[str, Any]:
    """The view as a PROV-JSON document, oldest assessment first."""
    whole: dict[str, Any] = {
        "prefix": dict(PREFIXES),
        "agent": {"ex:SQAaaS": {"prov:type": "prov:SoftwareAgent", "xsd:type": "xsd:QName"}},
        "entity": {},
        "activity": {},
        "wasGeneratedBy": {},
        "wasDerivedFrom": {},
        "wasAttributedTo": {},
    }
    if not milestones:
        return whole
    address = f"https://{milestones[0].repository}" if milestones[0].repository else ""
    root = "1" if numbered else _short(address)
    _repository(whole, milestones[0], address, root)
    for number, milestone in enumerate(milestones, 1):
        name = str(number) if numbered else _short(f"{address}\0{milestone.commit}\0{milestone.moment}")
        _assessment(whole, milestone, name, root, numbered)
    return whole


def _repository(whole: dict[str, Any], first: Milestone, address: str, root: str) -> None:
    told = first.extra.get("repository")
    known = told if isinstance(told, Mapping) else {}
    whole["entity"][f"ex:repository{root}"] = _known(
        {
            "prov:type": "document",
            "ex:url": address,
            "ex:name": "/".join((first.repository or "").split("/")[-2:]),
            "ex:avatar_url": known.get("avatar_url"),
            "ex:description": known.get("description"),
            "ex:languages": _words(known.get("languages")),
        }
    )
    whole["wasAttributedTo"][f"_:wat_SQAaaS_repository{root}"] = {
        "prov:entity": f"ex:repository{root}",
        "prov:agent": "ex:SQAaaS",
    }


def _assessment(whole: dict[str, Any], milestone: Milestone, name: str, root: str, numbered: bool) -> None:
    entity = f"ex:assessment{name}"
    ref = milestone.extra.get("ref")
    whole["entity"][entity] = _known(
        {
            "prov:type": "document",
            "ex:version": milestone.assessor,
            "ex:commit_id": [milestone.commit],
            "ex:commit_date": [milestone.committed or milestone.moment],
            "ex:branch_name": [ref] if ref else None,
            "ex:report_json_url": milestone.extra.get("address"),
            "ex:report_sha256": milestone.sha256,
        }
    )
    whole["wasDerivedFrom"][f"_:id_repository{root}_assessment{name}"] = {
        "prov:generatedEntity": entity,
        "prov:usedEntity": f"ex:repository{root}",
    }
    for criterion, outcomes in _criteria(milestone).items():
        activity = f"ex:qc_{criterion}{name}"
        good = sum(outcome in _GOOD for outcome in outcomes)
        whole["activity"][activity] = {
            "prov:type": "activity",
            "ex:description": f"{criterion}: {', '.join(sorted(_ids(milestone, criterion)))}",
            "ex:output": good == len(outcomes),
            "ex:percentage": f"{round(100 * good / len(outcomes))}%",
            "ex:total_subcriteria": len(outcomes),
            "ex:success_subcriteria": good,
        }
        whole["wasGeneratedBy"][f"_:wGB_qc_{criterion}{name}_assessment{name}"] = {
            "prov:entity": entity,
            "prov:activity": activity,
        }
    if milestone.level != "none" or numbered:
        _badge(whole, milestone, name)


def _badge(whole: dict[str, Any], milestone: Milestone, name: str) -> None:
    won = milestone.level if milestone.level != "none" else "no_badge"
    badge = milestone.extra.get("badge")
    data = badge.get("data") if isinstance(badge, Mapping) else None
    told = data if isinstance(data, Mapping) else {}
    whole["entity"][f"ex:output{name}"] = {
        "prov:type": "document",
        "ex:badge_won": won,
        "ex:Issued_On:str": milestone.moment,
        # Readers look for each of these; what is not known they are told in these words.
        **{f"ex:{key}:str": _text(told.get(key)) or "No information" for key in _BADGE_KEYS},
    }
    whole["wasDerivedFrom"][f"_:id_assessment{name}_output{name}"] = {
        "prov:generatedEntity": f"ex:output{name}",
        "prov:usedEntity": f"ex:assessment{name}",
    }


def _criteria(milestone: Milestone) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id, outcome in milestone.outcomes.items():
        found.setdefault(id.rstrip("0123456789."), []).append(outcome)
    return found


def _ids(milestone: Milestone, criterion: str) -> list[str]:
    return [id for id in milestone.outcomes if id.rstrip("0123456789.") == criterion]


def _text(value: object) -> str:
    return value[:300] if isinstance(value, str) else ""


def _words(value: object) -> list[str]:
    return [word[:100] for word in value[:50] if isinstance(word, str)] if isinstance(value, list) else []


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", [])}


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
