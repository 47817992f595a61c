from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assaymark.api import Outcome
from assaymark.engine import Facts, run_check
from assaymark.errors import InputError
from assaymark.subject.checkout import open_subject
from assaymark.subject.tree import IndexedTree
from assaymark.tools.found import FOLDER, format_of, found_digest, found_reports, report_of
from assaymark.tools.ingest import evidence_of, ingest, ingested_checks

LCOV = "SF:a.c\nDA:1,1\nDA:2,0\nend_of_record\n"
JUNIT = '<testsuite tests="1"><testcase name="a"/></testsuite>'
SARIF = '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "gosec", "version": "2.1"}}, "results": [%s]}]}'
EMPTY = IndexedTree([], lambda entry, limit: b"")


@pytest.mark.parametrize(
    ("text", "path", "format"),
    [
        (LCOV, "x", "lcov"),
        ("TN:\n" + LCOV, "x", "lcov"),
        (JUNIT, "x", "junit"),
        ('<?xml version="1.0"?>\n<!-- c -->\n<testsuites/>', "x", "junit"),
        ("<coverage/>", "x", "cobertura"),
        ('<report name="a"/>', "x", "jacoco"),
        ("<checkstyle/>", "x", "checkstyle"),
        (SARIF % "", "x.json", "sarif"),
        ("{}", "x.sarif", "sarif"),
        ("{}", "x.json", None),
        ("<note/>", "x.xml", None),
        ("", "x", None),
        ("hello", "x", None),
    ],
)
def test_formats_are_told_by_content(text: str, path: str, format: str | None) -> None:
    assert format_of(text.encode(), path) == format


def test_reports_at_the_usual_places(on_disk: Callable[..., Path]) -> None:
    files = {
        "coverage/lcov.info": LCOV,
        "junit.xml": JUNIT,
        "build/reports/scan.sarif": SARIF % "",
        "target/surefire-reports/TEST-a.B.xml": JUNIT,
        "notes.xml": "<x/>",
        "deep/down/junit.xml": JUNIT,
    }
    root = on_disk(files)
    (root / "reports").symlink_to("/etc")
    (root / "report.xml").symlink_to(root / "junit.xml")
    found = found_reports(root, EMPTY, None)
    assert [(r.path, r.kind, r.usable) for r in found.reports] == [
        ("junit.xml", "tests", True),
        ("coverage/lcov.info", "coverage", True),
        ("target/surefire-reports/TEST-a.B.xml", "tests", True),
        ("build/reports/scan.sarif", "findings", True),
    ]
    assert found.usable("coverage")[0].metrics["coverage"] == 50.0


def test_a_tracked_report_is_not_of_this_commit(on_disk: Callable[..., Path], tree: Any) -> None:
    root = on_disk({"junit.xml": JUNIT})
    assert found_reports(root, tree({"junit.xml": JUNIT}), None).reports == ()
    assert found_reports(root, tree({"junit.xml": JUNIT}), None, ("junit.xml",)).reports == ()


def test_a_report_that_is_broken_says_so(on_disk: Callable[..., Path]) -> None:
    [found] = found_reports(on_disk({"junit.xml": JUNIT[:-5]}), EMPTY, None).reports
    assert not found.usable
    assert "not whole XML" in (found.problem or "")


def test_globs_do_not_leave_the_root(on_disk: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text(JUNIT)
    root = on_disk({"a": ""})
    assert found_reports(root, EMPTY, None, ("../*.xml", "/etc/*", str(tmp_path / "*.xml"))).reports == ()


def test_without_files_on_disk_there_are_none() -> None:
    assert found_reports(None, EMPTY, None).reports == ()


def test_the_digest_changes_with_the_reports(on_disk: Callable[..., Path]) -> None:
    @dataclass
    class Opened:
        root: Path | None

    root = on_disk({"a": ""})
    seen = [found_digest(Opened(root))]
    (root / "junit.xml").write_text(JUNIT)
    seen.append(found_digest(Opened(root)))
    (root / "junit.xml").write_text(JUNIT + "\n")
    seen.append(found_digest(Opened(root)))
    assert len(set(seen)) == 3
    assert found_digest(Opened(None)) == ""


@pytest.fixture
def checkout_(on_disk: Callable[..., Path]) -> Path:
    root = on_disk({"a.go": "package a\n"})
    for words in (["init"], ["add", "-A"], ["commit", "-m", "x"]):
        subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)
    return root


def handed_in(root: Path) -> list[tuple[tuple[str, ...], Outcome, str]]:
    tree = open_subject(root).tree
    return [
        (check.subcriteria, e.outcome, e.message)
        for check in ingested_checks(root, tree)
        for e in run_check(check, Facts([], {}))
    ]


