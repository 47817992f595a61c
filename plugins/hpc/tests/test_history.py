"""Measured values are kept, run after run, and damage is no harm."""

from __future__ import annotations

from pathlib import Path

from assaymark.api import State, Status
from assaymark_hpc.asked import Manifest, Performance, UserTest
from assaymark_hpc.history import SHOWN, kept, values
from assaymark_hpc.trials import Trial, Trials

SPEED = Performance(pattern=r"(\S+) GB/s", reference=10, lower=0.1, unit="GB/s")
ASKED = Manifest(image="x", tests=(UserTest(name="speed", command=("t",), performance=SPEED),))


def test_what_was_measured() -> None:
    trial = Trial(name="speed", status=Status(state=State.EXITED, code=0), stdout=b"9.5 GB/s")
    [found] = values(Trials(runner="r", made={"speed": trial}), ASKED)
    assert (found["test"], found["value"], found["unit"], found["reference"]) == ("speed", 9.5, "GB/s", 10)
    assert values(Trials(runner="r"), ASKED) == []


def test_values_are_kept_and_old_ones_are_dropped(tmp_path: Path) -> None:
    for number in range(SHOWN + 5):
        found = kept(tmp_path, "/a/tool.tar", "vega", "sha256:1", [{"test": "speed", "value": number}])
    assert [each["value"] for each in found] == list(range(5, SHOWN + 5))
    assert found[-1]["digest"] == "sha256:1"
    [file] = tmp_path.iterdir()
    assert file.name == "vega-tool.tar.jsonl"
    with file.open("a") as text:
        text.write("{\n3\n")
    assert kept(tmp_path, "tool.tar", "vega", "sha256:1", []) == found
    assert kept(tmp_path, "tool.tar", "../../other site", "sha256:1", []) == []
