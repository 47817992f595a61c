"""What the folder holds, what a CI host may tell, and the EVERSE document."""

from __future__ import annotations

import hashlib
import json

import pytest

from assaymark.provenance import everse, folder
from assaymark.provenance.account import Account
from assaymark.provenance.collect import run_of
from assaymark.provenance.uris import CRATE_PROFILES, PREDICATES


def test_the_index_names_every_file_by_its_digest(hosted: Account) -> None:
    made = folder.documents(hosted, {})
    index = json.loads(made.pop("index.json"))
    assert index["report"] == hosted.report.sha256
    assert {f["path"]: f["sha256"] for f in index["files"]} == {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in made.items()
    }
    assert set(made) == {
        "provenance.json",
        "ro-crate-metadata.json",
        "everse.jsonld",
        "statements.intoto.jsonl",
        "predicates/test-result.json",
        "predicates/scai.json",
        "predicates/svr.json",
    }


def test_each_indicator_is_told_with_the_tool_that_decided(hosted: Account) -> None:
    told = everse.document(hosted)
    assert told["assessedSoftware"]["url"] == "https://github.com/lab/tidegrid"
    style = [c for c in told["checks"] if c["process"].startswith("QC.Sty01:")]
    assert {(c["checkingSoftware"]["name"], c["checkingSoftware"]["softwareVersion"], c["output"]) for c in style} == {
        ("flake8", "7.1.1", "failed"),
        ("fprettify", "0.3.7", "passed"),
    }
    assert all(
        c["assessesIndicator"]["@id"].startswith("https://w3id.org/everse/i/indicators/") for c in told["checks"]
    )


VARIABLES = [
    "GITHUB_SERVER_URL",
    "GITHUB_REPOSITORY",
    "GITHUB_RUN_ID",
    "GITHUB_JOB",
    "GITHUB_WORKFLOW_REF",
    "GITHUB_REF",
]


@pytest.mark.parametrize("name", VARIABLES)
def test_what_does_not_look_as_it_should_is_left_out(github: dict[str, str], name: str) -> None:
    hostile = 'x\n"}::set-output name=a::b $(id) <script>'
    run = run_of({**github, name: hostile}, started="s", ended="e", report="f" * 64)
    assert hostile not in repr(run)
    assert "script" not in repr(run)


def test_only_named_variables_are_looked_at(github: dict[str, str]) -> None:
    run = run_of({**github, "GITHUB_TOKEN": "canary-1", "GITHUB_ACTOR": "canary-2"}, started="s", ended="e", report="0")
    assert "canary" not in repr(run)


def test_without_a_ci_host_the_run_is_named_by_its_report() -> None:
    run = run_of({}, started="s", ended="e", report="f" * 64)
    assert run.id == "urn:assaymark:run:" + "f" * 64
    assert run.url is None


def test_addresses_are_what_their_specifications_say() -> None:
    assert dict(PREDICATES) == {
        "test-result": "https://in-toto.io/attestation/test-result/v0.1",
        "svr": "https://in-toto.io/attestation/svr/v0.2",
        "scai": "https://in-toto.io/attestation/scai/v0.3",
        "reference": "https://in-toto.io/attestation/reference/v0.1",
        "slsa-provenance": "https://slsa.dev/provenance/v1",
        "vsa": "https://slsa.dev/verification_summary/v1",
    }
    assert [CRATE_PROFILES[k][0].rpartition("wfrun/")[2] for k in ("process", "workflow", "provenance")] == [
        "process/0.5",
        "workflow/0.5",
        "provenance/0.5",
    ]
