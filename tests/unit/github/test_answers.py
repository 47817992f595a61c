from __future__ import annotations

import json
from pathlib import Path

import pytest
from runner_commands import commands

from assaymark.errors import BUG, GateNotMet, Undetermined
from assaymark.github.actions import Ended, publish
from assaymark.github.answers import FILE, Answer, markdown, read

LOCK = Answer("lock", "no", "requirements.txt:3: click has no hash", "Write it with hashes: uv pip compile")
LICENCE = Answer("licences", "unknown", "tide-core names none", "Name it: --licence tide-core=MIT")
CLEAN = Answer("changes", "yes", "the files are those of c0ffee", "")


def written(folder: Path, *answers: Answer) -> tuple[Answer, ...]:
    text = json.dumps({"commit": "c0ffee", "items": [a._asdict() for a in answers]})
    (folder / FILE).write_text(text, encoding="utf-8")
    return read(folder)


def test_what_stands_in_the_way_comes_first(tmp_path: Path) -> None:
    assert written(tmp_path, CLEAN, LICENCE, LOCK) == (LOCK, LICENCE, CLEAN)
    assert read(tmp_path / "nowhere") == ()


def test_each_is_told_with_its_remedy(tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    found = written(tmp_path, CLEAN, LICENCE, LOCK)
    ended = Ended(GateNotMet.code, "not to be released: lock", tmp_path / "none", tmp_path, None, found)
    lines = publish("release build", ended, {"GITHUB_STEP_SUMMARY": str(summary)})
    told = [(c.name, c.properties["title"], c.data) for line in lines for c in commands(line)]
    assert told == [
        ("error", "assaymark release build: lock", f"{LOCK.text}\n{LOCK.remedy}"),
        ("warning", "assaymark release build: licences", f"{LICENCE.text}\n{LICENCE.remedy}"),
    ]
    text = summary.read_text(encoding="utf-8")
    assert "not to be released: lock" in text
    assert text.index("click has no hash") < text.index("tide-core names none") < text.index("the files are those")
    assert "<details><summary>1 question answered with yes" in text


@pytest.mark.parametrize("code", [BUG, Undetermined.code])
def test_what_went_wrong_besides_is_told_too(tmp_path: Path, code: int) -> None:
    ended = Ended(code, "the build back end failed", tmp_path, tmp_path, None, (CLEAN,))
    [line] = publish("release build", ended, {})
    assert "the build back end failed" in line


def test_nothing_in_the_way_and_hostile_words() -> None:
    assert "Yes: nothing stands in the way." in markdown([CLEAN])
    text = markdown([Answer("@everyone", "no", "<img src=x> | ::error::", "#1 ![x](y)")])
    assert "<img" not in text
    assert "@everyone" not in text
