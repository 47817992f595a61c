"""Frictionless: Table Schema and the resources of a Data Package, as files with rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from assaymark_data.dataset import Column, File, ForeignKey, kind_of

TYPES = (
    "string",
    "number",
    "integer",
    "boolean",
    "date",
    "time",
    "datetime",
    "year",
    "yearmonth",
    "any",
    "object",
    "array",
    "duration",
    "geopoint",
    "geojson",
    "list",
)
_HASH = re.compile(r"(?:(md5|sha1|sha256|sha512):)?([0-9a-fA-F]{32,128})")
_BY_LENGTH = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}


def columns_of(schema: Mapping[str, Any]) -> tuple[Column, ...]:
    """The fields of a Table Schema."""
    return tuple(_column(f) for f in _dicts(schema.get("fields")) if isinstance(f.get("name"), str))


def _column(field: Mapping[str, Any]) -> Column:
    rules = field.get("constraints")
    rules = rules if isinstance(rules, Mapping) else {}
    kind = str(field.get("type", "any"))
    enum = rules.get("enum")
    return Column(
        name=str(field["name"]),
        type=kind if kind in TYPES else "any",
        format=str(field.get("format", "default")),
        required=rules.get("required") is True,
        unique=rules.get("unique") is True,
        minimum=_bound(rules.get("minimum")),
        maximum=_bound(rules.get("maximum")),
        pattern=rules["pattern"] if isinstance(rules.get("pattern"), str) else None,
        enum=tuple(str(v) for v in enum) if isinstance(enum, list) else (),
        min_length=_whole(rules.get("minLength")),
        max_length=_whole(rules.get("maxLength")),
    )


def keys_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The primary key."""
    return _names(schema.get("primaryKey"))


def foreign_of(schema: Mapping[str, Any], paths: Mapping[str, str]) -> tuple[ForeignKey, ...]:
    """The foreign keys; ``paths`` are those of the resources by name."""
    found = []
    for key in _dicts(schema.get("foreignKeys")):
        to = key.get("reference")
        if isinstance(to, Mapping):
            resource = str(to.get("resource", ""))
            file = paths.get(resource, resource)
            found.append(ForeignKey(columns=_names(key.get("fields")), file=file, to=_names(to.get("fields"))))
    return tuple(k for k in found if k.columns and len(k.columns) == len(k.to))


def missing_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """What stands for no value."""
    given = schema.get("missingValues")
    if not isinstance(given, list):
        return ("",)
    return tuple(str(v.get("value", "")) if isinstance(v, Mapping) else str(v) for v in given) or ("",)


def package_files(package: Mapping[str, Any]) -> Iterator[File]:
    """The files of a Data Package's resources that lie beside it."""
    resources = list(_dicts(package.get("resources")))
    paths = {str(r.get("name")): p for r in resources for p in _names(r.get("path"))[:1]}
    for resource in resources:
        schema = resource.get("schema")
        schema = schema if isinstance(schema, Mapping) else {}
        dialect = resource.get("dialect")
        dialect = dialect if isinstance(dialect, Mapping) else {}
        several = _names(resource.get("path"))
        for path in several:
            if "://" in path:
                continue
            one = len(several) == 1
            yield File(
                path=path,
                kind="other" if resource.get("profile") == "data-resource" and not schema else kind_of(path),
                size=_whole(resource.get("bytes")) if one else None,
                checksums=tuple(checksum(resource.get("hash"))) if one else (),
                columns=columns_of(schema) if schema else None,
                key=keys_of(schema),
                foreign=foreign_of(schema, paths),
                missing=missing_of(schema),
                delimiter=str(dialect["delimiter"]) if isinstance(dialect.get("delimiter"), str) else None,
                encoding=str(resource.get("encoding", "utf-8")),
                problem="its schema lies elsewhere and was not read" if isinstance(resource.get("schema"), str) else "",
            )


def checksum(value: object) -> Iterator[tuple[str, str]]:
    """Algorithm and digest of a stated hash, the algorithm by its length where it is not told."""
    found = _HASH.fullmatch(str(value or "").strip())
    if found and (name := found[1] or _BY_LENGTH.get(len(found[2]))) and len(found[2]) in _BY_LENGTH:
        yield name, found[2].lower()


def _dicts(value: object) -> Iterator[Mapping[str, Any]]:
    return (v for v in value if isinstance(v, Mapping)) if isinstance(value, list) else iter(())


def _names(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(v for v in items if isinstance(v, str) and v)


def _bound(value: object) -> str | None:
    return str(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
