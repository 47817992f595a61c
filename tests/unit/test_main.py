"""The error boundary: every error becomes its exit status and a message for people."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from assaymark import __main__, __version__, cli, errors


def raising(problem: BaseException) -> object:
    def run(words: list[str]) -> int:
        raise problem

    return run


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        (errors.GateNotMet("gate silver: not met"), 1, "assaymark: gate silver: not met"),
        (errors.InputError("bad", where="f.toml:3", hint="do this"), 2, "assaymark: f.toml:3: bad\n  do this"),
        (errors.Undetermined("open"), 3, "assaymark: open"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/w/x"),
            2,
            "assaymark: /w/x: nothing can be written: No space",
        ),
        (
            OSError(errno.EROFS, "Read-only file system"),
            2,
            "assaymark: nothing can be written: Read-only file system\n  make",
        ),
        (FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"), 2, "No usable temporary"),
        (OSError(errno.EIO, "Input/output error"), 4, "Input/output error"),
        (RuntimeError("kaboom"), 4, "kaboom"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_each_error_has_its_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], problem: BaseException, code: int, said: str
) -> None:
    monkeypatch.setattr(cli, "run", raising(problem))
    assert __main__.main(["assess"]) == code
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_a_bug_is_called_a_bug_and_says_where_to_report_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "run", raising(RuntimeError("kaboom")))
    __main__.main(["assess"])
    assert "issues/new" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_an_answer_that_finds_no_room_is_told_as_that() -> None:
    with Path("/dev/full").open("w") as full:
        argv = [sys.executable, "-m", "assaymark", "criteria", "list"]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("assaymark: nothing can be written: No space left on device")
    assert "Traceback" not in done.stderr


def test_the_version_needs_nothing_heavy(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["--version"]) == 0
    assert capsys.readouterr().out == f"assaymark {__version__}\n"
    code = "import sys; from assaymark.__main__ import main; main(['--version']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"click", "rich", "yaml", "jsonschema", "dataclasses"} & set(loaded)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["asses"], "did you mean 'assess'"),
        (["assess", "--gaet", "x"], "--gate"),
        (["assess", "--format", "pdf"], "pdf"),
        (["explain"], "ID"),
    ],
)
def test_wrong_words_are_the_users_error(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["criteria"], ["badge"]])
def test_a_command_without_a_word_more_shows_its_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(words) == 2
    said = capsys.readouterr().err
    assert said.startswith("Usage: assaymark")
    assert said.count("--help") < 3


def test_every_verb_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["--help"]) == 0
    assert "assess" in capsys.readouterr().out
    for verb in ("assess", "explain", "compare", "ingest"):
        assert __main__.main([verb, "--help"]) == 0
        assert "xample" in capsys.readouterr().out


PROGRAM = """
import assaymark.cli, sys
def run(words):
    {body}
assaymark.cli.run = run
sys.argv = ["assaymark", "assess"]
from assaymark.__main__ import program
program()
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("print('x' * 300_000); return 3", "x" * 300_000),
        ("import atexit; atexit.register(print, 'last'); print('first'); return 3", "first\nlast"),
        ("import threading as t; t.Timer(0.3, print, ['done']).start(); return 3", "done"),
        ("import threading as t; t.Thread(target=t.Event().wait, daemon=True).start(); print(1); return 3", "1"),
    ],
)
def test_the_program_leaves_with_everything_done(body: str, said: str) -> None:
    code = PROGRAM.format(body=body)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == said + "\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a thing of Linux")
def test_what_cannot_be_written_at_the_end_is_no_success() -> None:
    code = PROGRAM.format(body="print('short'); return 0")
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-c", code]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, timeout=120, check=False)
    assert done.returncode != 0
    assert b"No space left" in done.stderr
