"""Processes of this machine, when two controllers have jobs of one name."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from assaymark.job import Handle, Job, Status
from assaymark.runners.local import Processes
from assaymark.runners.shared import SharedFolder


def begun(at: SharedFolder, script: str) -> Handle:
    handle = at.submit(Job(id="one-name", command=("/bin/sh", "-c", script)))
    out = Path(handle.folder, "runs/0/out")
    end = time.monotonic() + 60
    while not out.is_file() and time.monotonic() < end:
        time.sleep(0.02)
    return handle


def over(at: SharedFolder, handle: Handle) -> Status:
    end = time.monotonic() + 60
    while not (status := at.status(handle)[0]).state.over and time.monotonic() < end:
        time.sleep(0.05)
    return status


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found by /proc")
def test_a_job_of_the_same_name_in_another_folder_is_another(tmp_path: Path) -> None:
    here, there = (SharedFolder(Processes(), tmp_path / name) for name in ("here", "there"))
    go = tmp_path / "go"
    mine, theirs = (begun(at, f"while [ ! -e '{go}' ]; do sleep 0.1; done; exit 7") for at in (here, there))
    for at, handle in ((here, mine), (there, theirs)):
        assert at.back.find(replace(handle, reference=None)) == handle.reference
    here.cancel(mine)
    assert over(here, mine).code is None
    assert not there.status(theirs)[0].state.over
    go.touch()
    assert over(there, theirs).code == 7
