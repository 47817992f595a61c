"""Style tools of JavaScript and TypeScript: ESLint, Prettier, Biome."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assaymark.subject.parsing import load_json, load_yaml
from assaymark.subject.styles.model import StyleTool
from assaymark.subject.styles.places import ignored, line_of, own

_COMMENTS = r"/\*[\s\S]{0,2000}?\*/|(?m:^[ \t]*//.*$)"
_KNOWN = (
    r"(?:js|eslint|tseslint|ts|vue|react|angular|n|jsdoc|importPlugin|prettier|svelte)\.configs[.\[][^,;\s]+|airbnb[\w/-]*|standard[\w-]*|neostandard|"
    r"@antfu/eslint-config|eslint-config-[\w-]+|plugin:[\w@/-]+|eslint:recommended|\bxo\b|configs\.recommended\w*|recommendedTypeChecked"
)
# The levels of a rule that depends on something (``x ? 'error' : 'off'``) are no names of rules.
_RULE = r"(?<![\w@/-])['\"]?(?!(?:off|warn|error)\b)([@\w/-]{3,60})['\"]?\s*:\s*\[?\s*['\"](off|warn|error)['\"]"
_PRETTIER_NEUTRAL = {"$schema", "printWidth", "tabWidth", "plugins", "overrides", "parser"}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def eslintrc(path: str, text: str) -> Iterator[StyleTool]:
    """ESLint configured as data."""
    yield _eslint(path, text, _mapping(load_yaml(re.sub(_COMMENTS, "", text))))


def _eslint(path: str, text: str, data: dict[str, Any]) -> StyleTool:
    extends = data.get("extends")
    bases = (
        [extends]
        if isinstance(extends, str)
        else [e for e in extends or () if isinstance(e, str)]
        if isinstance(extends, list)
        else []
    )
    blocks = (
        [data, *(_mapping(o) for o in data.get("overrides") or ())]
        if isinstance(data.get("overrides"), list)
        else [data]
    )
    for block in blocks[1:]:
        more = block.get("extends")
        bases += (
            [more]
            if isinstance(more, str)
            else [e for e in more if isinstance(e, str)]
            if isinstance(more, list)
            else []
        )
    rules = {k: v for block in blocks for k, v in _mapping(block.get("rules")).items()}
    off = [k for k, v in rules.items() if (v[0] if isinstance(v, list) and v else v) in ("off", 0, False)]
    overrides = (*ignored(path, text, off), *own(path, text, [k for k in rules if k not in off]))
    return StyleTool(name="eslint", path=path, line=1, base=", ".join(dict.fromkeys(bases))[:120], overrides=overrides)


def eslint_program(path: str, text: str) -> Iterator[StyleTool]:
    """ESLint configured by a program: its base is recognised by name, and rules that it writes out."""
    base = ", ".join(dict.fromkeys(m[0] for m in re.finditer(_KNOWN, text)))
    rules = dict(re.findall(_RULE, text))
    off = [k for k, v in rules.items() if v == "off"]
    overrides = (*ignored(path, text, off), *own(path, text, [k for k in rules if k not in off]))
    yield StyleTool(name="eslint", path=path, line=1, base=base[:120], overrides=overrides)


def prettier(path: str, text: str) -> Iterator[StyleTool]:
    """Every option departs from Prettier's one style."""
    yield _prettier(path, text, _mapping(load_yaml(text)))


def _prettier(path: str, text: str, data: dict[str, Any]) -> StyleTool:
    changed = [k for k in data if k not in _PRETTIER_NEUTRAL]
    return StyleTool(
        name="prettier", path=path, line=1, base="prettier's one style", overrides=tuple(own(path, text, changed))
    )


def biome(path: str, text: str) -> Iterator[StyleTool]:
    """Biome starts from its recommended rules."""
    data = _mapping(load_json(re.sub(_COMMENTS, "", text)))
    groups = _mapping(_mapping(data.get("linter")).get("rules"))
    off = [k for g in groups.values() for k, v in _mapping(g).items() if v == "off"]
    base = "" if groups.get("recommended") is False else "biome's recommended rules"
    yield StyleTool(name="biome", path=path, line=1, base=base, overrides=tuple(ignored(path, text, off)))


def package(path: str, text: str) -> Iterator[StyleTool]:
    """``eslintConfig``, ``prettier``, ``xo`` and ``standard`` of package.json."""
    data = _mapping(load_json(text))
    if isinstance(data.get("eslintConfig"), dict):
        yield _eslint(path, text, data["eslintConfig"])
    if isinstance(data.get("prettier"), dict):
        yield _prettier(path, text, data["prettier"])
    if "xo" in _mapping(data.get("devDependencies")):
        rules = _mapping(_mapping(data.get("xo")).get("rules"))
        off = [name for name, level in rules.items() if level in ("off", 0)]
        changed = [name for name in rules if name not in off]
        overrides = (*ignored(path, text, off), *own(path, text, changed))
        yield StyleTool(name="xo", path=path, line=line_of(text, "xo"), base="XO's rules", overrides=overrides)
    if "standard" in _mapping(data.get("devDependencies")):
        yield StyleTool(name="standard", path=path, line=1, base="JavaScript Standard Style")
