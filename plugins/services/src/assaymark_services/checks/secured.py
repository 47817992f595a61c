"""What is seen of security without attacking anything: TLS, certificate, headers, cookies."""

from __future__ import annotations

from datetime import date

from assaymark.api import Evidence, Options, check, not_applicable, passed
from assaymark_services import answers
from assaymark_services.client import Answer
from assaymark_services.manifest import Manifest
from assaymark_services.observe import Observed
from assaymark_services.tls import OLD, Offered, Tls

LEAST_DAYS = 14
Told = list[tuple[str, tuple[str | int, ...]]]
URL = ("url",)


def _tls(manifest: Manifest, seen: Observed, what: str) -> Tls | Evidence:
    """What handshakes showed, or why there were none."""
    if not manifest.url.startswith("https://"):
        return answers.wrong(manifest, "encrypted", f"the service is not encrypted: {what}", *URL)
    found = seen.tls
    if found is None or not any(v is not Offered.UNTRIED for v in found.versions.values()):
        said = found.problem if found and found.problem else "no handshake was made"
        return answers.open_(manifest, "tls", said, *URL)
    return found


@check("service.encrypted")
def encrypted(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """The service speaks TLS 1.2 or 1.3 at its address, and over plain HTTP does nothing but lead there."""
    found = _tls(service_manifest, service_observed, "its address begins with http://")
    if isinstance(found, Evidence):
        return found
    if not any(found.versions[v] is Offered.YES for v in ("TLS 1.2", "TLS 1.3")):
        if any(found.versions[v] is Offered.UNTRIED for v in ("TLS 1.2", "TLS 1.3")):
            return answers.open_(service_manifest, "encrypted", "TLS 1.2 and 1.3 could not both be tried", *URL)
        said = "neither TLS 1.2 nor TLS 1.3 can be agreed on"
        return answers.wrong(service_manifest, "encrypted", said, *URL)
    plain = service_observed.answers.get("plain")
    if plain is not None and plain.good:
        said = f"{plain.url} answers {plain.status} without encryption"
        return answers.wrong(service_manifest, "encrypted", said, *URL)
    agreed = [v for v, offered in found.versions.items() if offered is Offered.YES]
    return passed(f"the service speaks {', '.join(agreed)}")


@check("service.ciphers")
def ciphers(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """TLS 1.0 and 1.1 and weak ciphers are refused, each tried by a handshake of its own."""
    found = _tls(service_manifest, service_observed, "there are no ciphers")
    if isinstance(found, Evidence):
        return found
    tried = {**{v: found.versions[v] for v in OLD}, **found.weak}
    bad: Told = [(f"{name} can be agreed on", URL) for name, offered in tried.items() if offered is Offered.YES]
    unsure: Told = [
        (f"{name} could not be tried from here", URL) for name, offered in tried.items() if offered is Offered.UNTRIED
    ]
    if not found.weak:
        unsure.append((found.problem or "no ciphers were tried", URL))
    return answers.summed(service_manifest, "ciphers", bad, unsure, f"refused: {', '.join(tried)}")


@check("service.certificate")
def certificate(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """The certificate is trusted: a chain to a known authority, within its dates, for this host."""
    found = _tls(service_manifest, service_observed, "there is no certificate")
    if isinstance(found, Evidence):
        return found
    if found.certificate is None:
        return answers.open_(service_manifest, "certificate", found.problem or "the certificate was not seen", *URL)
    if found.certificate:
        said = f"the certificate is not trusted: {found.certificate}"
        return answers.wrong(service_manifest, "certificate", said, *URL)
    until = found.until.date().isoformat() if found.until else "?"
    return passed(answers.plain(f"the certificate is trusted, issued by {found.issuer or '?'}, until {until}"))


@check("service.certificate-age")
def certificate_age(service_manifest: Manifest, service_observed: Observed, options: Options) -> Evidence:
    """The certificate still holds for two weeks or more."""
    found = _tls(service_manifest, service_observed, "there is no certificate")
    if isinstance(found, Evidence):
        return found
    if found.until is None:
        said = found.certificate or found.problem or "the end of the certificate is not known"
        return answers.open_(service_manifest, "certificate-age", said, *URL)
    end: date = found.until.date()
    days = (end - options.as_of).days
    if days < LEAST_DAYS:
        said = f"the certificate ends on {end}, in {days} days"
        return answers.wrong(service_manifest, "certificate-age", said, *URL)
    return passed(f"the certificate holds for {days} days more", metrics={"days": days})


def _base(manifest: Manifest, seen: Observed) -> Answer | Evidence:
    found = seen.answers["service"]
    if found.status is None or found.trouble:
        return answers.open_(manifest, "answers", f"the service: {found.said()}", *URL)
    return found


@check("service.headers")
def headers(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """The answer at the address of the service carries the headers that tell browsers to be careful."""
    found = _base(service_manifest, service_observed)
    if isinstance(found, Evidence):
        return found
    bad: Told = [(said, URL) for said in _lacking(found, tls=service_manifest.url.startswith("https://"))]
    return answers.summed(service_manifest, "headers", bad, [], "all headers that tell browsers to be careful are sent")


def _lacking(answer: Answer, *, tls: bool) -> list[str]:
    found = []
    if tls and _age(answer.header("strict-transport-security") or "") < 15_552_000:
        found.append("Strict-Transport-Security is missing, or its max-age is less than 180 days")
    if (answer.header("x-content-type-options") or "").strip().lower() != "nosniff":
        found.append("X-Content-Type-Options: nosniff is missing")
    policy = (answer.header("content-security-policy") or "").lower()
    if not policy.strip():
        found.append("Content-Security-Policy is missing")
    framed = (answer.header("x-frame-options") or "").strip().lower() in ("deny", "sameorigin")
    if not framed and "frame-ancestors" not in policy:
        found.append("nothing forbids frames: frame-ancestors in Content-Security-Policy, or X-Frame-Options")
    if not (answer.header("referrer-policy") or "").strip():
        found.append("Referrer-Policy is missing")
    return found


def _age(text: str) -> int:
    for part in text.split(";"):
        name, _, value = part.strip().partition("=")
        digits = value.strip().strip('"')
        if name.strip().lower() == "max-age" and digits.isascii() and digits.isdigit() and len(digits) < 12:
            return int(digits)
    return 0


@check("service.cookies")
def cookies(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """Every cookie that was seen is Secure, HttpOnly and SameSite."""
    found = _base(service_manifest, service_observed)
    if isinstance(found, Evidence):
        return found
    seen = [
        value
        for answer in service_observed.answers.values()
        if answer.url.startswith(service_manifest.url)
        for name, value in answer.headers
        if name == "set-cookie"
    ]
    if not seen:
        return not_applicable("no cookie was set in any answer")
    bad: Told = []
    for value in seen:
        parts = {p.strip().partition("=")[0].lower() for p in value.split(";")[1:]}
        lacking = [w for w in ("Secure", "HttpOnly", "SameSite") if w.lower() not in parts]
        if lacking:
            bad.append((f"the cookie {value.partition('=')[0][:60]!r} lacks {', '.join(lacking)}", URL))
    return answers.summed(service_manifest, "cookies", bad, [], f"all {len(seen)} cookies are kept from others")


CHECKS = (encrypted, ciphers, certificate, certificate_age, headers, cookies)
