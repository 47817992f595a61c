"""Values of properties: whether they are of their type, and keep to its constraints. None stands for "cannot tell"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from assaymark_workflows.source import Kind, Node

FUNCTIONS = (
    "get_input", "get_property", "get_attribute", "get_operation_output", "get_nodes_of_type", "get_artifact",
    "concat", "token", "join", "get_secret",
)  # fmt: skip # many short items
_SIZES = {"b": 1, "kb": 10**3, "kib": 2**10, "mb": 10**6, "mib": 2**20, "gb": 10**9, "gib": 2**30, "tb": 10**12,
          "tib": 2**40}  # fmt: skip # many short items
_TIMES = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_FREQUENCIES = {"hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9}
_BITRATES = {f"{p}{u}": 1.0 for p in ("", "k", "ki", "m", "mi", "g", "gi", "t", "ti") for u in ("bps",)}
_UNITS: dict[str, Any] = {
    "scalar-unit.size": _SIZES,
    "scalar-unit.time": _TIMES,
    "scalar-unit.frequency": _FREQUENCIES,
    "scalar-unit.bitrate": _BITRATES,
}
_SCALAR = re.compile(r"\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-z]+)\s*")
_VERSION = re.compile(r"\d+(?:\.\d+){0,2}(?:\.[A-Za-z0-9]+(?:-\d+)?)?")
_WORDS = ("yes", "no", "on", "off", "true", "false")
SIMPLE = ("string", "integer", "float", "boolean", "timestamp", "range", "version", "list", "map", *_UNITS)
_LONGEST_PATTERN = 200


def is_function(node: Node) -> bool:
    """Whether a value is only known when the template is deployed."""
    return node.is_object and len(node.items) == 1 and node.items[0][0].text in FUNCTIONS


def fault(node: Node, kind: str) -> str | None:
    """What is wrong with a value of a simple type; None when nothing is, or nobody can tell."""
    if is_function(node) or node.kind is Kind.NULL:
        return None
    if kind in ("list", "range"):
        return None if node.is_array else f"a {kind} is expected"
    if kind == "map":
        return None if node.is_object else "a map is expected"
    if kind not in SIMPLE:
        return None
    if node.is_object or node.is_array:
        return f"{a(kind)} is expected, not {a(node.kind.value)}"
    return _scalar_fault(node, kind)


def no_text(node: Node) -> str | None:
    """Whether a value cannot even be turned into a text."""
    many = (node.is_object and not is_function(node)) or node.is_array
    return f"a string is expected, not {a(node.kind.value)}" if many else None


def _scalar_fault(node: Node, kind: str) -> str | None:
    text = node.text.strip()
    if kind == "integer":
        good = re.fullmatch(r"[-+]?\d+|0[xo][0-9a-fA-F]+", text) is not None
    elif kind == "float":
        number = re.fullmatch(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?", text)
        good = node.kind in (Kind.INTEGER, Kind.NUMBER) or number is not None
    elif kind == "boolean":
        good = node.kind is Kind.BOOLEAN or text.lower() in _WORDS
    elif kind == "version":
        good = _VERSION.fullmatch(text) is not None
    elif kind in _UNITS:
        return _unit_fault(text, kind)
    elif kind == "string":
        good = node.kind is Kind.STRING
    else:
        good = True
    quote = "; put it in quotes" if kind == "string" else ""
    return None if good else f"{node.text!r} is no {kind}{quote}"


def _unit_fault(text: str, kind: str) -> str | None:
    match = _SCALAR.fullmatch(text)
    if match is None:
        return f"{text!r} is no {kind}, such as {'10 GB' if kind == 'scalar-unit.size' else '10 s'}"
    if match[2].lower() not in _UNITS[kind]:
        return f"{match[2]!r} is no unit of {kind}: {', '.join(_UNITS[kind])}"
    return None


def broken(node: Node, kind: str, constraints: Iterable[Any]) -> str | None:
    """The first constraint that a value does not keep to."""
    if is_function(node) or node.is_object or node.kind is Kind.NULL:
        return None
    for constraint in constraints:
        if isinstance(constraint, dict) and len(constraint) == 1:
            name, wanted = next(iter(constraint.items()))
            if _keeps(node, kind, str(name), wanted) is False:
                return f"{_shown(node)} does not keep to {name}: {wanted}"
    return None


def _shown(node: Node) -> str:
    return f"a list of {len(node.elements)}" if node.is_array else repr(node.text)


def _keeps(node: Node, kind: str, name: str, wanted: Any) -> bool | None:
    if name in ("length", "min_length", "max_length"):
        size = len(node.elements) if node.is_array else len(node.text)
        if not isinstance(wanted, int):
            return None
        return {"length": size == wanted, "min_length": size >= wanted, "max_length": size <= wanted}[name]
    if node.is_array:
        return None
    if name == "pattern":
        return _matches(node.text, wanted)
    if name in ("valid_values", "equal"):
        allowed = wanted if name == "valid_values" else [wanted]
        if not isinstance(allowed, list) or any(isinstance(a, dict) for a in allowed):
            return None
        return any(_same(node, kind, a) for a in allowed)
    return _compared(_number(node.text, kind), kind, name, wanted)


def _compared(value: float | None, kind: str, name: str, wanted: Any) -> bool | None:
    if name == "in_range" and isinstance(wanted, list) and len(wanted) == 2:
        low, high = (_number(str(w), kind) for w in wanted)
        if value is None:
            return None
        return not (low is not None and value < low) and not (high is not None and value > high)
    limit = _number(str(wanted), kind)
    if value is None or limit is None:
        return None
    return {
        "greater_than": value > limit,
        "greater_or_equal": value >= limit,
        "less_than": value < limit,
        "less_or_equal": value <= limit,
    }.get(name)


def _matches(text: str, pattern: Any) -> bool | None:
    if not isinstance(pattern, str) or len(pattern) > _LONGEST_PATTERN or re.search(r"[+*}][^)]*\)[+*{]", pattern):
        return None  # a pattern that could take for ever
    try:
        return re.fullmatch(pattern, text[:10_000]) is not None
    except re.error:
        return None


def _same(node: Node, kind: str, wanted: Any) -> bool:
    if node.text == str(wanted) or node.value == wanted:
        return True
    ours, theirs = _number(node.text, kind), _number(str(wanted), kind)
    return ours is not None and ours == theirs


def _number(text: str, kind: str) -> float | None:
    try:
        if kind in _UNITS:
            match = _SCALAR.fullmatch(text)
            return float(match[1]) * _UNITS[kind][match[2].lower()] if match else None
        return float(text)
    except (ValueError, KeyError):
        return None


def a(noun: str) -> str:
    """With its article."""
    return f"an {noun}" if noun[0] in "aeio" else f"a {noun}"
