"""assessment.json: round trip, schema, and what comes from elsewhere is not believed."""

from __future__ import annotations

import json
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from assaymark.data import schema
from assaymark.errors import InputError
from assaymark.model import Assessment
from assaymark.reports import json as report
from assaymark.reports.json import document, from_json, from_own, render

KEPT_FOR_GOOD = {
    "schema", "subject", "profile", "profile_digest", "config_digest", "as_of", "level", "missing", "subcriteria",
    "findings", "partial",
}  # fmt: skip # a table of cases


@pytest.fixture
def bronze(samples: ModuleType) -> Assessment:
    found: Assessment = samples.VARIANTS["bronze"]
    return found


def without_runtime(assessment: Assessment) -> Assessment:
    """Durations of single pieces of evidence are kept in ``run`` only."""
    results = tuple(
        replace(r, evidence=tuple(replace(e, duration=None, metrics=dict(e.metrics)) for e in r.evidence))
        for r in assessment.results
    )
    return replace(assessment, results=results)


@pytest.mark.parametrize("read", [from_json, from_own])
def test_reading_gives_back_what_was_written(read: Any, samples: ModuleType) -> None:
    for assessment in samples.VARIANTS.values():
        again = read(render(assessment))
        assert render(again) == render(assessment)
        ordered = [[report.Findings(assessment).of(e) for e in r.evidence] for r in assessment.results]
        assert [[report.Findings(again).of(e) for e in r.evidence] for r in again.results] == ordered
        assert replace(again, results=()) == replace(assessment, results=())
    gold = samples.VARIANTS["gold"]
    assert read(render(gold)) == without_runtime(gold)


def test_the_schema_is_valid_and_says_what_the_document_is(samples: ModuleType) -> None:
    rules = json.loads(schema("assessment").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(rules)
    assert rules["$id"] == report.SCHEMA
    for assessment in samples.VARIANTS.values():
        assert list(Draft202012Validator(rules).iter_errors(document(assessment))) == []


def test_the_schema_is_strict_everywhere() -> None:
    """Every object forbids keys that it does not name."""
    rules = json.loads(schema("assessment").read_text(encoding="utf-8"))
    loose = []

    def walk(node: Any, place: str) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object" and "additionalProperties" not in node:
                loose.append(place)
            for key, value in node.items():
                walk(value, f"{place}/{key}")

    walk(rules, "")
    assert loose == []


def test_the_keys_that_others_rely_on(bronze: Assessment) -> None:
    data = json.loads(render(bronze))
    assert set(data) >= KEPT_FOR_GOOD
    assert set(data["subject"]) >= {"kind", "repository", "path", "commit", "swhid", "digest"}
    for item in data["subcriteria"]:
        assert set(item) >= {"id", "requirement", "outcome", "grade", "evidence", "waiver"}


def test_a_finding_is_written_once(bronze: Assessment) -> None:
    twice = replace(bronze, results=tuple(replace(r, evidence=r.evidence * 2) for r in bronze.results))
    data = json.loads(render(twice))
    assert len(data["findings"]) == 6
    style = next(r for r in data["subcriteria"] if r["id"] == "QC.Sty01")
    assert style["evidence"][0]["findings"] == style["evidence"][2]["findings"] == [2, 3, 4, 5]


def test_everything_but_run_is_the_same_in_another_run(bronze: Assessment) -> None:
    other = replace(bronze, run=replace(bronze.run, started="2027-01-01", duration=3.0, host="b", durations={}))
    one, two = json.loads(render(bronze)), json.loads(render(other))
    assert one.pop("run") != two.pop("run")
    assert one == two


def test_list_items_have_a_line_each(bronze: Assessment) -> None:
    lines = render(bronze).splitlines()
    assert sum(line.startswith('{"id":"QC.') for line in lines) == len(bronze.results) + len(bronze.criteria)


def test_a_byte_that_is_not_utf8_is_shown_as_git_shows_it(samples: ModuleType) -> None:
    odd = samples.finding("R1", "m", "caf\udce9/\udcff.py", 1)
    bad = samples.verdict("QC.Sty01", "MUST", "Style.", samples.said(samples.F, "x", "c", findings=(odd,)))
    text = render(samples.sample((bad,)))
    assert json.loads(text)["findings"][0]["path"] == "caf\\xe9/\\xff.py"
    assert render(from_json(text)) == text


BROKEN = {
    "nothing": ("", "not JSON"),
    "half": ('{"schema": "', "not JSON"),
    "list": ("[]", "not an assessment"),
    "other schema": ('{"schema": "https://example.org/x"}', r"not an assessment: https://example\.org/x"),
    "deep list": ("[" * 100_000, "nested too deeply"),
    "deep object": ('{"a":' * 100_000, "nested too deeply"),
    "long number": ('{"schema": ' + "9" * 10_000 + "}", "not JSON"),
    "NaN": ('{"schema": NaN}', "NaN is not a JSON number"),
    "twice": ('{"schema": 1, "schema": 2}', "same key twice"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_assessment_is_refused_with_its_place(name: str) -> None:
    text, message = BROKEN[name]
    with pytest.raises(InputError, match=message) as caught:
        from_json(text, where="there.json")
    assert str(caught.value).startswith("there.json: ")


CHANGES: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "unknown key": (("extra",), 1),
    "unknown key inside": (("subject", "owner"), "x"),
    "level": (("level",), "platinum"),
    "outcome": (("subcriteria", 0, "outcome"), "fine"),
    "date": (("as_of",), "yesterday"),
    "no such day": (("as_of",), "2026-02-30"),
    "position beyond the end": (("subcriteria", 5, "evidence", 0, "findings"), [99]),
    "position below the start": (("subcriteria", 5, "evidence", 0, "findings"), [-1]),
    "position between": (("subcriteria", 5, "evidence", 0, "findings"), [0.5]),
    "line zero": (("findings", 1, "line"), 0),
    "wrong type": (("findings",), {}),
    "endless": (("run", "duration"), 1e300),
    "id": (("findings", 0, "id"), "<script>"),
    "null text": (("profile",), None),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_document_that_was_tampered_with_is_refused(name: str, bronze: Assessment) -> None:
    data = json.loads(render(bronze))
    path, value = CHANGES[name]
    place = data
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(InputError):
        from_json(json.dumps(data))


def test_a_missing_key_is_refused(bronze: Assessment) -> None:
    for key in json.loads(render(bronze)):
        data = json.loads(render(bronze))
        del data[key]
        with pytest.raises(InputError):
            from_json(json.dumps(data))


def test_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch, bronze: Assessment) -> None:
    monkeypatch.setattr(report, "MAX_SIZE", 100)
    with pytest.raises(InputError, match="larger than"):
        from_json(render(bronze))
