"""The account as an EVERSE research software quality assessment (JSON-LD): one check result per indicator and tool."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from assaymark.provenance.account import Account, Result, Step
from assaymark.provenance.uris import COMPLETED, EVERSE_CONTEXT, EVERSE_INDICATOR, FAILED, HOME

_PREFIX = "EVERSE:"


def applies(account: Account) -> bool:
    """Whether any criterion names an indicator; of a model or of workflow documents none does."""
    return any(r.startswith(_PREFIX) for result in account.results for r in result.references)


def render(account: Account) -> str:
    """The document, the same bytes for the same facts."""
    return json.dumps(document(account), sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def document(account: Account) -> dict[str, Any]:
    """The document as a plain value. Only criteria that name an indicator appear; each names the tool that decided."""
    subject = account.subject
    software: dict[str, Any] = {"@type": "schema:SoftwareApplication", "name": subject.name.rpartition("/")[2]}
    if subject.uri:
        software["url"] = subject.uri
    if subject.commit:
        software["softwareVersion"] = subject.commit
    return {
        "@context": EVERSE_CONTEXT,
        "@type": "SoftwareQualityAssessment",
        "name": f"Quality assessment of {subject.name}",
        "description": f"Made by assaymark {account.version}; level reached: {account.verdict}.",
        "creator": {"@type": "schema:SoftwareApplication", "@id": HOME, "name": "assaymark"},
        "dateCreated": account.run.ended,
        "license": {"@id": "https://creativecommons.org/publicdomain/zero/1.0/"},
        "assessedSoftware": software,
        "checks": list(_checks(account)),
    }


def _checks(account: Account) -> Iterator[dict[str, Any]]:
    steps = {step.id: step for step in account.steps}
    for result in account.results:
        indicators = [r.removeprefix(_PREFIX) for r in result.references if r.startswith(_PREFIX)]
        for indicator in indicators:
            for id in result.steps:
                if id in steps:
                    yield _check(account, result, indicator, steps[id])


def _check(account: Account, result: Result, indicator: str, step: Step) -> dict[str, Any]:
    tool = step.tool
    broke = step.outcome in ("error", "unknown")
    return {
        "@type": "CheckResult",
        "assessesIndicator": {"@id": EVERSE_INDICATOR + indicator},
        "checkingSoftware": {
            "@type": "schema:SoftwareApplication",
            "name": tool.name if tool else "assaymark",
            "softwareVersion": (tool.version or "unknown") if tool else account.version,
        },
        "process": f"{result.id}: {result.text}",
        "status": {"@id": FAILED if broke else COMPLETED},
        "output": step.outcome,
        "evidence": step.message,
    }
