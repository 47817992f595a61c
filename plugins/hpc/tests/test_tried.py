"""What trials mean: only what ended by itself is judged, and a broken site is never blamed on an image."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from assaymark.api import Evidence, Grade, Image, Member, MemberKind, Outcome, State, Status
from assaymark.testing import evidence_of, pieces_of
from assaymark_hpc import ranks, tried
from assaymark_hpc.asked import Gpu, Manifest, Mpi, Performance, UserTest
from assaymark_hpc.manifest import PROBES
from assaymark_hpc.trials import (
    COPIED,
    FROM_HOME,
    FROM_SCRATCH,
    PROBE_CODE,
    SHELL_CODE,
    Trial,
    Trials,
    _broken,
    _content,
)

IMAGE = Image(path="x.tar", digest="sha256:" + "a" * 64, format="oci", architecture="amd64", system="linux")
SPEED = Performance(pattern=r"(\S+) GB/s", reference=10, lower=0.1, upper=0.5, unit="GB/s")
ASKED = Manifest(
    image="x.tar",
    long=("tool", "serve"),
    mpi=Mpi(tasks=2, scaling=(1, 2), efficiency=0.5),
    gpu=Gpu(count=1),
    tests=(
        UserTest(name="version", command=("tool",), contains="1.2"),
        UserTest(name="result", command=("tool",), output="r"),
        UserTest(name="speed", command=("tool",), performance=SPEED),
    ),
)
CHECKS = (*tried.CHECKS, *ranks.CHECKS)
RANKS = b"ASSAYMARK_MPI rank=0 size=2 sum=1\nASSAYMARK_MPI rank=1 size=2 sum=1 seconds=0.1\n"


def ended(name: str, code: int, stdout: bytes = b"", took: float = 1.0, **more: object) -> Trial:
    status = Status(state=State.EXITED, code=code, took=took)
    return Trial(name=name, status=status, stdout=stdout, **more)  # type: ignore[arg-type]  # fields of Trial


GOOD = Trials(
    runner="container",
    shell=True,
    made={
        **{name: ended(name, 0) for name in ("start", "read-only", "any-user", "offline")},
        "files": ended("files", 0, outputs={COPIED: _content(IMAGE)}),
        "own-home": ended("own-home", 0, outputs={FROM_HOME: _content(IMAGE)[::-1], FROM_SCRATCH: _content(IMAGE)}),
        "lacking": ended("lacking", 127),
        "fails": ended("fails", SHELL_CODE),
        "version": ended("version", 0, b"tool 1.2\n"),
        "result": ended("result", 0, outputs={"r": b"1"}),
        "again-result": ended("again-result", 0, outputs={"r": b"1"}),
        "speed": ended("speed", 0, b"copy 9.5 GB/s\n"),
        "mpi": ended("mpi", 0, RANKS),
        "ranks-1": ended("ranks-1", 0, took=10),
        "ranks-2": ended("ranks-2", 0, took=6),
        "gpu": ended("gpu", 0, b"ASSAYMARK_GPU count=1 right=1 driver=12.4 name=X\n"),
        "ends": ended("ends", 0),
    },
)
TRIAL = {
    "image.starts": "start",
    "image.read_only": "read-only",
    "image.any_user": "any-user",
    "image.offline": "offline",
    "image.files": "files",
    "image.home": "own-home",
    "image.exit_status": "fails",
    "image.tests": "version",
    "image.mpi": "mpi",
    "image.scaling": "ranks-2",
    "image.ends": "ends",
    "image.same_output": "again-result",
    "image.performance": "speed",
}
# Fails by what it says, not by how it ends; a test's own status is another matter.
SAYS = {
    "image.ends": ended("ends", 9),
    "image.same_output": ended("again-result", 0, outputs={"r": b"2"}),
    "image.performance": ended("speed", 0, b"copy 8.9 GB/s"),
}


def judged(trials: Trials) -> dict[str, Evidence]:
    facts = {"trials": trials, "image": IMAGE, "smoke_manifest": ASKED}
    worst = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE, Outcome.PASSED)
    return {c.id: min(pieces_of(c, **facts), key=lambda e: worst.index(e.outcome)) for c in CHECKS}


def with_trial(trial: Trial) -> Trials:
    return replace(GOOD, made={**GOOD.made, trial.name: trial})


def test_a_good_image_passes() -> None:
    assert {id: e.message for id, e in judged(GOOD).items() if e.outcome is not Outcome.PASSED} == {}


@pytest.mark.parametrize("id", TRIAL)
def test_a_trial_that_fails_fails_only_there(id: str) -> None:
    found = judged(with_trial(SAYS.get(id, ended(TRIAL[id], 1))))
    assert {i for i, e in found.items() if e.outcome is not Outcome.PASSED} == {id}
    assert found[id].outcome is Outcome.FAILED
    assert found[id].remedy


@pytest.mark.parametrize("state", [s for s in State if s.over and s not in (State.EXITED, State.TIMED_OUT)])
@pytest.mark.parametrize("id", TRIAL)
def test_what_the_site_ended_is_unknown(id: str, state: State) -> None:
    lost = Trial(name=TRIAL[id], status=Status(state=state, reason="the reason"))
    found = judged(with_trial(lost))
    assert found[id].outcome is Outcome.UNKNOWN
    assert "the reason" in found[id].message


@pytest.mark.parametrize("id", TRIAL)
def test_what_could_not_be_submitted_is_unknown(id: str) -> None:
    found = judged(with_trial(Trial(name=TRIAL[id], problem="no room", hint="make some")))
    assert found[id].outcome is Outcome.UNKNOWN
    assert "no room" in found[id].message
    assert found[id].remedy == "make some"


@pytest.mark.parametrize(
    ("uid", "passwd", "outcome"),
    [
        ("1000", b"root:x:0:0::/:/bin/sh\n", Outcome.PASSED),
        ("1000", b"", Outcome.PASSED),
        ("1000", b"tool:x:1000:1000::/:/bin/sh\n", Outcome.UNKNOWN),
        ("0", b"", Outcome.UNKNOWN),
        ("", b"", Outcome.UNKNOWN),
    ],
)
def test_an_engine_for_its_caller_alone_shows_an_unknown_user_by_him(uid: str, passwd: bytes, outcome: Outcome) -> None:
    refused = Trial(name="any-user", problem="apptainer runs as the caller only: it cannot take an arbitrary user")
    start = Trial(name="start", status=Status(state=State.EXITED, code=0, host={"uid": uid}))
    trials = replace(GOOD, made={**GOOD.made, "any-user": refused, "start": start})
    image = replace(IMAGE, texts={"etc/passwd": passwd})
    assert evidence_of(tried.any_user, trials=trials, image=image).outcome is outcome
    failed = replace(trials, made={**trials.made, "start": ended("start", 1)})
    assert evidence_of(tried.any_user, trials=failed, image=image).outcome is Outcome.UNKNOWN
    full = replace(refused, problem="no room")
    other = replace(trials, made={**trials.made, "any-user": full})
    assert evidence_of(tried.any_user, trials=other, image=image).outcome is Outcome.UNKNOWN


def test_what_starts_in_no_way_gets_no_advice_on_users() -> None:
    lost = {name: ended(name, 1) for name in ("start", "read-only", "any-user", "offline")}
    found = judged(replace(GOOD, made={**GOOD.made, **lost}))
    for id in ("image.starts", "image.read_only", "image.any_user", "image.offline"):
        assert found[id].outcome is Outcome.FAILED
        assert "in no way" in found[id].message
        assert "another command" in (found[id].remedy or "")


def test_what_does_not_end_fails() -> None:
    late = Status(state=State.TIMED_OUT, reason="its time was over")
    for id, outcome in (("image.starts", "failed"), ("image.tests", "failed"), ("image.files", "unknown")):
        assert judged(with_trial(Trial(name=TRIAL[id], status=late)))[id].outcome == outcome


def test_a_broken_site_is_never_blamed_on_the_image() -> None:
    found = judged(Trials(runner="slurm", broken="it does not answer"))
    assert {e.outcome for e in found.values()} == {Outcome.UNKNOWN}
    assert all("it does not answer" in e.message for e in found.values())


PROBED = {
    "probe-ok": ended("probe-ok", 0),
    "probe-fails": ended("probe-fails", PROBE_CODE),
    "probe-late": Trial(name="probe-late", status=Status(state=State.TIMED_OUT)),
}


def test_each_probe_can_fail() -> None:
    assert set(PROBED) == set(PROBES)
    assert _broken(PROBED) is None
    for name, wrong in (
        ("probe-ok", ended("probe-ok", 1)),
        ("probe-ok", Trial(name="probe-ok", status=Status(state=State.NO_VERDICT))),
        ("probe-fails", ended("probe-fails", 0)),
        ("probe-fails", Trial(name="probe-fails", status=Status(state=State.CANCELLED))),
        ("probe-late", ended("probe-late", 0)),
        ("probe-late", Trial(name="probe-late", problem="refused")),
    ):
        assert _broken({**PROBED, name: wrong}), (name, wrong)


def test_a_program_that_is_not_there_must_fail() -> None:
    found = judged(with_trial(ended("lacking", 0)))
    assert found["image.exit_status"].outcome is Outcome.FAILED


def test_a_file_that_was_changed_on_the_way_fails() -> None:
    for outputs in ({}, {COPIED: b""}, {COPIED: _content(IMAGE)[:-1]}):
        found = judged(with_trial(ended("files", 0, outputs=outputs)))
        assert found["image.files"].outcome is Outcome.FAILED


def test_a_home_and_a_scratch_must_be_two() -> None:
    content = _content(IMAGE)
    for outputs in ({}, {FROM_HOME: content[::-1]}, {FROM_HOME: content, FROM_SCRATCH: content}):
        found = judged(with_trial(ended("own-home", 0, outputs=outputs)))
        assert found["image.home"].outcome is Outcome.FAILED
    link = replace(IMAGE, members={"home": Member("home", MemberKind.LINK, 0o777, 0, 0, 0, 0, "var/home")})
    lost = with_trial(ended("own-home", 1))
    assert evidence_of(tried.home, trials=lost, image=link).outcome is Outcome.UNKNOWN
    file = replace(IMAGE, members={"home": Member("home", MemberKind.FILE, 0o644, 0, 0, 1, 0)})
    for trials in (lost, with_trial(Trial(name="own-home", status=Status(state=State.NO_VERDICT)))):
        assert evidence_of(tried.home, trials=trials, image=file).outcome is Outcome.FAILED


def test_what_the_image_printed_is_its_own_word() -> None:
    assert judged(GOOD)["image.tests"].grade is Grade.SELF_REPORTED
    assert judged(with_trial(ended("version", 0, b"tool 2")))["image.tests"].outcome is Outcome.FAILED


def test_without_a_manifest_or_a_shell_nothing_is_guessed() -> None:
    bare = Trials(runner="container", made={"lacking": ended("lacking", 127)})
    found = judged(bare)
    unknown = {i for i, e in found.items() if e.outcome is Outcome.UNKNOWN}
    assert unknown == set(TRIAL) - {"image.exit_status"}
    asked = Manifest(image="x")
    for check in (ranks.mpi, ranks.scaling, tried.ends, tried.same_output, tried.performance):
        assert evidence_of(check, trials=bare, smoke_manifest=asked, image=IMAGE).outcome is Outcome.NOT_APPLICABLE
    [none] = pieces_of(tried.tests, trials=GOOD, smoke_manifest=Manifest(image="x"), image=IMAGE)
    assert none.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "no rank said"),
        (b"ASSAYMARK_MPI rank=0 size=1 sum=0\n" * 2, "a world of 1"),
        (b"ASSAYMARK_MPI rank=0 size=2 sum=1\n", "not every rank"),
        (b"ASSAYMARK_MPI rank=0 size=2 sum=1\n" * 2, "not every rank"),
        (RANKS.replace(b"sum=1", b"sum=2"), "the sum"),
        (RANKS + RANKS, "not every rank"),
        (RANKS.replace(b"size=2", b"size=3"), "a world of 3"),
    ],
)
def test_ranks_that_are_no_world(text: bytes, says: str) -> None:
    found = judged(with_trial(ended("mpi", 0, text)))["image.mpi"]
    assert found.outcome is Outcome.FAILED
    assert says in found.message


@pytest.mark.parametrize(
    ("value", "good"), [("9", True), ("15", True), ("8.99", False), ("15.1", False), ("nan", False), ("x", False)]
)
def test_a_value_is_held_against_its_bounds(value: str, good: bool) -> None:
    found = judged(with_trial(ended("speed", 0, f"{value} GB/s".encode())))["image.performance"]
    assert found.outcome is (Outcome.PASSED if good else Outcome.FAILED)


def test_two_ranks_that_need_as_long_as_one_do_not_scale() -> None:
    found = judged(with_trial(ended("ranks-2", 0, took=10.5)))["image.scaling"]
    assert found.outcome is Outcome.FAILED
    assert "50%" in found.message


def test_what_ended_before_it_was_asked_is_no_proof() -> None:
    assert judged(with_trial(ended("ends", 8)))["image.ends"].outcome is Outcome.FAILED


def test_what_a_test_writes_and_prints() -> None:
    content = b"1"
    good = UserTest(
        name="result", command=("t",), output="r", sha256=hashlib.sha256(content).hexdigest(), matches="^a.c$"
    )

    def of(test: UserTest, stdout: bytes) -> Outcome:
        made = {**GOOD.made, "result": ended("result", 0, stdout, outputs={"r": content})}
        asked = Manifest(image="x", tests=(test,))
        [piece] = pieces_of(tried.tests, trials=replace(GOOD, made=made), smoke_manifest=asked, image=IMAGE)
        return piece.outcome

    assert of(good, b"x\nabc\n") is Outcome.PASSED
    assert of(good, b"x\nabd\n") is Outcome.FAILED
    assert of(replace(good, sha256="0" * 64), b"abc") is Outcome.FAILED
    assert of(replace(good, output="other"), b"abc") is Outcome.FAILED
