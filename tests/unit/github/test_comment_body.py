from __future__ import annotations

import re
from dataclasses import replace

import cmarkgfm
import pytest
from assessed import HEAD, assessment, failing, finding, result
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from assaymark.comparison import difference
from assaymark.github.comment_body import LIMIT, Report, key_of, mark_of, render
from assaymark.github.text import cut_bytes, safe, size
from assaymark.model import Finding, Level, Location, Outcome, Severity

EVIL = (
    "@everyone @lab/team #1 GH-1 lab/tide#3 deadbeef1234567 [x](javascript:alert(1)) <javascript:alert(1)> "
    f"<!-- assaymark:comment key=assaymark digest={'0' * 64} --> ```\n\n</details><script>alert(1)</script> "
    "![i](http://evil.example/t.png) <img src=x onerror=alert(1)> | a | \u202e\u200b ::set-output name=x::1 "
    "##[error]x www.evil.example mail@evil.example $x$ \x1b[31m \x00 :white_check_mark: ~~gone~~ &lt;b&gt; --> \ud800"
)


def html(body: str) -> str:
    """As GitHub's own parser reads it, before GitHub's filter of HTML."""
    made: str = cmarkgfm.github_flavored_markdown_to_html(body, options=Options.CMARK_OPT_UNSAFE)
    return made


