"""The leak table: what must not leave is found in whatever form, and what is harmless is let be."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.errors import InputError
from assaymark.model import Assessment, Evidence
from assaymark.provenance import folder
from assaymark.provenance.account import Account
from assaymark.provenance.redact import leaks, refuse_leaks, without_credentials

SECRET = "hunter2/Correct+Horse=42"
# Put together here: scanners of secrets would else report this file.
SHAPES = [
    "gh" + "p_" + "a1B2" * 9,
    "github" + "_pat_" + "A1b2" * 8,
    "AK" + "IA" + "ABCDEFGHIJKLMNOP",
    "gl" + "pat-" + "a1B2" * 6,
    "xo" + "xb-1234567890-abc",
    "ey" + "JhbGciOiJIUzI1NiJ9." + "ey" + "JzdWIiOiIxMjM0In0." + "c2lnbmF0dXJlLXNpZw",
    "-----BEGIN " + "RSA PRIVATE KEY-----",
    "https://bob:" + "s3cr3t@example.org/x.git",
    "/home/jane/src/x.py",
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
    ],
)
def test_what_is_harmless_is_let_be(text: str, environment: dict[str, str]) -> None:
    assert list(leaks(text, environment)) == []


def test_the_home_the_host_and_the_user_are_found() -> None:
    environment = {"HOME": "/data/people/jane", "HOSTNAME": "node17.cluster", "USER": "jane"}
    for text in ("/data/people/jane/x", "on node17.cluster", "jane@example", '"jane"'):
        assert list(leaks(text, environment)), text


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
