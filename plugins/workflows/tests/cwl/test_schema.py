"""Our table of fields against the schemas that the reference implementation ships."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest

from assaymark_workflows.cwl import schema, shapes
from assaymark_workflows.cwl.report import Report
from assaymark_workflows.cwl.structure import Structure
from assaymark_workflows.source import parse_json

VALUES: list[Any] = ["text", "$(inputs.x)", 5, 1.5, True, ["text"], [5], ["$(inputs.x)"], 2**40, "dotproduct"]
# Fields that short forms, references or classes decide, each tested elsewhere.
ELSEWHERE = {
    "class",
    "cwlVersion",
    "type",
    "items",
    "run",
    "requirements",
    "hints",
    "secondaryFiles",
    "listing",
    "pattern",
}
# Shapes that only the documentation knows, or that describe the schema itself.
ABSTRACT = {
    *("CommandLineBindable", "RecordSchema", "RecordField", "EnumSchema", "ArraySchema", "InputParameter"),
    *("OutputParameter", "CWLRecordSchema", "CWLRecordField", "CWLArraySchema"),
}


def _official(version: str) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from cwltool.process import get_schema
        from schema_salad.avro.schema import RecordSchema

        names = get_schema(version)[1].names
        return {name.rpartition(".")[2]: s for name, s in names.items() if isinstance(s, RecordSchema)}


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_every_official_field_is_known_and_no_other(version: str) -> None:
    for name, record in _official(version).items():
        if name in ABSTRACT:
            continue
        assert name in schema.RECORDS, name
        ours = set(shapes.record(name, version)) - {"name"}
        theirs = {field.name for field in record.fields} - {"name"}
        assert ours == theirs, name


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_the_same_values_are_accepted(version: str) -> None:
    from cwltool.process import get_schema
    from schema_salad.validate import validate_ex

    vocabulary = get_schema(version)[2].vocab if hasattr(get_schema(version)[2], "vocab") else {}
    differences = []
    for name, record in _official(version).items():
        if name in ABSTRACT:
            continue
        for official in record.fields:
            if official.name in ELSEWHERE:
                continue
            field = shapes.record(name, version).get(official.name)
            if field is None:
                continue
            for value in VALUES:
                if isinstance(value, bool) and field.shape.integer and not field.shape.boolean:
                    continue  # to the reference, True is a whole number
                theirs = validate_ex(official.type, value, strict=True, raise_ex=False, vocab=vocabulary)
                node = parse_json(json.dumps(value))
                report = Report()
                Structure(version, report, frozenset()).value(node, field.shape, node, "it")
                if bool(theirs) != (not report.found):
                    differences.append((name, official.name, value, bool(theirs)))
    assert differences == []


def _takes(field: Any, value: Any, validate_ex: Any, vocabulary: Any) -> bool:
    return bool(validate_ex(field.type, value, strict=True, raise_ex=False, vocab=vocabulary))


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_the_same_fields_are_required(version: str) -> None:
    from schema_salad.validate import validate_ex

    for name, record in _official(version).items():
        if name in ABSTRACT:
            continue
        for official in record.fields:
            field = shapes.record(name, version).get(official.name)
            if field is None or official.name in ("class", "name"):
                continue
            optional = _takes(official, None, validate_ex, {})
            # v1.0 lets a parameter be without type in the schema, and the engine then refuses it.
            # An output of a step without a name could not be referred to.
            if (version == "v1.0" and official.name in ("type", "id")) or name == "WorkflowStepOutput":
                continue
            assert field.required != optional, (name, official.name)


def test_requirements_are_those_of_each_version() -> None:
    for version in schema.VERSIONS:
        known = {name for name, since in schema.REQUIREMENTS.items() if since <= version}
        process = _official(version)["CommandLineTool"]
        field = next(f for f in process.fields if f.name == "requirements")
        official = {
            option.name.rpartition(".")[2]
            for member in field.type.schemas
            if member.type == "array"
            for option in member.items.schemas
        }
        assert known == official


def test_a_field_of_a_later_version_is_told_with_it() -> None:
    assert shapes.field_since("pickValue", "WorkflowStepInput", "v1.0") == "v1.2"
    assert shapes.field_since("loadListing", "WorkflowStepInput", "v1.0") == "v1.1"
    assert shapes.field_since("nothing", "WorkflowStepInput", "v1.0") is None
