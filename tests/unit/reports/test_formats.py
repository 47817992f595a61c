"""What holds for every format: the same bytes when drawn again from JSON, hostile text neutralised, snapshots."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assaymark.model import Assessment, Outcome, Severity, Waiver

FORMATS = ("json", "text", "markdown", "sarif", "junit", "sqaaas", "html")
ENDINGS = {"json": "json", "text": "txt", "markdown": "md", "sarif": "sarif", "junit": "xml", "sqaaas": "sqaaas.json"}
VARIANTS = ("bronze", "silver", "last-item", "gold", "empty", "partial", "withheld")
HOSTILE = (
    "::set-output name=verdict::passed",
    "x\n::error file=a::forged",
    "x\r\n  ::add-mask::passed",
    "##[error]forged",
    "\x1b[2J\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "@everyone @octocat fixes #1 GH-2 lab/other#3",
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "]]></failure><testcase name='forged'/>",
    "</details></td>|pipe|`tick` **bold** [link](javascript:alert(3)) ![](https://evil.example/p.png)",
    "right\u202eleft\u2066 zero\u200bwidth \ufeff",
    "latin-\udce9 lone-\ud800 \ufffe",
    "\x00\x07\x08\x7f\x9b nul",
    "--> <!-- comment ' \" & \\ $math$ ~~gone~~",
    "https://evil.example/@user www.evil.example mailto:a@example.org",
    "-rf --help $(id) %0A a,b=c",
)


def draw(form: str, assessment: Assessment) -> str:
    text: str = import_module(f"assaymark.reports.{form}").render(assessment)
    return text


def poisoned(base: Assessment, words: tuple[str, ...]) -> Assessment:
    """The assessment with hostile words in every text field, ids of the standard apart."""
    number = iter(range(10**6))

    def bad() -> str:
        return words[next(number) % len(words)]

    def finding(f: Any) -> Any:
        where = f.location and replace(f.location, path=bad(), line=-1 if f.location.line == 7 else f.location.line)
        return replace(f, rule=bad(), message=bad(), fix=bad(), location=where)

    def evidence(e: Any) -> Any:
        return replace(
            e,
            message=bad(),
            check=bad(),
            remedy=bad(),
            link=bad(),
            digest=bad(),
            metrics={bad(): bad(), "nan": float("nan"), "inf": float("-inf"), "huge": 10**5000, "yes": True},
            tool=e.tool and replace(e.tool, name=bad(), version=bad(), digest=bad()),
            findings=tuple(finding(f) for f in e.findings),
        )

    def result(r: Any) -> Any:
        d = replace(r.definition, text=bad(), why=bad(), remedy=bad(), checks=(bad(),), references=(bad(), bad()))
        waiver = r.waiver and Waiver(
            id=bad(), reason=bad(), until=date(2027, 1, 1), owner=bad(), path=bad(), rule=bad()
        )
        return replace(r, definition=d, evidence=tuple(evidence(e) for e in r.evidence), waiver=waiver)

    return replace(
        base,
        subject=replace(base.subject, path=bad(), repository=bad(), commit=bad(), ref=bad(), swhid=bad(), digest=bad()),
        profile=bad(),
        profile_version=bad(),
        profile_digest=bad(),
        config_digest=bad(),
        criteria=tuple(replace(c, title=bad()) for c in base.criteria),
        results=tuple(result(r) for r in base.results),
        notices=tuple(finding(n) for n in base.notices),
        partial=(bad(), bad()),
        withheld={level: (bad(),) for level in base.withheld},
        run=replace(base.run, started=bad(), host=bad(), assaymark=bad(), python=bad(), durations={bad(): 1.5}),
    )


@pytest.fixture(scope="session")
def hostile(samples: ModuleType) -> Assessment:
    """Each hostile text comes to stand in each kind of field, as their number and that of the fields are coprime."""
    return poisoned(samples.VARIANTS["bronze"], HOSTILE)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("variant", [*VARIANTS, "hostile"])
def test_drawing_again_from_json_gives_the_same_bytes(
    form: str, variant: str, samples: ModuleType, hostile: Assessment
) -> None:
    from assaymark.reports.json import from_json, render

    assessment = hostile if variant == "hostile" else samples.VARIANTS[variant]
    again = from_json(render(assessment))
    assert draw(form, again) == draw(form, assessment)


@pytest.mark.parametrize("form", ENDINGS)
def test_snapshot(form: str, samples: ModuleType, snapshot: Callable[[str, str], None]) -> None:
    snapshot(f"bronze.{ENDINGS[form]}", draw(form, samples.VARIANTS["bronze"]))


@pytest.mark.parametrize("variant", VARIANTS)
def test_snapshots_of_the_console(variant: str, samples: ModuleType, snapshot: Callable[[str, str], None]) -> None:
    from assaymark.reports.text import render

    snapshot(f"console-{variant}.txt", render(samples.VARIANTS[variant], width=90))


def test_snapshot_of_the_page(samples: ModuleType, snapshot: Callable[[str, str], None]) -> None:
    """Without its style and script, which are files of their own."""
    page = draw("html", samples.VARIANTS["bronze"])
    page = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", page, flags=re.DOTALL)
    snapshot("bronze.html", re.sub(r"'sha256-[^']+'", "'sha256-'", page))


@pytest.mark.parametrize("form", [f for f in FORMATS if f not in ("json", "html")])
def test_nobody_can_tell_when_or_where_the_run_was_from_the_verdict(form: str, samples: ModuleType) -> None:
    one = samples.VARIANTS["bronze"]
    other = replace(one, run=replace(one.run, duration=99.5, host="elsewhere", cached=True, durations={}))
    assert draw(form, one) == draw(form, other)


# ------------------------------------------------------------------------------------------------------ hostile text


@pytest.mark.parametrize("form", [f for f in FORMATS if f != "html"])
def test_no_line_is_a_workflow_command(form: str, hostile: Assessment) -> None:
    assert commands(draw(form, hostile)) == []


def test_no_line_of_the_page_is_a_workflow_command(hostile: Assessment) -> None:
    assert commands(draw("html", hostile)) == []


def commands(text: str) -> list[str]:
    """What a CI runner would take for commands: ``::name::`` at the start of a line, ``##[name]`` anywhere."""
    lines = re.split(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", text)
    return [line for line in lines if re.match(r"\s*::", line) or "##[" in line]


@pytest.mark.parametrize("form", FORMATS)
def test_no_control_or_reordering_character_comes_out(form: str, hostile: Assessment) -> None:
    text = draw(form, hostile)
    found = set(
        re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\ud800-\udfff]", text)
    )
    assert found == set()
    assert text.encode("utf-8")


