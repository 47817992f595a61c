"""Expressions kept from an earlier run are the very ones that the interpreter would compile."""

from __future__ import annotations

import marshal
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark import cache, expressions
from assaymark.expressions import Kept, assembled, parts_of


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSAYMARK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@given(st.text(alphabet="ab1()|*+?[]^$.\\dws{},:P<>=!-#i", max_size=30), st.sampled_from([0, re.I, re.M | re.X, re.S]))
def test_any_expression(source: str, flags: int) -> None:
    try:
        expected = re.compile(source, flags)
    except (re.error, Warning, OverflowError):
        return
    found = assembled(source, parts_of(source, flags))
    assert (found, found.groupindex) == (expected, expected.groupindex)


def test_what_one_run_compiled_the_next_one_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Kept()
    found = first.compiled(r"(?P<word>[a-z]+)-\d", re.IGNORECASE)
    first.compiled(rb"\xff+")
    first.keep()
    monkeypatch.setattr(expressions, "parts_of", None)
    second = Kept()
    again = second.compiled(r"(?P<word>[a-z]+)-\d", re.IGNORECASE)
    assert again == found
    match = again.fullmatch("Spam-1")
    assert match is not None
    assert match["word"] == "Spam"
    assert second.compiled(rb"\xff+").fullmatch(b"\xff\xff")
    assert second.new == {}


def test_what_is_known_is_not_written_again(place: Path) -> None:
    first = Kept()
    first.compiled("a+")
    first.keep()
    [file] = (f for f in place.rglob("*") if f.is_file() and len(f.name) > 40)
    before = file.stat()
    second = Kept()
    second.compiled("a+")
    second.keep()
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert file.stat().st_ino == before.st_ino


@pytest.mark.parametrize(
    "data",
    [
        b"no marshal",
        b"",
        marshal.dumps(["a list"]),
        marshal.dumps(7),
        marshal.dumps({("a+b", 0): (32, b"\x07\x00\x00\x00", 0, {})}),
        marshal.dumps({("a+b", 0): (32, b"123", 0, {})}),
        marshal.dumps({("a+b", 0): "nothing"}),
        marshal.dumps({("a+b", 0): (32, b"", 0, {"name": 9})}),
    ],
)
def test_what_cannot_be_is_compiled_as_ever(data: bytes) -> None:
    cache.put(expressions._key(), data)
    assert Kept().compiled("a+b") == re.compile("a+b")


def test_a_folder_that_cannot_be_used(place: Path) -> None:
    place.write_text("a file")
    kept = Kept()
    assert kept.compiled("a|b") == re.compile("a|b")
    kept.keep()
    assert place.read_text() == "a file"


def test_an_interpreter_that_keeps_its_compiler_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    kept = Kept()
    monkeypatch.setattr(expressions, "import_module", missing)
    assert kept.compiled("a|b") == re.compile("a|b")
    assert kept.new == {}


def test_a_mistake_is_told_as_ever() -> None:
    with pytest.raises(re.error, match="unterminated"):
        Kept().compiled("(")


def test_there_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expressions, "MOST", 2)
    kept = Kept()
    for word in ("a", "b", "c"):
        kept.compiled(word)
    kept.keep()
    assert Kept().old == {}


def run(code: str, folder: Path) -> str:
    environment = {"ASSAYMARK_CACHE": str(folder), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout


@pytest.mark.parametrize("remembers", [True, False])
def test_the_program_remembers_and_the_library_does_not(place: Path, remembers: bool) -> None:
    use = "from assaymark.patterns import late, ready; late('a+').search('a'); ready('b')"
    program = f"import assaymark.cli as c, assaymark.__main__ as m\ndef run(words):\n {use}\nc.run = run; m.main(['x'])"
    run(program if remembers else use, place)
    assert bool(Kept().old) is remembers
