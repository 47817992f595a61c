"""The actions for users of SQAaaS: their workflows run with nothing but the `uses:` lines changed."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from act import COMMIT, ROOT, Act

pytestmark = pytest.mark.service("act")
Make = Callable[..., Path]

# As people have it in their repositories.
BEFORE = """\
on: [push]
jobs:
  sqaaas_job:
    runs-on: ubuntu-latest
    steps:
      - name: Step definition for validating
        id: unit
        uses: eosc-synergy/sqaaas-step-action@v1
        with:
          name: unit_step
          tool: commands
          commands: |
            test -f README.md
            grep -q Tide README.md
      - name: Print out payload
        run: cat unit_step.json
      - name: SQAaaS assessment step
        id: judge
        uses: eosc-synergy/sqaaas-assessment-action@v2
        with:
          qc_uni_steps: unit_step
"""


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


FILES = {"README.md": "# Tide\n", "src/tide.py": "HIGH = 3\n"}


def of_the_page() -> list[tuple[str, str]]:
    """The lines that docs/migration.md takes out, each with the one that it puts in."""
    page = (ROOT / "docs" / "migration.md").read_text(encoding="utf-8")
    diff = page.partition("```diff\n")[2].partition("```")[0]
    pairs = re.findall(r"^-(.*)\n\+(.*)$", diff, re.MULTILINE)
    return [(before, after.replace("<commit>", COMMIT)) for before, after in pairs]


def migrated(text: str) -> str:
    """The lines changed as docs/migration.md says."""
    for before, after in of_the_page():
        assert before in text or before.strip() not in text
        text = text.replace(before, after)
    return text


def test_the_page_changes_two_lines() -> None:
    assert len(of_the_page()) == 2
    assert "eosc-synergy" not in migrated(BEFORE)


def test_migrating_is_changing_the_uses_lines(act: Act, repository: Make) -> None:
    ran = act.run(repository(FILES), migrated(BEFORE))
    assert ran.code == 0, ran.told()
    found = ran.outputs("judge")
    report = json.loads(found["report"])
    assert report["meta"]["version"] == "3.5.0"
    assert set(report["report"]) >= {"QC.Acc", "QC.Doc", "QC.Lic", "QC.Uni"}
    whole = json.loads((ran.artifact("assaymark") / Path(found["report-path"]).name).read_text())
    assert whole["report"] == report["report"]
    assert found["verdict"] == "none"
    assert found["badge"].endswith("badge.svg")
    assert '"name": "commands"' in ran.log()


def test_the_step_is_what_decides(act: Act, repository: Make) -> None:
    ran = act.run(repository(FILES), migrated(BEFORE))
    assessment = json.loads((ran.artifact("assaymark") / "assessment.json").read_text())
    [result] = [r for r in assessment["subcriteria"] if r["id"] == "QC.Uni01"]
    assert result["outcome"] == "passed"
    assert any("unit_step" in e["message"] for e in result["evidence"])
    broken = act.run(repository({"README.md": "# Ebb\n"}, "other"), migrated(BEFORE))
    assessment = json.loads((broken.artifact("assaymark") / "assessment.json").read_text())
    [result] = [r for r in assessment["subcriteria"] if r["id"] == "QC.Uni01"]
    assert result["outcome"] == "failed"
    assert broken.code == 0, "a low level is no failure"


def test_fail_on_makes_a_gate(act: Act, repository: Make) -> None:
    text = migrated(BEFORE).replace("qc_uni_steps: unit_step\n", "qc_uni_steps: unit_step\n          fail-on: bronze\n")
    ran = act.run(repository(FILES), text)
    assert ran.code == 1
    assert ran.outputs("judge")["outcome"] == "failed"
    assert json.loads(ran.outputs("judge")["report"])["report"]


def test_a_step_file_that_is_missing_is_named(act: Act, repository: Make) -> None:
    ran = act.run(repository(FILES), migrated(BEFORE).replace("qc_uni_steps: unit_step", "qc_uni_steps: other_step"))
    assert ran.code == 1
    assert "there is no step file for 'other_step'" in ran.annotations()[0][1]


def test_the_output_step_is_set(act: Act, repository: Make) -> None:
    ran = act.run(repository(FILES), migrated(BEFORE))
    found = ran.outputs("unit")
    written = json.loads(found["step"])
    assert list(written) == ["docs", "docker", "executable", "args", "reporting", "name", "lang"]
    assert written["args"][0]["value"] == ["test -f README.md", "grep -q Tide README.md"]
    assert found["step-path"].endswith("unit_step.json")


@pytest.mark.parametrize("given", ["test_path", "test-path"])
def test_both_spellings_of_the_path_of_the_tests(act: Act, repository: Make, given: str) -> None:
    text = re.sub(
        r"tool: commands\n.*?README.md\n.*?README.md\n", f"tool: pytest\n          {given}: tests\n", BEFORE, flags=re.S
    )
    ran = act.run(repository(FILES), migrated(text.partition("      - name: SQAaaS")[0]))
    assert json.loads(ran.outputs("unit")["step"])["args"][0]["value"] == "tests"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server for bare repositories (Git's dumb protocol); its address and folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    folder = tmp_path / "host"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    server.server_close()
    thread.join()


def test_another_repository_and_branch(act: Act, repository: Make, host: tuple[str, Path]) -> None:
    address, folder = host
    theirs = repository({"README.md": "# Theirs\n"})
    git(theirs, "branch", "topic")
    git(theirs, "clone", "--quiet", "--bare", str(theirs), str(folder / "theirs.git"))
    git(folder / "theirs.git", "update-server-info")
    text = f"""\
on: [push]
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - id: judge
        uses: assaymark/assaymark/actions/sqaaas-assessment@{COMMIT}
        with: {{ repo: "{address}/theirs.git", branch: topic }}
"""
    ran = act.run(repository(FILES, "own"), text)
    assert ran.code == 0, ran.told()
    report = json.loads(ran.outputs("judge")["report"])
    assert report["repository"][0]["commit_id"] == git(theirs, "rev-parse", "topic")
    gone = act.run(repository(FILES, "again"), text.replace("theirs.git", "nothing.git"))
    assert gone.code == 1
    assert any("cannot be cloned" in said for _, said, _ in gone.annotations()), gone.told()
