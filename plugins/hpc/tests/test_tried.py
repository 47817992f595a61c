"""What trials mean: only what ended by itself is judged, and a broken site is never blamed on an image."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assaymark.api import Evidence, Grade, Image, Outcome, State, Status
from assaymark.testing import evidence_of, pieces_of
from assaymark_hpc import tried
from assaymark_hpc.manifest import PROBES, Manifest, UserTest
from assaymark_hpc.trials import COPIED, PROBE_CODE, SHELL_CODE, Trial, Trials, _broken, _content

IMAGE = Image(path="x.tar", digest="sha256:" + "a" * 64, format="oci", architecture="amd64", system="linux")
ASKED = Manifest(image="x.tar", tests=(UserTest(name="version", command=("tool",), contains="1.2"),))


def ended(name: str, code: int, stdout: bytes = b"", **more: object) -> Trial:
    return Trial(name=name, status=Status(state=State.EXITED, code=code), stdout=stdout, **more)  # type: ignore[arg-type]


GOOD = Trials(
    runner="container",
    shell=True,
    made={
        **{name: ended(name, 0) for name in ("start", "read-only", "any-user", "offline")},
        "files": ended("files", 0, outputs={COPIED: _content(IMAGE)}),
        "lacking": ended("lacking", 127),
        "fails": ended("fails", SHELL_CODE),
        "version": ended("version", 0, b"tool 1.2\n"),
    },
)
TRIAL = {
    "image.starts": "start",
    "image.read_only": "read-only",
    "image.any_user": "any-user",
    "image.offline": "offline",
    "image.files": "files",
    "image.exit_status": "fails",
    "image.tests": "version",
}


def judged(trials: Trials) -> dict[str, Evidence]:
    facts = {"trials": trials, "image": IMAGE, "smoke_manifest": ASKED}
    return {c.id: evidence_of(c, **facts) for c in tried.CHECKS}


def with_trial(trial: Trial) -> Trials:
    return replace(GOOD, made={**GOOD.made, trial.name: trial})


def test_a_good_image_passes() -> None:
    assert {id: e.message for id, e in judged(GOOD).items() if e.outcome is not Outcome.PASSED} == {}


@pytest.mark.parametrize("id", TRIAL)
def test_a_trial_that_fails_fails_only_there(id: str) -> None:
    found = judged(with_trial(ended(TRIAL[id], 1)))
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
    found = judged(with_trial(Trial(name=TRIAL[id], problem="no room")))
    assert found[id].outcome is Outcome.UNKNOWN
    assert "no room" in found[id].message


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


def test_what_the_image_printed_is_its_own_word() -> None:
    assert judged(GOOD)["image.tests"].grade is Grade.SELF_REPORTED
    assert judged(with_trial(ended("version", 0, b"tool 2")))["image.tests"].outcome is Outcome.FAILED


def test_without_a_manifest_or_a_shell_nothing_is_guessed() -> None:
    bare = Trials(runner="container", made={"lacking": ended("lacking", 127)})
    found = judged(bare)
    unknown = {i for i, e in found.items() if e.outcome is Outcome.UNKNOWN}
    assert unknown == set(TRIAL) - {"image.exit_status"}
    [none] = pieces_of(tried.tests, trials=GOOD, smoke_manifest=Manifest(image="x"), image=IMAGE)
    assert none.outcome is Outcome.UNKNOWN
