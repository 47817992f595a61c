"""Each rule says what it should, where it should, and nothing of documents that obey it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import assaymark
from assaymark.api import Severity
from assaymark.validation.rules import COMMON, load, read
from assaymark_workflows import PLUGIN

# No document can show these: they are tested with the core, where validators break on purpose.
WITHOUT_EXAMPLE = {
    *("WF-C003", "WF-C004", "WF-E001", "WF-E002", "WF-E003", "WF-P003"),
}


def _examples() -> ModuleType:
    name = "assaymark_rule_examples"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("examples.py"))
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


EXAMPLES = _examples()
ALL = EXAMPLES.examples()
RULES = load(PLUGIN.validators)
COMMON_IDS = {rule.id for rule in read(COMMON.read_text(encoding="utf-8"), "rules.toml")}


@pytest.mark.parametrize("example", ALL, ids=lambda e: e.name)
def test_example(example: object, tmp_path: Path) -> None:
    assert isinstance(example, EXAMPLES.Example)
    root = example.copy_to(tmp_path)
    validation = assaymark.validate(root, cache=False)
    shown = [
        (p.finding.rule, p.finding.severity.value, f"{w.path}:{w.line}:{w.column}", p.finding.message)
        for p in validation.problems
        if (w := p.finding.location)
    ]
    assert validation.judgements, "no document was recognised"
    if not example.fails:
        assert [s for s in shown if s[0] == example.rule or s[1] == Severity.ERROR] == []
        return
    places, also = example.expected()
    assert places, "the example says nowhere which line fails"
    hits = [p.finding.location for p in validation.problems if p.finding.rule == example.rule]
    found = [(w.path, w.line or 0, w.column or 0) for w in hits if w]
    missed = [place for place in places if not any(place.fits(*f) for f in found)]
    extra = [f for f in found if not any(place.fits(*f) for place in places)]
    assert (missed, extra) == ([], []), shown
    assert [s for s in shown if s[0] not in {example.rule, *also} and s[1] != Severity.NOTE] == []


def test_every_rule_has_an_example_of_either_kind() -> None:
    for fails in (True, False):
        shown = {e.rule for e in ALL if e.fails is fails}
        missing = sorted(set(RULES) - shown - WITHOUT_EXAMPLE)
        assert missing == [], f"rules without a {'fail' if fails else 'pass'} example"


def test_ids_are_used_once_and_never_again() -> None:
    retired = EXAMPLES.retired()
    assert sorted(retired & set(RULES)) == []
    assert sorted({e.rule for e in ALL} - set(RULES)) == [], "examples of rules that do not exist: retire the id"


def test_every_validator_says_what_it_is() -> None:
    for validator in PLUGIN.validators:
        assert validator.rules is not None
        own = [rule.id for rule in read(validator.rules.read_text(encoding="utf-8"), str(validator.rules))]
        assert own, validator.id
        assert set(own) & COMMON_IDS == set()
        assert validator.title
        assert validator.version
        module, _, name = validator.validate.partition(":")
        assert callable(getattr(importlib.import_module(module), name))


def test_texts_of_rules_are_sentences() -> None:
    for rule in RULES.values():
        assert not rule.title.endswith("."), rule.id
        assert rule.why.endswith("."), rule.id
        assert rule.title[0].isupper() or not rule.title[0].isalpha(), rule.id
