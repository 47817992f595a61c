"""A caller who would cheat the workflow that signs: by its configuration, its files, or what its first job hands over.

What is done here is what the second job of ``assay.yml`` does: judge the commit anew, then sign. Nothing may come out
that says more than the honest project deserves without saying by what.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assaymark import catalogue
from assaymark.__main__ import main
from assaymark.badges import credential, jose
from assaymark.badges.award import Award
from assaymark.model import Level

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    **{name: (ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "LICENSE")},
    "tide/__init__.py": "def f( ):\n  return eval( input( ) )\n",
}
EVERY = tuple(catalogue.load().subcriteria(catalogue.profile("assaymark")))


class Caller:
    """A repository of the caller's, and what the signing job makes of it."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder

    def put(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        for words in (["add", "--all"], ["commit", "--quiet", "--message", "Cheat"]):
            subprocess.run(["git", *words], cwd=self.root, check=True)

    def judged(self, *more: str) -> int:
        words = ["assess", str(self.root), "--no-tools", "--no-cache", "--quiet", "--profile", "assaymark"]
        return main([*words, "--output", str(self.folder), *more])

    def signed(self) -> Award | None:
        if main(["badge", "issue", str(self.folder), "--once"]) != 0:
            assert not (self.folder / "credential.jwt").exists()
            return None
        token = (self.folder / "credential.jwt").read_text().strip()
        return credential.award_of(jose.parts(token).claims)


@pytest.fixture
def caller(repository: Callable[..., Path], tmp_path: Path) -> Caller:
    root = repository(FILES, "caller")
    subprocess.run(["git", "remote", "add", "origin", "https://github.com/o/caller.git"], cwd=root, check=True)
    return Caller(root, tmp_path / "out")


def test_the_honest_project_is_bronze_by_default_settings(caller: Caller) -> None:
    assert caller.judged() == 0
    award = caller.signed()
    assert award is not None
    assert (award.level, award.configured, award.attested, award.waived) == (Level.BRONZE, False, 0, 0)


def _waivers() -> str:
    return "".join(f'[[waiver]]\nid = "{id}"\nreason = "because we say so"\nuntil = 2099-01-01\n' for id in EVERY)


def _attestations() -> str:
    words = (
        'by = "The owner"\non = 2026-01-01\nuntil = 2099-01-01\nstatement = "it is all fine"\nlink = "https://o.o"\n'
    )
    return "".join(f'[[attestation]]\nid = "{id}"\n{words}' for id in EVERY)


SETTINGS = {
    "waivers for everything": _waivers(),
    "a person's word for everything": _attestations(),
    "nothing may be looked at": 'exclude = ["**"]\n',
    "nothing is left to ask": '[policy]\nreadme-topics = []\nno-deployment = "none, none, none"\n'
    'no-artefact = "none at all"\nno-test-doubles = "none at all"\n'
    "style-settings = 9999999\nsuppressions-per-1000-lines = 9999999\n"
    "[policy.docs]\ndeveloper = false\nadmin = false\nuser = false\n",
    "no rule for workflow documents": '[validate]\nexclude = ["**"]\n',
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_bear_on_the_verdict_are_in_what_is_signed(name: str, caller: Caller) -> None:
    caller.put(".assaymark.toml", SETTINGS[name])
    assert caller.judged() == 0
    award = caller.signed()
    assert award is not None
    assert award.configured
    assert "with its own settings" in award.title
    if name == "waivers for everything":
        assert award.level is Level.BRONZE
        assert award.waived > 0
    results = json.loads((caller.folder / "assessment.json").read_text())["subcriteria"]
    needed = [r for r in results if r["id"] in award.required]
    assert award.attested == sum(r["grade"] == "attested" and r["outcome"] == "passed" for r in needed)


@pytest.mark.parametrize("text", ['select = ["QC.Lic"]\n', 'skip = ["QC.Sec", "QC.Sty"]\n'])
def test_a_part_is_never_signed(text: str, caller: Caller) -> None:
    caller.put(".assaymark.toml", text)
    assert caller.judged() == 0
    assert caller.signed() is None


EASY = """\
id = "assaymark"
version = "{version}"
title = "Easy"
standards = ["sqa-4.1"]
[[level]]
level = "gold"
require = ["QC.Lic01"]
why = "because"
max_not_applicable = 99
max_attested = 99
"""


def test_a_profile_of_the_callers_is_not_used_under_the_name_of_ours(caller: Caller) -> None:
    """The workflow names the profile; a caller who names a file instead gets no signature."""
    ours = catalogue.profile("assaymark")
    for place in ("assaymark", "assaymark.toml", "criteria/profiles/assaymark.toml"):
        caller.put(place, EASY.format(version=ours.version))
    caller.put(".assaymark.toml", 'profile = "assaymark.toml"\n')
    assert caller.judged() == 0
    award = caller.signed()
    assert award is not None
    assert (award.level, award.profile_digest) == (Level.BRONZE, ours.digest)


def _gold(value: dict[str, Any]) -> dict[str, Any]:
    lie = {"outcome": "passed", "grade": "self-reported", "message": "all is well"}
    for result in value["subcriteria"]:
        result["outcome"], result["grade"] = "passed", "self-reported"
        result["evidence"] = [{**e, **lie} for e in result["evidence"]]
    return value | {"level": "gold", "missing": {level: [] for level in value["missing"]}}


def test_what_the_first_job_hands_over_raises_nothing_that_needs_no_execution(caller: Caller) -> None:
    assert caller.judged() == 0
    honest = json.loads((caller.folder / "assessment.json").read_text())
    forged = caller.folder.parent / "executed.json"
    forged.write_text(json.dumps(_gold(json.loads(json.dumps(honest)))))
    assert caller.judged("--executed", str(forged)) == 0
    award = caller.signed()
    assert award is not None
    assert award.level is Level.BRONZE
    before = {r["id"]: r["outcome"] for r in honest["subcriteria"]}
    found = json.loads((caller.folder / "assessment.json").read_text())["subcriteria"]
    raised = {r["id"]: r["grade"] for r in found if r["outcome"] != before[r["id"]]}
    assert set(raised.values()) <= {"self-reported"}
    assert all(id.startswith("QC.Uni") for id in raised), raised


def _other_commit(value: dict[str, Any]) -> dict[str, Any]:
    return value | {"subject": value["subject"] | {"commit": "e" * 40}}


HANDED: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "nothing": lambda value: b"",
    "no JSON": lambda value: b"\xff\xfe{",
    "a deep list": lambda value: b"[" * 200_000,
    "another shape": lambda value: json.dumps(value | {"subcriteria": {}}).encode(),
    "another commit": lambda value: json.dumps(_other_commit(_gold(value))).encode(),
    "another profile": lambda value: json.dumps(_gold(value) | {"profile_digest": "sha256:" + "0" * 64}).encode(),
}


@pytest.mark.parametrize("name", HANDED)
def test_anything_else_stops_the_job_before_it_signs(name: str, caller: Caller) -> None:
    assert caller.judged() == 0
    value = json.loads((caller.folder / "assessment.json").read_text())
    (caller.folder / "assessment.json").unlink()
    forged = caller.folder.parent / "executed.json"
    forged.write_bytes(HANDED[name](value))
    assert caller.judged("--executed", str(forged)) == 2
    assert caller.signed() is None


PLUGIN = """\
from pathlib import Path
Path({mark!r}).touch()
plugin = None
"""


def test_entry_points_and_modules_of_the_callers_are_never_loaded(caller: Caller, tmp_path: Path) -> None:
    """A distribution that lies in the checkout, unpacked or as metadata, is no plugin of the signing job."""
    mark = tmp_path / "loaded"
    code = PLUGIN.format(mark=str(mark))
    for module in ("evil", "sitecustomize", "usercustomize", "json", "click", "assaymark/__init__", "tomllib"):
        caller.put(f"{module}.py", code)
    for folder in ("evil-1.0.dist-info", "evil.egg-info"):
        caller.put(f"{folder}/METADATA", "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
        caller.put(f"{folder}/PKG-INFO", "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
        caller.put(f"{folder}/entry_points.txt", "[assaymark.plugins]\nevil = evil:plugin\n")
    caller.put(
        "pyproject.toml", '[project]\nname = "evil"\n[project.entry-points."assaymark.plugins"]\nevil = "evil:plugin"\n'
    )
    words = ["assess", ".", "--no-tools", "--no-cache", "--quiet", "--output", str(caller.folder)]
    # As actions/setup/run.sh starts it.
    command = [sys.executable, "-I", "-X", "utf8", "-m", "assaymark", *words]
    environment = {**os.environ, "PYTHONPATH": str(caller.root)}
    done = subprocess.run(command, cwd=caller.root, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert not mark.exists()
    assert "evil" not in (caller.folder / "assessment.json").read_text()
