"""Style tools configured in INI files: flake8, pycodestyle, yapf, isort, pylint."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.styles.model import Override, StyleTool
from assaymark.subject.styles.places import ignored, own

_SECTION = late(r"\s*\[(?P<name>[^\]]+)\]")
_KEY = late(r"(?P<key>[A-Za-z][\w.-]*)\s*[=:]\s*(?P<value>.*)")
_TOOLS = {
    **{name: name for name in ("flake8", "pycodestyle", "pydocstyle", "isort", "yapf", "autopep8", "pylint")},
    "pep8": "pycodestyle",
    "settings": "isort",
    "tool:isort": "isort",
    "style": "yapf",
}
_MAX_WORDS = 500
_ISORT_NEUTRAL = ("profile", "line_length", "known_", "default_section", "skip", "src_paths", "extend_skip")


class _Value(NamedTuple):
    line: int
    text: str

    @property
    def words(self) -> list[str]:
        without = re.sub(r"(?m)(?:^|\s)[#;].*$", "", self.text)
        return [w for w in re.split(r"[,\s]+", without) if w][:_MAX_WORDS]


def sections(path: str, text: str) -> Iterator[StyleTool]:
    """The sections of style tools in one INI file."""
    for section, (line, keys) in _parsed(text).items():
        name = _TOOLS.get(section.lower())
        if (
            name is None
            or (section == "settings" and not path.endswith("isort.cfg"))
            or (section == "style" and "yapf" not in path)
        ):
            continue
        rules = [
            (w, keys[k].line)
            for k in ("ignore", "extend-ignore", "extend_ignore", "disable")
            if k in keys
            for w in keys[k].words
        ]
        overrides = [o for rule, at in rules for o in ignored(path, text, [rule], at)]
        base = "PEP 8"
        if name == "isort":
            changed = [k for k in keys if not k.startswith(_ISORT_NEUTRAL)]
            overrides = list(own(path, text, changed, line))
            base = f"profile {keys['profile'].text.strip()}" if "profile" in keys else "isort's defaults"
        elif name == "yapf":
            overrides = list(own(path, text, [k for k in keys if k not in ("based_on_style", "column_limit")], line))
            base = keys["based_on_style"].text.strip() if "based_on_style" in keys else "PEP 8"
        yield StyleTool(name=name, path=path, line=line, base=base, overrides=tuple(overrides))


def pylintrc(path: str, text: str) -> Iterator[StyleTool]:
    """A configuration file of pylint's own."""
    overrides: list[Override] = []
    for line, keys in _parsed(text).values():
        if "disable" in keys:
            for rule in keys["disable"].words:
                overrides.extend(ignored(path, text, [rule], keys["disable"].line))
        naming = [
            k
            for k, v in keys.items()
            if k.endswith("-rgx") and v.text.strip() and "ignore" not in k and "no-docstring" not in k
        ]
        overrides.extend(own(path, text, naming, line))
    yield StyleTool(name="pylint", path=path, line=1, base="pylint's default rules (PEP 8)", overrides=tuple(overrides))


def _parsed(text: str) -> dict[str, tuple[int, dict[str, _Value]]]:
    """Sections with their line and values; continued values keep their line breaks."""
    found: dict[str, tuple[int, dict[str, _Value]]] = {}
    keys: dict[str, _Value] = {}
    key = ""
    for number, raw in enumerate(text.splitlines(), 1):
        if raw.startswith(("#", ";")) or not raw.strip():
            continue
        if header := _SECTION.match(raw):
            keys, key = {}, ""
            found[header["name"].strip()] = (number, keys)
        elif raw[0].isspace() and key:
            keys[key] = _Value(keys[key].line, f"{keys[key].text}\n{raw.strip()}")
        elif pair := _KEY.match(raw):
            key = pair["key"]
            keys[key] = _Value(number, pair["value"])
    return found
