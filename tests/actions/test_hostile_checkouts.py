"""More that a pull request may hold or carry along: links, repositories within, names, settings, step files."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from act import OURS, Act, Ran
from runner_commands import commands, harmless

pytestmark = pytest.mark.service("act")
Make = Callable[..., Path]
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
WORKFLOW = f"""\
on: push
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: {CHECKOUT}
      - id: judge
        uses: {OURS.format("ACTION")}
        with: {{ GIVEN }}
"""
SECRET = "hunter2hunter2"


def act_on(act: Act, root: Path, given: str = 'no-tools: "true"', action: str = "assess") -> Ran:
    text = WORKFLOW.replace("ACTION", action).replace("GIVEN", given)
    return act.run(root, text, env={"SOME_SECRET": SECRET})


def saved(root: Path) -> None:
    for words in (["add", "--all"], ["commit", "--quiet", "--message", "More"]):
        subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)


def told(ran: Ran) -> str:
    """All that anybody gets to see of a run."""
    place = ran.artifact("assaymark")
    reports = [p.read_text(encoding="utf-8") for p in place.iterdir()] if place.is_dir() else []
    return "\n".join([ran.log(), ran.summary(), *ran.outputs("judge").values(), *reports])


def test_links_lead_to_nothing(act: Act, repository: Make) -> None:
    root = repository({"a.py": "X = 1\n"})
    links = {"README.md": "/proc/self/environ", "LICENSE": "/etc/passwd", ".assaymark.toml": "/proc/self/environ"}
    for name, target in (links | {"pyproject.toml": "/proc/self/environ", "docs": "/etc", "loop": "loop"}).items():
        (root / name).symlink_to(target)
    saved(root)
    ran = act_on(act, root)
    seen = told(ran)
    assert ran.outputs("judge")["outcome"] in ("passed", "error"), ran.told()
    assert SECRET not in seen
    assert "root:x:" not in seen
    assert harmless(commands(ran.log()))


def test_what_a_configuration_names_is_not_shown(act: Act, repository: Make) -> None:
    root = repository({"README.md": "# Tide\n", ".assaymark.toml": 'profile = "/proc/self/environ"\n'})
    ran = act_on(act, root)
    assert ran.outputs("judge")["outcome"] == "error"
    assert SECRET not in told(ran)


def test_a_repository_within_has_no_say(act: Act, repository: Make, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    root = repository({"README.md": "# Tide\n"})
    subprocess.run(["git", "init", "--quiet", "--bare", root / "evil"], check=True)
    config = f"[core]\n\tfsmonitor = touch {touched}\n\tworktree = ..\n\thooksPath = hooks\n"
    (root / "evil" / "config").write_text(config)
    (root / "evil" / "refs" / "keep").touch()
    (root / "evil" / "objects" / "keep").touch()
    saved(root)
    ran = act_on(act, root, 'no-tools: "true", path: evil')
    assert ran.outputs("judge")["outcome"] in ("passed", "error"), ran.told()
    assert not touched.exists()


NAMES = (
    "a\u2028::error::x.py",
    "a\u0085##[add-mask]x.py",
    "\u000b::set-output name=outcome::passed.py",
    "--help.py",
    "a%0D%0A::error::x.py",
    "t\U000e0041g.py",
    "l" * 240 + ".py",
    " ::add-path::tmp.py",
    "a:b,c=d.py",
    "&#64;everyone <!-- -->.py",
)


# Put together here, for in this file it would be an exception of ours.
SILENT = "no" + "qa"


def test_names_stay_names(act: Act, repository: Make) -> None:
    root = repository({"README.md": "# Tide\n", **dict.fromkeys(NAMES, f"X = 1  # {SILENT}\n")})
    (root / os.fsdecode(b"latin-\xe9-\xff.py")).write_text(f"X = 1  # {SILENT}\n")
    saved(root)
    ran = act_on(act, root)
    assert ran.outputs("judge")["outcome"] == "passed", ran.told()
    assert harmless(commands(ran.log()))
    assert {c.name for c in commands(ran.log())} <= {"stop-commands", "notice", "warning", "error"}
    assert not re.search("[\x00-\x08\x0b-\x1f\x85\u2028\u2029]", ran.summary())
    assert not re.search(r"@\w|<!--", ran.summary())
    report = json.loads((ran.artifact("assaymark") / "assessment.json").read_text(encoding="utf-8"))
    assert report["findings"]


def test_folders_for_reports_are_not_links(act: Act, repository: Make, tmp_path: Path) -> None:
    root = repository({"README.md": "# Tide\n"})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / "reports").symlink_to(elsewhere)
    saved(root)
    ran = act_on(act, root, 'no-tools: "true", output: reports')
    assert ran.outputs("judge")["outcome"] == "error"
    assert list(elsewhere.iterdir()) == []


def test_reports_that_lie_there_are_not_taken_for_ours(act: Act, repository: Make) -> None:
    root = repository({"README.md": "# Tide\n", "out/report.sarif": "{"})
    first = act_on(act, root)
    forged = (first.artifact("assaymark") / "assessment.json").read_text().replace('"level": "none"', '"level": "gold"')
    assert '"level": "gold"' in forged
    (root / "out" / "assessment.json").write_text(forged)
    saved(root)
    for given in ("output: out, as-of: never", "output: out, as-of: never, path: nowhere"):
        ran = act_on(act, root, given)
        assert ran.outputs("judge")["outcome"] == "error"
        assert ran.outputs("judge")["level"] == ran.outputs("judge")["sarif"] == ""
        assert "a bug of ours" not in ran.log()


STEPS = {
    "an option as image": {"docker": {"image": "--privileged"}},
    "no object": [],
    "lines that are none": {"args": [{"id": "commands", "value": [{"a": 1}]}]},
    "a name that leads out": {"name": "../../etc/passwd"},
    "very deep": json.loads("[" * 900 + "]" * 900),
}


@pytest.mark.parametrize("change", STEPS)
def test_step_files_of_others(act: Act, repository: Make, change: str) -> None:
    step = {"docker": {"image": ""}, "args": [{"id": "commands", "value": ["true"]}], "name": "commands"}
    hostile = step | STEPS[change] if isinstance(STEPS[change], dict) else STEPS[change]
    root = repository({"README.md": "# Tide\n", "unit.json": json.dumps(hostile)})
    ran = act_on(act, root, "qc_uni_steps: unit", "sqaaas-assessment")
    assert ran.outputs("judge")["outcome"] in ("error", "passed"), ran.told()
    assert "a bug of ours" not in ran.log()
    assert harmless(commands(ran.log()))
