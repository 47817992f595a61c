"""Browsing the catalogue."""

from __future__ import annotations

import json

import pytest

from assaymark.__main__ import main


def run(*words: str) -> int:
    return main(["criteria", *words])


def test_list_marks_what_a_level_asks_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "bronze" in lines["QC.Lic01"]
    assert len(lines) == 99


def test_list_of_another_profile_has_its_own_ids(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--profile", "sqaaas-v3", "--format", "json") == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert len(rows) == 17
    assert rows["QC.Ver01.0"]["level"] == "silver"


def test_show_prints_a_page_and_a_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "QC.Doc06.1") == 0
    page = capsys.readouterr().out
    for heading in ("Why", "What to do", "Decided by", "References", "doc.readme:"):
        assert heading in page
    assert run("show", "QC.Lic") == 0
    assert capsys.readouterr().out.count("What to do") == 4


@pytest.mark.parametrize("verb", [("criteria", "show"), ("explain",)])
@pytest.mark.parametrize(("id", "profile"), [("QC.Ver02", "sqaaas-v3"), ("ML.Cal01", "model"), ("RDA-F1-01M", "fair")])
def test_what_only_another_profile_has_is_shown_with_its_name(
    verb: tuple[str, ...], id: str, profile: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*verb, id]) == 0
    page = capsys.readouterr().out
    assert page.startswith(f"In the profile {profile}:\n\n{id}  ")
    assert main([*verb, id, "--profile", "assaymark"]) == 2, "that one does not have it"


def test_show_names_the_tools_that_may_decide(capsys: pytest.CaptureFixture[str]) -> None:
    run("show", "QC.Sec02")
    (tools,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  tools: ")]
    assert "bandit" in tools
    run("show", "QC.Doc06.1")
    assert "tools: " not in capsys.readouterr().out


def test_show_suggests_an_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "QC.Lic0l") == 2
    assert "did you mean" in capsys.readouterr().err


def test_coverage_counts_what_is_decided(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("coverage", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["total"] == 99
    assert len(found["decided"]) >= 60
    assert not set(found["decided"]) & set(found["attested"])
    assert {"QC.Sty01", "QC.Sec02", "QC.Uni01"} <= set(found["decided"])
    assert run("coverage") == 0
    assert f"{len(found['decided'])} of 99" in capsys.readouterr().out


def test_explain_knows_checks_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "doc.readme"]) == 0
    assert "QC.Doc06.1" in capsys.readouterr().out
    assert main(["explain", "nothing.like"]) == 2
