"""Answers of a service -> evidence, with a finding at the line of the manifest that names what was asked."""

from __future__ import annotations

from collections.abc import Iterable

from assaymark.api import Evidence, Finding, Location, Severity, failed, passed, unknown
from assaymark_services.client import Answer
from assaymark_services.manifest import Manifest

MOST_FINDINGS = 50
LEAST_TEXT = 200


def plain(text: str, limit: int = 300) -> str:
    """Words of the service as part of a message: one line, nothing that a terminal or a log would act on."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def finding(manifest: Manifest, rule: str, message: str, *keys: str | int, severe: bool = True) -> Finding:
    """A finding where the manifest names what is wrong."""
    place = Location(path=manifest.name, line=manifest.line_of(*keys)) if manifest.path else None
    severity = Severity.ERROR if severe else Severity.WARNING
    return Finding(rule=f"service/{rule}", message=plain(message), severity=severity, location=place)


def not_named(table: str, key: str, what: str) -> Evidence:
    """The manifest does not say where something is: that it is nowhere does not follow."""
    where = f"{key} in [{table}]" if key else f"[{table}]"
    return unknown(f"the manifest names no {what}", remedy=f"add {where}")


def wrong(manifest: Manifest, rule: str, message: str, *keys: str | int, remedy: str | None = None) -> Evidence:
    """One thing that does not hold."""
    said = plain(message)
    return failed(said, findings=[finding(manifest, rule, said, *keys)], remedy=remedy)


def open_(manifest: Manifest, rule: str, message: str, *keys: str | int) -> Evidence:
    """One thing that could not be determined, told at its place."""
    said = plain(message)
    return unknown(said, findings=[finding(manifest, rule, said, *keys, severe=False)])


def reached(manifest: Manifest, rule: str, answer: Answer | None, what: str, *keys: str | int) -> Evidence | None:
    """What is wrong with an answer that should say 2xx; None when nothing is."""
    if answer is None:
        return unknown(f"{what} was not asked for")
    if answer.good:
        return None
    said = f"{what} ({answer.url}): {answer.said()}"
    # An answer is known; no answer may be the fault of the network in between.
    refused = answer.status is not None and not answer.trouble and answer.status >= 400
    return wrong(manifest, rule, said, *keys) if refused else open_(manifest, rule, said, *keys)


def page(manifest: Manifest, rule: str, answer: Answer | None, what: str, *keys: str | int) -> Evidence | None:
    """What is wrong with an answer that should be a page with something to read; None when nothing is."""
    bad = reached(manifest, rule, answer, what, *keys)
    if bad is not None or answer is None:
        return bad
    if answer.body.startswith(b"%PDF-"):
        return None
    length = len("".join(words(answer).split()))
    if length < LEAST_TEXT and b"<script" in answer.body.lower():
        return open_(manifest, rule, f"{what}: scripts draw the page, and what it says cannot be seen", *keys)
    if length < LEAST_TEXT:
        return wrong(manifest, rule, f"{what}: the page holds {length} characters, fewer than {LEAST_TEXT}", *keys)
    return None


def words(answer: Answer, limit: int = 1_000_000) -> str:
    """The text of a page without its tags, scripts and styles; in one pass, whatever the page holds."""
    first, *rest = answer.body[:limit].decode("utf-8", "replace").split("<")
    shown, hidden = [first], ""
    for part in rest:
        tag, _, text = part.partition(">")
        name = tag[:10].split(maxsplit=1)[0].lower() if tag.strip() else ""
        if hidden:
            hidden = "" if name == f"/{hidden}" else hidden
        elif name in ("script", "style"):
            hidden = name
        if not hidden:
            shown.append(text)
    return " ".join(shown)


def summed(
    manifest: Manifest,
    rule: str,
    bad: Iterable[tuple[str, tuple[str | int, ...]]],
    unsure: Iterable[tuple[str, tuple[str | int, ...]]],
    good: str,
    remedy: str | None = None,
) -> Evidence:
    """Failed if anything is bad, else unknown if anything is unsure, else passed."""
    bad, unsure = list(bad), list(unsure)
    found = [finding(manifest, rule, m, *k) for m, k in bad]
    found += [finding(manifest, rule, m, *k, severe=False) for m, k in unsure]
    shown = bad or unsure
    if not shown:
        return passed(plain(good))
    message = "; ".join(plain(m) for m, _ in shown[:3]) + (f"; and {len(shown) - 3} more" if len(shown) > 3 else "")
    if bad:
        return failed(message, findings=found[:MOST_FINDINGS], remedy=remedy)
    return unknown(message, findings=found[:MOST_FINDINGS], remedy=remedy)
