"""Frictionless: Table Schema and the resources of a Data Package, as files with rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from assaymark.api import FactUnavailable
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
_TRUE, _FALSE = ("true", "True", "TRUE", "1"), ("false", "False", "FALSE", "0")
_HASH = re.compile(r"(?:(md5|sha1|sha256|sha512):)?([0-9a-fA-F]{32,128})")
_BY_LENGTH = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}


def _nowhere(path: str) -> Mapping[str, Any]:
    raise FactUnavailable(f"its schema lies elsewhere ({path[:200]}) and was not read")


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
        above=_bound(rules.get("exclusiveMinimum")),
        below=_bound(rules.get("exclusiveMaximum")),
        pattern=rules["pattern"] if isinstance(rules.get("pattern"), str) else None,
        enum=tuple(_word(v) for v in enum) if isinstance(enum, list) else (),
        min_length=_whole(rules.get("minLength")),
        max_length=_whole(rules.get("maxLength")),
        decimal=_text(field, "decimalChar", "."),
        group=_text(field, "groupChar", ""),
        bare=field.get("bareNumber") is not False,
        true=_names(field.get("trueValues")) or (_TRUE if field.get("falseValues") else ()),
        false=_names(field.get("falseValues")) or (_FALSE if field.get("trueValues") else ()),
        missing=missing_of(field) if "missingValues" in field else None,
    )


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(given: Mapping[str, Any], name: str, otherwise: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else otherwise


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


def unique_of(schema: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """The keys besides the primary one (``uniqueKeys``)."""
    given = schema.get("uniqueKeys")
    return tuple(k for k in map(_names, given if isinstance(given, list) else ()) if k)


def matching_of(schema: Mapping[str, Any]) -> str:
    """How columns and fields go together (``fieldsMatch``)."""
    word = next(iter(_names(schema.get("fieldsMatch"))), "exact")
    return word if word in ("equal", "subset", "superset", "partial") else "exact"


def package_files(package: Mapping[str, Any], load: Callable[[str], Mapping[str, Any]] = _nowhere) -> Iterator[File]:
    """The files of a Data Package's resources that lie beside it; ``load`` reads a schema or dialect that is a file."""
    resources = list(_dicts(package.get("resources")))
    paths = {str(r.get("name")): p for r in resources for p in _names(r.get("path"))[:1]}
    for resource in resources:
        yield from _files_of(resource, paths, load)


def _files_of(
    resource: Mapping[str, Any], paths: Mapping[str, str], load: Callable[[str], Mapping[str, Any]]
) -> Iterator[File]:
    schema, problem = _given(resource.get("schema"), load)
    dialect, strange = _given(resource.get("dialect"), load)
    if isinstance(dialect.get("csv"), Mapping):  # as the library of Frictionless writes it
        dialect = {**dialect, **dialect["csv"]}
    here = [p for p in _names(resource.get("path")) if "://" not in p]
    several = len(_names(resource.get("path"))) > 1
    for path in here:
        kind = "other" if resource.get("profile") == "data-resource" and not schema else kind_of(path)
        said = strange or _unread_dialect(dialect)
        if kind == "other" and (schema or problem or resource.get("profile") == "tabular-data-resource"):
            kind, said = "table", "is no CSV, TSV or Parquet file, and is not read as a table"
        elif resource.get("compression") not in (None, "no") and not path.endswith((".gz", ".zst")):
            said = f"is packed ({str(resource['compression'])[:20]}), and is not read"
        yield File(
            path=path,
            kind=kind,
            size=_whole(resource.get("bytes")) if not several else None,
            checksums=tuple(checksum(resource.get("hash"))) if not several else (),
            columns=columns_of(schema) if schema else None,
            key=keys_of(schema),
            unique=unique_of(schema),
            matching=matching_of(schema),
            foreign=foreign_of(schema, paths),
            missing=missing_of(schema),
            encoding=str(resource.get("encoding", "utf-8")),
            problem=problem,
            unread=said if kind == "table" else "",
            part=several,
            delimiter=dialect["delimiter"] if isinstance(dialect.get("delimiter"), str) else None,
            quote=_text(dialect, "quoteChar", '"'),
            escape=_text(dialect, "escapeChar", _text(dialect, "quoteChar", '"')),
            comment=_text(dialect, "commentChar", ""),
            header=dialect.get("header") is not False,
            trim=dialect.get("skipInitialSpace") is True,
        )


def _given(value: object, load: Callable[[str], Mapping[str, Any]]) -> tuple[Mapping[str, Any], str]:
    """A schema or dialect, in its own file or not, or why there is none."""
    if isinstance(value, Mapping):
        return value, ""
    if not isinstance(value, str):
        return {}, ""
    try:
        return load(value), ""
    except FactUnavailable as problem:
        return {}, problem.reason


def _unread_dialect(dialect: Mapping[str, Any]) -> str:
    """What a dialect says that the engine does not follow."""
    rows = dialect.get("headerRows", [1])
    odd = [k for k in ("commentRows", "skipRows", "pickRows", "limitRows", "offsetRows") if dialect.get(k)]
    odd += [] if rows == [1] else ["headerRows"]
    odd += [k for k in ("delimiter", "quoteChar", "escapeChar", "commentChar") if len(_text(dialect, k, "")) > 1]
    odd += [] if dialect.get("doubleQuote") is not False or "escapeChar" in dialect else ["doubleQuote"]
    return f"has a dialect that is not read ({', '.join(odd)})" if odd else ""


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
