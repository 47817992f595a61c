"""The leak table: what must not leave is found in whatever form, and what is harmless is let be."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
import os
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.errors import InputError
from assaymark.model import Assessment, Evidence
from assaymark.provenance import folder
from assaymark.provenance import packed as packing
from assaymark.provenance.account import Account
from assaymark.provenance.packed import unpacked
from assaymark.provenance.redact import leaks, refuse_leaks, without_credentials

SECRET = "hunter2/Correct+Horse=42"
# Put together here: scanners of secrets would else report this file.
TOKEN = "gh" + "p_" + "a1B2" * 9
SHAPES = [
    "gh" + "p_" + "a1B2" * 9,
    "github" + "_pat_" + "A1b2" * 8,
    "AK" + "IA" + "ABCDEFGHIJKLMNOP",
    "gl" + "pat-" + "a1B2" * 6,
    "xo" + "xb-1234567890-abc",
    "ey" + "JhbGciOiJIUzI1NiJ9." + "ey" + "JzdWIiOiIxMjM0In0." + "c2lnbmF0dXJlLXNpZw",
    "-----BEGIN " + "RSA PRIVATE KEY-----",
    "https://bob:" + "s3cr3t@example.org/x.git",
    "https://tokenwithoutaword@example.org/x.git",
    "https://:" + "s3cr3t@example.org/x.git",
    "gl" + "ptt-" + "a1B2" * 6,
    "np" + "m_" + "a1B2" * 9,
    "h" + "f_" + "aBcD" * 8 + "ab",
    "sk" + "-proj-" + "a1B2" * 6,
    "AI" + "za" + "aB1" * 11 + "aa",
    "dckr" + "_pat_" + "a1B2" * 6,
    "sk" + "_live_" + "a1B2" * 6,
    "Authorization: " + "Bearer abcdefghijkl.mnop",
    '"kty":"OKP", ' + '"d":"' + "nWGx" * 11 + '"',
    base64.b64encode(b"-----BEGIN " + b"EC PRIVATE KEY-----\n").decode(),
    "/home/jane/src/x.py",
    "C:/Users/jane/x",
    "/Users/jane/x",
    r"C:\Users\jane\x",
]


@pytest.mark.parametrize("text", SHAPES)
def test_known_shapes_are_found(text: str) -> None:
    (leak, *_) = leaks(f'{{"message":\n "see {text} here"}}', {})
    assert leak.line == 2
    assert text not in leak.what


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET, safe=""),
        *(base64.b64encode(b"x" * n + SECRET.encode() + b"yy").decode() for n in range(4)),
    ],
)
def test_the_value_of_a_secret_variable_is_found_in_every_form(form: str) -> None:
    assert [leak.what for leak in leaks(f"a {form} b", {"DEPLOY_TOKEN": SECRET})][:1] == ["the value of DEPLOY_TOKEN"]


@pytest.mark.parametrize(
    "form",
    [
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        *(base64.b32encode(b"x" * n + SECRET.encode() + b"yy").decode() for n in range(5)),
        base64.b32encode(SECRET.encode()).decode().lower(),
        json.dumps(SECRET),
        "".join(f"\\u{ord(c):04x}" for c in SECRET),
        SECRET.replace("/", "\\/"),
        json.dumps(json.dumps(SECRET)),
        SECRET.replace("+", "&#43;"),
        "%" + "%".join(f"{ord(c):02X}" for c in SECRET),
        SECRET[:9] + "\n    " + SECRET[9:],
        json.dumps(SECRET[:9] + "\n" + SECRET[9:]),
    ],
)
def test_an_escaped_broken_or_encoded_value_is_found(form: str) -> None:
    assert [leak.what for leak in leaks(f"a {form} b", {"DEPLOY_TOKEN": SECRET})][:1] == ["the value of DEPLOY_TOKEN"]


def test_a_value_that_json_escapes_is_found_within_json_within_json() -> None:
    secret = 'hunter2"Correct\\Horse"42'
    for text in (json.dumps(secret), json.dumps(json.dumps(secret))):
        assert secret not in text
        assert [leak.what for leak in leaks(text, {"DEPLOY_TOKEN": secret})][:1] == ["the value of DEPLOY_TOKEN"]


def b64(data: bytes) -> bytes:
    return base64.b64encode(data)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "base85": base64.b85encode,
    "ascii85": base64.a85encode,
    "base64 twice": lambda data: b64(b64(data)),
    "base64 three times": lambda data: b64(b64(b64(data))),
    "hexadecimal in base64": lambda data: b64(data.hex().encode()),
    "base32 in base64": lambda data: b64(base64.b32encode(data)),
    "base85 in base64": lambda data: b64(base64.b85encode(data)),
    "gzip in base64": lambda data: b64(gzip.compress(data)),
    "gzip in base64, twice": lambda data: b64(gzip.compress(b64(gzip.compress(data)))),
    "gzip in base64 for addresses": lambda data: base64.urlsafe_b64encode(gzip.compress(data)),
    "zlib in base64": lambda data: b64(zlib.compress(data, 9)),
    "bzip2 in base64": lambda data: b64(bz2.compress(data)),
    "xz in base64": lambda data: b64(lzma.compress(data)),
    "gzip in base64 of lines": lambda data: base64.encodebytes(gzip.compress(os.urandom(300).hex().encode() + data)),
}


@pytest.mark.parametrize("around", ["{}", "a {} b", "log/{}", "name_{}-x", "see:{}.", '{{"m": "{}"}}'])
@pytest.mark.parametrize("name", PACKERS)
def test_a_packed_value_is_found(name: str, around: str) -> None:
    packed = PACKERS[name](b"user=ci; token=" + SECRET.encode() + b"; and then something else").decode()
    text = around.format(json.dumps(packed)[1:-1] if "{{" in around else packed)
    assert [leak for leak in leaks(text, {"DEPLOY_TOKEN": SECRET}) if "DEPLOY_TOKEN" in leak.what]


@pytest.mark.parametrize("name", [name for name in PACKERS if not re.search("85|32|hexadecimal", name)])
def test_a_packed_token_of_known_shape_is_found(name: str) -> None:
    """Without knowing the value: in base85, base32 and hexadecimal only values of variables are looked for."""
    assert list(leaks(PACKERS[name](f"token {TOKEN} here".encode()).decode(), {}))


def test_what_is_packed_is_bounded() -> None:
    bomb = b64(gzip.compress(bytes(50_000_000), 9)).decode()
    many = " ".join(b64(os.urandom(40)).decode() for _ in range(2_000))
    assert not list(leaks(f"{bomb} {many} {'A' * 300_000} {'x-' * 200_000}", {"DEPLOY_TOKEN": SECRET}))


def test_what_cannot_be_looked_through_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text that can be read from many places, again and again; as much of it as is looked through takes ten seconds."""
    monkeypatch.setattr(packing, "_BUDGET", 5_000_000)
    text = "abc/" * 10_000
    for _ in range(3):
        text = b64(text.encode()).decode()
    assert not list(leaks(text, {"DEPLOY_TOKEN": SECRET}))
    (leak,) = leaks(text * 20, {"DEPLOY_TOKEN": SECRET})
    assert leak.what == "more packed text than can be searched"


