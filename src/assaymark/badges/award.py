"""An award: that one commit of one repository reached a level. What a credential says, before it is signed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from assaymark.badges.model import Badge, Kind, State, aged
from assaymark.errors import InputError
from assaymark.model import Assessment, Grade, Level, Outcome, SubcriterionResult
from assaymark.records import NamedTuple
from assaymark.wording import count, one_line

LIFETIME = timedelta(days=90)
MEDIA = {
    ".json": "application/json",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".sarif": "application/sarif+json",
    ".jsonl": "application/jsonl",
}
PICTURE = "badge.png"
# The digest of a configuration that says nothing.
UNCONFIGURED = f"sha256:{hashlib.sha256(b'{}').hexdigest()}"
_REPOSITORY = re.compile(r"[a-z0-9][a-z0-9.-]*(?::\d{1,5})?(?:/[A-Za-z0-9_][A-Za-z0-9._-]*){2,8}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Resource(NamedTuple):
    """A file that the award rests on: its name, where it is published (a URN when nowhere), and its SHA-256 in hex."""

    name: str
    id: str
    sha256: str

    @property
    def media(self) -> str:
        """The media type, by the ending of the name."""
        return MEDIA.get(self.name[self.name.rfind(".") :], "application/octet-stream")


class Status(NamedTuple):
    """Where one looks up whether the award was revoked: the address of a signed list, and the place in it."""

    address: str
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """All that a credential says. Times are whole seconds in UTC; ``required`` are the sub-criteria the level asks for.

    ``attested``, ``self_reported`` and ``waived`` count items, as the badge tells them; ``configured`` when the
    repository's own configuration was in force, which can leave files and questions out.
    """

    issuer: str
    issuer_name: str
    repository: str
    commit: str
    level: Level
    profile: str
    profile_version: str
    profile_digest: str
    as_of: date
    required: tuple[str, ...]
    attested: int
    self_reported: int
    waived: int
    configured: bool
    resources: tuple[Resource, ...]
    valid_from: datetime
    valid_until: datetime
    status: Status | None = None

    @property
    def title(self) -> str:
        """Everything that counts, in one sentence: what the badge says aloud."""
        noted = [
            f"{count(n, 'item')} {word}"
            for n, word in (
                (self.attested, "attested"),
                (self.self_reported, "self-reported"),
                (self.waived, "waived"),
            )
            if n
        ]
        noted += ["with its own settings"] if self.configured else []
        facts = ", ".join([f"profile {self.profile} {self.profile_version}", *noted, f"as of {self.as_of}"])
        return f"assaymark: level {self.level}; {self.repository} at {self.commit[:7]}; {facts}; signed"


def award(
    a: Assessment,
    files: Mapping[str, bytes],
    *,
    issuer: str,
    issuer_name: str,
    now: datetime,
    lifetime: timedelta = LIFETIME,
    base: str = "",
    status: Status | None = None,
) -> Award:
    """What may be said of an assessment; ``files`` are those it rests on by name, published below the address ``base``.

    Raises InputError when it gives nothing to sign: no level, a part of a run, changes that no commit has, or an
    unknown repository.
    """
    s = a.subject
    if a.partial:
        raise InputError("a partial run gives no level to sign", hint="assess everything: no --select, --skip …")
    if a.level is Level.NONE:
        raise InputError("there is no level to sign")
    if s.dirty:
        raise InputError("the files differed from the commit", hint="commit, then assess again")
    if not s.commit or not _COMMIT.fullmatch(s.commit):
        raise InputError("the assessment names no commit")
    if not s.repository or not _REPOSITORY.fullmatch(s.repository):
        raise InputError("the assessment names no repository", hint="assess a clone that has a remote")
    if not (_NAME.fullmatch(a.profile) and _NAME.fullmatch(a.profile_version)):
        raise InputError(f"the profile {one_line(a.profile, 60)!r} has a name that cannot be signed")
    start = now.astimezone(UTC).replace(microsecond=0)
    needed = [r for r in a.results if r.required_for and r.required_for.rank <= a.level.rank]
    return Award(
        issuer=issuer,
        issuer_name=issuer_name,
        repository=s.repository,
        commit=s.commit,
        level=a.level,
        profile=a.profile,
        profile_version=a.profile_version,
        profile_digest=a.profile_digest,
        as_of=a.as_of,
        required=tuple(sorted(r.definition.id for r in needed)),
        attested=sum(r.grade is Grade.ATTESTED and r.outcome is Outcome.PASSED for r in needed),
        self_reported=sum(r.grade is Grade.SELF_REPORTED and r.outcome is Outcome.PASSED for r in needed),
        waived=sum(1 for r in a.results if r.waiver),
        configured=a.config_digest != UNCONFIGURED,
        resources=resources(files, base),
        valid_from=start,
        valid_until=start + lifetime,
        status=status,
    )


def resources(files: Mapping[str, bytes], base: str = "") -> tuple[Resource, ...]:
    """Name, address and digest of each file, by name."""
    return tuple(_resource(name, hashlib.sha256(content).hexdigest(), base) for name, content in sorted(files.items()))


def _resource(name: str, digest: str, base: str) -> Resource:
    return Resource(name, f"{base.rstrip('/')}/{name}" if base else f"urn:sha256:{digest}", digest)


def with_picture(given: Award, picture: bytes, base: str = "") -> Award:
    """The award bound to a PNG as well: its digest without the credential in it."""
    added = _resource(PICTURE, hashlib.sha256(picture).hexdigest(), base)
    return replace(given, resources=tuple(sorted({*given.resources, added})))


def badge_of(given: Award) -> Badge:
    """The badge that shows an award, and nothing that the award does not say."""
    return Badge(
        kind=Kind.LEVEL,
        state=State.ASSESSED,
        label="assaymark",
        message=given.level.value,
        metal=given.level.value,
        title=given.title,
        commit=given.commit,
    )


def expired(given: Award) -> str:
    """Why a badge is grey once its time is over."""
    return f"it expired on {given.valid_until:%Y-%m-%d}"


def passed_by(head: str) -> str:
    """Why a badge is grey when its branch is elsewhere."""
    return f"the branch is at {head[:7]} now"


def current(given: Award, now: datetime, head: str | None = None) -> Badge:
    """The badge of an award as it is to be shown now: grey when its time is over or the branch moved on."""
    badge = badge_of(given)
    if head is not None and head != given.commit:
        return aged(badge, passed_by(head))
    return aged(badge, expired(given)) if now > given.valid_until else badge


def agrees(given: Award, a: Assessment) -> bool:
    """Whether the award says of the assessment what may be said of it: subject, rules, level, items and counts."""
    try:
        again = award(
            a,
            {},
            issuer=given.issuer,
            issuer_name=given.issuer_name,
            now=given.valid_from,
            lifetime=given.valid_until - given.valid_from,
            status=given.status,
        )
    except InputError:
        return False
    return replace(again, resources=given.resources) == given


def follows(a: Assessment) -> bool | None:
    """Whether the level follows from the evidence under the profile as it is shipped; None when that profile is not.

    Results could be written to suit a level: of each that the profile asks for, outcome and grade have to be those of
    its evidence.
    """
    from assaymark import catalogue, scoring

    profile = catalogue.shipped_profile(a.profile)
    if profile is None or (profile.version, profile.digest) != (a.profile_version, a.profile_digest):
        return None
    results = {r.definition.id: r for r in a.results}
    asked = {i: rule.level for rule in sorted(profile.levels, key=lambda r: -r.level.rank) for i in rule.require}
    honest = all(_rests(r, asked.get(i)) for i, r in results.items() if i in asked or r.required_for)
    return honest and len(results) == len(a.results) and scoring.level_of(profile, results) is a.level


def _rests(result: SubcriterionResult, level: Level | None) -> bool:
    """Whether a result is what its evidence gives, and is asked for by the level that it names."""
    from assaymark.scoring import grade_of, outcome_of

    outcome = outcome_of(result.evidence)
    return (result.outcome, result.grade, result.required_for) == (outcome, grade_of(result.evidence, outcome), level)
