"""Each predicate keeps what its specification demands: by the published messages, and by JSON Schemas of its table."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
from in_toto_attestation.predicates.scai.v0.scai_pb2 import AttributeReport
from in_toto_attestation.predicates.test_result.v0.test_result_pb2 import TestResult as Outcome
from in_toto_attestation.v1.statement_pb2 import Statement
from jsonschema import Draft202012Validator

from assaymark.provenance import intoto
from assaymark.provenance.account import Account, Artifact

DIGEST: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]{40,128}$"},
}
DESCRIPTOR: dict[str, Any] = {
    "type": "object",
    "properties": {"digest": DIGEST, "uri": {"type": "string"}, "name": {"type": "string"}},
    "anyOf": [{"required": ["uri"]}, {"required": ["digest"]}, {"required": ["content"]}],
}
ZULU = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
URI = {"type": "string", "pattern": r"^[a-z][a-z0-9+.-]*:\S+$"}
NAMES = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
VERIFIER = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uri"}}}
SCHEMAS: dict[str, dict[str, Any]] = {
    "test-result": {
        "required": ["result", "configuration"],
        "properties": {
            "result": {"enum": ["PASSED", "WARNED", "FAILED"]},
            "configuration": {"type": "array", "items": DESCRIPTOR, "minItems": 1},
            "url": {"type": "string", "format": "uri"},
            **dict.fromkeys(("passedTests", "warnedTests", "failedTests"), NAMES),
        },
    },
    "svr": {
        "required": ["verifier", "timeCreated", "properties"],
        "properties": {
            "verifier": {**VERIFIER, "required": ["id", "policies"], "properties": {"policies": {"items": DESCRIPTOR}}},
            "timeCreated": ZULU,
            "properties": {**NAMES, "items": {"pattern": "^ASSAYMARK_[A-Z0-9_]+$"}},
        },
    },
    "scai": {
        "required": ["attributes"],
        "properties": {
            "attributes": {
                "items": {"required": ["attribute"], "properties": {"evidence": DESCRIPTOR, "target": DESCRIPTOR}}
            }
        },
    },
    "vsa": {
        "required": ["verifier", "resourceUri", "policy", "verificationResult", "verifiedLevels"],
        "properties": {
            "verifier": VERIFIER,
            "timeVerified": ZULU,
            "policy": {"required": ["uri"]},
            "verificationResult": {"enum": ["PASSED", "FAILED"]},
            "verifiedLevels": {**NAMES, "minItems": 1},
            "inputAttestations": {"items": {"required": ["digest"]}},
        },
    },
    "slsa-provenance": {
        "required": ["buildDefinition", "runDetails"],
        "properties": {
            "buildDefinition": {
                "required": ["buildType", "externalParameters"],
                "properties": {
                    "buildType": URI,
                    "externalParameters": {"type": "object"},
                    "resolvedDependencies": {"items": DESCRIPTOR},
                },
            },
            "runDetails": {
                "required": ["builder"],
                "properties": {
                    "builder": {
                        "required": ["id"],
                        "properties": {"id": URI, "version": {"additionalProperties": {"type": "string"}}},
                    },
                    "metadata": {
                        "additionalProperties": False,
                        "properties": {"invocationId": URI, "startedOn": ZULU, "finishedOn": ZULU},
                    },
                    "byproducts": {"items": DESCRIPTOR},
                },
            },
        },
    },
    "reference": {
        "required": ["attester", "references"],
        "properties": {"references": {"items": {"required": ["downloadLocation", "mediaType"]}}},
    },
}


def built(account: Account) -> dict[str, Any]:
    """What a release would tell of its build."""
    lock = Artifact(name="requirements/dev.txt", kind="lock", sha256="1" * 64)
    return intoto.slsa_provenance(
        source=account.subject,
        parameters={"tag": "v1.2.0"},
        builder="https://github.com/acme/widget/.github/workflows/release.yml@refs/tags/v1.2.0",
        version="0.1.0",
        started="2026-11-21T09:00:00Z",
        finished="2026-11-21T09:00:05.250Z",
        invocation=account.run.url,
        dependencies=[lock, Artifact(name="build", kind="tool", uri="pkg:generic/build@1.2")],
        byproducts=[account.report],
    )


def every(account: Account) -> dict[str, dict[str, Any]]:
    """One predicate of each kind that we write."""
    policy = Artifact(name="policy", kind="policy", sha256="e" * 64, uri="https://example.org/policy")
    return {
        **intoto.predicates(account),
        "vsa": intoto.verification_summary(
            resource="https://example.org/x.whl",
            policy=policy,
            passed=True,
            levels=["SLSA_BUILD_LEVEL_2"],
            moment="2026-11-21T00:00:00Z",
            inputs=[account.report],
        ),
        "slsa-provenance": built(account),
        "reference": intoto.references(account, [account.report]),
    }


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_each_predicate_keeps_its_schema(hosted: Account, local: Account, kind: str) -> None:
    for account in (hosted, local):
        value = json.loads(intoto.render(every(account)[kind]))
        assert list(Draft202012Validator(SCHEMAS[kind]).iter_errors(value)) == []


def test_every_kind_that_we_write_has_a_schema(hosted: Account) -> None:
    assert set(every(hosted)) == set(SCHEMAS)


@pytest.mark.parametrize(
    ("kind", "message"), [("test-result", Outcome), ("scai", AttributeReport), ("slsa-provenance", Provenance)]
)
def test_published_messages_take_what_we_write(hosted: Account, kind: str, message: Any) -> None:
    taken = ParseDict(every(hosted)[kind], message(), ignore_unknown_fields=True)
    assert taken.ByteSize() > 50


def test_the_strict_schema_of_sigstore_takes_the_provenance_of_a_build(hosted: Account, local: Account) -> None:
    from sigstore.dsse._predicate import SLSAPredicateV1_0

    schema = SLSAPredicateV1_0.model_json_schema()
    assert schema["additionalProperties"] is False
    for account in (hosted, local):
        predicate = built(account)
        assert list(Draft202012Validator(schema).iter_errors(predicate)) == []
        SLSAPredicateV1_0.model_validate(predicate)
        assert list(Draft202012Validator(schema).iter_errors(predicate | {"level": 3})) != []


def test_the_statement_is_one(hosted: Account) -> None:
    for kind, predicate in every(hosted).items():
        taken = ParseDict(intoto.statement(kind, predicate, [hosted.report]), Statement())
        assert taken.subject[0].digest["sha256"] == hosted.report.sha256
