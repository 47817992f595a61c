"""The account as in-toto: bare predicates for ``actions/attest``, and whole Statements for signing elsewhere.

Subjects carry SHA-256 only (signing tools refuse a statement with another digest beside it), so the commit stands in
the predicate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from assaymark.provenance.account import Account, Artifact, Result, Work
from assaymark.provenance.uris import BUILD_TYPE, CATALOGUE, HOME, LOCAL_BUILDER, PREDICATES, STATEMENT, VERIFIER

_LEVELS = ("bronze", "silver", "gold")
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s]+")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")


def statement(kind: str, predicate: Mapping[str, Any], subjects: Sequence[Artifact]) -> dict[str, Any]:
    """An in-toto Statement v1 about artefacts; ValueError when one of them has no digest."""
    return {
        "_type": STATEMENT,
        "subject": [{"name": s.name, "digest": {"sha256": _digest(s)}} for s in subjects],
        "predicateType": PREDICATES[kind],
        "predicate": dict(predicate),
    }


def render(value: Mapping[str, Any]) -> str:
    """A statement or predicate as text: the same bytes for the same facts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False) + "\n"


def predicates(account: Account) -> dict[str, dict[str, Any]]:
    """The predicates that this account supports, by kind; a level that was not reached has no SVR.

    A document that was validated is no criterion: nothing is claimed of one. Of a release it is told how it was built.
    """
    if account.work is Work.RELEASE:
        return {"slsa-provenance": _built(account)}
    made = {"test-result": test_result(account)}
    if account.work is not Work.VALIDATION:
        made["scai"] = claims(account)
    if account.verdict in _LEVELS and not account.partial:
        made["svr"] = properties(account)
    return made


def subjects(account: Account) -> tuple[Artifact, ...]:
    """What the statements of an account are about: its report; of a release, the files that were built."""
    if account.work is not Work.RELEASE:
        return (account.report,)
    verdict = (item for item in account.inputs if item.kind == "assessment")
    return tuple(sorted((*account.outputs, *verdict), key=lambda file: file.name))


def _built(account: Account) -> dict[str, Any]:
    """The SLSA provenance that the build wrote, again, out of its record."""
    run = account.run
    return slsa_provenance(
        source=account.subject,
        parameters={"tag": str(account.facts["tag"])},
        builder=f"{run.server}/{run.workflow}" if run.server and run.workflow else LOCAL_BUILDER,
        version=account.version,
        started=run.started,
        finished=run.ended,
        invocation=run.url,
        dependencies=[item for item in account.inputs if item.kind == "lock"],
    )


def test_result(account: Account) -> dict[str, Any]:
    """The outcome of the run: FAILED if something demanded failed or broke, PASSED only if nothing is left open.

    Waivers change nothing here. Criteria whose outcome is unknown are warnings: absence must never read as success.
    """
    passed = _ids(account, "passed")
    failed = [r.id for r in account.results if r.outcome in ("failed", "error") and r.requirement.startswith("MUST")]
    warned = [r.id for r in account.results if r.outcome in ("failed", "error", "unknown") and r.id not in failed]
    predicate: dict[str, Any] = {
        "result": "FAILED" if failed else "WARNED" if warned or account.partial or not passed else "PASSED",
        "configuration": [_descriptor(plan) for plan in account.plans] + [_source(account)],
        "passedTests": passed,
        "warnedTests": sorted(warned),
        "failedTests": sorted(failed),
        "assaymark_skippedTests": _ids(account, "not-applicable"),
        "assaymark_unknownTests": _ids(account, "unknown"),
        "assaymark_verdict": account.verdict,
        "assaymark_content": account.content,
    }
    if account.partial:
        predicate["assaymark_partial"] = list(account.partial)
    if account.run.url:
        predicate["url"] = account.run.url
    return predicate


def properties(account: Account) -> dict[str, Any]:
    """A Simple Verification Result: what holds, and only that."""
    levels = _LEVELS[: _LEVELS.index(account.verdict) + 1] if account.verdict in _LEVELS else ()
    names = [f"ASSAYMARK_LEVEL_{level.upper()}" for level in levels]
    names += [_property(r) for r in account.results if r.outcome == "passed" and r.grade == "measured"]
    return {
        "verifier": {"id": VERIFIER, "policies": [_descriptor(plan) for plan in account.plans]},
        "timeCreated": account.run.ended,
        "properties": sorted(names),
    }


def claims(account: Account) -> dict[str, Any]:
    """One SCAI attribute per criterion that passed, with its evidence by digest."""
    evidence = {step.id: step.evidence for step in account.steps}
    return {
        "attributes": [
            {
                "attribute": f"{_property(result)}_PASSED",
                "conditions": {"criterion": CATALOGUE + result.id, "grade": result.grade},
                "target": _source(account),
                "evidence": _descriptor(evidence[result.steps[0]]),
            }
            for result in account.results
            if result.outcome == "passed" and result.steps and result.steps[0] in evidence
        ],
        "producer": {"uri": VERIFIER},
    }


