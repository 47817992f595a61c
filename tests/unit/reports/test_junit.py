"""JUnit XML: counts that add up, and never a bare pass for what was not seen to hold."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from junit_shape import shape_of_junit

from assaymark.reports import junit


def tree(assessment: Any) -> Any:
    """The document, checked against the structure that readers of JUnit share."""
    return shape_of_junit(junit.render(assessment))


def kinds(root: Any) -> dict[str, str]:
    return {c.get("name").split()[0]: (c[0].tag if len(c) else "passed") for c in root.findall(".//testcase")}


def test_every_sample_has_the_shape(samples: ModuleType) -> None:
    for assessment in samples.VARIANTS.values():
        tree(assessment)


def test_outcomes(samples: ModuleType) -> None:
    found = kinds(tree(samples.VARIANTS["bronze"]))
    assert found["QC.Acc01"] == "passed"
    assert found["QC.Sty01"] == "failure"
    assert found["QC.Sec02"] == "error"
    assert found["QC.Wor02"] == "skipped"
    assert found["QC.Har01"] == "skipped"
    assert found["QC.Met01"] == "skipped"


def test_a_skip_says_why(samples: ModuleType) -> None:
    root = tree(samples.VARIANTS["bronze"])
    said = {c.get("name").split()[0]: c[0].get("message") for c in root.findall(".//testcase") if len(c)}
    assert said["QC.Wor02"] == "unknown: needs the forge: run with --forge"
    assert said["QC.Har01"].startswith("not applicable: ")
    assert said["QC.Met01"].startswith("failed, waived until 2027-01-31 (the release manager")


def test_only_what_passed_is_bare(samples: ModuleType) -> None:
    for assessment in samples.VARIANTS.values():
        found = kinds(tree(assessment))
        for result in assessment.results:
            assert (found[result.definition.id] == "passed") == (result.outcome is samples.P)


def test_a_failure_holds_findings_and_remedy_within_bounds(samples: ModuleType) -> None:
    root = tree(samples.flooded(5_000))
    [failure] = root.findall(".//failure")
    assert "4,900 more findings" in failure.text
    assert "What to do:" in failure.text
    assert len(failure.text) < 20_000
