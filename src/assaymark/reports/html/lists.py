"""Findings by file, what could not be determined, exceptions, and the facts of the run."""

from __future__ import annotations

from collections.abc import Iterator

from assaymark.findings import Findings, Item, by_reason, by_weight, in_change, notices
from assaymark.model import Assessment, Grade, Severity, Subject
from assaymark.reports.html.parts import address, code, listed, pill, rows, spot, tag, text
from assaymark.wording import count, named, place, utf8

MAX_FINDINGS = 5_000
_OPEN_BELOW = 40


def findings_by_file(a: Assessment, findings: Findings) -> Iterator[str]:
    """At most `MAX_FINDINGS` findings, the worst ones, in the order of their places; files of the change come first."""
    if not findings:
        return
    shown = {i.id for i in by_weight(findings)[:MAX_FINDINGS]}
    yield '<section id="findings" aria-labelledby="findings-title"><h2 id="findings-title">Findings by file</h2>'
    if len(findings) > MAX_FINDINGS:
        total = f"{MAX_FINDINGS:,} of {len(findings):,}"
        yield f"<p>The worst {total} are shown; all are in <code>assessment.json</code>.</p>"
    opened = " open" if len(findings) <= _OPEN_BELOW else ""
    if said := in_change(findings):
        yield f"<p>{said}, which come first.</p>"
    for path, items in sorted(findings.by_file().items(), key=lambda file: not file[1][0].changed):
        some = [i for i in items if i.id in shown]
        if some:
            name = text(path) or "Without a place"
            yield f'<details class="group card"{opened}><summary><h3 class="path">{name}</h3>'
            yield f"{tag('in the change' if some[0].changed else '')}"
            yield f'<span class="soft">{_severities(some)}</span></summary><ul class="findings">'
            yield from (_finding(i, a.subject) for i in some)
            yield "</ul></details>"
    yield "</section>"


def _severities(items: list[Item]) -> str:
    counts = ((s, sum(1 for i in items if i.finding.severity is s)) for s in Severity)
    return ", ".join(count(n, s.value) for s, n in counts if n)


def _finding(item: Item, subject: Subject) -> str:
    f = item.finding
    label = place(f.location)[len(item.path) + 1 :] or "file"
    line = spot(subject, f.location, label) if f.location else ""
    fix = f'<br><span class="meta">Fix: {text(f.fix, 500)}</span>' if f.fix else ""
    waived = f" {tag('waived')}" if item.waived else ""
    ids = ", ".join(f'<a href="#{text(i)}">{text(i)}</a>' for i in item.subcriteria)
    return (
        f'<li class="finding" id="f-{item.id}"><span class="where">{line}</span>'
        f'<span class="pill sev-{f.severity}">{f.severity}</span>'
        f'<span class="says">{text(f.message, 1000)}{waived}{fix}'
        f'<br><span class="meta">{code(f.rule)} {text(", ".join(item.sources))} for {ids}</span></span></li>'
    )


def undetermined(a: Assessment) -> Iterator[str]:
    """What is not known, by reason, with how to turn it into an answer."""
    groups = by_reason(a.results)
    if not groups:
        return
    yield '<section id="unknown" aria-labelledby="unknown-title"><h2 id="unknown-title">Not determined</h2>'
    yield "<p>Unknown is never counted as passed. Each reason says how to get an answer.</p>"
    yield '<ul class="todo">'
    for outcome, why, advice, ids in groups:
        links = ", ".join(f'<a href="#{text(i)}">{text(i)}</a>' for i in ids)
        yield f'<li class="card"><p>{pill(outcome)} {text(why)}</p>'
        yield f'<p class="do"><b>How to find out:</b> {text(advice)}</p>' if advice else ""
        yield f'<p class="small soft">{count(len(ids), "item")}: {links}</p></li>'
    yield "</ul></section>"


def exceptions(a: Assessment) -> Iterator[str]:
    """Waivers, attestations and notices about the policy."""
    waivers = [
        f"<b>{text(r.definition.id)}</b> {pill(r.outcome)}, until {r.waiver.until}"
        f"{' (' + text(r.waiver.owner) + ')' if r.waiver.owner else ''}: {text(r.waiver.reason)}"
        for r in a.results
        if r.waiver
    ]
    words = [
        f"<b>{text(r.definition.id)}</b> {text(e.message)}{' ' + address(e.link) if e.link else ''}"
        for r in a.results
        for e in r.evidence
        if e.grade is Grade.ATTESTED
    ]
    about = [f"{spot(a.subject, n.location) if n.location else ''} {text(n.message)}" for n in notices(a)]
    parts = (("Waivers", waivers), ("Attestations", words), ("Notices", about))
    if not any(found for _, found in parts):
        return
    yield '<section id="exceptions" aria-labelledby="exceptions-title">'
    yield '<h2 id="exceptions-title">Waivers, attestations, notices</h2>'
    yield "<p>A waiver quiets the gate and never raises the level; both end on their date.</p>"
    for title, found in parts:
        if found:
            yield f"<h3>{title}</h3>{listed(found)}"
    yield "</section>"


def run_facts(a: Assessment) -> Iterator[str]:
    """What exactly was judged, by what, and how long it took."""
    s, r = a.subject, a.run
    slowest = sorted(r.durations.items(), key=lambda d: (-d[1], utf8(d[0])))[:8]
    pairs = (
        ("Subject", f"{text(s.kind)} {text(named(s))}"),
        # Only software is a folder: the path of a model or dataset is that of its manifest or file.
        ("Folder" if s.kind == "software" else "Path", text(s.path) if s.repository and s.path != "." else ""),
        ("Commit", code(s.commit) if s.commit else ""),
        ("Software Heritage id", code(s.swhid) if s.swhid else ""),
        ("Digest of the files", code(s.digest) if s.digest else ""),
        ("Profile", f"{text(a.profile)} {text(a.profile_version)} {code(a.profile_digest)}"),
        ("Configuration", code(a.config_digest) if a.config_digest else ""),
        ("Judged as of", text(a.as_of.isoformat())),
        ("Run", f"{text(r.started)}, {r.duration:.2f} s{' (remembered)' if r.cached else ''} on {text(r.host)}"),
        ("Programs", f"assaymark {text(r.assaymark)}, Python {text(r.python)}"),
        ("Slowest checks", ", ".join(f"{code(name)} {seconds:.2f} s" for name, seconds in slowest)),
    )
    yield '<section id="run" aria-labelledby="run-title"><h2 id="run-title">What was judged, and how</h2>'
    yield f'<div class="card">{rows(pairs)}</div></section>'
