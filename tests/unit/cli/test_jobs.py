"""`assaymark jobs` and `assaymark runner`, as a person types them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from offloading import running

from assaymark.__main__ import main
from assaymark.job import Job, State
from assaymark.runners.choose import places, runner


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSAYMARK_WORK", str(tmp_path / "work"))
    return tmp_path / "work"


def started(id: str, script: str, folder: Path | None = None) -> None:
    at = runner("local", at=places(str(folder)) if folder else None, settle=0.3)
    handle = at.submit(Job(id=id, command=("/bin/sh", "-c", script)))
    end = time.monotonic() + 30
    while at.status(handle)[0].state is State.QUEUED and time.monotonic() < end:
        time.sleep(0.02)


def listed(capfd: pytest.CaptureFixture[str]) -> dict[str, str]:
    capfd.readouterr()
    assert main(["jobs", "list", "--format", "json"]) == 0
    return {j["id"]: j["copies"][0]["state"] for j in json.loads(capfd.readouterr().out)["jobs"]}


def test_nothing_is_known(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "list"]) == 0
    assert capfd.readouterr().out == ""
    assert main(["jobs", "clean", "--images"]) == 0


def test_listed_cancelled_and_cleaned(work: Path, capfd: pytest.CaptureFixture[str]) -> None:
    started("long", "exec sleep 4731")
    started("short", "exit 3")
    end = time.monotonic() + 30
    while listed(capfd) != {"long": "running", "short": "exited"} and time.monotonic() < end:
        time.sleep(0.05)
    assert main(["jobs", "list"]) == 0
    assert "exited 3" in capfd.readouterr().out
    assert main(["jobs", "clean"]) == 0
    assert listed(capfd) == {"long": "running"}
    assert main(["jobs", "clean", "--images"]) == 2
    assert main(["jobs", "cancel", "long"]) == 0
    assert listed(capfd) == {"long": "cancelled"}
    assert not running("sleep 4731")
    assert main(["jobs", "clean"]) == 0
    assert list((work / "jobs").iterdir()) == []


def test_what_is_wrong_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "cancel"]) == 2
    assert main(["jobs", "cancel", "x", "--all"]) == 2
    assert main(["jobs", "cancel", "none"]) == 2
    assert "there is no job 'none'" in capfd.readouterr().err


def test_a_folder_that_says_it_lies_elsewhere_is_not_touched(work: Path, tmp_path: Path) -> None:
    started("job", "true")
    (tmp_path / "mine").mkdir()
    handle = work / "jobs/job/handle.json"
    told = json.loads(handle.read_text())
    handle.write_text(json.dumps(told | {"folder": str(tmp_path / "mine")}))
    assert main(["jobs", "clean"]) == 0
    assert (tmp_path / "mine").is_dir()


def test_a_damaged_handle_is_an_error_of_the_user(work: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (work / "jobs/x").mkdir(parents=True)
    (work / "jobs/x/handle.json").write_text("{")
    assert main(["jobs", "list"]) == 2
    assert "damaged" in capfd.readouterr().err


def test_a_job_of_a_runner_that_cannot_be_asked_is_unknown(
    work: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started("job", "true")
    handle = work / "jobs/job/handle.json"
    handle.write_text(json.dumps(json.loads(handle.read_text()) | {"runner": "elsewhere"}))
    assert main(["jobs", "list"]) == 0
    assert "no runner 'elsewhere'" in capfd.readouterr().out
    assert main(["jobs", "cancel", "--all"]) == 2
    assert main(["jobs", "clean"]) == 0
    assert handle.exists()


def test_runners_are_listed(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["runner", "list"]) == 0
    assert "unverified" in capfd.readouterr().out
    assert main(["runner", "check", "locl"]) == 2


def test_what_works_is_said() -> None:
    assert main(["runner", "check", "local"]) == 0


def test_what_does_not_work_is_undetermined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["runner", "check", "docker"]) == 3


def test_all_are_checked(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["runner", "check", "--format", "json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["local"] == {"works": True, "problem": None}
    assert not told["slurm"]["works"]
    assert not told["container"]["works"]


def test_work_lies_where_it_is_said(work: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert places().jobs == work / "jobs"
    monkeypatch.delenv("ASSAYMARK_WORK")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert places().images == tmp_path / "state/assaymark/images"


def test_jobs_in_the_folder_of_a_site_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ASSAYMARK_WORK")
    sites = tmp_path / "sites.toml"
    sites.write_text(
        f'[site.here]\nrunner = "slurm"\nwork = "{tmp_path}/shared"\n'
        f'[site.far]\nrunner = "slurm"\nlogin = "l"\nengine = "apptainer"\nwork = "{tmp_path}/far"\n'
    )
    monkeypatch.setenv("ASSAYMARK_SITES", str(sites))
    started("theirs", "exec sleep 4733", tmp_path / "shared")
    assert set(listed(capfd)) == {"theirs"}
    assert main(["jobs", "cancel", "theirs"]) == 0
    assert listed(capfd) == {"theirs": "cancelled"}
    assert not running("sleep 4733")
    assert main(["jobs", "clean"]) == 0
    assert not (tmp_path / "shared/jobs/theirs").exists()
    sites.write_text("[site")
    assert main(["jobs", "list"]) == 0
    assert "not valid TOML" in capfd.readouterr().err
