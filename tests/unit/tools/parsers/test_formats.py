"""Each format: a real report is read rightly, half of one is refused, and no bytes crash a parser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assaymark.api import Location, Parsed, Severity, Unparsable
from assaymark.tools import parsers
from assaymark.tools.parsers.common import CANARY, place, relative, severity

ROOT = Path("/repo")
SARIF: dict[str, Any] = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {
                "driver": {
                    "name": "gosec",
                    "semanticVersion": "2.22.0",
                    "rules": [
                        {"id": "G101", "defaultConfiguration": {"level": "error"}},
                        {"id": "G102", "shortDescription": {"text": "Binds to all interfaces"}},
                    ],
                }
            },
            "originalUriBaseIds": {"SRC": {"uri": "file:///repo/"}},
            "artifacts": [{"location": {"uri": "lib/z.go"}}],
            "results": [
                {
                    "ruleId": "G101",
                    "message": {"text": "hard-coded\ncredentials"},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "a%20b.go", "uriBaseId": "SRC"},
                                "region": {"startLine": 3, "startColumn": 2, "endColumn": 9},
                            }
                        }
                    ],
                },
                {
                    "ruleIndex": 1,
                    "message": {},
                    "locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}],
                },
                {"ruleId": "G103", "level": "note", "message": {"text": "m"}, "locations": []},
                {"ruleId": "G104", "level": "error", "message": {"text": "m"}, "suppressions": [{"kind": "inSource"}]},
                {"ruleId": "G105", "kind": "pass", "message": {"text": "m"}},
            ],
        }
    ],
}
JUNIT = b"""<testsuites><testsuite name="s" tests="4" failures="1" errors="1" skipped="1">
<testcase classname="t.A" name="ok"/>
<testcase name="no" file="t.py" line="7"><failure message="1 != 2"/></testcase>
<testcase name="broke"><error>Boom
more</error></testcase>
<testcase name="s"><skipped/></testcase></testsuite></testsuites>"""
COBERTURA = b"""<coverage line-rate="1"><packages><package><classes><class filename="a.py"><lines>
<line number="1" hits="3"/><line number="2" hits="0"/><line number="3" hits="1"/>
</lines></class></classes></package></packages></coverage>"""
CHECKSTYLE = b"""<checkstyle version="9"><file name="/repo/A.java">
<error line="3" column="5" severity="error" message="m"
 source="com.puppycrawl.tools.checkstyle.NoTabCheck"/></file><file name="B.java"/></checkstyle>"""
GOOD: dict[str, bytes] = {
    "sarif": json.dumps(SARIF).encode(),
    "junit": JUNIT,
    "cobertura": COBERTURA,
    "jacoco": b'<report name="x"><counter type="LINE" missed="1" covered="2"/></report>',
    "lcov": b"TN:\nSF:a.c\nDA:1,3\nDA:2,0\nDA:3,1,hash\nLF:3\nLH:2\nend_of_record\n",
    "checkstyle": CHECKSTYLE,
    "json": b'{"results": [{"f": "a.py", "l": 3, "m": "bad", "r": "X1"}]}',
    "regex": b"a.py:3: X1 bad\ndone: 1 file\n",
}
OPTIONS: dict[str, dict[str, Any]] = {
    "json": {"results": "results", "path": "f", "line": "l", "message": "m", "rule": "r"},
    "regex": {"pattern": r"^(?P<path>.+?):(?P<line>\d+): (?P<rule>\S+) (?P<message>.*)$", "proof": "^done:"},
}


def parse(format: str, data: bytes, **options: Any) -> Parsed:
    return parsers.get(format)(data, ROOT, {**OPTIONS.get(format, {}), **options})


def test_sarif() -> None:
    first, second, third = parse("sarif", GOOD["sarif"]).findings
    assert first.rule == "G101"
    assert first.message == "hard-coded credentials"
    assert first.severity is Severity.ERROR
    assert first.location == Location(path="a b.go", line=3, column=2, end_line=3, end_column=9)
    assert (second.rule, second.message) == ("G102", "Binds to all interfaces")
    assert second.location == Location(path="lib/z.go")
    assert (third.severity, third.location) == (Severity.NOTE, None)
    assert parse("sarif", GOOD["sarif"]).metrics == {"tool": "gosec", "tool_version": "2.22.0"}


def test_junit() -> None:
    found = parse("junit", GOOD["junit"])
    assert found.metrics == {"tests": 4, "failures": 1, "errors": 1, "skipped": 1}
    assert [f.message for f in found.findings] == ["no: 1 != 2", "broke: Boom"]
    assert found.findings[0].location == Location(path="t.py", line=8)


@pytest.mark.parametrize("format", ["cobertura", "jacoco", "lcov"])
def test_coverage(format: str) -> None:
    assert parse(format, GOOD[format]).metrics == {"coverage": 66.6, "lines_covered": 2, "lines_valid": 3}


def test_coverage_is_rounded_down() -> None:
    found = parse("cobertura", b'<coverage lines-covered="6999" lines-valid="10000"/>')
    assert found.metrics["coverage"] == 69.9


def test_lines_that_two_tests_reach_count_once() -> None:
    data = b"SF:a.c\nDA:1,0\nDA:2,1\nend_of_record\nSF:a.c\nDA:1,1\nDA:2,0\nend_of_record\n"
    assert parse("lcov", data).metrics["lines_covered"] == 2
    assert parse("lcov", data).metrics["lines_valid"] == 2


def test_checkstyle() -> None:
    [found] = parse("checkstyle", GOOD["checkstyle"]).findings
    assert (found.rule, found.severity, found.location) == (
        "NoTabCheck",
        Severity.ERROR,
        Location(path="A.java", line=3, column=5),
    )


def test_json_through_lists_keys_and_lines() -> None:
    nested = {"results": {"a.py": [{"m": "one", "n": 4}], "b.py": []}}
    [found] = parse("json", json.dumps(nested).encode(), results="results.*.*", path="@key", line="n").findings
    assert found.location == Location(path="a.py", line=4)
    listed = [{"f": "a.py", "messages": [{"m": "one"}, {"m": "two"}]}]
    both = parse("json", json.dumps(listed).encode(), results="[].messages").findings
    assert [(f.message, f.location and f.location.path) for f in both] == [("one", "a.py"), ("two", "a.py")]
    lines = b'{"f": "a.py", "m": "one"}\n\n{"f": "b.py", "m": "two"}\n'
    assert len(parse("json", lines, results="", lines=True).findings) == 2
    with pytest.raises(Unparsable):
        parse("json", b"{}", results="[].messages")


def test_json_columns_from_zero_problems_and_confidence() -> None:
    data = {"results": [{"f": "a", "l": 1, "c": 0, "s": "HIGH", "k": "LOW"}], "errors": [{"f": "b", "why": "broken"}]}
    found = parse(
        "json",
        json.dumps(data).encode(),
        column="c",
        column_base=0,
        severity="s",
        confidence="k",
        problems="errors",
        problem_path="f",
        problem_message="why",
        severity_map={"HIGH": "error"},
        confidence_map={"LOW": "note"},
    )
    assert found.findings[0].severity is Severity.NOTE
    assert found.findings[0].location == Location(path="a", line=1, column=1)
    assert [(u.path, u.reason) for u in found.unexamined] == [("b", "broken")]


def test_required_keys() -> None:
    with pytest.raises(Unparsable, match=r"lacks 'stats\.files'"):
        parse("json", b'{"results": [], "stats": {}}', required=["stats.files"])


def test_regex_needs_its_proof_and_understands_every_line() -> None:
    assert len(parse("regex", GOOD["regex"]).findings) == 1
    with pytest.raises(Unparsable, match="finished"):
        parse("regex", b"a.py:3: X1 bad\n")
    with pytest.raises(Unparsable, match="Killed"):
        parse("regex", b"Killed\ndone: 1 file\n")
    assert parse("regex", b"note\ndone: 1 file\n", noise="^note$").findings == ()
    [missed] = parse(
        "regex",
        b"cannot read b.py: gone\ndone\ndone:\n",
        problem="^cannot read (?P<path>.+): (?P<message>.+)$",
        noise="^done$",
    ).unexamined
    assert (missed.path, missed.reason) == ("b.py", "gone")


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("a.py", "a.py"),
        ("./d/../a.py", "a.py"),
        ("/repo/d/a.py", "d/a.py"),
        ("/repository/a.py", None),
        ("../a.py", None),
        ("/etc/passwd", None),
        ("d/../../etc/passwd", None),
        ("", None),
        (None, None),
        (7, None),
        ("x" * 5000, None),
        ("a\0b", None),
        ("/tmp/t/canary.py", CANARY),
    ],
)
def test_paths_stay_inside(raw: object, path: str | None) -> None:
    assert relative(raw, ROOT, {"canary_path": "/tmp/t/canary.py"}) == path


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("file:///repo/a%20b.py", "a b.py"),
        ("file://localhost/repo/a.py", "a.py"),
        ("file://evil/repo/a.py", None),
        ("file:///etc/passwd", None),
        ("https://example.org/a.py", None),
        ("..%2f..%2fetc%2fpasswd", None),
        ("%2e%2e/a.py", None),
        ("%00", None),
    ],
)
def test_addresses_stay_inside(raw: str, path: str | None) -> None:
    assert relative(raw, ROOT, {}, uri=True) == path


@pytest.mark.parametrize("line", [0, -1, 10**99, 9e99, "x", True, None, [], "١"])
def test_a_line_that_is_none_is_left_out(line: object) -> None:
    assert place("a", line) == Location(path="a")


def test_severities() -> None:
    assert severity({}, "error") is Severity.ERROR
    assert severity({}, "nonsense") is Severity.WARNING
    assert severity({"severity_map": {"*": "note"}}, "nonsense") is Severity.NOTE
    assert severity({"severity_map": {"E": "error"}, "confidence_map": {"LOW": "note"}}, "E", "LOW") is Severity.NOTE
    assert severity({"severity_map": {"E": "note"}, "confidence_map": {"HIGH": "error"}}, "E", "HIGH") is Severity.NOTE


@pytest.mark.parametrize("format", ["sarif", "junit", "cobertura", "jacoco", "checkstyle", "json"])
def test_no_beginning_of_a_report_is_taken_for_the_whole(format: str) -> None:
    data = GOOD[format]
    for end in range(len(data)):
        with pytest.raises(Unparsable):
            parse(format, data[:end])


def test_no_beginning_of_a_text_report_is_taken_for_the_whole() -> None:
    for format, last in (("lcov", b"end_of_record"), ("regex", b"done:")):
        data = GOOD[format]
        for end in range(data.index(last) + len(last)):
            with pytest.raises(Unparsable):
                parse(format, data[:end])


def attempt(format: str, data: bytes, **options: Any) -> Parsed | None:
    try:
        return parse(format, data, **options)
    except Unparsable:
        return None


@pytest.mark.parametrize("format", sorted(GOOD))
@given(data=st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_random_bytes_are_refused(format: str, data: bytes) -> None:
    assert attempt(format, data) is None


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_the_wrong_type_at_any_place_of_a_sarif_log_crashes_nothing(data: st.DataObject) -> None:
    log = json.loads(json.dumps(SARIF))
    here: Any = log
    while True:
        keys = sorted(here) if isinstance(here, dict) else list(range(len(here)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(here[key], dict | list) or not here[key] or data.draw(st.booleans()):
            here[key] = data.draw(_junk)
            break
        here = here[key]
    found = attempt("sarif", json.dumps(log).encode())
    for item in found.findings if found else ():
        assert item.message.isprintable()
        assert item.location is None or not item.location.path.startswith(("/", "../"))


@given(value=_junk)
@settings(max_examples=100, deadline=None)
def test_any_json_is_read_or_refused(value: object) -> None:
    data = json.dumps(value).encode()
    assert attempt("sarif", data) is None
    attempt("json", data)
    attempt("json", data, results="", problems="x.*", problem_path="y", lines=True)


def test_every_format_has_a_parser_and_knows_its_options() -> None:
    for format in parsers.NAMES:
        assert callable(parsers.get(format))
    assert parsers.wrong_options("sarif", {"pattern": "x"}) is not None
    assert parsers.wrong_options("regex", {}) == "lacks 'pattern'"
    assert parsers.wrong_options("regex", {"pattern": "x", "unparsed": []}) is None
    with pytest.raises(KeyError):
        parsers.get("nonsense")


def test_thirty_thousand_results_are_read() -> None:
    log = json.loads(json.dumps(SARIF))
    log["runs"][0]["results"] = [{"ruleId": "X", "message": {"text": "m"}}] * 30_000
    assert len(parse("sarif", json.dumps(log).encode()).findings) == 30_000


@pytest.mark.parametrize("data", [b"a" * 100_000, b":" * 100_000, b" " * 100_000, b"1:" * 50_000, b"x: " * 30_000])
def test_long_lines_do_not_stall_the_expressions_of_our_tools(data: bytes) -> None:
    import time

    from assaymark import registry
    from assaymark.tools import manifest

    started = time.monotonic()
    for tool in manifest.load([folder for plugin in registry.load().plugins for folder in plugin.tools]):
        if tool.format == "regex":
            attempt("regex", data, **tool.parser)
    assert time.monotonic() - started < 10
