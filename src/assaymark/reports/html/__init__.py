"""One self-contained page: no server, no network, no script needed to read it.

Style and script are inline and bound by their hashes in a content security policy, so that nothing the judged
repository wrote could run even if it got through the escaping.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from assaymark.ahead import next_level
from assaymark.findings import Findings
from assaymark.model import Assessment, Outcome
from assaymark.reports.html import lists, pictures, verdicts
from assaymark.reports.html.parts import code, text
from assaymark.wording import LEVEL_WORDS, branch, named


def render(assessment: Assessment) -> str:
    """The page, with a newline at its end."""
    findings = Findings(assessment)
    return "\n".join(line for line in _page(assessment, findings) if line) + "\n"


def _page(a: Assessment, findings: Findings) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield from _head(a)
    yield "<body>"
    yield '<a class="skip" href="#main">Skip to the verdict</a>'
    yield from _top(a)
    yield '<main id="main" class="wrap">'
    yield from verdicts.banner(a)
    yield from verdicts.level(a)
    yield from _contents(a, findings)
    yield from verdicts.missing(a, findings)
    yield from pictures.section(a)
    yield verdicts.filters(a)
    yield from verdicts.criteria(a, findings)
    yield from lists.findings_by_file(a, findings)
    yield from lists.undetermined(a)
    yield from lists.exceptions(a)
    yield from lists.run_facts(a)
    yield "</main>"
    made = f"Made by assaymark {text(a.run.assaymark)} from <code>assessment.json</code>."
    yield f'<footer><div class="wrap">{made}</div></footer>'
    yield f"<script>{asset('report.js')}</script>"
    yield "</body></html>"


def _head(a: Assessment) -> Iterator[str]:
    style = asset("report.css")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(asset('report.js'))}'; "
        "base-uri 'none'; form-action 'none'"
    )
    title = f"{LEVEL_WORDS[a.level].capitalize()}: {named(a.subject)}"
    yield '<head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">'
    yield f"<title>{text(title, 150)}, assaymark</title>"
    yield f"<style>{style}</style></head>"


@cache
def asset(name: str) -> str:
    """The page's style or script."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _top(a: Assessment) -> Iterator[str]:
    s = a.subject
    yield '<header class="top wrap"><p class="brand">assaymark</p>'
    yield f"<h1>{text(named(s), 300)}</h1>"
    facts = [
        f"commit {code(s.commit[:10])}" if s.commit else "",
        f"branch {code(branch(s), 80)}" if s.ref else "",
        f"profile {text(a.profile)} {text(a.profile_version)}",
        f"as of {a.as_of}",
    ]
    yield '<p class="facts">' + "".join(f"<span>{fact}</span>" for fact in facts if fact) + "</p></header>"


def _contents(a: Assessment, findings: Findings) -> Iterator[str]:
    ahead = next_level(a)
    silent = any(r.outcome in (Outcome.UNKNOWN, Outcome.ERROR) for r in a.results)
    excepted = bool(a.notices or a.attested or any(r.waiver for r in a.results))
    links = (
        ("next", f"Missing for {ahead.level}", ahead.level is not None),
        ("pictures", "Pictures", pictures.any_in(a)),
        ("criteria", "Verdicts", True),
        ("findings", f"Findings ({len(findings):,})", bool(findings.items)),
        ("unknown", "Not determined", silent),
        ("exceptions", "Exceptions", excepted),
        ("run", "Run", True),
    )
    yield '<nav class="toc" aria-label="Sections"><ul>'
    yield from (f'<li><a href="#{name}">{title}</a></li>' for name, title, there in links if there)
    yield "</ul></nav>"
