"""What every runner keeps, wherever it runs. A new runner is one more name in `offloading.NEEDS`."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from offloading import PODS, WITH_IMAGE, Place, done, given, job, left, places, running, sleeping, until

from assaymark.errors import InputError
from assaymark.job import Confinement, Handle, State

every = pytest.mark.parametrize("name", places())
in_image = pytest.mark.parametrize("name", places(*WITH_IMAGE))


@every
def test_it_can_be_probed(name: str, place: Place) -> None:
    assert place(name).problem() is None


@every
@pytest.mark.parametrize("code", [0, 3, 77])
def test_the_exit_status_is_the_commands_own(name: str, code: int, place: Place, image: Path) -> None:
    [status] = done(place(name), job("exit", f"exit {code}", **given(name, image)))
    assert (status.state, status.code) == (State.EXITED, code)
    assert status.host["node"]
    assert status.took is not None
    assert status.waited is not None


@every
def test_both_streams_come_back(name: str, place: Place, image: Path) -> None:
    at = place(name)
    handle = at.submit(job("logs", "echo out; echo err >&2; exit 1", **given(name, image)))
    until(at, handle, lambda s: s.state.over)
    log = at.logs(handle)
    assert log.stdout == b"out\n"
    assert log.stderr.endswith(b"err\n")
    assert at.logs(handle, limit=2).stdout == b"t\n"


@every
def test_files_go_in_and_come_out(name: str, place: Place, image: Path) -> None:
    at = place(name)
    asked = job(
        "files",
        "cat in/a.txt > b.txt; ln -s /etc/passwd stolen; mkdir d; echo x > d/c; ln -s / up",
        inputs={"in/a.txt": b"one\ntwo\n"},
        outputs=("b.txt", "stolen", "d/c", "up/etc/passwd", "../../job.json", "lacking"),
        **given(name, image),
    )
    handle = at.submit(asked)
    assert until(at, handle, lambda s: s.state.over).code == 0
    assert at.collect(handle) == {"b.txt": b"one\ntwo\n", "d/c": b"x\n"}


@in_image
def test_a_home_is_a_mount_of_its_own(name: str, place: Place, image: Path) -> None:
    at = place(name)
    asked = job(
        "home",
        'cat "$HOME/a.txt" > b.txt && echo two > "$HOME/c.txt" && echo "$HOME $PWD"; exit $?',
        inputs={"home/a.txt": b"one\n"},
        outputs=("b.txt", "home/c.txt"),
        home=True,
        **given(name, image),
    )
    handle = at.submit(asked)
    assert until(at, handle, lambda s: s.state.over).code == 0, at.logs(handle)
    assert at.collect(handle) == {"b.txt": b"one\n", "home/c.txt": b"two\n"}
    home, work = at.logs(handle).stdout.decode().split()
    assert not Path(home).is_relative_to(work)


@every
def test_nothing_of_our_environment_travels(
    name: str, place: Place, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = place(name)
    monkeypatch.setenv("API_TOKEN", "secret-word")
    told = "a b $(id) \"q\" 'r' \\"
    handle = at.submit(job("env", 'env; echo "<$TOLD>"', environment={"TOLD": told}, **given(name, image)))
    until(at, handle, lambda s: s.state.over)
    text = at.logs(handle).stdout.decode()
    assert "secret-word" not in text
    assert f"<{told}>" in text


@every
def test_what_takes_too_long_is_ended_and_said_to_be_late(name: str, place: Place, image: Path) -> None:
    at = place(name)
    long = sleeping()
    [status] = done(at, job("late", f"trap '' TERM; {long} & {long}", time=1, **given(name, image)))
    assert status.state is State.TIMED_OUT
    assert status.code is None
    assert "1 s" in status.reason
    assert left(long) == []


@every
def test_cancelled_is_cancelled_and_nothing_is_left(name: str, place: Place, image: Path) -> None:
    at = place(name)
    long = sleeping()
    handle = at.submit(job("cancel", f"{long} & {long}", **given(name, image)))
    until(at, handle, lambda s: s.state is State.RUNNING)
    end = time.monotonic() + 120
    while not running(long) and time.monotonic() < end:
        time.sleep(0.05)
    at.cancel(handle)
    status = until(at, handle, lambda s: s.state.over)
    assert status.state is State.CANCELLED
    assert status.code is None
    assert left(long) == []
    at.cancel(handle)


@every
def test_the_same_id_is_submitted_once(name: str, place: Place, image: Path) -> None:
    at = place(name)
    asked = job("once", "echo ran; sleep 1", **given(name, image))
    first, second = at.submit(asked), at.submit(asked)
    assert first == second
    assert Handle.from_json(json.loads(json.dumps(first.to_json()))) == first
    until(at, first, lambda s: s.state.over)
    assert at.submit(asked) == first
    assert at.logs(first).stdout == b"ran\n"


@every
def test_a_controller_that_died_before_the_answer_finds_its_job(name: str, place: Place, image: Path) -> None:
    at = place(name)
    # Long enough to be found while it runs, also where each question takes seconds.
    asked = job("orphan", "sleep 8; exit 5", **given(name, image))
    first = at.submit(asked)
    until(at, first, lambda s: s.state is not State.QUEUED)
    # As it stands when the controller was killed between asking the site and writing down its answer.
    handle = Path(first.folder, "handle.json")
    handle.write_text(json.dumps(first.to_json() | {"reference": None}))
    [status] = at.status(Handle.from_json(json.loads(handle.read_text())))
    assert not status.state.over or status.code == 5, "it is there, and was not found"
    again = at.submit(asked)
    assert again.reference == first.reference
    assert until(at, again, lambda s: s.state.over).code == 5


@every
def test_an_array_has_one_verdict_for_each_copy(name: str, place: Place, image: Path) -> None:
    at = place(name)
    handle = at.submit(job("array", "echo n$ASSAYMARK_INDEX; exit $ASSAYMARK_INDEX", array=4, **given(name, image)))
    end = time.monotonic() + 400
    while not all(s.state.over for s in at.status(handle)) and time.monotonic() < end:
        time.sleep(0.1)
    assert [(s.index, s.state, s.code) for s in at.status(handle)] == [(i, State.EXITED, i) for i in range(4)]
    assert [at.logs(handle, i).stdout for i in range(4)] == [b"n%d\n" % i for i in range(4)]


@every
def test_a_verdict_that_is_gone_is_no_success(
    name: str, place: Place, image: Path, request: pytest.FixtureRequest
) -> None:
    at = place(name)
    handle = at.submit(job("gone", "exit 0", **given(name, image)))
    until(at, handle, lambda s: s.state.over)
    kept = {Path(folder, "runs/0/result.json") for folder in (handle.folder, handle.place.get("folder", handle.folder))}
    if name in PODS:
        kept |= set(request.getfixturevalue(name).host.folder.glob("*/main.log"))
    for damage in ("", "{", '{"schema": 1, "job": "another", "index": 0, "state": "exited", "code": 0}', "[]"):
        for file in kept:
            file.write_text(damage)
        # The last of its processes may take a moment to go.
        status = until(at, handle, lambda s: s.state.over)
        assert (status.state, status.code) == (State.NO_VERDICT, None), damage
        assert status.reason


@every
def test_what_is_forgotten_is_nowhere(name: str, place: Place, image: Path) -> None:
    at = place(name)
    handle = at.submit(job("forgotten", "exit 0", **given(name, image)))
    until(at, handle, lambda s: s.state.over)
    at.forget(handle)
    assert not Path(handle.folder).exists()
    assert not Path(handle.place.get("folder", handle.folder)).exists()


@every
def test_a_bad_id_is_refused(name: str, place: Place) -> None:
    at = place(name)
    for bad in ("../up", "", "A", "a b", "-x", "x" * 101):
        with pytest.raises(InputError, match="id of a job"):
            at.submit(job(bad, "true"))


@in_image
def test_it_is_the_image_that_runs(name: str, place: Place, image: Path) -> None:
    at = place(name)
    handle = at.submit(job("inside", "/bin/tool --version; ls /", **given(name, image)))
    assert until(at, handle, lambda s: s.state.over).code == 0
    assert at.logs(handle).stdout.splitlines()[0] == b"tool 1.2.3"
    assert b"root" not in at.logs(handle).stdout.split()


@in_image
def test_a_confined_command_is_confined(name: str, place: Place, image: Path) -> None:
    at = place(name)
    script = "id -u; touch /x 2>/dev/null && echo written; cat /proc/net/dev | wc -l; touch y /tmp/z && echo room"
    asked = job("confined", script, confinement=Confinement(network=False, user=54321), **given(name, image))
    handle = at.submit(asked)
    assert until(at, handle, lambda s: s.state.over).code == 0
    # Two lines of heading and the loopback interface.
    assert at.logs(handle).stdout.split() == [b"54321", b"3", b"room"]


@in_image
def test_a_command_that_is_not_there_fails(name: str, place: Place, image: Path) -> None:
    at = place(name)
    from dataclasses import replace

    [status] = done(at, replace(job("lacking", "", **given(name, image)), command=("/no/such/program",)))
    assert status.state is State.EXITED
    assert status.code not in (0, None)


@in_image
def test_what_runs_inside_cannot_forge_the_verdict(name: str, place: Place, image: Path) -> None:
    at = place(name)
    forged = (
        '{"schema": 1, "job": "forged", "index": 0, "state": "exited", "code": 0, "began": 1, "took": 1, "host": {}}'
    )
    script = f"for f in /mnt/result.json /mnt/../result.json /result.json; do echo '{forged}' > $f; done; exit 9"
    [status] = done(at, job("forged", script, **given(name, image)))
    assert (status.state, status.code) == (State.EXITED, 9)
