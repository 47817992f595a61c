"""A credential that a workflow vouched for: a Sigstore bundle over it, and what its certificate says about the signer.

Whether the bundle holds is for sigstore to say; what the certificate has to say, for `policy`. The two are kept apart
so that a verdict can name the one claim that is wrong.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assaymark.badges.dsse import PAYLOAD, STATEMENT
from assaymark.badges.signers import released
from assaymark.errors import InputError
from assaymark.records import NamedTuple
from assaymark.wording import one_line

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.verify import Verifier

LIMIT = 1_000_000
PREDICATE = "https://in-toto.io/attestation/svr/v0.2"
GITHUB = "https://token.actions.githubusercontent.com"
# Our own callable workflow, by a released version or pinned to a commit; who trusts another one names it. Whether the
# commit was released is another question: any fork can make one that GitHub shows as ours.
OURS = re.compile(
    r"https://github\.com/assaymark/assaymark/\.github/workflows/assay\.yml"
    r"@(?:refs/tags/v\d+(?:\.\d+){0,2}|[0-9a-f]{40})"
)
BRANCHES = ("refs/heads/main", "refs/heads/master")
# Claims that Fulcio writes into a certificate, below 1.3.6.1.4.1.57264.1.
_CLAIMS = {
    "issuer": 8,
    "signer": 9,
    "signer_commit": 10,
    "runner": 11,
    "repository": 12,
    "commit": 13,
    "ref": 14,
    "trigger": 20,
}


class NotAttested(Exception):
    """The bundle does not hold, or is about something else; the text says why."""


class NoRoot(Exception):
    """There is no root of trust on this machine; the text says how to bring one."""


class Signer(NamedTuple):
    """What the certificate says of the job that signed; empty where it says nothing. ``name`` is the certificate's."""

    name: str
    issuer: str
    signer: str
    signer_commit: str
    runner: str
    repository: str
    commit: str
    ref: str
    trigger: str


class Rules(NamedTuple):
    """Whom a verifier believes: workflows (ours when empty), their commits, and branches that count as current.

    Without commits, those of our releases count for our own workflow; of another one none is known.
    """

    signers: Collection[str] = ()
    signer_commits: Collection[str] = ()
    refs: Collection[str] = BRANCHES


class Claim(NamedTuple):
    """One thing that the certificate says: about what, whether it is as it must be (None: not known), and why."""

    about: str
    holds: bool | None
    text: str


def signer_of(bundle: bytes, token: str, level: str, root: Path | None) -> Signer:
    """Who signed, if the bundle holds and is about this credential and level.

    Raises `NotAttested`, or `NoRoot` when nothing can be said.
    """
    if len(bundle) > LIMIT:
        raise NotAttested(f"it is larger than {LIMIT // 1_000_000} MB")
    certificate, payload = _verified(bundle, _verifier(root))
    _about(payload, token, level)
    return _signer(certificate)


def statement_of(bundle: bytes, root: Path | None) -> tuple[Signer, dict[str, Any]]:
    """Who signed, and the in-toto statement that was signed, whatever it is about.

    Raises `NotAttested`, or `NoRoot` when nothing can be said.
    """
    if len(bundle) > LIMIT:
        raise NotAttested(f"it is larger than {LIMIT // 1_000_000} MB")
    certificate, payload = _verified(bundle, _verifier(root))
    try:
        statement = json.loads(payload)
    except (ValueError, RecursionError) as problem:
        raise NotAttested("the bundle holds something else than a statement") from problem
    if not isinstance(statement, dict) or statement.get("_type") != STATEMENT:
        raise NotAttested("the bundle holds something else than a statement")
    return _signer(certificate), statement


def policy(found: Signer, rules: Rules, repository: str, commit: str) -> Iterator[Claim]:
    """What a certificate has to say so that the owner of the repository could not have made the badge up."""
    yield _workflow(found, rules)
    yield _workflow_commit(found, rules)
    hosted = found.runner == "github-hosted"
    yield Claim("runner", hosted, found.runner if hosted else f"{_shown(found.runner)}, which its owner controls")
    place = f"https://{repository}"
    same = found.repository.lower() == place.lower() and found.commit == commit
    said = f"{_shown(found.repository)} at {_shown(found.commit[:12])}"
    yield Claim("source", same, said if same else f"the job ran for {said}")
    yield _ref(found, rules)


def _workflow(found: Signer, rules: Rules) -> Claim:
    known = found.signer in rules.signers if rules.signers else OURS.fullmatch(found.signer) is not None
    if found.issuer != GITHUB or found.name != found.signer:
        return Claim("signer", False, "the certificate is not one of a job on GitHub")
    return Claim("signer", known, found.signer if known else f"{_shown(found.signer)} is not a workflow that you trust")


