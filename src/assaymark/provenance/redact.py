"""Before anything is written: does it hold something that must not leave the machine?

A GitHub runner masks secrets in its log and nowhere else. So every document is searched for the values of variables
that look secret (as they are, broken over lines, escaped, in hexadecimal, base32, base64 and base85, one within another
or compressed), for tokens and keys of known shape, for addresses with credentials, and for places on the host. A hit
refuses the write. What someone disguises on purpose (reversed, encrypted) is not found.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from assaymark.errors import InputError
from assaymark.provenance.packed import TooMuch, unpacked

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE|COOKIE|API_?KEY|ACCESS_?KEY"
    r"|(?:^|_)(?:PAT|PASS|AUTH|KEY|DSN|SIGNING)(?:_|$)|_PWD$",
    re.IGNORECASE,
)
# What names a place on this machine.
_PLACES = ("GITHUB_WORKSPACE", "RUNNER_WORKSPACE", "RUNNER_TEMP", "RUNNER_TOOL_CACHE", "TMPDIR", "VIRTUAL_ENV", "PWD")
_SHORTEST = 8
_LONG_LINE = 12
# Values that variables with such names often have and that are no secrets.
_HARMLESS = re.compile(r"true|false|none|null|https?://[^@\s]*|/[A-Za-z0-9._/-]*|[0-9]{1,12}", re.IGNORECASE)
_BEGIN = "-----BEGIN "
_KEYS = "|".join(
    base64.b64encode(f"{_BEGIN}{kind}PRIVATE KEY".encode())[:-4].decode()
    for kind in ("", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ")
)
# What comes before a token: no letter or digit, but `_` and `-` may, as in the names of files.
_AT = r"(?<![A-Za-z0-9])"
_SHAPES = {
    "a GitHub token": re.compile(_AT + r"(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    "a GitLab token": re.compile(_AT + r"gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|oas)-[A-Za-z0-9_-]{20,}"),
    "an AWS access key": re.compile(_AT + r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    "a Google API key": re.compile(_AT + r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    "a Slack token": re.compile(_AT + r"xox[abprs]-[A-Za-z0-9-]{10,}"),
    "a token of a package index": re.compile(_AT + r"(?:pypi-[A-Za-z0-9_-]{40,}|npm_[A-Za-z0-9]{36})"),
    "a token of a registry": re.compile(_AT + r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"),
    "a token of a model host": re.compile(_AT + r"(?:hf_[A-Za-z]{34}|sk-(?:proj|ant|svcacct)-[A-Za-z0-9_-]{20,})"),
    "a payment key": re.compile(_AT + r"[rs]k_live_[A-Za-z0-9]{16,}"),
    "a JSON web token": re.compile(_AT + r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "a private key": re.compile(_BEGIN + r"[A-Z ]*PRIVATE KEY|" + _KEYS + r"|\"d\" ?: ?\"[A-Za-z0-9_-]{40,}\""),
    "credentials of a request": re.compile(r"\bAuthorization: ?(?:Bearer|Basic|Token) [A-Za-z0-9._~+/=-]{12,}", re.I),
    "an address with credentials": re.compile(
        r"://[^/\s\"'@:]{0,200}:[^/\s\"'@]{1,200}@|https?://[^/\s\"'@?#]{1,200}@", re.I
    ),
    "a folder of a user": re.compile(
        r"(?<![A-Za-z0-9_.~-])(?:/home/|/Users/|/root/|[A-Za-z]:[\\/]{1,4}Users[\\/]{1,4})[^\s\"'<>/\\]+", re.I
    ),
}
# Without one of these in the text (in lower case) the pattern need not be tried: most of them never occur.
_SIGNS = {
    "a GitHub token": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "a GitLab token": (
        "glpat-",
        "glptt-",
        "gldt-",
        "glrt-",
        "glcbt-",
        "glsoat-",
        "glft-",
        "glimt-",
        "glagent-",
        "gloas-",
    ),
    "an AWS access key": ("akia", "asia"),
    "a Google API key": ("aiza",),
    "a Slack token": ("xox",),
    "a token of a package index": ("pypi-", "npm_"),
    "a token of a registry": ("dckr_",),
    "a token of a model host": ("hf_", "sk-"),
    "a payment key": ("k_live_",),
    "a JSON web token": (".eyj",),
    "a private key": ("private key", "ls0tls1crudjt", '"d"'),
    "credentials of a request": ("authorization:",),
    "an address with credentials": ("@",),
    "a folder of a user": ("/home/", "users", "/root/"),
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
    public = " ".join(allowed)
    known = list(_known(environment, public))
    plain = _plain(text)
    yield from _shapes(text)
    yield from _shapes(plain) if plain != text else ()
    yield from _values(text, plain, known)
    yield from _users(plain, environment, public)
    try:
        for place, content in unpacked(plain):
            # Where something stands within what is packed helps nobody: the line of the document is told.
            line = plain.count("\n", 0, place) + 1
            for leak in (*_shapes(content), *_values(content, content, known)):
                yield Leak(f"{leak.what}, packed", line)
    except TooMuch:
        yield Leak("more packed text than can be searched", 1)


def _shapes(text: str) -> Iterator[Leak]:
    lowered = text.lower()
    for what, pattern in _SHAPES.items():
        if any(sign in lowered for sign in _SIGNS[what]):
            for hit in pattern.finditer(text):
                yield Leak(what, text.count("\n", 0, hit.start()) + 1)


def _values(text: str, plain: str, known: Iterable[tuple[str, str, bool]]) -> Iterator[Leak]:
    lowered, squeezed = plain.lower(), _squeezed(plain)
    for what, value, whatever_case in known:
        for told in (lowered,) if whatever_case else (text, plain):
            position = told.find(value)
            if position >= 0:
                yield Leak(what, told.count("\n", 0, position) + 1)
                break
        else:
            # Broken over lines, as a long value often is.
            if not whatever_case and _squeezed(value) in squeezed and len(_squeezed(value)) >= _SHORTEST:
                yield Leak(what, 1)


def _users(plain: str, environment: Mapping[str, str], public: str) -> Iterator[Leak]:
    for what, place in _of_user(environment, public, plain):
        for hit in place.finditer(plain):
            yield Leak(what, plain.count("\n", 0, hit.start()) + 1)


def _plain(text: str) -> str:
    """What a reader of the document sees: escapes of JSON (also of JSON within JSON), of addresses and of HTML undone.

    Lines stay where they are.
    """
    for _ in range(2):
        if "\\" in text:
            text = _ESCAPE.sub(_unescaped, text)
    if "%" in text:
        text = _PERCENT.sub(lambda m: chr(int(m[1], 16)), text)
    return html.unescape(text) if "&" in text else text


_ESCAPE = re.compile(r"\\(?:u00([0-9A-Fa-f]{2})|([\"\\/])|[nrtbf])")
_PERCENT = re.compile(r"%([2-7][0-9A-Fa-f])")


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        character = chr(int(match[1], 16))
        return character if character.isprintable() else " "
    return match[2] or " "


def _squeezed(text: str) -> str:
    return "".join(text.split())


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


def _known(environment: Mapping[str, str], allowed: str) -> Iterator[tuple[str, str, bool]]:
    """What it is, what it looks like, and whether its case does not matter (then it is in lower case)."""
    for name, value in sorted(environment.items()):
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST and not _HARMLESS.fullmatch(value):
            yield from ((f"the value of {name}", form, False) for form in _forms(value))
            yield f"the value of {name}", value.encode("utf-8", "surrogateescape").hex(), True
            lines = value.splitlines()
            for line in lines if len(lines) > 1 else ():
                if len(line.strip()) >= _LONG_LINE and not line.startswith("-----"):
                    yield f"a line of the value of {name}", line.strip(), False
    home = environment.get("HOME", "")
    if len(home) > 1 and home.strip("/"):
        yield "the home folder", home + "/", False
    for name in _PLACES:
        place = environment.get(name, "").rstrip("/")
        if place.count("/") > 1:
            yield "a place on this machine", place + "/", False
    for name in ("HOSTNAME", "COMPUTERNAME"):
        host = environment.get(name, "")
        if len(host) >= 4 and host not in allowed and host != "localhost":
            yield "the name of the host", host.lower(), True


def _of_user(environment: Mapping[str, str], allowed: str, text: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    for name in ("USER", "LOGNAME", "USERNAME"):
        user = environment.get(name, "")
        if len(user) >= 4 and user.lower() not in _GENERIC_USERS and user not in allowed and user in text:
            known = re.escape(user)
            # As a value, before a host, or as a folder of an absolute path.
            yield (
                "the name of the user",
                re.compile(
                    rf'"{known}"|{known}@|(?<![A-Za-z0-9_.~:/-])(?:/[^\s"\'<>/]{{1,100}}){{0,8}}/{known}(?:/|\b)'
                ),
            )


def _forms(value: str) -> Iterator[str]:
    yield value
    quoted = quote(value, safe="")
    if quoted != value:
        yield quoted
    data = value.encode("utf-8", "surrogateescape")
    for encode, bits in ((base64.b64encode, 6), (base64.b32encode, 5)):
        # Inside a longer text the encoding starts at one of a few places: only what depends on this alone is certain.
        for offset in range(3 if bits == 6 else 5):
            encoded = encode(b"\0" * offset + data).decode("ascii")
            certain = encoded[-(-offset * 8 // bits) : (offset + len(data)) * 8 // bits]
            if len(certain) >= _SHORTEST:
                yield certain
                yield certain.replace("+", "-").replace("/", "_") if bits == 6 else certain.lower()
    yield from _forms_85(data)


def _forms_85(data: bytes) -> Iterator[str]:
    """In groups of four bytes: inside a longer text only the whole groups are certain, at one of four places."""
    for encode in (base64.b85encode, base64.a85encode):
        for offset in range(4):
            whole = (len(data) - offset) // 4 * 4
            if whole >= _SHORTEST:
                yield encode(data[offset : offset + whole]).decode("ascii")
