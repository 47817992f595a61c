"""Whether a badge may be believed: one answer to each question that a forger would have to survive.

Pure: whatever is looked up comes in through `Known`. What cannot be found out is ``unknown``, and then the whole is
not ``yes``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from assaymark.badges import bake, did, jose, keyless, status, svg
from assaymark.badges.award import PICTURE, Award, Status, agrees, badge_of, expired, follows, passed_by
from assaymark.badges.credential import NotOurs, award_of
from assaymark.badges.fetch import NotFetched
from assaymark.badges.keys import Key
from assaymark.badges.model import aged
from assaymark.errors import InputError
from assaymark.model import Assessment
from assaymark.records import NamedTuple
from assaymark.wording import one_line

ASSESSMENT = "assessment.json"
SKEW = timedelta(seconds=60)
# What a bundle is asked; all of it has to hold for a workflow to vouch.
ATTESTED = ("attestation", "signer", "signer at", "runner", "source", "branch")
_MOVED = re.compile(rb"stale: the branch is at ([0-9a-f]{7}) now")


class Says(StrEnum):
    """The answer to one question."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Answer(NamedTuple):
    """One question, its answer, and the reason in words."""

    about: str
    says: Says
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a verifier brings along; None and empty mean that it does not know.

    - ``issuers``: the identities that it trusts;
    - ``repository``: ``host/owner/name`` of the place in which the badge is shown; ``commit``: where its branch is;
    - ``evidence``: the published files by name; ``read`` turns one into an assessment, or raises InputError;
    - ``identities``: documents of ``did:web`` issuers by identity; ``status_list``: the issuer's list;
    - ``fetch`` gives the content of an address, or raises `NotFetched`;
    - ``bundle``: what a workflow signed over the credential, to be checked by ``rules`` and against ``trusted_root``
      (default: that of the public Sigstore).
    """

    now: datetime
    issuers: Collection[str] = ()
    repository: str | None = None
    commit: str | None = None
    read: Callable[[bytes], Assessment] | None = None
    evidence: Mapping[str, bytes] = field(default_factory=dict)
    identities: Mapping[str, bytes] = field(default_factory=dict)
    status_list: bytes | None = None
    fetch: Callable[[str], bytes] | None = None
    bundle: bytes | None = None
    rules: keyless.Rules = field(default_factory=keyless.Rules)
    trusted_root: Path | None = None


class Verdict(NamedTuple):
    """All answers; the award only when its signature holds."""

    answers: tuple[Answer, ...]
    award: Award | None = None

    @property
    def vouched(self) -> str:
        """By whom, when its signature holds: a ``workflow`` that the owner cannot steer, or, weaker, an ``own key``."""
        attested = [a for a in self.answers if a.about in ATTESTED]
        if self.award is None:
            return "nobody"
        return "workflow" if attested and all(a.says is Says.YES for a in attested) else "own key"

    @property
    def says(self) -> Says:
        """All answers together."""
        return overall(self.answers)


def overall(answers: Iterable[Answer]) -> Says:
    """No if any answer is no; unknown if any is unknown."""
    said = {a.says for a in answers}
    return Says.NO if Says.NO in said else Says.UNKNOWN if Says.UNKNOWN in said else Says.YES


class Unresolved(Exception):
    """The issuer's key could not be looked up."""


def verify(content: bytes, known: Known) -> Verdict:
    """Look at a picture with a credential in it, or at the bare credential."""
    try:
        baked = bake.extract(content)
        award = award_of(jose.verified(baked.token, lambda issuer, kid: key_of(issuer, kid, known)))
    except Unresolved as problem:
        return Verdict(shown([Answer("signature", Says.UNKNOWN, str(problem))]))
    except (bake.NotBaked, jose.Unsigned, NotOurs, did.BadIdentity) as problem:
        return Verdict((Answer("signature", Says.NO, one_line(str(problem), 300)),))
    attested = tuple(_attested(award, baked.token, known))
    answers = (
        Answer("signature", Says.YES, f"it holds, by a key of {award.issuer}"),
        *attested,
        _issuer(award, known, attested),
        _repository(award, known),
        _commit(award, known),
        _profile(award),
        _in_force(award, known),
        not_revoked(award.issuer, award.status, known),
        *_evidence(award, known),
        _picture(award, baked),
    )
    return Verdict(shown(answers), award)


