"""Our credentials in the hands of others: verifiers and contexts that are not ours."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assaymark.badges import award as awards
from assaymark.badges import bake, credential, did, jose, png, status, svg
from assaymark.badges.award import Award, Status
from assaymark.badges.keys import Key
from assaymark.model import Assessment

from .conftest import NOW
from .test_verify import FILES, LIST, drawn, listed, new_key

KINDS = ("Ed25519", "P-256")
# The places that a list of revocations names, and whether ours is among them.
LISTS: dict[tuple[int, ...], bool] = {(): False, (7,): True, (6, 8): False}


def given(golden: Assessment, key: Key) -> Award:
    return awards.award(golden, FILES, issuer=key.did, issuer_name="Tides", now=NOW, status=Status(LIST, 7))


def signed(own: Award, key: Key) -> str:
    return jose.sign(credential.claims(own), key, did.method(key.did, key))


def misshapen(claims: dict[str, Any]) -> dict[str, Any]:
    """Terms that are all defined, in a shape that Open Badges 3.0 does not have."""
    claims["credentialSubject"]["result"][0]["value"] = 7
    return claims


def about(token: str, key: Key, own: Award, **more: str) -> dict[str, str]:
    subject = f"https://{own.repository}/commit/{own.commit}"
    now = credential.stamp(NOW + timedelta(days=1))
    return {"token": token, "issuer": key.did, "subject": subject, "now": now} | more


@pytest.fixture(scope="module")
def ask(checkout: Path) -> Any:
    def ask(*questions: dict[str, str]) -> list[Any]:
        script = checkout / "tests" / "services" / "credential.mjs"
        command = ["node", script, checkout / ".ci" / "node" / "node_modules"]
        done = subprocess.run(command, input=json.dumps(questions), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        answers: list[Any] = json.loads(done.stdout)
        return answers

    return ask


@pytest.fixture(scope="module")
def answers(golden: Assessment, ask: Any) -> dict[object, tuple[Award, Any]]:
    """On honest badges, by the kind of the key or the places of the list: to start Node takes longer than to ask."""
    owners = {asked: new_key(asked) if isinstance(asked, str) else new_key() for asked in (*KINDS, *LISTS)}
    awarded = {asked: given(golden, key) for asked, key in owners.items()}
    questions = [
        about(signed(awarded[asked], key), key, awarded[asked])
        | ({} if isinstance(asked, str) else {"list": listed(*asked, key=key).decode()})
        for asked, key in owners.items()
    ]
    return dict(zip(awarded, zip(awarded.values(), ask(*questions), strict=True), strict=True))


@pytest.mark.service("node", "npm-credentials")
class TestInNode:
    """jose, jsonld, the contexts of the Digital Credentials Consortium and the types of LearnCard."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_holds_and_every_term_is_defined(self, kind: str, answers: dict[object, tuple[Award, Any]]) -> None:
        own, found = answers[kind]
        assert found["claims"] == credential.claims(own)
        types = found["expanded"][0]["@type"]
        assert "https://www.w3.org/2018/credentials#VerifiableCredential" in types
        assert "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential" in types

    @pytest.mark.parametrize(("places", "revoked"), LISTS.items())
    def test_it_reads_our_list_of_revocations(
        self, places: tuple[int, ...], revoked: bool, answers: dict[object, tuple[Award, Any]]
    ) -> None:
        _, found = answers[places]
        assert found["length"] == status.BITS
        assert found["revoked"] is revoked

    def test_what_we_refuse_it_refuses_as_well(self, golden: Assessment, ask: Any) -> None:
        key = new_key()
        own = given(golden, key)
        token = signed(own, key)
        forged = {
            "a stranger's signature": about(signed(own, new_key()), key, own),
            "other claims": about(".".join((token.split(".")[0], "e30", token.split(".")[2])), key, own),
            "too late": about(token, key, own, now=credential.stamp(NOW + timedelta(days=91))),
            "too early": about(token, key, own, now=credential.stamp(NOW - timedelta(days=1))),
            "another commit": about(token, key, replace(own, commit="e" * 40)),
            "a result that is no text": about(
                jose.sign(misshapen(credential.claims(own)), key, did.method(key.did, key)), key, own
            ),
            "an undefined term": about(
                jose.sign(credential.claims(own) | {"undefinedTerm": 1}, key, did.method(key.did, key)), key, own
            ),
        }
        answers = ask(about(token, key, own), *forged.values())
        assert "refused" not in answers[0]
        assert [name for name, found in zip(forged, answers[1:], strict=True) if list(found) != ["refused"]] == []


class TestInAnotherLibrary:
    """openbadgeslib, which knows Open Badges 3.0 and took no line from us, nor we from it."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_holds(self, kind: str, golden: Assessment) -> None:
        from openbadgeslib.ob3 import verifier

        key = new_key(kind)
        own = given(golden, key)
        own = replace(own, valid_until=own.valid_until + timedelta(days=36_500), valid_from=NOW - timedelta(days=9_000))
        token = signed(own, key)
        theirs = verifier.OB3Verifier.for_issuer_did(key.did)
        assert theirs.verify(token).recipient_id == f"https://{own.repository}/commit/{own.commit}"
        far = {"valid_from": own.valid_from, "valid_until": own.valid_until}
        theirs.verify(token, check_status=True, download=lambda url, *_, **__: listed(3, key=key, **far))
        with pytest.raises(verifier.OB3VerificationError, match="set at index 7"):
            theirs.verify(token, check_status=True, download=lambda url, *_, **__: listed(7, key=key, **far))
        with pytest.raises(verifier.OB3VerificationError):
            theirs.verify(signed(own, new_key(kind)))

    @pytest.mark.service("font")
    def test_it_finds_what_we_baked(self, golden: Assessment) -> None:
        from openbadgeslib import baking

        key = new_key()
        own = given(golden, key)
        token = signed(own, key)
        assert baking.extract_svg(drawn(own, token), element="openbadges:credential") == token
        picture = png.draw(svg.render(awards.badge_of(own)))
        assert baking.extract_png(bake.into_png(picture, token), keyword=bake.KEYWORD) == token
