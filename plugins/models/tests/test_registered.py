"""Rules of another repository, at a pinned digest."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assaymark.api import InputError
from assaymark.case import Request, judge
from assaymark.model import Outcome
from assaymark_models import registered
from assaymark_models.command import case_of, command
from assaymark_models.manifest import load
from assaymark_models.registered import RULES, with_rules


@pytest.fixture
def shared(project: Any, tmp_path: Path, toml: Any) -> Path:
    """The rules in a manifest of their own, and a project that refers to them."""
    rules = {k: project.manifest.pop(k) for k in list(project.manifest) if k in RULES}
    place = tmp_path / "rules.toml"
    place.write_text(
        toml({"title": "Rules", "task": "classification", "reference": {"file": "x.csv", "target": "y"}, **rules})
    )
    project.manifest = {"title": "", "task": "", "rules": address(place), **project.manifest}
    project.manifest["title"], project.manifest["task"] = "Refers", "classification"
    return place


def address(place: Path) -> str:
    digest = hashlib.sha256(place.read_bytes()).hexdigest()
    return f"assaymark:custom/github.com/standards/models/rules.toml@sha256:{digest}"


def test_rules_are_taken_over_by_their_digest(shared: Path, project: Any) -> None:
    found = with_rules(load(project.write()), [str(shared)], ())
    assert judge(case_of(found), Request(select=("ML.Per", "ML.Sli"))).assessment.results[0].outcome is Outcome.PASSED
    assert len(found.data["metric"]) == 3
    assert found.thresholds() == with_rules(load(project.write()), [str(shared)], ()).thresholds()


def test_the_verb_takes_a_copy(shared: Path, project: Any) -> None:
    done = CliRunner().invoke(command, [str(project.write()), "--registered", str(shared), "--select", "ML.Per"])
    assert done.exit_code == 0, done.output
    assert "ML.Per" in done.output


def test_a_changed_copy_is_refused(shared: Path, project: Any) -> None:
    shared.write_text(shared.read_text().replace("0.8", "0.1"))
    with pytest.raises(InputError, match="none of the copies has the digest"):
        with_rules(load(project.write()), [str(shared)], ())


def test_without_a_copy_it_says_what_to_do(shared: Path, project: Any) -> None:
    with pytest.raises(InputError, match="are not here") as told:
        with_rules(load(project.write()), (), ())
    assert "--registered" in str(told.value.hint)


def test_rules_taken_over_cannot_be_lowered(shared: Path, project: Any) -> None:
    project.manifest["metric"] = [{"name": "accuracy", "at-least": 0.1}]
    with pytest.raises(InputError, match="states metric beside"):
        with_rules(load(project.write()), [str(shared)], ())


def test_rules_of_another_task_are_refused(shared: Path, project: Any) -> None:
    project.manifest["task"] = "segmentation"
    with pytest.raises(InputError, match="for the task classification"):
        with_rules(load(project.write()), [str(shared)], ())


@pytest.mark.parametrize(
    "text", ["assaymark:custom/github.com@sha256:1", "https://example.org/rules.toml", "assaymark:custom/a/b/c/d@main"]
)
def test_an_address_without_a_digest_is_refused(text: str, project: Any) -> None:
    project.manifest = {"rules": text, **project.manifest}
    with pytest.raises(InputError, match="rules"):
        load(project.write())


@pytest.mark.parametrize("served", ["the same", "another"])
def test_rules_are_fetched_from_an_allowed_host_and_compared(
    served: str, shared: Path, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fetcher(hosts: Any) -> Any:
        assert tuple(hosts) == ("raw.githubusercontent.com",)
        return lambda place: asked.append(place) or (shared.read_bytes() if served == "the same" else b"title = 'x'")

    monkeypatch.setattr(registered, "fetcher", fetcher)
    if served == "the same":
        found = with_rules(load(project.write()), (), ["raw.githubusercontent.com"])
        assert len(found.data["metric"]) == 3
    else:
        with pytest.raises(InputError, match="another manifest"):
            with_rules(load(project.write()), (), ["raw.githubusercontent.com"])
    assert asked == ["https://raw.githubusercontent.com/standards/models/HEAD/rules.toml"]


def test_a_repository_that_refers_to_rules_is_not_judged_without_them(shared: Path, project: Any) -> None:
    import assaymark

    project.write()
    found = assaymark.assess(project.folder, tools=False)
    result = next(r for r in found.results if r.definition.id == "ML.Per01")
    assert result.outcome is Outcome.UNKNOWN
    assert "rules that it refers to are not here" in " ".join(e.message for e in result.evidence)


def test_limits_of_resources_are_taken_over_too(shared: Path, project: Any) -> None:
    mine = project.manifest["resources"]
    with shared.open("a") as rules:
        rules.write('[resources]\nfile = "measured.json"\n[[resources.limit]]\nname = "latency_ms"\nat-most = 1\n')
    project.manifest["rules"] = address(shared)
    with pytest.raises(InputError, match="states resources beside"):
        with_rules(load(project.write()), [str(shared)], ())
    del project.manifest["resources"]
    found = with_rules(load(project.write()), [str(shared)], ())
    assert judge(case_of(found), Request(select=("ML.Res",))).assessment.results[0].outcome is Outcome.FAILED
    assert mine["limit"][0]["at-most"] > 1