@given(st.text(max_size=300))
def test_nothing_is_unpacked_that_breaks_it(text: str) -> None:
    for place, content in unpacked(text + b64(text.encode("utf-8", "replace")).decode()):
        assert place >= 0
        assert isinstance(content, str)


@pytest.mark.parametrize("name", ["GH_PAT", "DB_PASS", "NPM_AUTH", "SESSION_COOKIE", "SSH_KEY", "DB_PWD", "SENTRY_DSN"])
def test_names_of_secrets(name: str) -> None:
    assert list(leaks(SECRET, {name: SECRET}))
    assert not list(leaks("/run/user/1/agent", {"SSH_AUTH_SOCK": "/run/user/1/agent"}))


def test_each_line_of_a_secret_of_several_is_one() -> None:
    key = "-----BEGIN THING-----\nMC4CAQAwBQYDK2VwBCIEIFtf\n-----END THING-----"
    assert list(leaks("printed MC4CAQAwBQYDK2VwBCIEIFtf", {"ASSAYMARK_SIGNING_KEY": key}))
    assert list(leaks(json.dumps({"m": key}), {"ASSAYMARK_SIGNING_KEY": key}))


@pytest.mark.parametrize(
    "text",
    [
        f"src/x_{TOKEN}.py", TOKEN.replace("g", "\\u0067", 1), TOKEN.replace("_", "%5F"), TOKEN.replace("_", "&#95;"),
        "%2Fhome%2Fjane%2Fx", "\\/home\\/jane\\/x", json.dumps(json.dumps(r"C:\Users\jane\x")),
    ],
)  # fmt: skip # a table of cases
def test_shapes_are_found_in_names_and_behind_escapes(text: str) -> None:
    assert list(leaks(f'{{"message": "{text}"}}', {}))


