"""The benchmarks measure what they say; how long things take is not tested."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import assaymark


@pytest.fixture
def speed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(checkout / "benchmarks"))
    import speed

    yield speed
    for name in [n for n in sys.modules if n in ("speed", "lib") or n.startswith("lib.")]:
        del sys.modules[name]


def command(speed: ModuleType, code: str, **more: Any) -> Any:
    return speed.Command("test", [sys.executable, "-S", "-c", code], dict(os.environ), **more)


def test_peak_memory_and_output_are_those_of_the_process(checkout: Path) -> None:
    # From a small process, as benchmarks are: a child's peak starts at what its parent held.
    inner = "x = bytearray(200_000_000); print('done')"
    code = (
        "import os, sys; from lib.measure import Command, once; "
        f"s = once(Command('test', [sys.executable, '-S', '-c', {inner!r}], dict(os.environ))); "
        "print(s.output, s.peak)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout / "benchmarks", capture_output=True, text=True, check=True
    )
    output, peak = done.stdout.split()
    assert output == r"b'done\n'"
    assert 200e6 < int(peak) * 1024 < 400e6


def test_a_command_that_fails_ends_the_benchmark_with_its_words(speed: ModuleType) -> None:
    with pytest.raises(SystemExit, match="no such thing"):
        speed.once(command(speed, "raise SystemExit('no such thing')"))
    assert speed.once(command(speed, "raise SystemExit(1)", accept=frozenset({0, 1}))).seconds > 0


def test_commands_take_turns(speed: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "log"
    commands = [command(speed, f"open({str(log)!r}, 'a').write({name!r})") for name in "AB"]
    first, second = speed.in_turns(commands, 3)
    assert log.read_text(encoding="utf-8") == "AB" * 4  # the first turn warms up
    assert len(first.samples) == len(second.samples) == 3


def test_what_is_decided_is_counted(speed: ModuleType) -> None:
    ours = [{"outcome": o} for o in ("passed", "failed", "not-applicable", "unknown", "error")]
    assert speed.decided_by_us(json.dumps({"subcriteria": ours}).encode()) == 3
    theirs = {"a": {"result": True}, "b": {"result": False}, "c": {"result": None}}
    assert speed.decided_by_peer(json.dumps({"checks": theirs}).encode()) == 2


def test_an_aim_that_is_missed_is_shown(speed: ModuleType) -> None:
    row = {"subject": "s", "what": "w", "ours": "o", "beside": "b", "unit": "x", "aim": 1.0}
    shown = speed.shown([speed.Row(**row, value=1.0), speed.Row(**row, value=1.01)]).splitlines()
    assert [line.split("|")[-2].strip() for line in shown[2:]] == ["yes", "NO"]


def test_documents_of_the_benchmark_of_validate_are_valid(checkout: Path, tmp_path: Path) -> None:
    code = (
        "import json, sys, validate\n"
        "for name, make in validate.MAKERS.items():\n"
        "    open(f'{sys.argv[1]}/{name}.json', 'w').write(json.dumps(make(1), indent=1))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=checkout / "benchmarks", check=True)
    validation = assaymark.validate(tmp_path, cache=False)
    assert {j.format: j.state.value for j in validation.judgements} == {"ophidia": "valid", "openeo": "valid"}
