"""From when to when a signed statement counts, and where it is told whether it was taken back.

Neither DSSE nor in-toto has an end or a revocation; in-toto lets a predicate carry members of its maker's under the
maker's name. So the term is signed with the rest, in the words of Verifiable Credentials. Whoever does not know it does
not see it: for others the statement has no end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from assaymark.badges.award import Status
from assaymark.badges.credential import exact, stamp, when
from assaymark.badges.jose import Unsigned
from assaymark.badges.verify import Answer, Known, Says, not_revoked
from assaymark.records import NamedTuple

MEMBER = "assaymark_term"


class Term(NamedTuple):
    """A span of time (whole seconds in UTC), and the place in the issuer's list of what it revoked."""

    since: datetime
    until: datetime
    status: Status | None = None


def put(statement: Mapping[str, Any], term: Term) -> dict[str, Any]:
    """The statement with its term in the predicate."""
    return {**statement, "predicate": {**statement["predicate"], MEMBER: _told(term)}}


def without(predicate: Mapping[str, Any]) -> dict[str, Any]:
    """What a predicate says besides its term."""
    return {name: value for name, value in predicate.items() if name != MEMBER}


def _told(term: Term) -> dict[str, Any]:
    told: dict[str, Any] = {"validFrom": stamp(term.since), "validUntil": stamp(term.until)}
    if term.status:
        told["credentialStatus"] = {
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(term.status.place),
            "statusListCredential": term.status.address,
        }
    return told


def term_of(statement: Mapping[str, Any]) -> Term | None:
    """The term of a statement; None without one. Raises `Unsigned` when there is one in another form than ours."""
    if MEMBER not in statement["predicate"]:
        return None
    told = statement["predicate"][MEMBER]
    try:
        entry = told.get("credentialStatus")
        status = Status(entry["statusListCredential"], int(entry["statusListIndex"])) if entry else None
        term = Term(when(told["validFrom"]), when(told["validUntil"]), status)
        same = exact(_told(term)) == exact(told)
    except (LookupError, TypeError, ValueError, AttributeError):
        same = False
    if not same:
        raise Unsigned("what is signed has a term in a form that is not known")
    return term


def answers(issuer: str, statement: Mapping[str, Any], known: Known) -> Iterator[Answer]:
    """Whether a statement is in force, as far as it has a term: not before, not after, and not taken back."""
    try:
        term = term_of(statement)
    except Unsigned as problem:
        yield Answer("in force", Says.NO, str(problem))
        return
    if term is None:
        return
    if known.now < term.since:
        yield Answer("in force", Says.NO, f"not before {term.since:%Y-%m-%d %H:%M} UTC")
    elif known.now > term.until:
        yield Answer("in force", Says.NO, f"it expired on {term.until:%Y-%m-%d}")
    else:
        yield Answer("in force", Says.YES, f"from {term.since:%Y-%m-%d} to {term.until:%Y-%m-%d}")
    yield not_revoked(issuer, term.status, known)