def _workflow_commit(found: Signer, rules: Rules) -> Claim:
    about = "signer at"
    pinned = found.signer.rpartition("@")[2]
    if re.fullmatch("[0-9a-f]{40}", pinned) and pinned != found.signer_commit:
        return Claim(about, False, f"{_shown(found.signer_commit)}, although called by {pinned}")
    if not rules.signer_commits:
        version = None if rules.signers else released().get(found.signer_commit)
        if version:
            return Claim(about, True, f"{found.signer_commit}, which was released as {version}")
        told = "; not a release that this assaymark knows: name the commit if you trust it (--signer-commit)"
        return Claim(about, None, f"{_shown(found.signer_commit)}{told}")
    known = found.signer_commit in rules.signer_commits
    return Claim(about, known, found.signer_commit if known else f"{_shown(found.signer_commit)} was not released")


def _ref(found: Signer, rules: Rules) -> Claim:
    if found.trigger.startswith("pull_request") or found.ref.startswith("refs/pull/"):
        return Claim("branch", False, "the job ran for a pull request")
    if not found.trigger:
        # On a pull request from a fork the ref may be that of the base: without the event it is not known.
        return Claim("branch", False, "the certificate does not say what the job ran for")
    if found.ref in rules.refs or found.ref.startswith("refs/tags/"):
        return Claim("branch", True, found.ref)
    return Claim("branch", False, f"{_shown(found.ref)} is not a branch that counts as current (--ref)")


def _shown(text: str) -> str:
    return one_line(text, 200) or "nothing"


def _verifier(root: Path | None) -> Verifier:
    try:
        from sigstore.errors import Error, TUFError
        from sigstore.models import TrustedRoot
        from sigstore.verify import Verifier
    except ImportError as problem:
        raise InputError(
            "checking a bundle needs a library that is not installed", hint='install it: pip install "assaymark[sign]"'
        ) from problem
    try:
        if root is None:
            return Verifier.production(offline=True)
        return Verifier(trusted_root=TrustedRoot.from_file(str(root)))
    except (Error, TUFError, OSError, ValueError, KeyError) as problem:
        raise NoRoot(
            f"there is no root of trust to check it with ({type(problem).__name__}): --trusted-root"
        ) from problem


class _Held:
    """A policy that lets every certificate pass and keeps it: `policy` judges it afterwards, claim by claim."""

    def __init__(self) -> None:
        self.certificates: list[Certificate] = []

    def verify(self, cert: Certificate) -> None:
        self.certificates.append(cert)


def _verified(bundle: bytes, verifier: Verifier) -> tuple[Certificate, bytes]:
    from sigstore.errors import Error
    from sigstore.models import Bundle

    held = _Held()
    try:
        kind, payload = verifier.verify_dsse(Bundle.from_json(bundle), held)
    except (Error, ValueError, KeyError, TypeError, RecursionError) as problem:
        raise NotAttested(f"the bundle does not hold: {one_line(str(problem), 200)}") from problem
    if kind != PAYLOAD or len(held.certificates) != 1:
        raise NotAttested("the bundle holds something else than a statement")
    return held.certificates[0], payload


def _about(payload: bytes, token: str, level: str) -> None:
    try:
        statement: Any = json.loads(payload)
        digests = [s["digest"] for s in statement["subject"]]
        properties = statement["predicate"]["properties"]
        kinds = (statement["_type"], statement["predicateType"])
    except (ValueError, LookupError, TypeError, RecursionError) as problem:
        raise NotAttested("the bundle holds something else than a statement") from problem
    if kinds != (STATEMENT, PREDICATE):
        raise NotAttested("the statement is of another kind")
    # The file ends in a newline, the credential itself does not.
    expected = [{"sha256": hashlib.sha256(text.encode()).hexdigest()} for text in (token, f"{token}\n")]
    if not any(digest in expected for digest in digests):
        raise NotAttested("the statement is about another credential")
    if f"ASSAYMARK_LEVEL_{level.upper()}" not in properties:
        raise NotAttested(f"the statement does not say {level}")


def _signer(certificate: Certificate) -> Signer:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    except (x509.ExtensionNotFound, ValueError):
        uris = []
    claims = {field: _claim(certificate, number) for field, number in _CLAIMS.items()}
    return Signer(name=uris[0] if len(uris) == 1 else "", **claims)


def _claim(certificate: Certificate, number: int) -> str:
    from cryptography import x509
    from cryptography.hazmat import asn1

    try:
        found: Any = certificate.extensions.get_extension_for_oid(
            x509.ObjectIdentifier(f"1.3.6.1.4.1.57264.1.{number}")
        )
        return str(asn1.decode_der(str, found.value.value))
    except (x509.ExtensionNotFound, ValueError, TypeError):
        return ""
