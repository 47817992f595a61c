"""Credentials and lists against JSON Schemas: ours, published in the wheel, and the tables of the specifications.

The schemas that 1EdTech publishes come in no package, so the tables of Open Badges 3.0 (appendix B) and of Verifiable
Credentials 2.0 stand here in our own words: each class with its members, their types, and whether one must be there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from assaymark import data
from assaymark.badges import award as awards
from assaymark.badges import credential, status
from assaymark.badges.award import Award, Status
from assaymark.badges.credential import NotOurs
from assaymark.badges.status import BadList, StatusList
from assaymark.model import Assessment, Level

from .conftest import NOW
from .test_award import FILES, paths

OURS = json.loads(data.schema("badge").read_text(encoding="utf-8"))

# `!`: must be there; `*`: a list of them. Text, number and truth are JSON's; `Moment` and `Day` are text of that form.
CLASSES: dict[str, str] = {
    "AchievementCredential": "@context!:Contexts id!:Text type!:CredentialTypes name:Text description:Text image:Image "
    "awardedDate:Moment credentialSubject!:AchievementSubject endorsement:Any* endorsementJwt:Text* evidence:Evidence* "
    "issuer!:Issuer validFrom!:Moment validUntil:Moment proof:Any* credentialSchema:Typed* credentialStatus:Typed "
    "refreshService:Typed termsOfUse:Any* relatedResource:RelatedResource*",
    "AchievementSubject": "id:Text type!:Text* activityEndDate:Moment activityStartDate:Moment creditsEarned:Number "
    "achievement!:Achievement identifier:IdentityObject* image:Image licenseNumber:Text narrative:Text result:Result* "
    "role:Text source:Profile term:Text",
    "Achievement": "id!:Text type!:Text* alignment:Any* achievementType:AchievementType creator:Profile "
    "creditsAvailable:Number criteria!:Criteria description!:Text endorsement:Any* endorsementJwt:Text* "
    "fieldOfStudy:Text humanCode:Text image:Image inLanguage:Text name!:Text otherIdentifier:IdentifierEntry* "
    "related:Any* resultDescription:ResultDescription* specialization:Text tag:Text* version:Text",
    "Criteria": "id:Text narrative:Text",
    "Evidence": "id:Text type!:Text* narrative:Text name:Text description:Text genre:Text audience:Text",
    "IdentityObject": "type!:=IdentityObject hashed!:Truth identityHash!:Text identityType!:IdentifierType salt:Text",
    "IdentifierEntry": "type!:=IdentifierEntry identifier!:Text identifierType!:IdentifierType",
    "Image": "id!:Text type!:=Image caption:Text",
    "Profile": "id!:Text type!:Text* name:Text url:Text phone:Text description:Text endorsement:Any* "
    "endorsementJwt:Text* image:Image email:Text address:Any otherIdentifier:IdentifierEntry* official:Text "
    "parentOrg:Profile familyName:Text givenName:Text additionalName:Text patronymicName:Text honorificPrefix:Text "
    "honorificSuffix:Text familyNamePrefix:Text dateOfBirth:Day",
    "Result": "type!:Text* achievedLevel:Text alignment:Any* resultDescription:Text status:ResultStatus value:Text",
    "ResultDescription": "id!:Text type!:Text* alignment:Any* allowedValue:Text* name!:Text requiredLevel:Text "
    "requiredValue:Text resultType!:ResultType rubricCriterionLevel:Any* valueMax:Text valueMin:Text",
    "Typed": "id!:Text type!:Text",
    "RelatedResource": "id!:Text digestSRI:Text digestMultibase:Text mediaType:Text",
    "BitstringStatusListEntry": "id:Text type!:=BitstringStatusListEntry statusPurpose!:Text statusListIndex!:Text "
    "statusListCredential!:Text statusSize:Number statusMessage:Any* statusReference:Any",
    "BitstringStatusListCredential": "@context!:Text* id:Text type!:Text* issuer!:Issuer validFrom:Moment "
    "validUntil:Moment credentialSubject!:BitstringStatusList",
    "BitstringStatusList": "id:Text type!:=BitstringStatusList statusPurpose!:Text encodedList!:Text ttl:Number",
}
# Classes that the tables allow nothing to be added to, and the word that must be among a list of types.
CLOSED = {"IdentityObject", "IdentifierEntry", "Image"}
NAMED = {"AchievementSubject", "Achievement", "Evidence", "Profile", "Result", "ResultDescription"}
EXTENSION = {"type": "string", "pattern": "^(ext:)[a-z|A-Z|0-9|.|-|_]+"}
CONTEXT = r"^https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.\d\.\d)*\.json$"
_RESULTS = (
    "GradePointAverage LetterGrade Percent PerformanceLevel PredictedScore RawScore Result RubricCriterion "
    "RubricCriterionLevel RubricScore ScaledScore Status"
)
_IDENTIFIERS = (
    "name sourcedId systemId productId userName accountId emailAddress nationalIdentityNumber isbn issn lisSourcedId "
    "oneRosterSourcedId sisSourcedId ltiContextId ltiDeploymentId ltiToolId ltiPlatformId ltiUserId identifier"
)
_ACHIEVEMENTS = (
    "Achievement ApprenticeshipCertificate Assessment Assignment AssociateDegree Award Badge BachelorDegree "
    "Certificate CertificateOfCompletion Certification CommunityService Competency Course CoCurricular Degree Diploma "
    "DoctoralDegree Fieldwork GeneralEducationDevelopment JourneymanCertificate LearningProgram License Membership "
    "ProfessionalDoctorate QualityAssuranceCredential MasterCertificate MasterDegree MicroCredential "
    "ResearchDoctorate SecondarySchoolDiploma"
)
SIMPLE: dict[str, dict[str, Any]] = {
    "Any": {},
    "Text": {"type": "string"},
    "Number": {"type": "number"},
    "Truth": {"type": "boolean"},
    "Moment": {
        "type": "string",
        "pattern": r"^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
    },
    "Day": {"type": "string", "pattern": r"^\d{4}-[01]\d-[0-3]\d$"},
    "Issuer": {"oneOf": [{"type": "string"}, {"$ref": "#/$defs/Profile"}]},
    "Contexts": {
        "type": "array",
        "minItems": 2,
        "prefixItems": [{"const": "https://www.w3.org/ns/credentials/v2"}, {"type": "string", "pattern": CONTEXT}],
    },
    "CredentialTypes": {
        "type": "array",
        "items": {"type": "string"},
        "allOf": [
            {"contains": {"const": "VerifiableCredential"}},
            {"contains": {"enum": ["AchievementCredential", "OpenBadgeCredential"]}},
        ],
    },
    "ResultStatus": {"enum": ["Completed", "Enrolled", "Failed", "InProgress", "OnHold", "Provisional", "Withdrew"]},
    "ResultType": {"anyOf": [{"enum": _RESULTS.split()}, EXTENSION]},
    "IdentifierType": {"anyOf": [{"enum": _IDENTIFIERS.split()}, EXTENSION]},
    "AchievementType": {"anyOf": [{"enum": _ACHIEVEMENTS.split()}, EXTENSION]},
}


@cache
def table(root: str) -> Draft202012Validator:
    """The tables as a JSON Schema, for one class."""
    definitions = {name: _class(name, members.split()) for name, members in CLASSES.items()} | SIMPLE
    return Draft202012Validator({"$ref": f"#/$defs/{root}", "$defs": definitions})


def _class(name: str, members: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
    for member in members:
        key, _, kind = member.rpartition(":")
        many, kind = kind.endswith("*"), kind.rstrip("*")
        one = {"const": kind[1:]} if kind.startswith("=") else {"$ref": f"#/$defs/{kind}"}
        found["properties"][key.rstrip("!")] = {"type": "array", "items": one} if many else one
        found["required"] += [key[:-1]] if key.endswith("!") else []
    if name in CLOSED:
        found["additionalProperties"] = False
    if name in NAMED:
        found["properties"]["type"] |= {"minItems": 1, "contains": {"const": name}}
    return found


@cache
def ours(part: str = "") -> Draft202012Validator:
    return Draft202012Validator(OURS if not part else {"$ref": f"#/$defs/{part}", "$defs": OURS["$defs"]})


def errors(validator: Draft202012Validator, value: object) -> list[str]:
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}"[:200] for e in validator.iter_errors(value)]


@pytest.fixture
def award(golden: Assessment) -> Award:
    own = awards.award(golden, FILES, issuer="did:key:z6Mk", issuer_name="Tides", now=NOW)
    return replace(own, status=Status("https://issuer.example/status.jwt", 7))


def every(own: Award) -> Iterator[Award]:
    """All that an award can differ in, as far as the shape of its credential goes."""
    yield own
    yield replace(own, status=None)
    yield replace(own, resources=())
    yield replace(own, configured=True, attested=3, self_reported=2, waived=1)
    yield replace(own, issuer="did:web:example.github.io:project", issuer_name="Gezeiten ü 潮")
    yield from (replace(own, level=level) for level in (Level.BRONZE, Level.SILVER, Level.GOLD))


def test_the_schemas_are_schemas() -> None:
    Draft202012Validator.check_schema(OURS)
    # Each of them holds all tables.
    Draft202012Validator.check_schema(table("AchievementCredential").schema)


def test_every_credential_keeps_both(award: Award) -> None:
    for own in every(award):
        claims = json.loads(json.dumps(credential.claims(own)))
        assert errors(ours(), claims) == []
        assert errors(table("AchievementCredential"), claims) == []
        if own.status:
            assert errors(table("BitstringStatusListEntry"), claims["credentialStatus"]) == []


def listed() -> dict[str, Any]:
    given = StatusList(
        "did:key:z6Mk", "https://issuer.example/status.jwt", NOW, NOW + status.LIFETIME, status.packed((7,))
    )
    made: dict[str, Any] = json.loads(json.dumps(status.claims(given)))
    return made


def test_the_list_of_revocations_keeps_both() -> None:
    assert errors(ours("statusList"), listed()) == []
    assert errors(table("BitstringStatusListCredential"), listed()) == []


def changed(document: dict[str, Any], put: object) -> Iterator[tuple[tuple[object, ...], dict[str, Any]]]:
    """One change at each place of a document."""
    text = json.dumps(document)
    for path in paths(json.loads(text))[1:]:
        claims = json.loads(text)
        parent = claims
        for key in path[:-1]:
            parent = parent[key]
        if put == "gone":
            del parent[path[-1]]
        elif put == "+member":
            if not isinstance(parent[path[-1]], dict):
                continue
            parent[path[-1]]["more"] = 1
        elif exact(parent[path[-1]]) == exact(put):
            continue
        else:
            parent[path[-1]] = put
        yield path, claims


def exact(value: object) -> str:
    return json.dumps(value, sort_keys=True)


# What may be left out or be something else without the shape being another; that it was changed the signature tells.
FREE = {
    "gone": {("credentialStatus",), ("evidence", "#"), ("relatedResource", "#"),
             ("credentialSubject", "achievement", "resultDescription", "#", "allowedValue"),
             ("credentialSubject", "achievement", "resultDescription", "#", "allowedValue", "#")},
    "1": {("nbf",), ("exp",)},
    "[]": {("evidence",), ("relatedResource",)},
}  # fmt: skip # one kind of change a line


@pytest.mark.parametrize("put", ["gone", None, 1, 1.5, True, [], {}, "", "+member"])
def test_every_other_shape_is_refused_by_the_schema_and_by_us(put: object, award: Award) -> None:
    free = FREE.get(put if isinstance(put, str) else exact(put), set())
    believed = []
    for path, claims in changed(credential.claims(award), put):
        wrong = not ours().is_valid(claims)
        general = tuple("#" if isinstance(key, int) else key for key in path)
        assert wrong is (general not in free), (path, put)
        if wrong or not table("AchievementCredential").is_valid(claims):
            try:
                credential.award_of(claims)
            except NotOurs:
                continue
            believed.append(path)
    assert believed == []


@pytest.mark.parametrize("put", ["gone", None, 1, 1.5, True, [], {}, "", "+member"])
def test_every_other_shape_of_the_list_too(put: object) -> None:
    for path, claims in changed(listed(), put):
        wrong = not ours("statusList").is_valid(claims)
        assert wrong or path in {("nbf",), ("exp",)}, (path, put)
        with pytest.raises(BadList):
            status.list_of(claims)


def test_what_the_tables_demand_is_not_left_to_ours(award: Award) -> None:
    """Each member that the specification demands is missed by its own tables, too, when it is gone."""
    claims = json.loads(json.dumps(credential.claims(award)))
    demanded = {
        (): ("@context", "id", "type", "credentialSubject", "issuer", "validFrom"),
        ("issuer",): ("id", "type"),
        ("credentialSubject",): ("type", "achievement"),
        ("credentialSubject", "identifier", 0): ("type", "hashed", "identityHash", "identityType"),
        ("credentialSubject", "achievement"): ("id", "type", "criteria", "description", "name"),
        ("credentialSubject", "achievement", "resultDescription", 0): ("id", "type", "name", "resultType"),
        ("credentialSubject", "result", 0): ("type",),
        ("evidence", 0): ("type",),
    }
    for at, names in demanded.items():
        for name in names:
            broken = json.loads(json.dumps(claims))
            part = broken
            for key in at:
                part = part[key]
            del part[name]
            assert not table("AchievementCredential").is_valid(broken), (at, name)
