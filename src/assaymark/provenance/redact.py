"""Before anything is written: does it hold something that must not leave the machine?

A GitHub runner masks secrets in its log and nowhere else. So every document is searched for the values of variables
that look secret (as they are, in base64 and percent-encoded), for tokens and keys of known shape, for addresses with
credentials, and for places on the host. A hit refuses the write.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from assaymark.errors import InputError

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY", re.IGNORECASE
)
_SHORTEST = 8
# Values that variables with such names often have and that are no secrets.
_HARMLESS = re.compile(r"true|false|none|null|https?://[^@\s]*|/[A-Za-z0-9._/-]*|[0-9]{1,12}", re.IGNORECASE)
_SHAPES = {
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"),
    "a GitLab token": re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a token of a package index": re.compile(r"\bpypi-[A-Za-z0-9_-]{40,}"),
    "a JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "an address with credentials": re.compile(
        r"\b[a-z][a-z0-9+.-]{1,20}://[^/\s\"'@:]{1,200}:[^/\s\"'@]{1,200}@", re.I
    ),
    "a folder of a user": re.compile(
        r"(?<![A-Za-z0-9_.~-])(?:/home/|/Users/|/root/|[A-Za-z]:\\{1,2}Users\\{1,2})[^\s\"'<>/\\]+"
    ),
}
_GENERIC_USERS = frozenset(
    {
        "root",
        "runner",
        "user",
        "admin",
        "ubuntu",
        "debian",
        "vscode",
        "jovyan",
        "build",
        "builder",
        "test",
        "nobody",
        "ci",
    }
)


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that must not be written: what it is and in which line; never the thing itself."""

    what: str
    line: int


def leaks(text: str, environment: Mapping[str, str], *, allowed: Iterable[str] = ()) -> Iterator[Leak]:
    """Everything in a document that looks as if it must not leave.

    ``allowed`` are texts that are public by themselves, such as the name of the repository; a user name that is part
    of one of these is not held against the document.
    """
    for what, pattern in _SHAPES.items():
        for hit in pattern.finditer(text):
            yield Leak(what, text.count("\n", 0, hit.start()) + 1)
    for what, value in _known(environment, " ".join(allowed)):
        position = text.find(value)
        if position >= 0:
            yield Leak(what, text.count("\n", 0, position) + 1)


def refuse_leaks(name: str, text: str, environment: Mapping[str, str], *, allowed: Iterable[str] = ()) -> None:
    """Raise InputError when a document must not be written."""
    found = sorted({(leak.line, leak.what) for leak in leaks(text, environment, allowed=allowed)})
    if found:
        listed = ", ".join(f"{what} (line {line})" for line, what in found[:5])
        raise InputError(
            f"not written: it would tell {listed}",
            where=name,
            hint="find the message that it comes from in assessment.json; a finding or a step of yours prints it",
        )


def without_credentials(url: str) -> str:
    """An address without user, password, query and fragment."""
    url = re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/@]*@", r"\1", url)
    return re.split(r"[?#]", url, maxsplit=1)[0]


def _known(environment: Mapping[str, str], allowed: str) -> Iterator[tuple[str, str]]:
    for name, value in sorted(environment.items()):
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST and not _HARMLESS.fullmatch(value):
            for form in _forms(value):
                yield f"the value of {name}", form
    home = environment.get("HOME", "")
    if len(home) > 1 and home.strip("/"):
        yield "the home folder", home + "/"
    for name in ("HOSTNAME", "COMPUTERNAME"):
        host = environment.get(name, "")
        if len(host) >= 4 and host not in allowed and host != "localhost":
            yield "the name of the host", host
    for name in ("USER", "LOGNAME", "USERNAME"):
        user = environment.get(name, "")
        if len(user) >= 4 and user.lower() not in _GENERIC_USERS and user not in allowed:
            yield "the name of the user", f'"{user}"'
            yield "the name of the user", f"{user}@"


def _forms(value: str) -> Iterator[str]:
    yield value
    quoted = quote(value, safe="")
    if quoted != value:
        yield quoted
    data = value.encode("utf-8", "surrogateescape")
    # Inside a longer text, base64 of this one starts at one of three places: only its middle is certain.
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data).decode("ascii")
        certain = encoded[4 if offset else 0 : -4 if encoded.endswith("=") else None]
        if len(certain) >= _SHORTEST:
            yield certain
            yield certain.replace("+", "-").replace("/", "_")
