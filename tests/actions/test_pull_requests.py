"""Pull requests, forks among them, and text that others wrote: what a run tells and what it does not do."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from act import OURS, Act, Ran
from runner_commands import commands, harmless

pytestmark = pytest.mark.service("act")
Make = Callable[..., Path]
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
WORKFLOW = f"""\
on: [push, pull_request]
permissions: {{}}
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: {CHECKOUT}
      - id: judge
        uses: {OURS.format("assess")}
        with: {{ no-tools: "true", GIVEN }}
"""


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(root: Path, files: dict[str, str], message: str = "Change") -> str:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)
    return git(root, "rev-parse", "HEAD")


def payload(base: str, head: str, *, origin: str | None = "lab/tide", **more: Any) -> dict[str, Any]:
    """The event of a pull request of lab/tide; ``origin`` is the repository of its head, None when it was deleted."""
    return {
        "number": 7,
        "action": "synchronize",
        "repository": {"full_name": "lab/tide", "default_branch": "main", "owner": {"login": "lab"}, "name": "tide"},
        "pull_request": {
            "number": 7,
            "title": "A change",
            "base": {"sha": base, "ref": "main", "repo": {"full_name": "lab/tide"}},
            "head": {"sha": head, "ref": "topic", "repo": {"full_name": origin} if origin else None},
            **more,
        },
    }


def lines_of(count: int) -> str:
    return "".join(f"VALUE_{n} = {n}  # noqa\n" for n in range(count))


def changed_tail(repository: Make) -> tuple[Path, str, str]:
    """A repository in which many lines deserve a word, and a change that adds a few at the end of a later file."""
    root = repository({"README.md": "# Tide\n", "a.py": lines_of(25), "z.py": lines_of(10)})
    base = git(root, "rev-parse", "HEAD")
    return root, base, commit(root, {"z.py": lines_of(13)})


def judge(act: Act, root: Path, given: str = "", **more: Any) -> Ran:
    return act.run(root, WORKFLOW.replace("GIVEN", given), **more)


def test_changed_lines_are_annotated_first(act: Act, repository: Make) -> None:
    root, base, head = changed_tail(repository)
    ran = judge(act, root, event="pull_request", payload=payload(base, head))
    assert ran.code == 0, ran.told()
    places = [(p["file"], int(p["line"])) for kind, _, p in ran.annotations() if kind == "warning"]
    found = [line for _, line in places]
    assert {11, 12, 13} <= set(found)
    first = max(n for n, line in enumerate(found) if line in (11, 12, 13)) + 1
    assert set(found[:first]) == {11, 12, 13}, "no other comes before them"
    assert [file for file, _ in places] == ["z.py"] * 10
    assert "more findings without an annotation" in ran.log()


def test_without_the_base_the_worst_come_first(act: Act, repository: Make) -> None:
    root, _, head = changed_tail(repository)
    ran = judge(act, root, event="pull_request", payload=payload("f" * 40, head))
    assert ran.code == 0, ran.told()
    assert len(ran.annotations()) > 0


@pytest.mark.parametrize("origin", ["someone/tide", None])
def test_a_fork_gets_its_verdict_without_a_token(act: Act, repository: Make, origin: str | None) -> None:
    root, base, head = changed_tail(repository)
    text = WORKFLOW.replace("GIVEN", 'gate: bronze, token: ""')
    ran = act.run(root, text, event="pull_request", payload=payload(base, head, origin=origin))
    assert ran.outputs("judge")["outcome"] == "failed"
    assert "Missing for bronze" in ran.summary()
    assert (ran.artifact("assaymark") / "assessment.json").is_file()
    assert ran.annotations()


def test_a_change_cannot_lower_its_own_gate(act: Act, repository: Make) -> None:
    root = repository({"README.md": "# Tide\n", ".assaymark.toml": 'gate = "bronze"\n'})
    base = git(root, "rev-parse", "HEAD")
    head = commit(root, {".assaymark.toml": 'gate = "QC.Acc01"\n'})
    ran = judge(act, root, event="pull_request", payload=payload(base, head))
    assert ran.outputs("judge")["outcome"] == "failed"
    assert "config-changed" in ran.summary()


# Put together here, for in this file it would be an exception of ours.
SILENT = "no" + "qa"
HOSTILE = [
    "$(touch TOUCHED)",
    "`touch TOUCHED`",
    "'; touch TOUCHED; '",
    '"; touch TOUCHED; "',
    "${{ secrets.KEY }}",
    "::set-output name=outcome::passed",
    "::add-mask::passed",
    "::stop-commands::x",
    "##[error]mid",
    "%0A::error::x",
    "@everyone",
    "<img src=x onerror=alert(1)>",
    "\x1b[2Jgone",
    "\u202egnp",
    "| a | b |",
]


def hostile_files(touched: Path) -> dict[str, str]:
    """Files with hostile names and content, each of which something is said about."""
    texts = [text.replace("TOUCHED", str(touched)) for text in HOSTILE]
    files = {"README.md": "# Tide\n\n" + "\n\n".join(texts) + "\n", "LICENSE": "\n".join(texts) + "\n"}
    for number, text in enumerate(texts):
        name = re.sub(r"[/\x00]", "_", text)[:80]
        files[f"src/{name}.py"] = f"X = {number}  # {SILENT}\n# {text}\n"
    files["src/new\nline::error::x.py"] = f"X = 1  # {SILENT}\n"
    return files


def test_hostile_names_and_texts_stay_text(act: Act, repository: Make, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    root = repository(hostile_files(touched))
    base = git(root, "rev-parse", "HEAD")
    head = commit(root, {"b.py": "Y = 1  # noqa\n"}, message="::set-output name=outcome::passed\n\n$(touch TOUCHED)")
    git(root, "checkout", "--quiet", "-b", 'x";touch${IFS}TOUCHED;"$(id)')
    hostile = "\n".join(HOSTILE)
    event = payload(base, head, title=hostile, body=hostile, user={"login": "$(id)"})
    event["pull_request"]["head"]["ref"] = 'x";id;"'
    ran = judge(act, root, "gate: bronze", event="pull_request", payload=event, secrets={"KEY": "hunter2hunter2"})
    assert ran.outputs("judge")["outcome"] == "failed"
    assert not touched.exists()
    assert not (root / "TOUCHED").exists()
    assert "hunter2" not in ran.log() + ran.summary()
    assert harmless(commands(ran.log()))
    # Neither would it be a command if nothing had paused them.
    unpaused = [line for line in ran.log().splitlines() if not re.match(r"::(stop-commands::)?[0-9a-f]{32}", line)]
    assert {c.name for c in commands("\n".join(unpaused))} <= {"error", "warning", "notice"}
    files = [p.get("file", "") for _, _, p in ran.annotations()]
    assert any("touch" in file for file in files), files
    assert "<img" not in ran.summary()
    assert not re.search(r"@\w", ran.summary())
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", ran.summary())
    report = json.loads((ran.artifact("assaymark") / "assessment.json").read_text())
    assert any("new\nline" in json.dumps(f, ensure_ascii=False).replace("\\n", "\n") for f in report["findings"])


HOSTILE_INPUTS = {
    "path": "$(touch TOUCHED)",
    "profile": "`touch TOUCHED`",
    "gate": "bronze\n::set-output name=outcome::passed",
    "select": "--help",
    "skip": "'; touch TOUCHED",
    "changed-since": "--output=/",
    "allow-host": "a b\n--help",
    "as-of": "2026-01-01; id",
    "config": "/etc/passwd",
    "no-tools": "yes",
}


@pytest.mark.parametrize("name", HOSTILE_INPUTS)
def test_hostile_inputs_are_refused_or_text(act: Act, repository: Make, tmp_path: Path, name: str) -> None:
    value = HOSTILE_INPUTS[name].replace("TOUCHED", str(tmp_path / "touched"))
    given = f"{name}: {json.dumps(value)}"
    text = WORKFLOW.replace('no-tools: "true", GIVEN' if name == "no-tools" else "GIVEN", given)
    ran = act.run(repository({"README.md": "# Tide\n"}), text)
    assert ran.outputs("judge")["outcome"] in ("error", "passed", "failed"), ran.told()
    assert ran.outputs("judge")["outcome"] == "error", name
    assert not (tmp_path / "touched").exists()
    assert harmless(commands(ran.log()))
