"""PHP-CS-Fixer, which is configured by a program, and PHP_CodeSniffer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assaymark.patterns import late
from assaymark.subject.parsing import load_xml
from assaymark.subject.styles.model import StyleTool
from assaymark.subject.styles.places import ignored, own

_RULE = late(r"""['"](@?[\w:/-]{2,80})['"]\s{0,20}=>\s{0,20}(true|false|\[|array\b)""")
_SETS = 3  # named as the base


def fixer(path: str, text: str) -> Iterator[StyleTool]:
    """.php-cs-fixer.php: its rule sets (``@Symfony``) are the base, which is PSR-12 when it names no rules."""
    rules = dict(_rules(text))
    sets = [name for name in rules if name.startswith("@")]
    plain = [name for name in rules if name not in sets]
    off = [name for name in plain if rules[name] == "false"]
    yield StyleTool(
        name="php-cs-fixer",
        path=path,
        line=1,
        base=", ".join(sets[:_SETS]) or ("" if rules else "PSR-12"),
        overrides=(*ignored(path, text, off), *own(path, text, [name for name in plain if name not in off])),
    )


def _rules(text: str) -> Iterator[tuple[str, str]]:
    """Name and value of each entry of the list of rules, without the options inside an entry."""
    start = text.find("setRules")
    depth = last = 0
    for found in _RULE.finditer(text, start) if start >= 0 else ():
        between = text[last or start : found.start()]
        depth += between.count("[") + between.count("array(") - between.count("]")
        last = found.start()
        if depth <= 1:
            yield found[1], found[2]


def codesniffer(path: str, text: str) -> Iterator[StyleTool]:
    """phpcs.xml: a reference to a whole standard is the base, one to a single sniff a setting of the project's own."""
    root = load_xml(re.sub(r"<!DOCTYPE[^>]*>", "", text))
    refs = [rule.get("ref", "") for rule in root.iter("rule")]
    standards = [ref for ref in refs if ref and "." not in ref]
    off = [name for rule in root.iter("exclude") if (name := rule.get("name", ""))]
    yield StyleTool(
        name="phpcs",
        path=path,
        line=1,
        base=", ".join(standards[:_SETS]),
        overrides=(*ignored(path, text, off), *own(path, text, [ref for ref in refs if "." in ref])),
    )
