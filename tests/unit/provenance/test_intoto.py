"""Statements: what signing libraries take, and nothing that reads as success when it is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from assaymark.model import Assessment, Level
from assaymark.provenance import intoto
from assaymark.provenance.account import Account, Artifact
from assaymark.provenance.uris import PREDICATES, STATEMENT


def test_sigstore_takes_every_statement(hosted: Account) -> None:
    from sigstore.dsse import Statement

    for kind, predicate in intoto.predicates(hosted).items():
        text = intoto.render(intoto.statement(kind, predicate, [hosted.report]))
        taken = json.loads(Statement(text.encode())._contents)
        assert taken["_type"] == STATEMENT
        assert taken["predicateType"] == PREDICATES[kind]
        assert taken["subject"] == [{"name": "assessment.json", "digest": {"sha256": hosted.report.sha256}}]


def test_the_result_names_what_failed_and_what_is_not_known(hosted: Account) -> None:
    told = intoto.test_result(hosted)
    assert told["result"] == "FAILED"
    assert told["failedTests"] == ["QC.Sec02", "QC.Sty01"]
    assert told["warnedTests"] == ["QC.Met01", "QC.Wor02"]
    assert told["assaymark_unknownTests"] == ["QC.Wor02"]
    assert told["assaymark_skippedTests"] == ["QC.Har01"]
    assert "QC.Lic01" in told["passedTests"]
    assert told["url"] == "https://github.com/acme/widget/actions/runs/41/attempts/2"
    source = told["configuration"][-1]
    assert source["digest"]["gitCommit"] == hosted.subject.commit


def test_every_criterion_is_in_exactly_one_list(hosted: Account) -> None:
    told = intoto.test_result(hosted)
    lists = ("passedTests", "warnedTests", "failedTests", "assaymark_skippedTests")
    assert sorted(id for name in lists for id in told[name]) == sorted(r.id for r in hosted.results)


def test_nothing_looked_at_is_no_success(hosted: Account) -> None:
    assert intoto.test_result(replace(hosted, results=()))["result"] == "WARNED"
    only_good = tuple(r for r in hosted.results if r.outcome == "passed")
    assert intoto.test_result(replace(hosted, results=only_good))["result"] == "PASSED"
    assert intoto.test_result(replace(hosted, results=only_good, partial=("only QC.Lic",)))["result"] == "WARNED"


def test_a_level_holds_those_below_it_and_what_was_not_measured_is_left_out(hosted: Account) -> None:
    told = intoto.properties(replace(hosted, verdict="silver"))["properties"]
    assert {"ASSAYMARK_LEVEL_BRONZE", "ASSAYMARK_LEVEL_SILVER"} <= set(told)
    assert "ASSAYMARK_LEVEL_GOLD" not in told
    assert "ASSAYMARK_QC_LIC01" in told
    assert "ASSAYMARK_QC_UNI01" not in told
    assert "ASSAYMARK_QC_DOC06_6" not in told


def test_no_level_and_a_partial_run_have_no_verification_result(
    account: Callable[..., Account], assessment: Assessment
) -> None:
    assert "svr" not in intoto.predicates(account(given=replace(assessment, level=Level.NONE)))
    assert "svr" not in intoto.predicates(account(given=replace(assessment, partial=("only QC.Lic",))))
    assert "svr" in intoto.predicates(account())


def test_each_claim_has_evidence_by_digest(hosted: Account) -> None:
    claims = intoto.claims(hosted)["attributes"]
    known = {step.evidence.sha256 for step in hosted.steps}
    assert len(claims) == sum(r.outcome == "passed" for r in hosted.results)
    assert {c["evidence"]["digest"]["sha256"] for c in claims} <= known


def test_a_statement_needs_a_digest() -> None:
    with pytest.raises(ValueError, match="no SHA-256"):
        intoto.statement("svr", {}, [Artifact(name="x", kind="file")])


def test_a_gate_that_failed_claims_no_slsa_level() -> None:
    policy = Artifact(name="policy", kind="policy", sha256="e" * 64, uri="https://example.org/policy")
    summary = intoto.verification_summary(
        resource="https://example.org/x.whl",
        policy=policy,
        passed=False,
        levels=["SLSA_BUILD_LEVEL_2"],
        moment="2026-11-21T00:00:00Z",
    )
    assert summary["verifiedLevels"] == ["FAILED"]
    assert summary["verificationResult"] == "FAILED"


BUILD: dict[str, Any] = {
    "source": Artifact(
        name="github.com/acme/widget",
        kind="source",
        uri="https://github.com/acme/widget",
        commit="0f" * 20,
        facts={"ref": "refs/tags/v1.2.0"},
    ),
    "parameters": {"tag": "v1.2.0"},
    "builder": "https://github.com/acme/widget/.github/workflows/release.yml@refs/tags/v1.2.0",
    "version": "0.1.0",
    "started": "2026-11-21T09:00:00Z",
    "finished": "2026-11-21T09:00:05Z",
}


def test_the_provenance_of_a_build_names_builder_source_and_parameters() -> None:
    told = intoto.slsa_provenance(**BUILD, invocation="https://github.com/acme/widget/actions/runs/41/attempts/1")
    definition, details = told["buildDefinition"], told["runDetails"]
    assert definition["externalParameters"] == {"tag": "v1.2.0"}
    assert definition["resolvedDependencies"] == [
        {
            "name": "source",
            "uri": "git+https://github.com/acme/widget@refs/tags/v1.2.0",
            "digest": {"gitCommit": "0f" * 20},
        }
    ]
    assert details["builder"]["id"] == BUILD["builder"]
    assert details["metadata"]["invocationId"].endswith("/41/attempts/1")
    assert "byproducts" not in details


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": Artifact(name="source", kind="source", uri="https://github.com/acme/widget")},
        {"builder": "my laptop"},
        {"started": "2026-11-21T09:00:00"},
        {"finished": "2026-11-21T09:00:05+01:00"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_build_that_leaves_its_origin_open_is_not_told(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"source|builder|is not a time"):
        intoto.slsa_provenance(**{**BUILD, **wrong})
