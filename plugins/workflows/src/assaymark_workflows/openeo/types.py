"""Whether what one process gives fits what another one takes."""

from __future__ import annotations

from assaymark_workflows.openeo.table import Schema, Schemas

_CUBES = {"datacube", "raster-cube", "vector-cube"}
# Back-ends apply what is meant for one value to all values of a cube or array, and take booleans for 0 and 1.
_ELEMENTS = {"number", "integer", "boolean", "array"}
_ALL = frozenset(("string", "number", "integer", "boolean", "array", "object", "null"))


def fits(given: Schemas, wanted: Schemas) -> bool:
    """Whether some value of one of ``given`` can be one of ``wanted``; no alternatives means anything."""
    return not given or not wanted or any(_meet(one, other) for one in given for other in wanted)


def may_fit(given: Schemas, wanted: Schemas) -> bool:
    """Whether back-ends are known to let it pass although the definitions do not."""
    return any(_is_elements(schema) for schema in given) and any(_is_elements(schema) for schema in wanted)


def _is_elements(schema: Schema) -> bool:
    if schema.get("subtype") in _CUBES or schema.get("subtype") == "geojson":
        return True
    return "type" in schema and not _ELEMENTS.isdisjoint(kinds(schema))


def kinds(schema: Schema) -> frozenset[str]:
    """The JSON types of a schema; all when it does not say."""
    kind = schema.get("type")
    if kind is None:
        for word in ("anyOf", "oneOf"):
            if isinstance(schema.get(word), list):
                inner = [kinds(one) for one in schema[word] if isinstance(one, dict)]
                return frozenset().union(*inner) if inner else _ALL
        return _ALL
    found = frozenset(kind) if isinstance(kind, list) else frozenset((kind,))
    return found | {"integer"} if "number" in found else found


def _meet(given: Schema, wanted: Schema) -> bool:
    shared = kinds(given) & kinds(wanted)
    if "integer" in kinds(given) and "number" in kinds(wanted):
        shared |= {"number"}
    # A null that both allow does not make two kinds of values fit.
    if not shared - {"null"}:
        return bool(shared) and kinds(given) == kinds(wanted) == {"null"}
    one, other = given.get("subtype"), wanted.get("subtype")
    if one is None or other is None or one == other or "object" not in shared:
        return True
    return one in _CUBES and other in _CUBES


def described(schemas: Schemas) -> str:
    """Alternatives in words, with their articles."""
    words: list[str] = []
    for schema in schemas:
        kind = schema.get("subtype") or schema.get("type")
        for one in kind if isinstance(kind, list) else [kind or "anything"]:
            word = _with_article(str(one))
            if word not in words:
                words.append(word)
    return " or ".join(words) if len(words) < 3 else ", ".join(words[:-1]) + f" or {words[-1]}"


def _with_article(word: str) -> str:
    if word in ("null", "anything") or word.endswith("s"):
        return word
    return f"an {word}" if word[0] in "aeio" else f"a {word}"
