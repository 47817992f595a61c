from __future__ import annotations

import subprocess
from pathlib import Path

from assaymark.subject.checkout import open_subject
from assaymark.subject.workspace import commit_time, reports_found, workspace


def git(root: Path, *words: str, date: str = "2026-01-02T00:00:00+00:00") -> None:
    import os

    env = os.environ | {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    subprocess.run(["git", "-C", str(root), *words], check=True, env=env, capture_output=True)


def test_the_time_of_the_commit(tmp_path: Path) -> None:
    assert commit_time(open_subject(tmp_path)) is None
    git(tmp_path, "init")
    (tmp_path / "a").write_text("x")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-m", "x")
    assert commit_time(open_subject(tmp_path)) == 1767312000


def test_reports_older_than_the_commit_are_stale(tmp_path: Path) -> None:
    import os

    git(tmp_path, "init")
    (tmp_path / "a").write_text("x")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-m", "x")
    (tmp_path / "lcov.info").write_text("SF:a\nDA:1,1\nend_of_record\n")
    (tmp_path / "odd.xml").write_text('<testsuite tests="1"><testcase name="a"/></testsuite>')
    opened = open_subject(tmp_path)
    found = reports_found.provide(opened.tree, opened, {"reports": ["odd*.xml"]})
    assert [(r.path, r.kind, r.usable) for r in found.reports] == [
        ("lcov.info", "coverage", True),
        ("odd.xml", "tests", True),
    ]
    os.utime(tmp_path / "lcov.info", (1767311999, 1767311999))
    found = reports_found.provide(opened.tree, opened, {})
    assert [(r.path, r.usable, r.stale) for r in found.reports] == [("lcov.info", False, "it is older than the commit")]


def test_the_workspace_of_a_checkout_is_the_checkout(tmp_path: Path) -> None:
    from datetime import date

    from assaymark.api import Options

    opened = open_subject(tmp_path)
    made = workspace.provide(opened.tree, Options(as_of=date(2026, 1, 1), root=tmp_path))
    assert made.root() == tmp_path
