"""What a gate makes of what an engine says: told apart, exported, never lost."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import pytest
from dagger_engine_scripted import Ended, Scripted, said

from assaymark.api import InputError, Outcome

ASSESSED = {"/reports/assessment.json": b'{"level": "bronze"}'}


def tool(name="tool", proof="assessment.json", words=("run",)):
    from dagger import dag

    from assaymark_pipelines.gate import Gate

    return Gate(name=name, box=dag.container(), argv=(name, *words), proof=proof)


def played(play, ended, **gate):
    async def go():
        from assaymark_pipelines.gate import run
        from assaymark_pipelines.settings import Settings

        return await run(tool(**gate), Settings())

    return play([(said("tool"), ended)], go)[0]


@pytest.mark.parametrize(
    ("code", "files", "outcome", "reason"),
    [
        (0, ASSESSED, Outcome.PASSED, ""),
        (0, {}, Outcome.ERROR, "wrote no assessment.json"),
        (1, ASSESSED, Outcome.FAILED, ""),
        (1, {}, Outcome.ERROR, "wrote no assessment.json"),
        (2, {}, Outcome.ERROR, "input or configuration"),
        (3, ASSESSED, Outcome.UNKNOWN, ""),
        (4, ASSESSED, Outcome.ERROR, "exit status 4 is none"),
        (126, {}, Outcome.ERROR, "it broke"),
        (127, {}, Outcome.ERROR, "it broke"),
    ],
)
def test_what_an_exit_status_means(play, code, files, outcome, reason):
    result = played(play, Ended(code, files=files))
    assert (result.outcome, result.code) == (outcome, code)
    assert reason in result.reason


@pytest.mark.parametrize("code", [137, 139, 143])
def test_a_signal_is_a_crash_and_not_a_finding(play, code):
    result = played(play, Ended(code, stderr="Killed"))
    assert result.outcome is Outcome.ERROR
    assert result.reason == f"a signal ended it: {code - 128}"
    assert result.stderr == "Killed"
    assert result.reports is None


def test_a_step_before_the_gate_is_not_the_gate(play):
    async def go():
        from dagger import dag

        from assaymark_pipelines.gate import Gate, run
        from assaymark_pipelines.settings import Settings

        box = dag.container().with_exec(["pip", "install", "x"])
        return await run(Gate(name="tool", box=box, argv=("tool",)), Settings())

    result, _ = play([(said("pip"), Ended(1, stderr="no index"))], go)
    assert result.outcome is Outcome.ERROR
    assert "a step before it failed with 1: pip install x" in result.reason


def test_one_crash_takes_nothing_from_the_others_and_all_are_exported(play, tmp_path):
    async def go():
        from assaymark_pipelines.gate import status, together
        from assaymark_pipelines.host import exported
        from assaymark_pipelines.settings import Settings

        results = await together([tool("good"), tool("bad"), tool("ugly")], Settings())
        await exported(results, tmp_path / "out")
        return results, status(results)

    rules = [
        (said("good"), Ended(0, files=ASSESSED)),
        (said("bad"), Ended(1, files=ASSESSED, stdout="two findings")),
        (said("ugly"), Ended(139)),
    ]
    (results, status), _ = play(rules, go)
    assert [(r.name, r.outcome.value) for r in results] == [("good", "passed"), ("bad", "failed"), ("ugly", "error")]
    assert status == 1
    out = tmp_path / "out"
    assert {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()} == {
        "good/assessment.json",
        "bad/assessment.json",
        "pipeline.json",
    }
    told = json.loads((out / "pipeline.json").read_text())
    assert told["status"] == 1
    assert [g["outcome"] for g in told["gates"]] == ["passed", "failed", "error"]
    assert told["gates"][1]["stdout"] == "two findings"


def test_gates_run_beside_one_another_in_one_session(play):
    """Two gates that wait for each other end only if both run at once."""
    import threading

    both = threading.Barrier(2, timeout=60)

    class Meeting(Scripted):
        def _executed(self, box, argv, given):
            both.wait()
            return super()._executed(box, argv, given)

    async def go():
        from assaymark_pipelines.gate import together
        from assaymark_pipelines.settings import Settings

        return await together([tool("one"), tool("two")], Settings(heavy=2))

    results, _ = play(Meeting([], otherwise=Ended(0, files=ASSESSED)), go)
    assert [r.outcome for r in results] == [Outcome.PASSED, Outcome.PASSED]


def test_an_engine_that_fails_is_asked_again_but_not_for_ever(play, monkeypatch):
    from dagger_engine import Refused

    from assaymark_pipelines import gate as gates

    monkeypatch.setattr(gates, "PAUSE", 0.0)

    class Flaky(Scripted):
        failures = 1

        def force(self, engine, node):
            if self.failures:
                self.failures -= 1
                raise Refused("failed to resolve source: 503 Service Unavailable")
            super().force(engine, node)

    async def go():
        from assaymark_pipelines.settings import Settings

        return await gates.run(tool(), Settings(attempts=2))

    back = Flaky([], otherwise=Ended(0, files=ASSESSED))
    assert play(back, go)[0].outcome is Outcome.PASSED
    back = Flaky([], otherwise=Ended(0, files=ASSESSED))
    back.failures = 99
    result = play(back, go)[0]
    assert result.outcome is Outcome.ERROR
    assert result.reason.startswith("the engine failed: failed to resolve source")
    assert back.failures == 97


def test_a_gate_has_a_deadline(play):
    import threading

    never = threading.Event()

    class Slow(Scripted):
        def _executed(self, box, argv, given):
            never.wait(60)
            return super()._executed(box, argv, given)

    async def go():
        from assaymark_pipelines.gate import run
        from assaymark_pipelines.settings import Settings

        try:
            return await run(tool(), Settings(seconds=0.3))
        finally:
            never.set()

    result, _ = play(Slow([], otherwise=Ended(0)), go)
    assert (result.outcome, result.reason) == (Outcome.ERROR, "its time of 0.3 s was over")


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([], 3),
        ([("passed", 0)], 0),
        ([("passed", 0), ("unknown", 3)], 3),
        ([("unknown", 3), ("error", 139)], 3),
        ([("passed", 0), ("error", None)], 3),
        ([("error", 2), ("error", None)], 2),
        ([("error", 2), ("error", 4)], 4),
        ([("failed", 1), ("error", 139), ("unknown", 3)], 1),
    ],
)
def test_the_status_of_all(outcomes, status):
    from assaymark_pipelines.gate import Result
    from assaymark_pipelines.gate import status as of

    assert of([Result(name="x", outcome=Outcome(o), code=c) for o, c in outcomes]) == status


def test_without_an_engine_there_is_a_sentence(monkeypatch, tmp_path):
    """A session that does not answer: a port on which nobody listens."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("DAGGER_SESSION_PORT", str(port))
    monkeypatch.setenv("DAGGER_SESSION_TOKEN", "x")
    monkeypatch.setattr("dagger.Retry", lambda **_: None)

    async def go():
        from assaymark_pipelines.session import session

        async with session():
            pytest.fail("it connected to nothing")

    with pytest.raises(InputError, match="no Dagger engine"):
        anyio.run(go)


def test_the_summary_is_there_even_when_the_engine_is_gone(tmp_path, play):
    from dagger_engine import Refused

    class Gone(Scripted):
        def leaf(self, engine, node, name, arguments):
            raise Refused("the engine went away")

    async def go():
        from assaymark_pipelines.gate import run
        from assaymark_pipelines.host import exported
        from assaymark_pipelines.settings import Settings

        results = (await run(tool(), Settings(attempts=1)),)
        await exported(results, tmp_path)
        return results

    play(Gone([], otherwise=Ended(0)), go)
    assert json.loads(Path(tmp_path, "pipeline.json").read_text())["gates"][0]["outcome"] == "error"
