from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from assessed import assessment, result

from assaymark.errors import GateNotMet
from assaymark.github.actions import Ended, publish
from assaymark.github.reasons import of, plain
from assaymark.model import Level, Outcome

MESSAGE = "gate silver: not met\n  QC.Lic01 is failed\n  QC.Doc06.1 is failed\n  at most 2 may be left out"


def test_each_verdict_is_told_with_its_reason_and_what_to_do() -> None:
    found = assessment(Level.NONE, result("QC.Lic01", Outcome.FAILED, message="there is no licence"))
    told = of(MESSAGE, found)
    assert [r.text for r in told] == [
        "gate silver: not met",
        "QC.Lic01 is failed: there is no licence",
        "QC.Doc06.1 is failed: it passed",
        "at most 2 may be left out",
    ]
    assert [r.todo for r in told] == ["", "Mend QC.Lic01.", "Mend QC.Doc06.1.", ""]
    assert plain(told).splitlines()[1] == "  QC.Lic01 is failed: there is no licence"


def test_what_is_one_thing_to_do_is_told_once() -> None:
    ids = ("QC.Lic01", "QC.Lic02", "QC.Sty01.1")
    alike = [result(id, Outcome.FAILED, message="there is no licence") for id in ids]
    alike = [replace(r, definition=replace(r.definition, remedy="Add one.")) for r in alike[:2]] + alike[2:]
    found = of("\n".join(["gate: not met", *(f"  {id} got worse" for id in ids)]), assessment(Level.NONE, *alike))
    assert [r.ids for r in found] == [(), ids[:2], ids[2:]]
    assert found[1].text == "QC.Lic01, QC.Lic02 got worse: there is no licence"


def test_without_an_assessment_it_is_as_it_was_said() -> None:
    assert plain(of(MESSAGE, None)).split() == MESSAGE.split()
    assert of("", None) == []


def test_words_of_others_stay_words(tmp_path: Path) -> None:
    bad = "@everyone <img src=x> ::error::x `y` | z"
    found = assessment(Level.NONE, result("QC.Lic01", Outcome.FAILED, message=bad))
    summary = tmp_path / "summary"
    ended = Ended(GateNotMet.code, MESSAGE, tmp_path / "none", tmp_path, found)
    [line] = publish("assess", ended, {"GITHUB_STEP_SUMMARY": str(summary)})
    assert line.startswith("::error title=assaymark assess::gate silver: not met%0A  QC.Lic01 is failed: @everyone")
    text = summary.read_text(encoding="utf-8")
    assert "- **QC.Lic01** is failed: " in text
    assert "<br>To do: Mend QC.Lic01." in text
    assert "<img" not in text
    assert "@everyone" not in text
