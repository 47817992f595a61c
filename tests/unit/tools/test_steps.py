from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assaymark.api import Evidence, Options, Outcome
from assaymark.engine import Facts, run_check
from assaymark.tools.steps import step_checks

JUNIT = '<testsuite tests="1"><testcase name="a"/></testsuite>'


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Evidence]:
    def go(**step: Any) -> Evidence:
        given = {"name": "s", "criterion": "QC.Uni01", "command": ("true",)} | step
        options = Options(as_of=date(2026, 1, 1), root=tmp_path, run_steps=True)
        [check] = step_checks([given], options)
        assert check.external
        assert check.subcriteria == ("QC.Uni01",)
        [found] = run_check(check, Facts([], {}))
        return found

    return go


def test_the_exit_code_decides_and_it_is_self_reported(run: Callable[..., Evidence]) -> None:
    assert run().outcome is Outcome.PASSED
    assert run().grade == "self-reported"
    found = run(command=("echo why >&2", "exit 3"))
    assert found.outcome is Outcome.FAILED
    assert found.message == "step 's': exit code 3: why"


def test_it_runs_only_with_consent(tmp_path: Path) -> None:
    step = {"name": "s", "criterion": "QC.Uni01", "command": ("touch ran",)}
    options = Options(as_of=date(2026, 1, 1), root=tmp_path)
    [check] = step_checks([step], options)
    assert not check.external
    [found] = run_check(check, Facts([], {}))
    assert found.outcome is Outcome.UNKNOWN
    assert "needs --run-steps" in found.message
    assert not (tmp_path / "ran").exists()
    [bare] = step_checks([step], replace(options, root=None, run_steps=True))
    assert run_check(bare, Facts([], {}))[0].outcome is Outcome.UNKNOWN


def test_lines_are_one_script_that_stops_at_the_first_failure(run: Callable[..., Evidence], tmp_path: Path) -> None:
    lines = ("x=1", "if true; then", "  y=2", "fi", 'test "$x$y" = 12', "false", "touch never")
    assert run(command=lines).outcome is Outcome.FAILED
    assert not (tmp_path / "never").exists()


def test_a_failed_pre_is_an_error_and_post_runs_always(run: Callable[..., Evidence], tmp_path: Path) -> None:
    found = run(pre=("echo no database >&2", "false"), command=("touch ran",), post=("touch cleaned",))
    assert found.outcome is Outcome.ERROR
    assert "'pre' failed" in found.message
    assert "no database" in found.message
    assert not (tmp_path / "ran").exists()
    assert (tmp_path / "cleaned").exists()


def test_post_runs_after_a_command_that_hangs(run: Callable[..., Evidence], tmp_path: Path) -> None:
    found = run(command=("sleep 300",), post=("touch cleaned",), timeout=1)
    assert found.outcome is Outcome.UNKNOWN
    assert "did not end within 1 s" in found.message
    assert (tmp_path / "cleaned").exists()


@pytest.mark.parametrize("line", ["no-such-program --check", "./data.txt"])
def test_a_command_that_cannot_be_run_has_judged_nothing(
    line: str, run: Callable[..., Evidence], tmp_path: Path
) -> None:
    (tmp_path / "data.txt").write_text("x")
    found = run(command=(line,))
    assert found.outcome is Outcome.ERROR
    assert "could not be run" in found.message


def test_a_container_that_was_never_made_has_judged_nothing(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = tmp_path / "docker"
    engine.write_text("#!/bin/sh\necho 'Cannot connect to the daemon' >&2\nexit 125\n")
    engine.chmod(0o755)
    monkeypatch.setattr("assaymark.tools.steps.shutil.which", lambda name: str(engine))
    found = run(container="python:3.12")
    assert found.outcome is Outcome.ERROR
    assert "Cannot connect" in found.message
    assert run(command=("exit 125",)).outcome is Outcome.FAILED, "without a container it is the command's own"


def test_a_failing_post_changes_nothing(run: Callable[..., Evidence]) -> None:
    assert run(post=("false",)).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("command", "outcome", "says"),
    [
        (f"echo '{JUNIT}' > r.xml", Outcome.PASSED, "1 tests, 0 failed"),
        (f"echo '{JUNIT}' > r.xml; exit 1", Outcome.FAILED, "exit code 1, although"),
        ("true", Outcome.ERROR, "wrote no report r.xml"),
        ("echo '<testsuite' > r.xml", Outcome.ERROR, "cannot be used"),
        ("echo '<checkstyle/>' > r.xml", Outcome.ERROR, "not in the format junit"),
        ("ln -s /etc/passwd r.xml", Outcome.ERROR, "wrote no report"),
        ("echo '<testsuite/>' > r.xml", Outcome.UNKNOWN, "no test ran"),
    ],
)
def test_a_report_decides(command: str, outcome: Outcome, says: str, run: Callable[..., Evidence]) -> None:
    found = run(command=(command,), report="r.xml", format="junit")
    assert found.outcome is outcome, found.message
    assert says in found.message


def test_a_report_of_an_earlier_run_does_not_count(run: Callable[..., Evidence], tmp_path: Path) -> None:
    (tmp_path / "r.xml").write_text(JUNIT)
    assert run(report="r.xml", format="junit").outcome is Outcome.ERROR


def test_no_report_outside_the_checkout_is_touched(run: Callable[..., Evidence], tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside.xml"
    outside.write_text(JUNIT)
    assert run(report="../outside.xml", format="junit").outcome is Outcome.ERROR
    assert outside.exists()


def test_it_sees_no_secrets(run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    assert run(command=('test -z "$GITHUB_TOKEN"',)).outcome is Outcome.PASSED


def test_a_container_needs_an_engine(run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assaymark.tools.steps.shutil.which", lambda name: None)
    found = run(container="python:3.12")
    assert found.outcome is Outcome.UNKNOWN
    assert "docker or podman" in found.message


@pytest.mark.parametrize("program", ["docker", "podman"])
def test_a_container_gets_the_checkout_and_no_shell_of_ours(
    program: str, run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = tmp_path / program
    engine.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/asked\n')
    engine.chmod(0o755)
    monkeypatch.setattr("assaymark.tools.steps.shutil.which", lambda name: str(engine))
    assert run(container="lab/py:1", command=("make test", "echo done")).outcome is Outcome.PASSED
    asked = (tmp_path / "asked").read_text()
    assert "lab/py:1\n-e\n-c\nmake test\necho done\n" in asked
    assert f"--volume\n{tmp_path}:/work\n" in asked
    assert "--cap-drop\nALL\n" in asked
    assert ("--init\n" in asked) is (program == "docker"), "that of Podman is a package of its own"