def shown(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """The answers for a terminal: whoever signed may have put control characters into any name."""
    return tuple(a._replace(text=one_line(a.text)) for a in answers)


def key_of(issuer: str, kid: str, known: Known) -> Key:
    """The key of that name of an issuer. Raises `Unresolved`, or `BadIdentity` of the module did."""
    if did.is_key(issuer):
        return did.key_of_key(issuer, kid)
    if not did.is_web(issuer):
        raise did.BadIdentity("its issuer is neither a did:key nor a did:web")
    content = known.identities.get(issuer)
    if content is None:
        content = _looked_up(did.web_address(issuer), known, "the issuer's document")
    return did.key_of_web(issuer, kid, content)


def _looked_up(address: str, known: Known, what: str) -> bytes:
    if known.fetch is None:
        raise Unresolved(f"{what} is at {one_line(address, 200)}, which was not asked")
    try:
        return known.fetch(address)
    except NotFetched as problem:
        raise Unresolved(f"{what} could not be read: {problem}") from problem


def _attested(award: Award, token: str, known: Known) -> Iterator[Answer]:
    """What a workflow vouched for, where it did; nothing without a bundle."""
    if known.bundle is None:
        return
    try:
        signer = keyless.signer_of(known.bundle, token, award.level.value, known.trusted_root)
    except keyless.NoRoot as problem:
        yield Answer("attestation", Says.UNKNOWN, str(problem))
        return
    except keyless.NotAttested as problem:
        yield Answer("attestation", Says.NO, str(problem))
        return
    yield Answer("attestation", Says.YES, "a job signed this credential, and a public log has it")
    for claim in keyless.policy(signer, known.rules, award.repository, award.commit):
        says = Says.UNKNOWN if claim.holds is None else Says.YES if claim.holds else Says.NO
        yield Answer(claim.about, says, claim.text)


def _issuer(award: Award, known: Known, attested: Collection[Answer]) -> Answer:
    named = one_line(award.issuer_name, 80)
    who = award.issuer if named == award.issuer else f"{award.issuer}, calling itself {named}"
    if award.issuer in known.issuers:
        return Answer("issuer", Says.YES, f"{who}, whom you trust; it signed with a key of its own")
    if known.issuers:
        return Answer("issuer", Says.NO, f"{who}, is not one that you trust")
    if attested and all(a.says is Says.YES for a in attested):
        return Answer("issuer", Says.YES, "the workflow itself, by a key that it used once")
    return Answer("issuer", Says.UNKNOWN, f"{who}; whom to trust is yours to say (--issuer)")


def _repository(award: Award, known: Known) -> Answer:
    if known.repository is None:
        return Answer("repository", Says.UNKNOWN, f"{award.repository}; compared with nothing (--repository)")
    if known.repository.lower() == award.repository.lower():
        return Answer("repository", Says.YES, award.repository)
    return Answer("repository", Says.NO, f"it was given to {award.repository}, not to {known.repository}")


def _commit(award: Award, known: Known) -> Answer:
    if known.commit is None:
        return Answer("commit", Says.UNKNOWN, f"{award.commit}; compared with nothing (--repository or --commit)")
    if known.commit == award.commit:
        return Answer("commit", Says.YES, award.commit)
    return Answer("commit", Says.NO, f"it was given for {award.commit[:12]}, not for {known.commit[:12]}")


def _profile(award: Award) -> Answer:
    from assaymark import catalogue

    named = f"{award.profile} {award.profile_version}"
    profile = catalogue.shipped_profile(award.profile)
    if profile is None:
        return Answer("profile", Says.UNKNOWN, f"{named}, which this version of assaymark does not have")
    if profile.version != award.profile_version:
        return Answer("profile", Says.UNKNOWN, f"{named}; this version of assaymark has {profile.version}")
    if profile.digest != award.profile_digest:
        return Answer("profile", Says.NO, f"it calls itself {named}, but that profile asks for something else")
    settings = "with settings of the repository's own" if award.configured else "with no settings but those it has"
    return Answer("profile", Says.YES, f"{named}, level {award.level}, {settings}")


def _in_force(award: Award, known: Known) -> Answer:
    if known.now + SKEW < award.valid_from:
        return Answer("in force", Says.NO, f"not before {award.valid_from:%Y-%m-%d %H:%M} UTC")
    if known.now > award.valid_until:
        return Answer("in force", Says.NO, f"it expired on {award.valid_until:%Y-%m-%d}")
    return Answer("in force", Says.YES, f"from {award.valid_from:%Y-%m-%d} to {award.valid_until:%Y-%m-%d}")


def not_revoked(signer: str, entry: Status | None, known: Known) -> Answer:
    """Whether the signer's list marks what it signed; ``entry`` is the place in it, None when none is named."""
    about = "not revoked"
    if entry is None:
        return Answer(about, Says.YES, "it names no list, so it cannot be revoked before it ends")
    try:
        content = known.status_list
        if content is None:
            content = _looked_up(entry.address, known, "the issuer's list")
        listed = status.list_of(
            jose.verified(content.decode("ascii").strip(), lambda issuer, kid: key_of(issuer, kid, known))
        )
        return _in_list(listed, signer, entry, known.now)
    except Unresolved as problem:
        return Answer(about, Says.UNKNOWN, str(problem))
    except (status.BadList, jose.Unsigned, did.BadIdentity, UnicodeDecodeError) as problem:
        return Answer(about, Says.UNKNOWN, f"the list cannot be believed: {one_line(str(problem), 200)}")


def _in_list(listed: status.StatusList, signer: str, entry: Status, now: datetime) -> Answer:
    about = "not revoked"
    if (listed.issuer, listed.address) != (signer, entry.address):
        return Answer(about, Says.UNKNOWN, "the list is of another issuer or from another address")
    if listed.revoked(entry.place):
        return Answer(about, Says.NO, f"revoked: place {entry.place} of {listed.address}")
    if not listed.valid_from - SKEW <= now <= listed.valid_until:
        return Answer(about, Says.UNKNOWN, f"the list is out of date: it ended on {listed.valid_until:%Y-%m-%d}")
    return Answer(about, Says.YES, f"by the list of {listed.valid_from:%Y-%m-%d}")


def _evidence(award: Award, known: Known) -> Iterator[Answer]:
    """Whether the files are those that were signed; if so, whether the assessment among them gives the level."""
    asked = [r for r in award.resources if r.name != PICTURE]
    given = dict(known.evidence)
    try:
        for resource in asked:
            if resource.name not in given and known.fetch is not None and resource.id.startswith("https://"):
                given[resource.name] = known.fetch(resource.id)
    except NotFetched as problem:
        yield Answer("evidence", Says.UNKNOWN, f"it could not be read: {problem}")
        return
    changed = [r.name for r in asked if r.name in given and hashlib.sha256(given[r.name]).hexdigest() != r.sha256]
    missing = [r.name for r in asked if r.name not in given]
    if changed:
        yield Answer("evidence", Says.NO, f"not the files that were signed: {', '.join(changed)}")
    elif missing or not asked:
        yield Answer("evidence", Says.UNKNOWN, f"not at hand: {', '.join(missing) or 'none was signed'} (--evidence)")
    else:
        yield Answer("evidence", Says.YES, ", ".join(r.name for r in asked))
    if ASSESSMENT in {r.name for r in asked} & set(given) - set(changed) and known.read is not None:
        yield _level(award, given[ASSESSMENT], known.read)


def _level(award: Award, content: bytes, read: Callable[[bytes], Assessment]) -> Answer:
    try:
        a = read(content)
    except InputError as problem:
        return Answer("level", Says.UNKNOWN, f"the assessment cannot be read: {one_line(problem.message, 200)}")
    if not agrees(award, a):
        return Answer("level", Says.NO, "the assessment is about something else than the award")
    answer = follows(a)
    if answer is None:
        return Answer("level", Says.UNKNOWN, "its profile is not one that this version of assaymark has")
    if answer:
        return Answer("level", Says.YES, f"{award.level} follows from the results, and they from the evidence")
    return Answer("level", Says.NO, f"{award.level} does not follow from the results, or they not from the evidence")


def _picture(award: Award, baked: bake.Baked) -> Answer:
    about = "picture"
    if baked.kind == "token":
        return Answer(about, Says.YES, "there is none to compare: this is the bare credential")
    if baked.kind == "png":
        signed = {r.sha256 for r in award.resources if r.name == PICTURE}
        if hashlib.sha256(baked.picture).hexdigest() in signed:
            return Answer(about, Says.YES, "the one that was signed")
        return Answer(about, Says.NO, "it is not the one that was signed")
    badge, shown = badge_of(award), baked.picture
    if shown == svg.render(badge, baked.token).encode():
        return Answer(about, Says.YES, "drawn from the credential, byte for byte")
    # Grey is allowed: it claims less.
    moved = _MOVED.search(shown)
    reasons = [expired(award), *([passed_by(moved[1].decode())] if moved else [])]
    if any(shown == svg.render(aged(badge, reason), baked.token).encode() for reason in reasons):
        return Answer(about, Says.YES, "drawn from the credential as stale, byte for byte")
    return Answer(about, Says.NO, "it shows something else than the credential says")