def test_what_is_handed_in_counts_for_these_files_only(checkout_: Path, tmp_path: Path) -> None:
    (tmp_path / "g.sarif").write_text(SARIF % "")
    kept = ingest(tmp_path / "g.sarif", "QC.Sec02", checkout_)
    assert kept.is_relative_to(checkout_ / FOLDER)
    assert handed_in(checkout_) == [(("QC.Sec02",), Outcome.PASSED, "g.sarif (gosec) holds no problem")]
    status = subprocess.run(["git", "-C", str(checkout_), "status", "--porcelain"], capture_output=True, check=True)
    assert status.stdout == b""
    (checkout_ / "a.go").write_text("package b\n")
    [(_, outcome, message)] = handed_in(checkout_)
    assert outcome is Outcome.UNKNOWN
    assert "other files" in message


def test_findings_that_are_handed_in_fail(checkout_: Path, tmp_path: Path) -> None:
    (tmp_path / "g.sarif").write_text(SARIF % '{"ruleId": "G1", "level": "error", "message": {"text": "bad"}}')
    ingest(tmp_path / "g.sarif", "QC.Sec02", checkout_)
    [(_, outcome, _)] = handed_in(checkout_)
    assert outcome is Outcome.FAILED


@pytest.mark.parametrize("text", ["", "hello", "{}", "<note/>", JUNIT[:-3], '{"runs": []}'])
def test_what_is_no_report_is_refused(text: str, checkout_: Path, tmp_path: Path) -> None:
    (tmp_path / "r").write_text(text)
    with pytest.raises(InputError, match="no report"):
        ingest(tmp_path / "r", "QC.Sec02", checkout_)
    assert not (checkout_ / FOLDER).exists()


def test_a_folder_without_git_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "j.xml").write_text(JUNIT)
    with pytest.raises(InputError, match="no Git checkout"):
        ingest(tmp_path / "j.xml", "QC.Uni01", tmp_path / "plain")
    assert list((tmp_path / "plain").iterdir()) == []


def test_a_missing_file_is_refused(checkout_: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        ingest(tmp_path / "gone", "QC.Sec02", checkout_)


def test_a_record_is_not_written_through_a_link(checkout_: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (checkout_ / ".assaymark").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "j.xml").write_text(JUNIT)
    with pytest.raises(InputError, match="link"):
        ingest(tmp_path / "j.xml", "QC.Uni01", checkout_)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("text", ["", "[]", "{", '{"report": 3}', "[" * 100_000, '{"report": "x", "for": 1}'])
def test_a_record_that_is_damaged_never_passes(text: str, checkout_: Path) -> None:
    folder = checkout_ / FOLDER
    folder.mkdir(parents=True)
    (folder / "x.json").write_text(text)
    assert all(outcome is not Outcome.PASSED for _, outcome, _ in handed_in(checkout_))
    found = found_reports(checkout_, open_subject(checkout_).tree, None)
    assert not any(r.usable for r in found.reports)


def test_a_record_of_the_repository_itself_is_no_consent(checkout_: Path) -> None:
    """A tracked record names the digest of a tree that it would be part of, so it cannot fit."""
    folder = checkout_ / FOLDER
    folder.mkdir(parents=True)
    record = {"for": "QC.Sec02", "file": "x", "tree": open_subject(checkout_).tree.digest, "report": SARIF % ""}
    (folder / "x.json").write_text(json.dumps(record))
    subprocess.run(["git", "-C", str(checkout_), "add", "-Af", "."], check=True)
    [(_, outcome, _)] = handed_in(checkout_)
    assert outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("SF:a\nDA:1,1\nend_of_record\n", Outcome.PASSED),
        (LCOV, Outcome.FAILED),
        (JUNIT, Outcome.PASSED),
        ("<testsuite/>", Outcome.UNKNOWN),
        ('<testsuite><testcase name="a"><failure/></testcase></testsuite>', Outcome.FAILED),
        (SARIF % '{"ruleId": "x", "level": "note", "message": {"text": "m"}}', Outcome.PASSED),
        (SARIF % '{"ruleId": "x", "message": {"text": "m"}}', Outcome.FAILED),
        ('<checkstyle><file name="a"><exception>x</exception></file></checkstyle>', Outcome.UNKNOWN),
        ("rubbish", Outcome.UNKNOWN),
    ],
)
def test_what_reports_prove(text: str, outcome: Outcome) -> None:
    found = evidence_of(report_of(text.encode(), "r", None))
    assert found.outcome is outcome, found.message
    assert found.grade == "self-reported"


def test_many_reports_are_bounded(on_disk: Callable[..., Path]) -> None:
    root = on_disk({f"reports/{n:03}.sarif": SARIF % "" for n in range(100)})
    assert len(found_reports(root, EMPTY, None).reports) == 40
    assert [p.name for p in root.iterdir()] == ["reports"]
