from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from runner_commands import commands

from assaymark.github.changed import parse
from assaymark.github.findings import PER_JOB, PER_KIND, Found, choose, read, remember, remembered


def many(number: int, kind: str = "warning", path: str = "a.py") -> list[Found]:
    return [Found(kind, "r", f"m{n}", path, n) for n in range(1, number + 1)]  # type: ignore[arg-type]


def test_what_a_host_shows_is_the_limit() -> None:
    chosen = choose([*many(30), *many(30, "error"), *many(30, "notice")], "", None)
    kinds = [c.name for line in chosen.lines for c in commands(line)]
    assert {kind: kinds.count(kind) for kind in kinds} == dict.fromkeys(("error", "warning", "notice"), PER_KIND)
    assert chosen.hidden == 60
    assert kinds == sorted(kinds, key=["error", "warning", "notice"].index)


def test_a_job_has_a_limit_too() -> None:
    earlier = frozenset(map(str, range(PER_JOB - 3)))
    chosen = choose(many(10), "", None, earlier)
    assert (len(chosen.lines), chosen.hidden) == (3, 7)


def test_changed_lines_come_first_then_changed_files() -> None:
    found = [*many(12, path="old.py"), Found("notice", "r", "x", "p/new.py", 5), *many(11, path="p/new.py")]
    changed = {"q/p/new.py": (range(11, 12),)}
    chosen = choose(found, "q/", changed)
    first, second, *_ = [c.properties for line in chosen.lines for c in commands(line)]
    assert (first["file"], first["line"]) == ("q/p/new.py", "11")
    assert (second["file"], second["line"]) == ("q/p/new.py", "1")
    assert all("old.py" not in line for line in chosen.lines)


def test_none_is_said_twice(tmp_path: Path) -> None:
    memory = tmp_path / "there" / "annotations"
    first = choose([*many(3), *many(3)], "", None, remembered(memory))
    assert len(first.lines) == 3
    remember(memory, first.ids)
    second = choose(many(4), "", None, remembered(memory))
    assert len(second.lines) == 1


def test_a_report_without_places_and_with_waived_results(tmp_path: Path) -> None:
    where = {"physicalLocation": {"artifactLocation": {"uri": "a%20b/%C3%BC.py"}, "region": {"startLine": 3}}}
    results = [
        {"ruleId": "one", "level": "error", "message": {"text": "m"}, "locations": [where]},
        {"ruleId": "two", "message": {"text": "n"}},
        {"ruleId": "three", "message": {"text": "o"}, "suppressions": [{"kind": "external"}]},
    ]
    file = tmp_path / "report.sarif"
    file.write_text(json.dumps({"runs": [{"results": results}, {}]}))
    assert read(file) == [Found("error", "one", "m", "a b/ü.py", 3), Found("warning", "two", "n", "")]


DIFF = b"""\
diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,2 +1 @@
-x
--- y
+++ b/not-a-file
@@ -9,0 +9,3 @@ def f():
+a
+b
+c
diff --git "a/\\303\\274 \\".py" "b/\\303\\274 \\".py"
--- /dev/null
+++ "b/\\303\\274 \\".py"
@@ -0,0 +1,2 @@
+a
+b
\\ No newline at end of file
diff --git a/gone b/gone
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
-x
"""


def test_lines_of_a_diff() -> None:
    assert parse(DIFF) == {"a.py": (range(1, 2), range(9, 12)), 'ü ".py': (range(1, 3),)}


@given(st.binary())
def test_any_bytes_are_survived(data: bytes) -> None:
    parse(b"+++ b/x\n" + data)
