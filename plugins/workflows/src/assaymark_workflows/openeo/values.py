"""Literal values against the schemas of a parameter. What only the run knows fits everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from assaymark_workflows.openeo.subtypes import (
    FORMATS,
    Fault,
    bounding_box,
    geojson,
    is_reference,
    temporal_interval,
)
from assaymark_workflows.openeo.table import Schema, Schemas
from assaymark_workflows.openeo.types import described, kinds

_BOX = {"west", "south", "east", "north"}
_CUBES = ("datacube", "raster-cube", "vector-cube")
_SHOWN = 40
_WARNINGS = ("OEO-V003", "OEO-V004", "OEO-V008", "OEO-V009")


def check(value: Any, schemas: Schemas) -> list[Fault]:
    """Faults of a value that should fit one of the alternatives; those of the alternative that was probably meant."""
    if not schemas or is_reference(value):
        return []
    tried = [(schema, list(_against(value, schema))) for schema in schemas]
    if not all(faults for _, faults in tried):
        return []
    for _, faults in tried:
        if all(fault.rule in _WARNINGS for fault in faults):
            return faults
    subtypes = {schema.get("subtype") for schema in schemas}
    if _is_geojson(value) and "geojson" not in subtypes and not subtypes.isdisjoint(_CUBES):
        return [Fault("OEO-D004", "has to be a cube; GeoJSON in its place is what older back-ends take")]
    meant = [faults for schema, faults in tried if _likely(value, schema)]
    if len(meant) == 1:
        return meant[0]
    if meant and len({tuple(fault.pointer for fault in faults) for faults in meant}) == 1:
        rules = {fault.rule for faults in meant for fault in faults}
        if rules == {"OEO-V007"}:
            words = [faults[0].message.removeprefix(_PREFIX).partition(", not ")[0] for faults in meant]
            one = meant[0][0]
            return [one._replace(message=f"{_PREFIX}{' or '.join(words)}, not {_shown(value)}")]
        return meant[0]
    return [Fault("OEO-T001", f"has to be {described(schemas)}, not {_shown(value)}")]


_PREFIX = "has to be "


def _is_geojson(value: Any) -> bool:
    return isinstance(value, dict) and not {"coordinates", "features", "geometry", "geometries"}.isdisjoint(value)


def _likely(value: Any, schema: Schema) -> bool:
    """Whether a value is an attempt at this alternative."""
    if _kind(value) not in kinds(schema):
        return False
    subtype = schema.get("subtype")
    if isinstance(value, dict):
        if subtype == "bounding-box":
            return not _BOX.isdisjoint(value)
        if subtype == "geojson":
            return "type" in value
        if subtype == "process-graph":
            return "process_graph" in value
        return subtype not in _CUBES
    return True


def _against(value: Any, schema: Schema) -> Iterator[Fault]:
    if is_reference(value):
        return
    for word in ("anyOf", "oneOf"):
        inner = schema.get(word)
        if isinstance(inner, list):
            yield from check(value, tuple(one for one in inner if isinstance(one, dict)))
            return
    subtype = schema.get("subtype")
    if not _is_kind(value, schema) or (isinstance(value, dict) and not _is_object_of(value, subtype)):
        yield Fault("OEO-T001", f"{_PREFIX}{described((schema,))}, not {_shown(value)}")
        return
    if isinstance(value, dict):
        yield from _object(value, schema)
    elif isinstance(value, list):
        yield from _array(value, schema)
    elif isinstance(value, str):
        yield from _string(value, schema)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(value, schema)
    yield from _constant(value, schema)


def _is_object_of(value: Mapping[str, Any], subtype: Any) -> bool:
    if "process_graph" in value:
        return subtype in (None, "process-graph")
    # A cube comes out of a process; written out it could only be something else.
    return subtype != "process-graph" and subtype not in _CUBES


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    return {float: "number", str: "string", list: "array"}.get(type(value), "object")


def _is_kind(value: Any, schema: Schema) -> bool:
    return "type" not in schema or _kind(value) in kinds(schema)


def _object(value: dict[str, Any], schema: Schema) -> Iterator[Fault]:
    if "process_graph" in value:
        return
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    for key in required if isinstance(required, list | tuple) else ():
        if key not in value:
            yield Fault("OEO-V001", f"has no {key}")
    more = schema.get("additionalProperties")
    for key, inner in value.items():
        wanted = properties.get(key, more) if isinstance(properties, dict) else more
        if isinstance(wanted, dict) and wanted:
            if inner is None and isinstance(wanted, dict) and wanted.get("default", 0) is None:
                continue
            for fault in check(inner, (wanted,)):
                yield fault._replace(message=_named(key, fault), pointer=(key, *fault.pointer))
    subtype = schema.get("subtype")
    if subtype == "bounding-box":
        yield from bounding_box(value)
    elif subtype == "geojson":
        yield from geojson(value)


def _array(value: list[Any], schema: Schema) -> Iterator[Fault]:
    least, most = schema.get("minItems"), schema.get("maxItems")
    if (isinstance(least, int) and len(value) < least) or (isinstance(most, int) and len(value) > most):
        wanted = (
            f"exactly {least}"
            if least == most
            else f"at least {least}"
            if len(value) < (least or 0)
            else f"at most {most}"
        )
        yield Fault("OEO-V001", f"has to have {wanted} item{'s' if wanted[-2:] != ' 1' else ''}, not {len(value)}")
    items = schema.get("items")
    if isinstance(items, dict) and items:
        for number, item in enumerate(value):
            for fault in check(item, (items,)):
                yield fault._replace(message=_named(f"item {number + 1}", fault), pointer=(number, *fault.pointer))
    if schema.get("subtype") == "temporal-interval":
        yield from temporal_interval(value)
    elif schema.get("uniqueItems") is True and _repeats(value):
        yield Fault("OEO-V001", "has the same item twice")


def _named(name: str, fault: Fault) -> str:
    return fault.message if fault.pointer or not fault.message.startswith("ha") else f"{name} {fault.message}"


def _repeats(value: list[Any]) -> bool:
    plain = [(type(item), item) for item in value if isinstance(item, str | int | float)]
    return len(set(plain)) < len(plain)


def _string(value: str, schema: Schema) -> Iterator[Fault]:
    name = str(schema.get("subtype") if schema.get("subtype") in FORMATS else schema.get("format"))
    if name in FORMATS:
        fits, words = FORMATS[name]
        if not fits(value):
            rule = "OEO-V008" if name == "duration" else "OEO-V007"
            yield Fault(rule, f"{_PREFIX}{words}, not {_shown(value)}")
        return
    if isinstance(schema.get("minLength"), int) and len(value) < schema["minLength"]:
        yield Fault("OEO-V001", f"has to have at least {schema['minLength']} characters")
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and schema.get("subtype") != "udf-code" and not _matches(pattern, value):
        yield Fault(
            "OEO-V008", f"{_shown(value)} does not look like {schema.get('subtype') or 'what is expected here'}"
        )


def _matches(pattern: str, value: str) -> bool:
    try:
        return len(value) > 10_000 or re.search(pattern, value) is not None
    except re.error:
        return True


def _number(value: float, schema: Schema) -> Iterator[Fault]:
    if schema.get("minimum") is not None and value < schema["minimum"]:
        yield Fault("OEO-V001", f"has to be at least {schema['minimum']}, not {value}")
    if schema.get("maximum") is not None and value > schema["maximum"]:
        yield Fault("OEO-V001", f"has to be at most {schema['maximum']}, not {value}")
    if schema.get("exclusiveMinimum") is not None and value <= schema["exclusiveMinimum"]:
        yield Fault("OEO-V001", f"has to be more than {schema['exclusiveMinimum']}, not {value}")
    if schema.get("exclusiveMaximum") is not None and value >= schema["exclusiveMaximum"]:
        yield Fault("OEO-V001", f"has to be less than {schema['exclusiveMaximum']}, not {value}")


def _constant(value: Any, schema: Schema) -> Iterator[Fault]:
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        yield Fault("OEO-V001", f"has to be one of {', '.join(map(str, allowed))}, not {_shown(value)}")
    if "const" in schema and value != schema["const"]:
        yield Fault("OEO-V001", f"has to be {schema['const']}, not {_shown(value)}")
    barred = schema.get("not")
    if isinstance(barred, dict) and "const" in barred and value == barred["const"]:
        yield Fault("OEO-V001", f"cannot be {_shown(value)}")


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")
    if isinstance(value, dict):
        return "a process graph" if "process_graph" in value else "an object"
    if isinstance(value, list):
        return "an array"
    return (
        {None: "null", True: "true", False: "false"}.get(value, str(value))
        if value is None or isinstance(value, bool)
        else str(value)
    )
