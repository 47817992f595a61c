"""The workflows that release: who executes the project's code may not publish, and who may publish executes none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from assaymark.init import Wanted, render
from assaymark.init.pin import Pin

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
TEMPLATE = render("assaymark-release.yml", Wanted(pin=Pin("a" * 40, "v1.2.3")))
RIGHTS = {"contents": "write", "packages": "write", "id-token": "write", "attestations": "write"}


def jobs(text: str) -> dict[str, Any]:
    found = yaml.safe_load(text)
    assert found["permissions"] == {}
    return found["jobs"]  # type: ignore[no-any-return]


def uses(job: dict[str, Any]) -> list[str]:
    return [s["uses"].partition("@")[0] for s in job["steps"] if "uses" in s]


def test_the_job_that_builds_has_no_right_to_publish() -> None:
    found = jobs((WORKFLOWS / "make-release.yml").read_text(encoding="utf-8"))
    assert found["build"]["permissions"] == {"contents": "read"}
    assert uses(found["build"]) == ["actions/checkout", "$/actions/release-build"]
    assert found["sign"]["permissions"] == {"id-token": "write", "attestations": "write"}
    assert found["publish"]["permissions"] == {"contents": "write", "packages": "write"}
    for name in ("sign", "publish"):
        assert "actions/checkout" not in uses(found[name]), name
        assert "$/actions/release-build" not in uses(found[name]), name
    assert "secrets" not in (WORKFLOWS / "make-release.yml").read_text(encoding="utf-8")


def test_nothing_is_signed_or_published_before_it_was_judged_and_built() -> None:
    found = jobs((WORKFLOWS / "make-release.yml").read_text(encoding="utf-8"))
    assert (found["sign"]["needs"], found["publish"]["needs"]) == (["build"], ["sign"])
    assert all("if" not in job and "continue-on-error" not in job for job in found.values())


@pytest.mark.parametrize(
    "text", [TEMPLATE, (WORKFLOWS / "release.yml").read_text(encoding="utf-8")], ids=["init", "ours"]
)
def test_the_caller_hands_the_rights_on_and_the_index_gets_what_was_built(text: str) -> None:
    found = jobs(text)
    assert found["release"]["permissions"] == RIGHTS
    assert found["release"]["uses"].partition("@")[0].endswith("/.github/workflows/make-release.yml")
    index = found["index"]
    assert index["permissions"] == {"id-token": "write"}
    assert index["needs"] == ["release"]
    assert uses(index) == ["actions/download-artifact", "actions/setup-python"]
    assert "uv publish --trusted-publishing always" in index["steps"][-1]["run"]


def test_what_the_caller_may_give_is_what_the_action_takes() -> None:
    text = (WORKFLOWS / "make-release.yml").read_text(encoding="utf-8")
    given = yaml.safe_load(text)[True]["workflow_call"]["inputs"]
    action = yaml.safe_load((ROOT / "actions/release-build/action.yml").read_text(encoding="utf-8"))["inputs"]
    [step] = [s for s in jobs(text)["build"]["steps"] if s.get("id") == "build"]
    assert set(given) <= set(action)
    assert {k for k, v in step["with"].items() if "inputs." in str(v)} == set(given)
    assert set(step["with"]) <= set(action)
