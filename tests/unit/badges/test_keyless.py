"""Badges that a workflow vouches for, signed by a Sigstore of the tests and checked by the real sigstore-python."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sigstore_fake import Sigstore

from assaymark.badges import award as awards
from assaymark.badges import keyless
from assaymark.badges.award import Award
from assaymark.badges.keyless import Rules
from assaymark.badges.keys import fresh
from assaymark.badges.verify import Known, Says, Verdict, verify
from assaymark.model import Assessment, Level

from .conftest import COMMIT, NOW, REPOSITORY
from .test_verify import ALL_YES, FILES, drawn, said, signed

WORKFLOW = "https://github.com/assaymark/assaymark/.github/workflows/assay.yml@refs/tags/v1"
RELEASED = "c" * 40
JOB = {
    "name": WORKFLOW,
    "issuer": "https://token.actions.githubusercontent.com",
    "signer": WORKFLOW,
    "signer_commit": RELEASED,
    "runner": "github-hosted",
    "repository": f"https://{REPOSITORY}",
    "commit": COMMIT,
    "ref": "refs/heads/main",
    "trigger": "push",
}
YES = ALL_YES | dict.fromkeys(("attestation", "signer", "signer at", "runner", "source", "branch"), "yes")


@pytest.fixture(scope="module")
def sigstore() -> Sigstore:
    return Sigstore()


@pytest.fixture(scope="module")
def root(sigstore: Sigstore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("root") / "trusted_root.json"
    path.write_bytes(sigstore.root())
    return path


class Badge:
    """A badge, and the bundle that a job made over its credential."""

    def __init__(self, golden: Assessment, sigstore: Sigstore, root: Path) -> None:
        self.key, self.sigstore, self.root = fresh(), sigstore, root
        self.award: Award = awards.award(golden, FILES, issuer=self.key.did, issuer_name="a job", now=NOW)
        self.token = signed(self.award, self.key)
        self.content = drawn(self.award, self.token)

    def statement(self, **more: Any) -> dict[str, Any]:
        digest = hashlib.sha256(f"{self.token}\n".encode()).hexdigest()
        usual = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "credential.jwt", "digest": {"sha256": digest}}],
            "predicateType": "https://in-toto.io/attestation/svr/v0.2",
            "predicate": {"properties": ["ASSAYMARK_LEVEL_BRONZE", "ASSAYMARK_LEVEL_GOLD", "ASSAYMARK_LEVEL_SILVER"]},
        }
        return usual | more

    def bundle(self, **claims: str) -> bytes:
        return self.sigstore.attest(self.statement(), JOB | claims)

    def look(self, bundle: bytes | None = None, **more: Any) -> Verdict:
        usual: dict[str, Any] = {
            "now": NOW,
            "repository": REPOSITORY,
            "commit": COMMIT,
            "evidence": FILES,
            "bundle": self.bundle() if bundle is None else bundle,
            "rules": Rules(signer_commits=(RELEASED,)),
            "trusted_root": self.root,
        }
        return verify(self.content, Known(**usual | more))


@pytest.fixture
def badge(golden: Assessment, sigstore: Sigstore, root: Path) -> Badge:
    return Badge(golden, sigstore, root)


def test_what_our_workflow_vouched_for_holds_without_naming_an_issuer(badge: Badge) -> None:
    verdict = badge.look()
    assert said(verdict) == YES, verdict
    assert verdict.says is Says.YES
    assert verdict.vouched == "workflow"
    assert "used once" in next(a.text for a in verdict.answers if a.about == "issuer")


def test_the_commit_of_the_workflow_has_to_be_known(badge: Badge) -> None:
    verdict = badge.look(rules=Rules())
    assert said(verdict) == YES | {"signer at": "unknown", "issuer": "unknown"}


def test_the_commits_of_our_releases_are_known(badge: Badge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyless, "released", lambda: {RELEASED: "v9.9.9"})
    verdict = badge.look(rules=Rules())
    assert said(verdict) == YES
    assert any("released as v9.9.9" in a.text for a in verdict.answers)
    # The list is about our workflow: of another one it says nothing, and commits that are named take its place.
    own = "https://github.com/hpc/site/.github/workflows/assay.yml@refs/heads/main"
    theirs = badge.look(badge.bundle(name=own, signer=own), rules=Rules((own,)))
    assert said(theirs) == YES | {"signer at": "unknown", "issuer": "unknown"}
    assert said(badge.look(rules=Rules(signer_commits=("d" * 40,))))["signer at"] == "no"


def test_another_workflow_that_the_verifier_trusts(badge: Badge) -> None:
    own = "https://github.com/hpc/site/.github/workflows/assay.yml@refs/heads/main"
    verdict = badge.look(badge.bundle(name=own, signer=own), rules=Rules((own,), (RELEASED,)))
    assert said(verdict) == YES
    assert said(badge.look(rules=Rules((own,), (RELEASED,))))["signer"] == "no"


USERS = "https://github.com/o/n/.github/workflows/ci.yml@refs/heads/main"
FORGED: dict[str, tuple[str, dict[str, str]]] = {
    "the owner's own workflow": ("signer", {"name": USERS, "signer": USERS}),
    "a fork of ours": (
        "signer",
        dict.fromkeys(("name", "signer"), WORKFLOW.replace("assaymark/assaymark", "o/assaymark")),
    ),
    "a branch of ours": ("signer", dict.fromkeys(("name", "signer"), WORKFLOW.replace("tags/v1", "heads/evil"))),
    "a workflow of ours that is not meant for it": (
        "signer",
        dict.fromkeys(("name", "signer"), WORKFLOW.replace("assay.yml", "ci.yml")),
    ),
    "a longer name": ("signer", dict.fromkeys(("name", "signer"), f"{WORKFLOW}/../../x")),
    "a name that differs from the claim": ("signer", {"name": USERS}),
    "another issuer of identities": ("signer", {"issuer": "https://accounts.example"}),
    "a tag that was moved": ("signer at", {"signer_commit": "d" * 40}),
    "a pin to another commit": (
        "signer at",
        dict.fromkeys(("name", "signer"), WORKFLOW.replace("refs/tags/v1", "d" * 40)),
    ),
    "a runner of the owner": ("runner", {"runner": "self-hosted"}),
    "another repository": ("source", {"repository": "https://github.com/o/other"}),
    "a repository that begins alike": ("source", {"repository": f"https://{REPOSITORY}-2"}),
    "another commit": ("source", {"commit": "e" * 40}),
    "a pull request": ("branch", {"ref": "refs/pull/7/merge"}),
    "a run for a pull request": ("branch", {"trigger": "pull_request_target"}),
    "a branch beside": ("branch", {"ref": "refs/heads/try"}),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_job_that_may_not_vouch_for_it(name: str, badge: Badge) -> None:
    about, claims = FORGED[name]
    verdict = badge.look(badge.bundle(**claims))
    assert said(verdict) == YES | {about: "no", "issuer": "unknown"}, verdict
    assert verdict.says is Says.NO
    assert verdict.vouched == "own key", "a job that may not vouch is no more than whoever has the key"


@pytest.mark.parametrize("claim", sorted(set(JOB) - {"name"}))
def test_a_claim_that_is_left_out_is_not_met(claim: str, badge: Badge) -> None:
    bundle = badge.sigstore.attest(badge.statement(), {k: v for k, v in JOB.items() if k != claim})
    assert badge.look(bundle).says is Says.NO


def edited(bundle: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    document = json.loads(bundle)
    change(document)
    return json.dumps(document).encode()


def other_payload(document: dict[str, Any]) -> None:
    document["dsseEnvelope"]["payload"] = base64.b64encode(b"{}").decode()


def other_time(document: dict[str, Any]) -> None:
    document["verificationMaterial"]["tlogEntries"][0]["integratedTime"] = "1000000000"


def no_log(document: dict[str, Any]) -> None:
    document["verificationMaterial"]["tlogEntries"] = []


def no_signature(document: dict[str, Any]) -> None:
    document["dsseEnvelope"]["signatures"] = []


BAD_BUNDLES: dict[str, Callable[[Badge], bytes]] = {
    "another payload": lambda b: edited(b.bundle(), other_payload),
    "another time": lambda b: edited(b.bundle(), other_time),
    "not in the log": lambda b: edited(b.bundle(), no_log),
    "not signed": lambda b: edited(b.bundle(), no_signature),
    "of another Sigstore": lambda b: Sigstore().attest(b.statement(), JOB),
    "over another credential": lambda b: b.sigstore.attest(
        b.statement(subject=[{"name": "credential.jwt", "digest": {"sha256": "0" * 64}}]), JOB
    ),
    "over nothing": lambda b: b.sigstore.attest(b.statement(subject=[]), JOB),
    "of another kind": lambda b: b.sigstore.attest(b.statement(predicateType="https://slsa.dev/provenance/v1"), JOB),
    "of another version": lambda b: b.sigstore.attest(b.statement(_type="https://in-toto.io/Statement/v0.1"), JOB),
    "for a lower level": lambda b: b.sigstore.attest(
        b.statement(predicate={"properties": ["ASSAYMARK_LEVEL_BRONZE"]}), JOB
    ),
    "without a predicate": lambda b: b.sigstore.attest(b.statement(predicate=None), JOB),
    "not a statement": lambda b: b.sigstore.attest([1], JOB),
    "of another type of payload": lambda b: b.sigstore.attest(b.statement(), JOB, "application/json"),
    "not JSON": lambda b: b"<html>",
    "empty": lambda b: b"{}",
    "deep": lambda b: b"[" * 100_000,
    "too large": lambda b: b" " * 2_000_000,
}


@pytest.mark.parametrize("name", BAD_BUNDLES)
def test_a_bundle_that_does_not_hold(name: str, badge: Badge) -> None:
    verdict = badge.look(BAD_BUNDLES[name](badge))
    assert said(verdict) == ALL_YES | {"attestation": "no", "issuer": "unknown"}, verdict
    assert verdict.says is Says.NO


def test_a_bundle_is_read_within_bounds(badge: Badge) -> None:
    """One that holds, and is only too large: the blanks behind it change nothing else."""
    bundle = badge.bundle()
    fits, large = bundle.ljust(keyless.LIMIT), bundle.ljust(keyless.LIMIT + 1)
    assert said(badge.look(fits)) == YES
    assert keyless.statement_of(fits, badge.root)[1]["_type"] == keyless.STATEMENT
    verdict = badge.look(large)
    assert said(verdict)["attestation"] == "no"
    assert any("larger than" in answer.text for answer in verdict.answers)
    with pytest.raises(keyless.NotAttested, match="larger than"):
        keyless.statement_of(large, badge.root)


def test_the_bundle_of_another_badge(badge: Badge, golden: Assessment, sigstore: Sigstore, root: Path) -> None:
    other = Badge(replace(golden, subject=replace(golden.subject, commit="e" * 40)), sigstore, root)
    assert said(badge.look(other.bundle()))["attestation"] == "no"


def test_the_public_sigstore_does_not_know_ours(badge: Badge) -> None:
    verdict = badge.look(trusted_root=None)
    assert said(verdict)["attestation"] in ("no", "unknown")
    assert verdict.says is not Says.YES


def test_without_a_root_of_trust_nothing_can_be_said(badge: Badge, tmp_path: Path) -> None:
    assert said(badge.look(trusted_root=tmp_path / "nowhere.json"))["attestation"] == "unknown"
    (tmp_path / "broken.json").write_text("{")
    assert said(badge.look(trusted_root=tmp_path / "broken.json"))["attestation"] == "unknown"


def test_which_of_our_workflows_are_meant() -> None:
    assert keyless.OURS.fullmatch(WORKFLOW)
    assert keyless.OURS.fullmatch(WORKFLOW + ".2.3")
    assert keyless.OURS.fullmatch(WORKFLOW.replace("refs/tags/v1", "c" * 40)), "pinned, as it should be"
    for wrong in ("", WORKFLOW + "x", WORKFLOW.replace("github.com", "githubXcom"), f"x{WORKFLOW}"):
        assert not keyless.OURS.fullmatch(wrong)


def test_a_key_of_ones_own_is_the_weaker_class(badge: Badge) -> None:
    own = badge.look(bundle=b"", issuers=(badge.key.did,))
    assert (own.says, own.vouched) == (Says.NO, "own key"), "an empty bundle is none that holds"
    trusted = verify(badge.content, replace(known_without(badge), issuers=(badge.key.did,)))
    assert (trusted.says, trusted.vouched) == (Says.YES, "own key")
    assert verify(b"<svg/>", known_without(badge)).vouched == "nobody"


def known_without(badge: Badge) -> Known:
    return Known(now=NOW, repository=REPOSITORY, commit=COMMIT, evidence=FILES, rules=Rules())


def test_a_silver_credential_under_the_bundle_of_gold(badge: Badge) -> None:
    badge.award = replace(badge.award, level=Level.SILVER)
    bundle = badge.bundle()
    badge.token = signed(badge.award, badge.key)
    badge.content = drawn(badge.award, badge.token)
    assert said(badge.look(bundle))["attestation"] == "no"