def references(account: Account, files: Sequence[Artifact]) -> dict[str, Any]:
    """A pointer to the PROV document and the crate."""
    return {
        "attester": {"id": VERIFIER},
        "references": [
            {"downloadLocation": f.uri or f.name, "mediaType": f.media_type or "application/json", "digest": _map(f)}
            for f in files
        ],
    }


def verification_summary(
    *,
    resource: str,
    policy: Artifact,
    passed: bool,
    levels: Sequence[str],
    moment: str,
    inputs: Sequence[Artifact] = (),
) -> dict[str, Any]:
    """A SLSA Verification Summary: the verdict of a gate that checked attestations (not one about style).

    ``levels`` are SLSA levels, one per track; on failure the summary says FAILED and nothing else.
    """
    summary: dict[str, Any] = {
        "verifier": {"id": VERIFIER},
        "timeVerified": moment,
        "resourceUri": resource,
        "policy": {"uri": policy.uri or policy.name, "digest": _map(policy)},
        "verificationResult": "PASSED" if passed else "FAILED",
        "verifiedLevels": list(levels) if passed else ["FAILED"],
        "slsaVersion": "1.1",
    }
    if inputs:
        summary["inputAttestations"] = [{"uri": i.uri or i.name, "digest": _map(i)} for i in inputs]
    return summary


def slsa_provenance(
    *,
    source: Artifact,
    parameters: Mapping[str, str],
    builder: str,
    version: str,
    started: str,
    finished: str,
    invocation: str | None = None,
    dependencies: Sequence[Artifact] = (),
    byproducts: Sequence[Artifact] = (),
) -> dict[str, Any]:
    """SLSA provenance v1 of what ``release`` built; the files that came out are the subjects of its `statement`.

    - ``source``: the tree that was built, with a commit or a digest; ``dependencies``: what else went in (lock file,
      build tools), by digest or address;
    - ``parameters``: the few things that somebody outside may choose, such as the tag: who verifies refuses others;
    - ``builder``: the address of what did the build (a workflow at its ref); ``version``: that of assaymark;
    - ``started``, ``finished``: RFC 3339 in UTC, ending in ``Z``; ``invocation``: the address of the run.

    It says how the files came to be, and claims no level of SLSA: that is for a verifier who knows the builder.
    ValueError when that would stay open: no source, a builder that is no address, a time without zone.
    """
    if not (source.commit or source.sha256):
        raise ValueError("the source has neither a commit nor a digest")
    if not _URI.fullmatch(builder):
        raise ValueError(f"the builder {builder!r} is not an address")
    for moment in (started, finished):
        if not _MOMENT.fullmatch(moment):
            raise ValueError(f"{moment!r} is not a time in UTC")
    metadata = {"startedOn": started, "finishedOn": finished}
    if invocation:
        metadata["invocationId"] = invocation
    details: dict[str, Any] = {"builder": {"id": builder, "version": {"assaymark": version}}, "metadata": metadata}
    if byproducts:
        details["byproducts"] = [_descriptor(b) for b in byproducts]
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": dict(sorted(parameters.items())),
            "resolvedDependencies": [_tree(source), *(_descriptor(d) for d in dependencies)],
        },
        "runDetails": details,
    }


def _ids(account: Account, outcome: str) -> list[str]:
    return sorted(r.id for r in account.results if r.outcome == outcome)


def _property(result: Result) -> str:
    return "ASSAYMARK_" + "".join(c if c.isalnum() else "_" for c in result.id.upper())


def _digest(artifact: Artifact) -> str:
    if artifact.sha256 is None:
        raise ValueError(f"{artifact.name} has no SHA-256")
    return artifact.sha256


def _map(artifact: Artifact) -> dict[str, str]:
    return {"sha256": _digest(artifact)}


def _descriptor(artifact: Artifact) -> dict[str, Any]:
    described: dict[str, Any] = {"name": artifact.name}
    if artifact.sha256:
        described["digest"] = {"sha256": artifact.sha256}
    if artifact.uri:
        described["uri"] = artifact.uri
    if artifact.media_type:
        described["mediaType"] = artifact.media_type
    return described if len(described) > 1 else {**described, "uri": HOME}


def _source(account: Account) -> dict[str, Any]:
    return _tree(account.subject, account.run.ref)


def _tree(subject: Artifact, ref: str | None = None) -> dict[str, Any]:
    """A source tree: its address with the ref, its commit and the digest of its files."""
    described: dict[str, Any] = {"name": "source"}
    if subject.uri:
        at = ref or subject.facts.get("ref")
        described["uri"] = f"git+{subject.uri}" + (f"@{at}" if at else "")
    digest = {}
    if subject.commit:
        digest["gitCommit"] = subject.commit
    if subject.sha256:
        digest["sha256"] = subject.sha256
    if digest:
        described["digest"] = digest
    return described if len(described) > 1 else {**described, "uri": "urn:assaymark:source:unknown"}
