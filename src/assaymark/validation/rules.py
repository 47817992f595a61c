"""Every rule that a finding may name, read from the TOML files of the validators and from our own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assaymark.api import Rule, Severity, Validator
from assaymark.errors import InputError
from assaymark.parsed import table, tables
from assaymark.patterns import late

# Format, group and number, as in CWL-X001; the groups are explained in docs/validate.md.
ID = late(r"(?P<format>[A-Z]{2,3})-(?P<group>[CDEGPRSTVXY])\d{3}")
COMMON = Path(__file__).with_name("rules.toml")
_KEYS = {"id", "title", "severity", "why", "remedy"}


def load(validators: Iterable[Validator]) -> dict[str, Rule]:
    """All rules by id: the common ones first, then those of each validator in its order.

    Several validators may share a file. Raises InputError naming the file when it is malformed or an id is taken.
    """
    found: dict[str, Rule] = {}
    places: dict[str, str] = {}
    files = {str(file): file for file in (COMMON, *(v.rules for v in validators if v.rules is not None))}
    for where, file in zip(files, tables([(file, where) for where, file in files.items()]), strict=True):
        for rule in _rules(file.data, where):
            if rule.id in found:
                raise InputError(f"the rule {rule.id} is defined in {places[rule.id]} already", where=where)
            found[rule.id] = rule
            places[rule.id] = where
    return found


def read(text: str, where: str) -> list[Rule]:
    """The rules of one file."""
    return _rules(table(text, where).data, where)


def _rules(data: dict[str, Any], where: str) -> list[Rule]:
    found = data.get("rule", [])
    if set(data) - {"rule"} or not isinstance(found, list):
        raise InputError("a file of rules holds [[rule]] tables and nothing else", where=where)
    return [_rule(item, where) for item in found]


def _rule(item: dict[str, Any], where: str) -> Rule:
    id = item.get("id")
    if not isinstance(id, str) or not ID.fullmatch(id):
        raise InputError(f"{id!r} is no rule id such as CWL-X001", where=where)
    if set(item) != _KEYS or not all(isinstance(v, str) and v.strip() for v in item.values()):
        raise InputError(f"{id} must have exactly these texts: {', '.join(sorted(_KEYS))}", where=where)
    try:
        severity = Severity(item["severity"])
    except ValueError:
        raise InputError(f"{id}: severity {item['severity']!r} is not error, warning or note", where=where) from None
    return Rule(id=id, title=item["title"], severity=severity, why=item["why"], remedy=item["remedy"])
