"""What a service offers over TLS: versions, ciphers, certificate. Handshakes only; nothing is sent after them."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from assaymark_services import hello
from assaymark_services.client import Client, Gone, connect, reason_of, trusting
from assaymark_services.targets import Target

MODERN = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}
OLD = ("SSL 3.0", "TLS 1.0", "TLS 1.1")


class Offered(StrEnum):
    """Whether the service agreed."""

    YES = "yes"
    NO = "no"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What handshakes showed.

    ``certificate`` is why it is not trusted, empty when it is, None when nothing is known.
    """

    versions: Mapping[str, Offered] = field(default_factory=dict)
    weak: Mapping[str, Offered] = field(default_factory=dict)
    certificate: str | None = None
    until: datetime | None = None
    issuer: str = ""
    problem: str = ""


def examine(client: Client, target: Target) -> Tls:
    """Handshakes with each version and with weak ciphers, and one that checks the certificate."""
    versions = {name: _asked(client, target, hello.VERSIONS[name], hello.USUAL) for name in OLD}
    versions |= {name: _tried(client, target, version) for name, version in MODERN.items()}
    if not any(v is Offered.YES for v in versions.values()):
        return Tls(versions=versions, problem="none of SSL 3.0 to TLS 1.3 could be agreed on")
    weak = {name: _asked(client, target, hello.VERSIONS["TLS 1.2"], ciphers) for name, ciphers in hello.WEAK.items()}
    certificate, until, issuer, problem = _certificate(client, target)
    return Tls(versions=versions, weak=weak, certificate=certificate, until=until, issuer=issuer, problem=problem)


def _end(client: Client) -> float:
    return min(time.monotonic() + client.timeout, client.budget.end)


def _asked(client: Client, target: Target, version: int, ciphers: tuple[int, ...]) -> Offered:
    """Whether the service answers a first message of this version with one of these ciphers."""
    end = _end(client)
    if client.budget.take():
        return Offered.UNTRIED
    try:
        plain = connect(target, end)
    except Gone:
        return Offered.UNTRIED
    name = None if target.host[-1].isdigit() or ":" in target.host else target.host
    data = b""
    try:
        with plain:
            plain.sendall(hello.message(version, ciphers, name))
            while len(data) < hello.LONGEST:
                plain.settimeout(max(end - time.monotonic(), 0.01))
                more = plain.recv(hello.LONGEST)
                data += more
                try:
                    found = hello.reply(data)
                except ValueError:
                    if not more:
                        return Offered.NO  # it hung up
                    continue
                agreed = found is not None and found.version == version and found.cipher in ciphers
                return Offered.YES if agreed else Offered.NO
    except TimeoutError:
        return Offered.UNTRIED
    except OSError:
        return Offered.NO
    return Offered.UNTRIED


def _tried(client: Client, target: Target, version: ssl.TLSVersion) -> Offered:
    """Whether a whole handshake of a version comes about that the library of this machine knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # What is offered is looked at here, not who offers it: `_certificate` does that.
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    end = _end(client)
    if client.budget.take():
        return Offered.UNTRIED
    try:
        with connect(target, end) as plain, context.wrap_socket(plain, server_hostname=target.host):
            return Offered.YES
    except (Gone, TimeoutError):
        return Offered.UNTRIED
    except (OSError, ValueError):
        return Offered.NO


def _certificate(client: Client, target: Target) -> tuple[str | None, datetime | None, str, str]:
    """Why the certificate is not trusted (empty: it is), until when it holds, who issued it, and what went wrong."""
    if refused := client.budget.take():
        return None, None, "", refused
    try:
        plain = connect(target, _end(client))
    except Gone as gone:
        return None, None, "", gone.problem
    try:
        with plain, trusting(client.ca).wrap_socket(plain, server_hostname=target.host) as link:
            shown = link.getpeercert() or {}
    except ssl.SSLCertVerificationError as problem:
        return problem.verify_message or "not trusted", None, "", ""
    except (OSError, ValueError) as problem:
        return None, None, "", f"no TLS connection: {reason_of(problem)}"
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    issuer: object = shown.get("issuer", ())
    names = [v for part in issuer for k, v in part if k in ("commonName", "organizationName")]  # type: ignore[attr-defined]
    return "", until, ", ".join(names)[:200], ""
