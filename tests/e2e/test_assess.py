"""``assaymark assess`` from end to end, on real repositories, as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from assaymark.data import schema

README = """# Tide grid

Tide grid computes tidal currents on a staggered grid. It is meant for coastal engineers who need a quick look.

## Installation

pip install tidegrid

## Testing

Run pytest in the root of the repository.

## Documentation

See docs/ and the [manual](https://example.org/manual).

## Versioning

We follow SemVer; see CHANGELOG.md.

## Authors

Ada Example and contributors.

## Acknowledgments

Thanks to the tide gauge network.
"""
FILES = {
    "README.md": README,
    "tidegrid/__init__.py": '"""Tides."""\n',
    "tests/test_tide.py": "def test_tide():\n    assert 1\n",
}
REPORTS = {
    "assessment.json",
    "assessment_output.json",
    "report.sarif",
    "junit.xml",
    "summary.md",
    "report.html",
    "badge.svg",
    "badge.json",
    "provenance.json",
}
STABLE = ("run",)


def document(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.stdout, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def outcome(assessment: dict[str, object], id: str) -> str:
    return next(s["outcome"] for s in assessment["subcriteria"] if s["id"] == id)  # type: ignore[index,union-attr,call-overload]


def test_a_repository_gets_a_verdict_a_level_and_remedies(repository: Callable, assaymark: Callable) -> None:
    root = repository(FILES)
    done = assaymark("assess", root, "--no-tools")
    assert done.returncode == 0, done.stderr
    assert "QC.Lic01" in done.stdout
    assert "bronze" in done.stdout.lower()


def test_json_is_one_document_that_follows_its_schema(repository: Callable, assaymark: Callable) -> None:
    done = assaymark("assess", repository(FILES), "--no-tools", "--format", "json")
    found = document(done)
    jsonschema.Draft202012Validator(json.loads(schema("assessment").read_text())).validate(found)
    assert outcome(found, "QC.Doc06.1") == "passed"
    assert outcome(found, "QC.Lic01") == "failed"
    assert outcome(found, "QC.Sty01") == "unknown", "tools did not run: that is not a pass"


def test_output_writes_every_report(repository: Callable, assaymark: Callable, tmp_path: Path) -> None:
    done = assaymark("assess", repository(FILES), "--no-tools", "--output", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert {p.name for p in (tmp_path / "out").iterdir()} == REPORTS


@pytest.mark.parametrize(
    ("gate", "status"), [("QC.Doc06.1", 0), ("QC.Lic01", 1), ("gold", 1), ("QC.Sty01", 3), ("platinum", 2)]
)
def test_the_gate_sets_the_exit_status(repository: Callable, assaymark: Callable, gate: str, status: int) -> None:
    done = assaymark("assess", repository(FILES), "--no-tools", "--gate", gate)
    assert done.returncode == status, done.stderr
    assert "gate" in done.stderr


def test_a_failing_gate_still_leaves_every_report(repository: Callable, assaymark: Callable, tmp_path: Path) -> None:
    done = assaymark("assess", repository(FILES), "--no-tools", "--gate", "gold", "--output", tmp_path / "out")
    assert done.returncode == 1
    assert {p.name for p in (tmp_path / "out").iterdir()} == REPORTS


def test_nothing_got_worse(repository: Callable, assaymark: Callable, tmp_path: Path) -> None:
    root = repository(FILES)
    words = ("assess", root, "--no-tools", "--gate", "no-regression", "--baseline", tmp_path / "out/assessment.json")
    assaymark("assess", root, "--no-tools", "--output", tmp_path / "out")
    assert assaymark(*words).returncode == 0
    (root / "README.md").write_text("x")
    worse = assaymark(*words)
    assert worse.returncode == 1
    assert "QC.Doc06.1" in worse.stderr


def test_a_partial_run_cannot_tell_that_nothing_got_worse(
    repository: Callable, assaymark: Callable, tmp_path: Path
) -> None:
    root = repository(FILES)
    words = ("assess", root, "--no-tools", "--select", "QC.Doc06.1", "--gate", "no-regression", "--baseline")
    assaymark("assess", root, "--no-tools", "--output", tmp_path / "whole")
    assaymark("assess", root, "--no-tools", "--select", "QC.Doc06.1", "--output", tmp_path / "part")
    done = assaymark(*words, tmp_path / "whole/assessment.json")
    assert done.returncode == 3
    assert "partial" in done.stderr
    done = assaymark(*words, tmp_path / "part/assessment.json")
    assert done.returncode == 0, "the baseline looked at no more"
    assert "met by this partial run: only QC.Doc06.1" in done.stderr
    (root / "README.md").write_text("x")
    assert assaymark(*words, tmp_path / "whole/assessment.json").returncode == 1


def test_a_baseline_of_another_profile_cannot_be_compared(
    repository: Callable, assaymark: Callable, tmp_path: Path
) -> None:
    root = repository(FILES)
    assaymark("assess", root, "--no-tools", "--profile", "sqaaas-v3", "--output", tmp_path / "out")
    words = ("--gate", "no-regression", "--baseline", tmp_path / "out/assessment.json")
    done = assaymark("assess", root, "--no-tools", *words)
    assert done.returncode == 2
    assert "judged by 'sqaaas-v3'" in done.stderr


def test_a_host_that_is_none_is_the_users_error(repository: Callable, assaymark: Callable) -> None:
    done = assaymark("assess", repository(FILES), "--no-tools", "--allow-host", "bad host/")
    assert done.returncode == 2
    assert "'bad host/' is not the name of a host" in done.stderr


@pytest.mark.parametrize("by", ["command line", "file"])
def test_a_gate_that_is_none_is_told_before_anything_is_looked_at(
    by: str, repository: Callable, assaymark: Callable, tmp_path: Path
) -> None:
    config = {".assaymark.toml": 'gate = "platinum"\n'} if by == "file" else {}
    asked = [] if config else ["--gate", "platinum"]
    done = assaymark("assess", repository({**FILES, **config}), "--no-tools", *asked, "--output", tmp_path / "out")
    assert done.returncode == 2
    assert "the gate 'platinum' is neither a level, an id nor no-regression" in done.stderr
    assert not done.stdout
    assert not (tmp_path / "out").exists()


def test_the_same_subject_gives_the_same_bytes(repository: Callable, assaymark: Callable) -> None:
    root = repository(FILES)
    words = ("assess", root, "--format", "json", "--as-of", "2026-11-21", "--no-tools")
    first, second = document(assaymark(*words, "--no-cache")), document(assaymark(*words))
    third = document(assaymark(*words))
    for found in (first, second, third):
        found.pop("run")
    assert json.dumps(first) == json.dumps(second) == json.dumps(third)


def test_a_remembered_answer_is_forgotten_when_anything_changes(repository: Callable, assaymark: Callable) -> None:
    root = repository(FILES)
    words = ("assess", root, "--format", "json", "--no-tools")
    assert document(assaymark(*words))["run"]["cached"] is False  # type: ignore[index]
    assert document(assaymark(*words))["run"]["cached"] is True  # type: ignore[index]
    (root / "README.md").write_text("x")
    changed = document(assaymark(*words))
    assert changed["run"]["cached"] is False  # type: ignore[index]
    assert outcome(changed, "QC.Doc06.1") == "failed"


def test_a_partial_run_says_so_and_raises_nothing(repository: Callable, assaymark: Callable) -> None:
    done = assaymark("assess", repository(FILES), "--no-tools", "--select", "QC.Doc06.1", "--format", "json")
    found = document(done)
    assert found["partial"] == ["only QC.Doc06.1"]
    assert found["level"] == "none"
    assert [s["id"] for s in found["subcriteria"]] == ["QC.Doc06.1"]  # type: ignore[union-attr,index,attr-defined]
    (criterion,) = found["criteria"]  # type: ignore[misc]
    assert criterion["outcome"] == "unknown", "what else the profile requires of QC.Doc was not looked at"
    text = assaymark("assess", repository(FILES, "again"), "--no-tools", "--select", "QC.Doc06.1")
    assert "partial" in text.stdout.lower()
    assert "not looked at" in next(line for line in text.stdout.splitlines() if "QC.Doc " in line)


def test_only_what_a_change_touches(repository: Callable, assaymark: Callable) -> None:
    root = repository(FILES)
    (root / "CONTRIBUTING.md").write_text("Send a pull request to main.")

    for words in (("add", "."), ("commit", "-q", "-m", "Say how to contribute")):
        subprocess.run(["git", *words], cwd=root, check=True)
    found = document(assaymark("assess", root, "--no-tools", "--changed-since", "HEAD~1", "--format", "json"))
    ids = {s["id"] for s in found["subcriteria"]}  # type: ignore[union-attr,index,attr-defined]
    assert "QC.Doc06.2" in ids
    assert "QC.Ver01" not in ids
    assert found["partial"]
    assert found["changed"] == ["CONTRIBUTING.md"]
    text = assaymark("assess", root, "--no-tools", "--changed-since", "HEAD~1", "--verbose").stdout
    _, _, listed = text.partition("1 in files of the change")
    assert listed.partition("\n  ")[2].startswith("CONTRIBUTING.md: ")  # though README.md has some as well


def test_an_unknown_reference_is_the_users_error(repository: Callable, assaymark: Callable) -> None:
    done = assaymark("assess", repository(FILES), "--changed-since", "nowhere")
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_a_configuration_mistake_is_named_with_its_line(repository: Callable, assaymark: Callable) -> None:
    done = assaymark("assess", repository(FILES | {".assaymark.toml": "\ngaet = 'x'\n"}))
    assert done.returncode == 2
    assert ".assaymark.toml:2: unknown key gaet" in done.stderr
    assert "did you mean 'gate'" in done.stderr


def test_a_configuration_that_is_not_tracked_is_mentioned(repository: Callable, assaymark: Callable) -> None:
    root = repository(FILES)
    (root / ".assaymark.toml").write_text("gate = 'gold'\n")
    for _ in range(2):  # the second answer is a remembered one
        done = assaymark("assess", root, "--no-tools")
        assert done.returncode == 0
        assert "not tracked by Git" in done.stderr
    assert "not tracked" not in assaymark("assess", root, "--no-tools", "--quiet").stderr
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    assert assaymark("assess", root, "--no-tools").returncode == 1


def test_a_pull_request_cannot_loosen_its_own_gate(repository: Callable, assaymark: Callable, tmp_path: Path) -> None:
    root = repository(FILES | {".assaymark.toml": "gate = 'QC.Lic01'\n"})
    base = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True)
    (root / ".assaymark.toml").write_text("gate = 'QC.Doc06.1'\n")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"base": {"sha": base.stdout.strip()}}}))
    context = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}
    done = assaymark("assess", root, "--no-tools", "--format", "json", **context)
    assert done.returncode == 1, done.stderr
    assert any(n["rule"] == "assaymark/config-changed" for n in document(done)["notices"])  # type: ignore[union-attr,index,attr-defined]


PROFILE = """
id = "lab"
title = "Lab"
version = "1"
kind = "software"
why = "What our lab asks for."

[[level]]
name = "bronze"
why = "The one thing."
require = ["REQUIRED"]
max_not_applicable = 0
max_attested = 0
"""


@pytest.fixture
def pull_request(tmp_path: Path) -> Callable[[Path], dict[str, str]]:
    """The environment of a workflow run for a pull request on what is committed now."""

    def make(root: Path) -> dict[str, str]:
        base = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True)
        event = tmp_path / "event.json"
        event.write_text(json.dumps({"pull_request": {"base": {"sha": base.stdout.strip()}}}))
        return {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}

    return make


def test_a_profile_of_the_repository_is_found_from_anywhere(
    repository: Callable, assaymark: Callable, tmp_path: Path
) -> None:
    files = {"ci/lab.toml": PROFILE.replace("REQUIRED", "QC.Doc06.1"), ".assaymark.toml": "profile = 'ci/lab.toml'\n"}
    done = assaymark("assess", repository(FILES | files), "--no-tools", "--format", "json", cwd=tmp_path)
    found = document(done)
    assert (found["profile"], found["level"]) == ("lab", "bronze")


def test_a_pull_request_cannot_bring_its_own_profile(
    repository: Callable, assaymark: Callable, pull_request: Callable
) -> None:
    hard, easy = (PROFILE.replace("REQUIRED", i) for i in ("QC.Lic01", "QC.Doc06.1"))
    root = repository(FILES | {"lab.toml": hard, ".assaymark.toml": "profile = 'lab.toml'\ngate = 'bronze'\n"})
    context = pull_request(root)
    (root / "lab.toml").write_text(easy)
    done = assaymark("assess", root, "--no-tools", **context, cwd=root)
    assert done.returncode == 1, done.stderr


def test_a_pull_request_cannot_bring_its_own_baseline(
    repository: Callable, assaymark: Callable, pull_request: Callable, tmp_path: Path
) -> None:
    assaymark("assess", repository(FILES, "before"), "--no-tools", "--output", tmp_path / "good")
    bad = {p: t for p, t in FILES.items() if p != "README.md"}
    assaymark("assess", repository(bad, "worse"), "--no-tools", "--output", tmp_path / "bad")
    good = (tmp_path / "good/assessment.json").read_text()
    settings = "gate = 'no-regression'\nbaseline = 'base.json'\n"
    root = repository(FILES | {"base.json": good, ".assaymark.toml": settings})
    context = pull_request(root)
    assert assaymark("assess", root, "--no-tools", **context).returncode == 0
    (root / "README.md").write_text("x")
    (root / "base.json").write_text((tmp_path / "bad/assessment.json").read_text())
    assert assaymark("assess", root, "--no-tools", **context).returncode == 1


def test_what_only_the_change_brings_is_not_used(
    repository: Callable, assaymark: Callable, pull_request: Callable
) -> None:
    root = repository(FILES | {".assaymark.toml": "profile = 'lab.toml'\n"})
    context = pull_request(root)
    (root / "lab.toml").write_text(PROFILE.replace("REQUIRED", "QC.Doc06.1"))
    subprocess.run(["git", "add", "lab.toml"], cwd=root, check=True)
    done = assaymark("assess", root, "--no-tools", **context, cwd=root)
    assert done.returncode == 2
    assert "only this change brings" in done.stderr


def test_two_runs_at_once_on_one_checkout(repository: Callable, tmp_path: Path) -> None:
    root = repository(FILES)
    command = [sys.executable, "-P", "-m", "assaymark", "assess", str(root), "--no-tools", "--format", "json"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    answers = [json.loads(p.communicate(timeout=60)[0]) for p in running]
    assert [p.returncode for p in running] == [0] * 4
    assert len({json.dumps(a["subcriteria"]) for a in answers}) == 1


def test_a_read_only_checkout_and_no_cache_folder(repository: Callable, assaymark: Callable, tmp_path: Path) -> None:
    root = repository(FILES)
    subprocess.run(["chmod", "-R", "a-w", str(root)], check=True)
    try:
        blocked = tmp_path / "blocked"
        blocked.write_text("a file, not a folder")
        done = assaymark("assess", root, "--no-tools", XDG_CACHE_HOME=str(blocked))
        assert done.returncode == 0, done.stderr
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(root)], check=True)


def test_an_output_folder_that_cannot_be_written_is_named(
    repository: Callable, assaymark: Callable, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    done = assaymark("assess", repository(FILES), "--no-tools", "--output", tmp_path / "file")
    assert done.returncode == 2
    assert "cannot write" in done.stderr


def test_a_step_of_the_project_answers_what_files_do_not_tell(repository: Callable, assaymark: Callable) -> None:
    step = """
[[step]]
name = "critical"
criterion = "QC.Uni01.1"
command = ["test -d tests"]
"""
    root = repository(FILES | {".assaymark.toml": step})
    words = ("assess", root, "--no-tools", "--select", "QC.Uni01.1", "--format", "json")
    assert outcome(document(assaymark(*words)), "QC.Uni01.1") == "unknown", "nobody allowed the step to run"
    [found] = document(assaymark(*words, "--run-steps"))["subcriteria"]  # type: ignore[misc]
    assert (found["outcome"], found["grade"]) == ("passed", "self-reported")


def test_an_interrupt_leaves_no_children_and_no_half_files(repository: Callable, tmp_path: Path) -> None:
    nap = str(4_000_000 + os.getpid())  # told apart from the sleepers of other runs
    step = f"""
[[step]]
name = "slow"
criterion = "QC.Uni01"
command = ["sleep {nap}"]
"""
    root = repository(FILES | {".assaymark.toml": step})
    out = tmp_path / "out"
    command = [sys.executable, "-P", "-m", "assaymark", "assess", str(root), "--run-steps", "--select", "QC.Uni01"]
    running = subprocess.Popen([*command, "--output", str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert _until(lambda: _sleeping(nap) == 1), "the step never started"
    running.send_signal(2)
    _, said = running.communicate(timeout=20)
    assert running.returncode == 130, said
    assert b"interrupted" in said
    assert _until(lambda: _sleeping(nap) == 0), "a child is still running"
    assert not out.exists()


def _sleeping(nap: str) -> int:
    found = 0
    command = f"sleep\0{nap}\0".encode()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += entry.read_bytes() == command
        except OSError:
            continue
    return found


def _until(holds: Callable[[], bool], seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_a_closed_pipe_is_no_error(repository: Callable) -> None:
    command = f"{sys.executable} -P -m assaymark assess {repository(FILES)} --no-tools --format json | head -c 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, env=os.environ)
    assert "Traceback" not in done.stderr


def test_the_python_api_is_the_same_main_job(repository: Callable) -> None:
    import assaymark as package

    found = package.assess(repository(FILES), tools=False, cache=False)
    assert {r.definition.id for r in found.results} >= {"QC.Doc06.1", "QC.Lic01"}
    assert found.profile == "assaymark"


def test_the_python_function_stays_a_function(repository: Callable) -> None:
    code = "import assaymark; f = assaymark.assess; import assaymark.assessment; assert callable(assaymark.assess)"
    code += "; print([assaymark.assess('.', tools=False).profile for _ in range(2)])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository(FILES), capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "['assaymark', 'assaymark']", done.stderr


def test_what_was_executed_elsewhere_is_taken_over_and_nothing_else(
    repository: Callable, assaymark: Callable, tmp_path: Path
) -> None:
    root = repository(FILES)
    report = tmp_path / "executed.json"
    report.write_text(assaymark("assess", root, "--no-tools", "--run-tests", "--format", "json").stdout)
    told = json.loads(report.read_text())
    for part in told["subcriteria"]:
        if part["id"] in ("QC.Uni01", "QC.Lic01"):
            part["outcome"] = "passed"
            grade = {"grade": "self-reported"} if part["id"] == "QC.Uni01" else {}
            part["evidence"] = [{"outcome": "passed", "message": "81 % covered", "check": "tool.coverage", **grade}]
    report.write_text(json.dumps(told))
    done = assaymark("assess", root, "--no-tools", "--executed", report, "--format", "json")
    mine = {part["id"]: part for part in document(done)["subcriteria"]}  # type: ignore[attr-defined]
    assert mine["QC.Lic01"]["outcome"] == "failed"
    (coverage,) = [e for e in mine["QC.Uni01"]["evidence"] if e["check"] == "tool.coverage"]
    assert coverage["grade"] == "self-reported"


def test_evidence_of_another_commit_is_refused(repository: Callable, assaymark: Callable, tmp_path: Path) -> None:
    report = tmp_path / "executed.json"
    report.write_text(assaymark("assess", repository(FILES, "one"), "--no-tools", "--format", "json").stdout)
    done = assaymark("assess", repository({**FILES, "x": "y"}, "two"), "--no-tools", "--executed", report)
    assert done.returncode == 2
    assert "another commit" in done.stderr
