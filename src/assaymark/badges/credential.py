"""An award as a credential: Open Badges 3.0 on the data model of Verifiable Credentials 2.0, as the claims of a JWT.

`claims` and `award_of` are inverse to each other, and a credential is only believed when writing its award again gives
the same claims: nothing can be added to, left out of, or changed in one without notice.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from assaymark.badges.award import Award, Resource, Status
from assaymark.badges.palette import template
from assaymark.model import Level

Claims = dict[str, Any]
# Whose settings were in force: those that assaymark has, or the repository's.
_SETTINGS = ("default", "own")


class NotOurs(Exception):
    """It is not a credential as assaymark writes them; the text says why."""


def claims(a: Award) -> Claims:
    """The payload of the JWT: the members of the credential, and the registered claims that repeat some of them."""
    fixed = json.loads(template("credential.json").template)
    subject = f"https://{a.repository}/commit/{a.commit}"
    found: Claims = {
        "@context": fixed["@context"],
        "id": f"{subject}#assaymark-{a.profile}-{a.profile_version}-{a.level}",
        "type": fixed["type"],
        "name": f"{a.level.capitalize()}, assaymark profile {a.profile} {a.profile_version}",
        "description": a.title,
        "issuer": {"id": a.issuer, "type": ["Profile"], "name": a.issuer_name},
        "validFrom": stamp(a.valid_from),
        "validUntil": stamp(a.valid_until),
        "awardedDate": f"{a.as_of}T00:00:00Z",
        "credentialSubject": {
            "id": subject,
            "type": ["AchievementSubject"],
            "identifier": [_recipient(a.repository)],
            "achievement": _achievement(a, fixed),
            "result": _results(a, fixed),
        },
        "evidence": [{"id": r.id, "type": ["Evidence"], "name": r.name} for r in a.resources],
        "relatedResource": [{"id": r.id, "digestSRI": _sri(r.sha256), "mediaType": r.media} for r in a.resources],
        "iss": a.issuer,
        "sub": subject,
        "nbf": int(a.valid_from.timestamp()),
        "exp": int(a.valid_until.timestamp()),
    }
    found["jti"] = found["id"]
    if a.status:
        found["credentialStatus"] = {
            "id": f"{a.status.address}#{a.status.place}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(a.status.place),
            "statusListCredential": a.status.address,
        }
    return found


def award_of(found: Mapping[str, Any]) -> Award:
    """The award that claims say. Raises `NotOurs` when they are not exactly what `claims` would write for it."""
    try:
        award = _read(found)
        again = claims(award)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as problem:
        raise NotOurs(f"it is not a credential of assaymark ({type(problem).__name__})") from problem
    different = sorted(k for k in {*again, *found} if _member(again, k) != _member(found, k))
    if different:
        raise NotOurs(f"it contradicts itself or says more than it should: {', '.join(map(repr, different))[:200]}")
    return award


def _recipient(repository: str) -> dict[str, Any]:
    identity = f"https://{repository}"
    return {"type": "IdentityObject", "hashed": False, "identityHash": identity, "identityType": "ext:repository"}


def _achievement(a: Award, fixed: Mapping[str, Any]) -> dict[str, Any]:
    part = fixed["achievement"]
    id = f"{part['base']}/{a.profile}/{a.profile_version}/{a.level}"
    return {
        "id": id,
        "type": part["type"],
        "achievementType": part["achievementType"],
        "name": f"{a.level.capitalize()}, assaymark profile {a.profile} {a.profile_version}",
        "description": f"One commit of a repository meets what profile {a.profile} {a.profile_version} asks for the "
        f"level {a.level}.",
        "version": a.profile_version,
        "humanCode": a.profile,
        "criteria": {"narrative": f"Every one of these holds or does not apply: {', '.join(a.required)}."},
        "otherIdentifier": [
            {"type": "IdentifierEntry", "identifier": a.profile_digest, "identifierType": "ext:profileDigest"}
        ],
        "resultDescription": [
            {"id": f"{id}#{r['key']}", "type": ["ResultDescription"]} | {k: v for k, v in r.items() if k != "key"}
            for r in fixed["results"]
        ],
    }


def _results(a: Award, fixed: Mapping[str, Any]) -> list[dict[str, Any]]:
    id = _achievement(a, fixed)["id"]
    values = {
        "level": a.level.value,
        "attested": a.attested,
        "self-reported": a.self_reported,
        "waived": a.waived,
        "settings": _SETTINGS[a.configured],
    }
    return [
        {"type": ["Result"], "resultDescription": f"{id}#{r['key']}", "value": str(values[r["key"]])}
        for r in fixed["results"]
    ]


def _read(found: Mapping[str, Any]) -> Award:
    subject = found["credentialSubject"]
    achievement = subject["achievement"]
    level, attested, reported, waived, settings = (r["value"] for r in subject["result"])
    narrative = achievement["criteria"]["narrative"]
    status = found.get("credentialStatus")
    return Award(
        issuer=_text(found["issuer"]["id"]),
        issuer_name=_text(found["issuer"]["name"]),
        repository=_text(subject["identifier"][0]["identityHash"]).removeprefix("https://"),
        commit=_text(subject["id"]).rpartition("/commit/")[2],
        level=Level(level),
        profile=_text(achievement["humanCode"]),
        profile_version=_text(achievement["version"]),
        profile_digest=_text(achievement["otherIdentifier"][0]["identifier"]),
        as_of=date.fromisoformat(found["awardedDate"].removesuffix("T00:00:00Z")),
        required=tuple(filter(None, narrative.partition(": ")[2].removesuffix(".").split(", "))),
        attested=int(attested),
        self_reported=int(reported),
        waived=int(waived),
        configured=_SETTINGS.index(settings) == 1,
        resources=tuple(
            Resource(_text(e["name"]), _text(e["id"]), base64.b64decode(r["digestSRI"].removeprefix("sha256-")).hex())
            for e, r in zip(found["evidence"], found["relatedResource"], strict=True)
        ),
        valid_from=when(found["validFrom"]),
        valid_until=when(found["validUntil"]),
        status=Status(_text(status["statusListCredential"]), int(status["statusListIndex"])) if status else None,
    )


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, in whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def when(text: str) -> datetime:
    """The way back; ValueError for another form."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _member(found: Mapping[str, Any], name: str) -> str:
    """One that is null is not one that is not there."""
    return exact(found[name]) if name in found else ""


def exact(value: object) -> str:
    """In JSON ``true`` is not 1 and 1.0 is not 1, as they are in Python."""
    return json.dumps(value, sort_keys=True)


def _sri(sha256: str) -> str:
    return "sha256-" + base64.b64encode(bytes.fromhex(sha256)).decode()


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("not a text")
    return value
