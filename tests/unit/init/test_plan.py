from __future__ import annotations

import tomllib

import pytest
import yaml

from assaymark.init import CONFIG, FOLDER, WORKFLOWS, Wanted, plan, render
from assaymark.init.pin import Pin

PIN = Pin("0123456789abcdef0123456789abcdef01234567", "v1.2.3")
NOTHING: dict[str, str] = {}


def test_a_repository_with_nothing() -> None:
    changes = plan(Wanted(pin=PIN), NOTHING.get)
    assert [c.path for c in changes] == [
        f"{FOLDER}/assaymark.yml",
        f"{FOLDER}/assaymark-comment.yml",
        CONFIG,
    ]
    assert all(c.before is None and not c.overwrites for c in changes)


def test_doing_it_again_changes_nothing() -> None:
    wanted = Wanted(pin=PIN, workflows=tuple(WORKFLOWS), badges={"README.md": lambda text: text})
    written = {c.path: c.after for c in plan(wanted, {"README.md": "# Tide\n"}.get)}
    assert plan(wanted, (written | {"README.md": "# Tide\n"}).get) == []


def test_what_others_wrote_is_marked() -> None:
    there = {f"{FOLDER}/assaymark.yml": "mine: true\n", "README.md": "# Tide\n"}
    wanted = Wanted(pin=PIN, badges={"README.md": lambda text: f"{text}badge\n"})
    found = {c.path: c.overwrites for c in plan(wanted, there.get)}
    assert found[f"{FOLDER}/assaymark.yml"]
    assert not found["README.md"]
    assert not found[CONFIG]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_is_left_to_fill_in(name: str) -> None:
    text = render(WORKFLOWS[name][0], Wanted(pin=PIN, branch="trunk"))
    assert "__" not in text
    data = yaml.safe_load(text)
    assert data["permissions"] == {}
    steps = [s for job in data["jobs"].values() for s in (job, *job.get("steps", ()))]
    uses = [s["uses"] for s in steps if "uses" in s]
    assert all(u.rpartition("@")[2].isalnum() and len(u.rpartition("@")[2]) == 40 for u in uses)
    assert f"@{PIN.commit} # v1.2.3\n" in text


def test_a_gate_on_regressions_has_something_to_compare_with() -> None:
    assert "baseline: branch:badges" in render("assaymark.yml", Wanted(pin=PIN, gate="no-regression"))
    assert 'baseline: ""' in render("assaymark.yml", Wanted(pin=PIN, gate="bronze"))


@pytest.mark.parametrize("gate", ["", "bronze", "no-regression"])
def test_the_configuration_holds_the_gate(gate: str) -> None:
    data = tomllib.loads(render("assaymark.toml", Wanted(pin=PIN, gate=gate, profile="sqaaas-v3")))
    assert data == {"profile": "sqaaas-v3"} | ({"gate": gate} if gate else {})


def test_only_a_package_goes_to_the_package_index() -> None:
    wanted = Wanted(pin=PIN, workflows=("release",), configs=())
    for there, job in ({}, False), ({"pyproject.toml": "[project]\n"}, True), ({"setup.py": ""}, True):
        [change] = plan(wanted, there.get)
        assert ("uv publish" in change.after) is job
        assert ("environment:" in change.after) is job
        assert "make-release.yml@" in change.after
        assert change.after.endswith("\n")