@given(st.binary(min_size=12, max_size=40).map(lambda b: base64.b85encode(b).decode()), st.binary(max_size=9))
def test_any_secret_is_found_wherever_base64_begins(secret: str, before: bytes) -> None:
    text = base64.b64encode(before + secret.encode()).decode()
    assert list(leaks(text, {"API_KEY": secret}))


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        ("src/home/jane.py", {}),
        ("https://github.com/jane/tool", {"USER": "jane"}),
        ("true", {"USE_TOKEN": "true"}),
        ("a rooted tree", {"USER": "root", "HOME": "/root"}),
        ("https://example.org:8080/a@b", {}),
        ("mailto:team@example.org", {"USER": "mail"}),
        ("sha256:" + "ab" * 32, {"TOKEN": "short"}),
        ("https://example.org/janet/x and src/jane/x", {"USER": "jane"}),
        ("/tmp/x", {"TMPDIR": "/tmp"}),
        ("task_ghost_writer sk-learn hf_hub risk-proj-x @home", {}),
    ],
)
def test_what_is_harmless_is_let_be(text: str, environment: dict[str, str]) -> None:
    assert list(leaks(text, environment)) == []


def test_the_home_the_host_and_the_user_are_found() -> None:
    environment = {"HOME": "/data/people/jane", "HOSTNAME": "node17.cluster", "USER": "jane"}
    texts = (
        "/data/people/jane/x",
        "on node17.cluster",
        "NODE17.Cluster",
        "jane@example",
        '"jane"',
        "/scratch/jane/run",
    )
    for text in texts:
        assert list(leaks(text, environment)), text


def test_the_places_of_this_run_are_found() -> None:
    for name in ("GITHUB_WORKSPACE", "RUNNER_TEMP", "TMPDIR"):
        assert list(leaks('"/data/builds/17/x.py"', {name: "/data/builds/17"})), name


def test_a_refusal_says_where_and_never_what() -> None:
    with pytest.raises(InputError) as caught:
        refuse_leaks("provenance.json", f"\n{SECRET}", {"MY_PASSWORD": SECRET})
    assert "the value of MY_PASSWORD (line 2)" in str(caught.value)
    assert SECRET not in str(caught.value)


def with_message(assessment: Assessment, message: str) -> Assessment:
    first, *rest = assessment.results
    leaky: Evidence = replace(first.evidence[0], message=message)
    return replace(assessment, results=(replace(first, evidence=(leaky,)), *rest))


@pytest.mark.parametrize("text", [*SHAPES, SECRET])
def test_nothing_is_drawn_from_an_assessment_that_tells_a_secret(
    account: Callable[..., Account], assessment: Assessment, text: str
) -> None:
    told = account(given=with_message(assessment, f"connected with {text}"))
    with pytest.raises(InputError, match="not written"):
        folder.documents(told, {"DEPLOY_TOKEN": SECRET})


def test_the_host_and_the_environment_stay_out(account: Callable[..., Account], assessment: Assessment) -> None:
    made = folder.documents(account(given=replace(assessment, run=replace(assessment.run, host="canary-host"))), {})
    assert all("canary-host" not in text for text in made.values())


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("https://x:y@example.org/a?b=c#d", "https://example.org/a"),
        ("https://token@example.org/a", "https://example.org/a"),
        ("https://example.org/a@b", "https://example.org/a@b"),
        ("ssh://git@example.org:22/a.git", "ssh://example.org:22/a.git"),
    ],
)
def test_addresses_lose_their_credentials(given: str, left: str) -> None:
    assert without_credentials(given) == left
