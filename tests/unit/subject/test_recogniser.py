"""The recogniser gives the same in a process of its own, and never keeps the run waiting."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assaymark.api import FactUnavailable
from assaymark.subject import recogniser

TEXTS = [p.read_text(encoding="utf-8") for p in sorted((Path(__file__).parent / "licence_texts").glob("[BM]*.txt"))]


def test_a_process_of_its_own_gives_the_same() -> None:
    texts = [*TEXTS, "Café, übrigens: ��\n" + TEXTS[0], ""]
    beside = recogniser._beside(texts)
    assert beside == recogniser._here(texts)
    assert beside[0][0].id == "BSD-2-Clause"


@pytest.mark.parametrize("python", ["", "/no/such/python", "/bin/false"])
def test_without_another_interpreter_it_is_loaded_here(python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", python)
    monkeypatch.delitem(sys.modules, "licenseclassifier", raising=False)
    assert recogniser._beside(TEXTS[:1]) is None
    assert recogniser.recognise(TEXTS[:1])[0][0].id == "BSD-2-Clause"


def test_a_text_that_takes_too_long_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recogniser, "TIMEOUT", 0.001)
    with pytest.raises(FactUnavailable, match="within"):
        recogniser._beside(TEXTS)


def test_nothing_to_match_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assaymark.proc.run", None)
    assert recogniser.recognise([]) == []
