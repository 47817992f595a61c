"""The shape that readers of SQAaaS reports know, and nothing that reads as a false pass."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest

from assaymark.reports.sqaaas import CRITERIA, render


def report(assessment: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(assessment))
    return found


EVIDENCE = ["valid", "message", "plugin", "tool", "standard", "data_unstructured"]
TOOL = ["name", "lang", "version", "docker", "ci", "level", "build_repo"]
CI = ["name", "status", "stdout_command", "stdout_text", "url"]
REPOSITORY = [
    "url", "name", "tag", "commit_id", "is_main_repo", "avatar_url", "description", "languages", "topics",
    "stargazers_count", "watchers_count", "contributors_count", "forks_count", "badge_status",
]  # fmt: skip # a table of cases


def test_bytes(samples: ModuleType) -> None:
    text = render(samples.VARIANTS["bronze"])
    assert text.isascii()
    assert not text.endswith("\n")
    assert text == json.dumps(json.loads(text), indent=4)


def test_keys_and_their_order(samples: ModuleType) -> None:
    data = report(samples.VARIANTS["bronze"])
    assert list(data) == ["meta", "repository", "report", "badge", "assaymark"]
    assert list(data["meta"]) == ["version", "report_json_url", "report_permalink", "timestamp"]
    assert isinstance(data["meta"]["timestamp"], float)
    assert list(data["repository"][0]) == REPOSITORY
    for criterion in data["report"].values():
        assert list(criterion) == ["valid", "subcriteria", "coverage"]
        assert list(criterion["coverage"]) == ["percentage", "total_subcriteria", "success_subcriteria"]
        for sub in criterion["subcriteria"].values():
            keys = ["description", "requirement_level", "hint", "evidence", "valid"]
            assert list(sub) == (keys if sub["valid"] else [*keys, "required_for_next_level_badge"])
            assert sub["requirement_level"] in ("MUST", "SHOULD", "MAY")
            for piece in sub["evidence"]:
                assert list(piece) == EVIDENCE
                assert list(piece["tool"]) == TOOL
                assert list(piece["tool"]["ci"]) == CI


def test_the_main_repository_comes_first_with_its_commit(samples: ModuleType) -> None:
    [first] = report(samples.VARIANTS["silver"])["repository"]
    assert first["url"] == "https://github.com/lab/tidegrid"
    assert first["name"] == "lab/tidegrid"
    assert first["tag"] == "main"
    assert first["commit_id"] == samples.VARIANTS["silver"].subject.commit
    assert first["badge_status"] == "silver"


def test_no_level_is_no_badge(samples: ModuleType) -> None:
    assert report(samples.VARIANTS["empty"])["repository"][0]["badge_status"] == "no_badge"


def test_five_outcomes_in_two_states(samples: ModuleType) -> None:
    data = report(samples.VARIANTS["bronze"])
    subs = {i: s for c in data["report"].values() for i, s in c["subcriteria"].items()}
    assert subs["QC.Doc06.1"]["valid"] is True
    assert subs["QC.Sty01"]["valid"] is False
    assert subs["QC.Sec02"]["valid"] is False
    assert subs["QC.Sec02"]["evidence"][0]["message"].startswith("error: bandit ended")
    assert subs["QC.Met01"]["valid"] is False, "a waiver fulfils nothing"
    assert data["assaymark"]["outcomes"]["QC.Sec02"] == "error"


def test_not_applicable_is_valid_and_says_so(samples: ModuleType) -> None:
    nothing = samples.said(samples.N, "there is no Python", "tool.flake8")
    data = report(samples.sample((samples.verdict("QC.Sty01", "MUST", "Style.", nothing, level=samples.G),)))
    style = data["report"]["QC.Sty"]
    assert style["valid"] is True
    assert style["subcriteria"]["QC.Sty01"]["evidence"][0]["message"] == "not applicable: there is no Python"


def test_unknown_is_not_valid_and_says_so(samples: ModuleType) -> None:
    silent = samples.said(samples.U, "no tool for Fortran", "tool.none")
    data = report(samples.sample((samples.verdict("QC.Sty01", "MUST", "Style.", silent, level=samples.G),)))
    assert data["report"]["QC.Sty"]["valid"] is False
    assert data["report"]["QC.Sty"]["coverage"] == {"percentage": 0, "total_subcriteria": 1, "success_subcriteria": 0}
    assert "unknown: no tool" in data["report"]["QC.Sty"]["subcriteria"]["QC.Sty01"]["evidence"][0]["message"]


def test_only_criteria_that_the_platform_knows_or_the_profile_asks_for(samples: ModuleType) -> None:
    data = report(samples.VARIANTS["bronze"])
    assert set(data["report"]) == set(CRITERIA)


@pytest.mark.parametrize("variant", ["bronze", "silver", "gold", "partial", "empty"])
def test_badge_lists_are_cumulative_and_add_up(variant: str, samples: ModuleType) -> None:
    criteria = report(samples.VARIANTS[variant])["badge"]["software"]["criteria"]
    assert list(criteria) == ["bronze", "silver", "gold"]
    before: set[str] = set()
    for level in criteria.values():
        assert set(level["missing"]) | set(level["fulfilled"]) == set(level["to_fulfill"])
        assert set(level["missing"]).isdisjoint(level["fulfilled"])
        assert before <= set(level["to_fulfill"])
        before = set(level["to_fulfill"])


def test_a_level_not_reached_has_something_missing(samples: ModuleType) -> None:
    data = report(samples.VARIANTS["bronze"])["badge"]["software"]
    assert data["criteria"]["silver"]["missing"] == ["QC.Met"]
    assert data["criteria"]["gold"]["missing"] == ["QC.Met", "QC.Sty", "QC.Sec"]
    assert data["data"] == {}


def test_next_badge_flag(samples: ModuleType) -> None:
    data = report(samples.VARIANTS["bronze"])["report"]
    assert data["QC.Met"]["subcriteria"]["QC.Met01"]["required_for_next_level_badge"] is True
    assert data["QC.Sty"]["subcriteria"]["QC.Sty01"]["required_for_next_level_badge"] is False


def test_a_started_time_that_is_none_is_no_crash(samples: ModuleType) -> None:
    from dataclasses import replace

    odd = samples.sample(run=replace(samples.sample().run, started="soon"))
    assert report(odd)["meta"]["timestamp"] == 0.0
