"""Milestones out of reports of two makers, what moved between them, and the commits behind it."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.errors import InputError
from assaymark.model import Assessment
from assaymark.provenance import between, history, milestones, picture, prov
from assaymark.provenance.account import Account
from assaymark.provenance.constraints import violations
from assaymark.provenance.milestones import LEVELS, Milestone
from assaymark.reports import json as report

from .test_validated import told


def milestone(number: int, level: str = "silver", **outcomes: str) -> Milestone:
    return Milestone(
        commit=f"{number:040x}",
        moment=f"2026-01-{number % 28 + 1:02}T00:00:00Z",
        level=level,
        source="assaymark",
        sha256=f"{number:064x}",
        assessor="0.1.0",
        outcomes={k.replace("_", "."): v for k, v in outcomes.items()},
    )


def sqaaas(level: str | None = "bronze", **more: Any) -> dict[str, Any]:
    return {
        "meta": {"version": "2.0.0", "report_json_url": "https://x"},
        "repository": [
            {
                "url": "https://bob:pw@github.com/o/r.git",
                "name": "o/r",
                "tag": "main",
                "commit_id": "ab" * 20,
                "badge_status": level,
            }
        ],
        "report": {
            "QC.Lic": {"valid": True, "subcriteria": {"QC.Lic01": {"valid": True}, "QC.Lic02": {"valid": False}}},
            "QC.Uni": {"valid": None, "subcriteria": {}},
        },
        "badge": {
            "software": {
                "criteria": {
                    "bronze": {"to_fulfill": ["QC.Lic"], "missing": [], "fulfilled": ["QC.Lic"]},
                    "silver": {"to_fulfill": ["QC.Uni"], "missing": ["QC.Uni"], "fulfilled": []},
                },
                "data": {"issuedOn": "2024-05-06T07:08:09.123456789Z"},
            }
        },
        **more,
    }


def read(value: Any, where: str = "x.json") -> list[Milestone]:
    return list(milestones.read(json.dumps(value).encode(), where))


def test_our_own_report_is_read(assessment: Assessment) -> None:
    data = report.render(assessment).encode()
    (found,) = milestones.read(data, "assessment.json")
    assert (found.level, found.source, found.commit) == (assessment.level, "assaymark", assessment.subject.commit)
    assert found.outcomes["QC.Sec02"] == "error"


def test_a_report_of_sqaaas_is_read_without_credentials() -> None:
    (found,) = read(sqaaas())
    assert (found.level, found.source, found.assessor) == ("bronze", "SQAaaS", "2.0.0")
    assert found.repository == "github.com/o/r"
    assert dict(found.outcomes) == {"QC.Lic01": "passed", "QC.Lic02": "failed"}


def test_a_level_that_is_not_told_follows_from_what_is_missing() -> None:
    assert read(sqaaas(level=None))[0].level == "bronze"
    assert read(sqaaas(level=None, badge={}))[0].level == "none"


def test_a_kept_history_is_read_line_by_line() -> None:
    text = b'{"commit": "%s", "date": "2026-01-01", "level": "gold"}\n\n{"commit": 1}\n' % (b"a" * 40)
    reader = milestones.read(text, "history.jsonl")
    assert next(reader).level == "gold"
    with pytest.raises(InputError, match=r"history.jsonl:3"):
        next(reader)


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"subject": {}},
        {"report": {}},
        {"subject": {"commit": "x"}},
        sqaaas(repository="none"),
        {"subject": {"commit": "a" * 40}, "level": "platinum", "run": {"started": "2026-01-01"}},
    ],
)
def test_what_is_no_report_is_refused_with_its_place(value: Any) -> None:
    with pytest.raises(InputError, match=r"^x.json"):
        read(value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5) | st.just("a" * 40) | st.just("2026-01-01") | st.just("gold"),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "subject",
                        "commit",
                        "report",
                        "repository",
                        "badge",
                        "software",
                        "level",
                        "run",
                        "started",
                        "subcriteria",
                        "id",
                        "data",
                        "criteria",
                        "bronze",
                        "commit_id",
                    ]
                ),
                x,
                max_size=5,
            )
        ),
        max_leaves=25,
    )
)
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        read(value)
    except InputError:
        return


def test_the_last_report_on_a_commit_counts_and_git_orders() -> None:
    one, two, three = milestone(3), milestone(2), milestone(1)
    again = Milestone(commit=one.commit, moment="2026-02-01", level="gold", source="assaymark")
    assert [m.commit for m in milestones.ordered([one, two, three])] == [three.commit, two.commit, one.commit]
    line = milestones.ordered([one, two, again], commits=[one.commit, two.commit])
    assert [(m.commit, m.level) for m in line] == [(one.commit, "gold"), (two.commit, "silver")]


def test_only_what_both_looked_at_moves() -> None:
    (move,) = milestones.moves(
        [
            milestone(1, a="passed", b="failed", c="unknown", d="passed"),
            milestone(2, "gold", a="failed", b="passed", c="not-applicable"),
        ]
    )
    assert (move.better, move.worse, move.rise) == (("b", "c"), ("a",), 1)


def test_ten_thousand_assessments_are_told_soundly() -> None:
    line = [milestone(n, "gold" if n % 7 else "silver") for n in range(1, 10_001)]
    document = history.document("github.com/o/r", line, milestones.moves(line))
    assert len(document["entity"]) == 20_000
    assert violations(document) == ()
    revisions = [r for r in document["wasDerivedFrom"].values() if r["prov:type"]["$"] == "prov:Revision"]
    assert len(revisions) == 2 * 9_999


def test_prov_reads_a_history() -> None:
    from prov.model import ProvDocument

    line = [milestone(1), read(sqaaas())[0]]
    text = prov.dump(history.document("github.com/o/r", line, milestones.moves(line)))
    assert len(ProvDocument.deserialize(content=text).records) > 10
    assert "bob" not in text


def git(folder: Path, *command: str) -> str:
    run = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org", *command]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    for number, content in enumerate(["one\n", "one\ntwo\n", "\0binary"]):
        (tmp_path / "f \n.txt").write_text(content)
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-q", "-m", f"step {number}")
    return tmp_path


def test_commits_and_files_behind_a_move(repository: Path) -> None:
    checkout = between.repository_at(str(repository))
    known = between.line(checkout)
    first, second, third = known.commits
    assert known.titles[first] == "step 0"

    def at(commit: str, level: str) -> Milestone:
        return Milestone(commit=commit, moment="2026-01-01", level=level, source="assaymark")

    line = between.dated([at(first, "none"), at(second, "bronze"), at(third, "none")], known)
    one, two = between.told(checkout, milestones.moves(line), known)
    assert one.commits == ((second, "step 1"),)
    assert [(f.path, f.added, f.removed) for f in one.files] == [("f \n.txt", 1, 0)]
    assert [(f.added, f.removed) for f in two.files] == [(None, None)]
    text = "\n".join(history.lines(line, (one, two), known.titles))
    assert "level up: none -> bronze" in text
    assert "level down: bronze -> none" in text
    assert "f \n.txt" not in text
    assert git(repository, "log", "-1", "--format=%cs") in text


def test_a_ref_that_is_none_is_exit_2(repository: Path) -> None:
    with pytest.raises(InputError, match="Git cannot tell"):
        between.line(between.repository_at(str(repository)), "--output=/tmp/x")
    with pytest.raises(InputError, match="no Git repository"):
        between.repository_at("/proc")


def test_pictures_are_sound_svg_that_tells_what_they_show(hosted: Account) -> None:
    line = [milestone(1, "none"), milestone(2, "gold", a="passed"), milestone(3, "silver", a="failed")]
    for text in (
        picture.assessment(hosted),
        picture.history("o/r <&>", line, milestones.moves(line)),
        picture.history("x", []),
    ):
        root = ET.fromstring(text)
        assert root.get("role") == "img"
        assert root[0].tag.endswith("title")
        assert "script" not in text
        assert "href" not in text
    drawn = picture.history("o/r", line, milestones.moves(line))
    assert drawn.count("<circle") == 3
    assert "worse: a" in drawn
    assert "the level moved 2 times" in drawn


@pytest.mark.parametrize("number", [1, 2, 50, 2_000])
def test_a_history_of_any_length_fits_and_its_names_do_not_overlap(number: int) -> None:
    line = [milestone(n, LEVELS[n * 7 // 3 % 4]) for n in range(number)]
    root = ET.fromstring(picture.history("o/r", line, milestones.moves(line)))
    svg = "{http://www.w3.org/2000/svg}"
    wide = float(root.get("width", "0"))
    assert len(root.findall(f".//{svg}circle")) == number
    named = [float(t.get("x", "0")) for t in root.iter(f"{svg}text") if t.get("class") == "small named"]
    assert named
    assert all(right - left > 70 for left, right in pairwise(named))
    assert all(35 < x < wide - 35 for x in named)
    assert all(0 < float(c.get("cx", "0")) < wide for c in root.iter(f"{svg}circle"))


def test_the_picture_of_a_validation_tells_of_documents() -> None:
    text = picture.assessment(told())
    assert ">Documents<" in text
    assert "validator toy 2.1" in text
    assert "2 checks of commit" in text
    assert "fill:var(--failed)" in text
    assert "reached" not in text


@pytest.mark.parametrize(
    "moment", ["2026-13-45", "2026-01-01T99:00:00Z", "2026-01-01T::Z", "0001-01-01T00:00:00+14:00"]
)
def test_what_only_looks_like_a_date_is_refused_with_its_place(moment: str) -> None:
    line = json.dumps({"commit": "a" * 40, "date": moment, "level": "gold"}).encode()
    with pytest.raises(InputError, match=r"^history.jsonl:1.*not a date"):
        list(milestones.read(line, "history.jsonl"))


def test_moments_of_different_zones_and_lengths_are_ordered_as_moments() -> None:
    def at(moment: str, level: str, commit: str = "a" * 40) -> Milestone:
        return Milestone(commit=commit, moment=moment, level=level, source="assaymark")

    early, late = at("2026-01-02T00:30:00+05:00", "none"), at("2026-01-01T23:00:00Z", "gold")
    assert [m.level for m in milestones.ordered([late, early])] == ["gold"], "the later report counts"
    other = at("2026-01-01T20:00:00.123456789Z", "silver", "b" * 40)
    assert [m.level for m in milestones.ordered([other, late])] == ["silver", "gold"]
    assert milestones.ordered([at("2026-01-01", "none")])[0].level == "none"
