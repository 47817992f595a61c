"""What Slurm says is read field by field; what is not understood says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.job import Job, Resources, State
from assaymark.runners import slurm
from assaymark.runners.shared import Seen


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ("13|PENDING|Nodes required for job are DOWN, DRAINED or reserved for other jobs", "queued"),
        ("13|CONFIGURING|None", "queued"),
        ("13|RUNNING|None", "running"),
        ("13|COMPLETING|None", "running"),
        ("13|COMPLETED|None", "exited"),
        ("13|TIMEOUT|TimeLimit", "timed-out"),
        ("13|CANCELLED|None", "cancelled"),
        ("13|PREEMPTED|None", "preempted"),
        ("13|OUT_OF_MEMORY|OutOfMemory", "out-of-memory"),
        ("13|NODE_FAIL|None", "node-lost"),
        ("13|BOOT_FAIL|None", "node-lost"),
        ("13|FAILED|JobLaunchFailure", "no-verdict"),
        ("13|SOMETHING_NEW|None", None),
    ],
)  # fmt: skip # a table of cases
def test_states(row: str, state: str | None) -> None:
    [(index, seen)] = slurm._rows(row.encode() + b"\n").items()
    assert index == 0
    assert (seen.state.value if seen.state else None) == state


def test_a_reason_may_hold_anything() -> None:
    assert slurm._rows(b"13_2|PENDING|a|b, c (d)\n")[2] == Seen(State.QUEUED, "Slurm: PENDING (a|b, c (d))")


def test_rows_of_an_array() -> None:
    text = b"13_0|RUNNING|None\n13_10|PENDING|Priority\n13_[11-20]|PENDING|Priority\nrubbish\n|||\n"
    assert sorted(slurm._rows(text)) == [0, 10]


@given(st.binary(max_size=300))
def test_garbage_is_nothing(text: bytes) -> None:
    assert all(isinstance(index, int) for index in slurm._rows(text))


def test_what_is_asked_for() -> None:
    asked = Resources(
        nodes=2, tasks=4, cpus=3, gpus=1, memory=500, time=61, partition="gpu", account="p1", flags=("--exclusive",)
    )
    words = slurm._options(Path("/f/job"), Job(id="job", command=("true",), resources=asked, array=5))
    assert {
        "--parsable", "--array=0-4", "--nodes=2", "--ntasks=4", "--cpus-per-task=3", "--gpus=1", "--mem=500",
        "--time=4",         "--partition=gpu", "--account=p1", "--exclusive", "--no-requeue", "--export=ALL",
    } <= set(words)  # fmt: skip # a table of cases
    assert not [w for w in slurm._options(Path("/f/job"), Job(id="j", command=("x",))) if "array" in w or "mem" in w]


def test_the_same_id_elsewhere_is_another_job() -> None:
    assert slurm._job_name(Path("/a/job")) != slurm._job_name(Path("/b/job"))
    assert slurm._job_name(Path("/a/job")).startswith("assaymark-job-")


@pytest.mark.parametrize("name", ['a"b', "a$(id)", "a`id`", "a\\b", "a\nb", "a%j"])
def test_a_folder_that_slurm_would_misread_is_refused(name: str) -> None:
    from assaymark.errors import InputError

    with pytest.raises(InputError, match="characters"):
        slurm._quoted(Path("/tmp", name))