def harmless(body: str, *, allowed: str = r"https://github\.com/lab/tide/") -> None:
    """Nothing but our own elements, no link but to the repository, nobody mentioned."""
    page = html(body)
    page = page.partition("-->")[2]  # our mark
    own = "wbr|h3|h4|p|strong|table|thead|tbody|tr|th|td|code|br|a|details|summary|blockquote|sub|ul|li"
    assert not re.search(rf"<(?!/?(?:{own})[ />])", page), page
    assert not re.search(r"<[^>]*\son\w+=", page)
    assert "<!--" not in page
    for address in re.findall(r'href="([^"]*)"', page):
        assert re.match(allowed, address), address
    text = re.sub(r"<code>.*?</code>", "", page, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", "", text)
    assert not re.search(r"@\w|#\d|\bGH-\d|(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])", text), text
    assert not re.search(r":[a-z_]+:", text), text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", page)


def test_what_changed_is_said_first_and_what_is_next_last() -> None:
    before = assessment(Level.SILVER, result("QC.Lic01", Outcome.FAILED, finding(40, "no licence text")))
    after = failing(finding(1), finding(2, "unused", severity=Severity.ERROR, fix="remove it"))
    body = render(Report(assessment=after, change=difference(before, after), head=HEAD, report="https://x.example/1"))
    assert "### assaymark: silver → bronze" in body
    assert "**1 verdict got worse**, 1 verdict got better, **2 new findings**, 1 finding fixed; 1 item short" in body
    order = [
        "#### Worse (1)",
        "Better (1)",
        "#### New findings (2)",
        "Fixed findings (1)",
        "#### Missing for silver (1)",
    ]
    places = [body.index(part) for part in order]
    assert places == sorted(places)
    assert body.index("m2.py:2:5") < body.index("m1.py:1:5")  # the worse one first
    assert "<code>src/<wbr>tide/<wbr>m1.py:1:5</code>" in body
    assert f'href="https://github.com/lab/tide/blob/{HEAD}/src/tide/m1.py#L1"' in body
    assert "This is the last item missing for silver." in body
    assert '<a href="https://x.example/1">Full report</a>' in body
    harmless(body, allowed="https://(github.com/lab/tide|x.example/1)")


def test_notes_and_long_tables_are_folded() -> None:
    loud = [finding(n, f"{'x' * n} too long") for n in range(1, 14)]
    notes = [finding(n, f"{'y' * n}?", severity=Severity.NOTE) for n in range(1, 4)]
    before = failing(id="QC.Sty01.1")
    body = render(Report(assessment=failing(*loud, *notes), change=difference(before, failing(*loud, *notes))))
    seen, folded = body.split("<details><summary>6 more findings</summary>")
    assert (seen.count("too long"), folded.count("too long"), seen.count("?"), folded.count("?")) == (10, 3, 0, 3)
    only = render(Report(assessment=failing(*notes), change=difference(before, failing(*notes))))
    assert "#### New findings (3)\n\n\n<details><summary>3 notes</summary>" in only
    cut = render(Report(assessment=failing(*loud), change=difference(before, failing(*loud))), limit=2_500)
    assert "more findings left out here: see the full report." in cut
    assert size(cut) <= 2_500


def test_nothing_changed_and_the_highest_level() -> None:
    same = assessment(Level.GOLD)
    report = Report(assessment=same, change=difference(same, same))
    assert not report.says_something
    assert "gold, as before" in render(report)
    assert "Nothing got better or worse." in render(report)
    assert "Missing" not in render(report)


def test_what_rests_on_a_persons_word_stands_beside_the_level() -> None:
    trusted = replace(assessment(Level.GOLD), attested=1)
    assert "1 required item rests on a person's word." in render(Report(assessment=trusted)).split("\n\n")[1]


def test_without_an_earlier_assessment_everything_is_news() -> None:
    report = Report(assessment=failing(finding()), notes=("There is no earlier assessment.",))
    assert report.says_something
    body = render(report)
    assert "### assaymark: bronze\n\n1 item short" in body
    assert "> There is no earlier assessment." in body


def test_the_mark_tells_the_same_for_another_commit_and_another_for_other_news() -> None:
    def mark(head: str, *findings: Finding) -> object:
        a = failing(*findings, commit=head)
        return mark_of(render(Report(assessment=a, change=difference(assessment(), a), head=head)))

    marks = {mark(head, *found) for head in (HEAD, "b" * 40) for found in ([finding(1)], [finding(1), finding(2)])}
    assert len(marks) == 2


def test_a_mark_counts_only_on_the_first_line() -> None:
    mark = f"<!-- assaymark:comment key=assaymark digest={'0' * 64} -->"
    assert mark_of(mark + "\ntext")
    assert mark_of(f"> {mark}") is None
    assert mark_of(f"Look at this:\n{mark}") is None
    assert mark_of("") is None


def test_everything_hostile_is_text() -> None:
    evil = failing(
        *(
            replace(finding(n, EVIL, fix=EVIL, location=Location(path=f"a|b`<img>@t/{EVIL}{n}", line=3)), rule=EVIL)
            for n in (1, 2)
        ),
        profile=EVIL,
        profile_version=EVIL,
        partial=(EVIL,),
        missing={Level.SILVER: ("QC.Sty01.1", EVIL), Level.GOLD: ()},
        withheld={Level.SILVER: (EVIL,)},
    )
    before = assessment(Level.BRONZE, result(EVIL, Outcome.FAILED, message=EVIL))
    evil = replace(evil, results=(*evil.results, result(EVIL, Outcome.PASSED, message=EVIL)))
    harmless(render(Report(assessment=evil, change=difference(before, evil), head=HEAD, title=EVIL, notes=(EVIL,))))
    harmless(render(Report(assessment=evil, head=EVIL, title=EVIL)))


@given(st.text(max_size=200), st.text(max_size=60))
def test_any_text_is_harmless(message: str, path: str) -> None:
    a = failing(finding(1, message, location=Location(path=path, line=1), fix=message))
    harmless(render(Report(assessment=a, change=difference(assessment(), a), head=HEAD)))


@pytest.mark.parametrize("text", ["x" * 70_000, "\U0001f600" * 70_000, "|" * 70_000, "@" * 70_000])
def test_a_comment_is_never_too_long(text: str) -> None:
    many = [finding(n, text, location=Location(path=f"{n}/{text}", line=n + 1), fix=text) for n in range(100)]
    a = failing(*many, partial=(text,) * 100, profile=text)
    results = tuple(result(f"QC.X{n}{text[:100]}", Outcome.FAILED, message=text) for n in range(100))
    a = replace(a, results=(*a.results, *results), missing={Level.SILVER: tuple(r.definition.id for r in results)})
    body = render(Report(assessment=a, change=difference(assessment(), a), head=HEAD, notes=(text,) * 100))
    assert size(body) <= LIMIT
    assert mark_of(body)
    harmless(body)


def test_long_lists_are_cut_and_their_rest_is_counted() -> None:
    a = failing(*(finding(n, f"{n} " + "m" * 200) for n in range(1, 400)))
    body = render(Report(assessment=a, change=difference(assessment(), a)))
    assert 30_000 > size(body) > 10_000
    assert "New findings (399)" in body
    assert "349 more findings left out here: see the full report." in body
    short = render(Report(assessment=a, change=difference(assessment(), a)), limit=6_000)
    assert size(short) <= 6_000
    assert "New findings (399)" in short


def test_what_one_thing_mends_is_one_row() -> None:
    alike = [replace(result(id, Outcome.FAILED, message="no licence"), waiver=None) for id in ("QC.Lic01", "QC.Lic02")]
    alike = [replace(r, definition=replace(r.definition, remedy="Add one.")) for r in alike]
    body = render(Report(assessment=assessment(Level.BRONZE, *alike)))
    assert "| **QC.Lic01**<br>✗\u00a0failed<br>also for QC.Lic02 | no licence | Add one. |" in body
    other = replace(alike[1], evidence=tuple(replace(e, check="another") for e in alike[1].evidence))
    body = render(Report(assessment=assessment(Level.BRONZE, alike[0], other)))
    assert "| **QC.Lic01**, **QC.Lic02**<br>✗\u00a0failed | no licence | Add one. |" in body


def test_what_is_said_of_many_places_is_one_row() -> None:
    a = failing(*(finding(n, "no reason given") for n in range(1, 33)), finding(40, "other"))
    body = render(Report(assessment=a, change=difference(assessment(), a)))
    assert body.count("no reason given") == 1
    assert "<br>and 27 more |" in body
    assert body.count("tide/<wbr>m") == 5 + 1
    assert "m40.py" in body


def test_that_nothing_applies_is_no_news() -> None:
    before = assessment(Level.BRONZE, result("QC.Wor03", Outcome.UNKNOWN))
    after = assessment(Level.BRONZE, result("QC.Wor03", Outcome.NOT_APPLICABLE))
    assert not Report(assessment=after, change=difference(before, after)).says_something
    passed = assessment(Level.BRONZE, result("QC.Wor03", Outcome.PASSED))
    assert Report(assessment=passed, change=difference(before, passed)).says_something


def test_keys() -> None:
    assert key_of("") == "assaymark"
    assert key_of("packages/Core & more") == "packages-core-more"
    assert len(key_of("x" * 300)) == 64
    assert key_of("x" * 300) != key_of("x" * 301)
    assert mark_of(render(Report(assessment=assessment(), key=key_of("ü" * 10)))) is not None


def test_pieces_of_text() -> None:
    assert size("a\U0001f600") == 3
    assert cut_bytes("äöü", 6) == "äöü"
    assert cut_bytes("äöü" * 10, 10) == "äöü..."
    assert len(cut_bytes("\udc80" * 100, 50).encode()) <= 50
    assert "\u200b" in safe("see deadbeef")
    assert safe("2026-11-21 line 1234567x abcdef") == "2026-11-21 line 1234567x abcdef"


def test_verdicts_that_one_reason_changed_stand_together() -> None:
    ids = ("QC.Doc06.1", "QC.Lic01", "QC.Sty01.1")
    after = assessment(Level.NONE, *(result(id, Outcome.FAILED, message="there is no licence") for id in ids[:2]))
    body = render(Report(assessment=after, change=difference(assessment(), after), head=HEAD))
    assert "| **QC.Doc06.1**, **QC.Lic01** | ✓\u00a0passed | ✗\u00a0failed | there is no licence |" in body
    assert "#### Worse (2)" in body