def test_colour_is_the_only_escape_sequence(hostile: Assessment) -> None:
    from assaymark.reports.text import render

    plain = re.sub(r"\x1b\[[0-9;]*m", "", render(hostile, colour=True, verbose=True))
    assert "\x1b" not in plain
    assert commands(plain) == []


def test_mentions_and_links_mean_nothing_in_markdown(hostile: Assessment) -> None:
    text = draw("markdown", hostile)
    assert re.findall(r"@\w+", text) == []
    assert re.findall(r"(?<!&)#\d", text) == []
    assert re.findall(r"(?<!\\)\]\(", text) == []
    assert "https://evil" not in text
    assert set(re.findall(r"<(\w+)", text)) <= {"code", "br", "a", "details", "summary", "sub"}
    assert re.findall(r'href="(?!https://github\.com/)', text) == []


def test_every_table_row_of_the_markdown_has_the_cells_of_its_head(hostile: Assessment) -> None:
    cells = []
    for line in draw("markdown", hostile).splitlines():
        if line.startswith("|"):
            cells.append(len(re.findall(r"(?<!\\)\|", line)))
        elif cells:
            assert len(set(cells)) == 1
            cells = []


class Tags(HTMLParser):
    """Tags, attributes and text of a page, with the nesting checked."""

    VOID = frozenset({"meta", "br", "input", "rect"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] not in ("style", "script"):
            self.text += data


def test_the_page_runs_and_loads_nothing_of_what_was_written(hostile: Assessment) -> None:
    page = Tags(draw("html", hostile))
    names = [tag for tag, _ in page.tags]
    assert names.count("script") == 1
    assert "img" not in names
    assert not {"iframe", "object", "embed", "link", "base"} & set(names)
    attributes = [(name, value or "") for _, found in page.tags for name, value in found.items()]
    assert [a for a in attributes if a[0].startswith("on") or a[0] in ("src", "style")] == []
    links = [value for name, value in attributes if name == "href"]
    assert [x for x in links if not x.startswith(("#", "https://"))] == []
    assert "alert(1)" in page.text


def test_the_page_is_bound_by_its_hashes(samples: ModuleType) -> None:
    import base64
    import hashlib

    page = draw("html", samples.VARIANTS["bronze"])
    policy = next(v["content"] or "" for t, v in Tags(page).tags if v.get("http-equiv") == "Content-Security-Policy")
    for kind in ("style", "script"):
        content = re.findall(f"<{kind}>(.*?)</{kind}>", page, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        assert len(content) == 1
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("form", ["json", "sarif", "sqaaas"])
def test_json_formats_parse_and_are_ascii(form: str, hostile: Assessment) -> None:
    text = draw(form, hostile)
    assert text.isascii()
    assert isinstance(json.loads(text, parse_constant=pytest.fail), dict)


def test_junit_parses_and_nothing_was_forged(hostile: Assessment) -> None:
    root = fromstring(draw("junit", hostile).encode())
    assert len(root.findall(".//testcase")) == len(hostile.results)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(words=st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_any_text_in_any_field_leaves_each_format_whole(words: list[str], samples: ModuleType) -> None:
    from assaymark.reports.json import from_json, render

    assessment = poisoned(samples.VARIANTS["bronze"], tuple(words))
    again = from_json(render(assessment))
    for form in FORMATS:
        text = draw(form, assessment)
        assert text == draw(form, again)
        assert commands(text) == []
        text.encode()
    json.loads(draw("sarif", assessment))
    fromstring(draw("junit", assessment).encode())
    Tags(draw("html", assessment))


# --------------------------------------------------------------------------------------------------------- the words


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_person_reads_the_level_the_gap_and_the_way(form: str, samples: ModuleType) -> None:
    text = draw(form, samples.VARIANTS["last-item"])
    assert "silver" in text.lower()
    assert "This is the last item missing for gold." in text
    assert "Mend the findings" in text
    assert "tidegrid/mesh.py:3" in text


@pytest.mark.parametrize("form", FORMATS)
def test_a_partial_run_says_so(form: str, samples: ModuleType) -> None:
    assert "only QC.Lic" in draw(form, samples.VARIANTS["partial"])


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json", "sqaaas"])
def test_a_level_withheld_says_why(form: str, samples: ModuleType) -> None:
    assert "gold allows 0" in draw(form, samples.VARIANTS["withheld"])


@pytest.mark.parametrize("form", ["text", "markdown", "html", "junit", "sqaaas"])
def test_a_waiver_stays_visible(form: str, samples: ModuleType) -> None:
    text = draw(form, samples.VARIANTS["bronze"])
    assert "waived" in text
    assert "2027-01-31" in text


@pytest.mark.parametrize(("kind", "word"), [("software", "Folder"), ("model", "Path"), ("dataset", "Path")])
def test_only_software_is_a_folder(kind: str, word: str, samples: ModuleType) -> None:
    subject = replace(samples.sample().subject, kind=kind, path="models/tide.toml")
    page = draw("html", samples.sample(subject=subject))
    assert f"<dt>{word}</dt><dd>models/tide.toml</dd>" in page


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_assessment_can_be_drawn(form: str, samples: ModuleType) -> None:
    assert draw(form, samples.sample((), notices=(), attested=0))


def test_every_outcome_and_severity_is_in_the_samples(samples: ModuleType) -> None:
    results = samples.VARIANTS["bronze"].results
    assert {r.outcome for r in results} == set(Outcome)
    assert {f.severity for r in results for e in r.evidence for f in e.findings} == set(Severity)
