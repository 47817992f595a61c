"""One broken document per constraint, and nothing said of sound ones."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.provenance.constraints import violations

NAME = {"$": "ex:T", "type": "prov:QUALIFIED_NAME"}


def document(**sections: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "prefix": {"ex": "http://example.org/"},
        "entity": {"ex:e1": {"prov:type": NAME}, "ex:e2": {}},
        "activity": {
            "ex:a1": {"prov:startTime": "2026-01-01T10:00:00Z", "prov:endTime": "2026-01-01T11:00:00Z"},
            "ex:a2": {},
        },
        "agent": {"ex:g": {}},
    }
    for section, records in sections.items():
        base[section] = {**base.get(section, {}), **records}
    return base


def twice(**ends: str) -> dict[str, Any]:
    """One event told with two times."""
    return {f"ex:t{hour}": {**ends, "prov:time": f"2026-01-01T{hour}:00:00Z"} for hour in (10, 11)}


BROKEN = [
    ("50", document(used={"ex:u": {"prov:activity": "ex:e1", "prov:entity": "ex:e2"}})),
    ("50", document(wasAttributedTo={"ex:t": {"prov:entity": "ex:e1", "prov:agent": "ex:a1"}})),
    ("55", document(activity={"ex:e1": {}})),
    (
        "30",
        document(activity={"ex:b": {"prov:startTime": "2026-01-01T10:00:00Z", "prov:endTime": "2026-01-01T09:00:00Z"}}),
    ),
    (
        "33",
        document(
            used={"ex:u": {"prov:activity": "ex:a1", "prov:entity": "ex:e1", "prov:time": "2026-01-01T12:00:00Z"}}
        ),
    ),
    (
        "34",
        document(
            wasGeneratedBy={
                "ex:w": {"prov:activity": "ex:a1", "prov:entity": "ex:e1", "prov:time": "2026-01-01T09:00:00Z"}
            }
        ),
    ),
    (
        "37",
        document(
            wasGeneratedBy={
                "ex:w": {"prov:activity": "ex:a2", "prov:entity": "ex:e1", "prov:time": "2026-01-01T10:30:00Z"}
            },
            used={"ex:u": {"prov:activity": "ex:a1", "prov:entity": "ex:e1", "prov:time": "2026-01-01T10:10:00Z"}},
        ),
    ),
    (
        "41",
        document(
            wasGeneratedBy={
                "ex:w1": {"prov:activity": "ex:a2", "prov:entity": "ex:e1", "prov:time": "2026-01-01T08:00:00Z"},
                "ex:w2": {"prov:activity": "ex:a2", "prov:entity": "ex:e2", "prov:time": "2026-01-01T09:00:00Z"},
            },
            wasDerivedFrom={"ex:d": {"prov:generatedEntity": "ex:e1", "prov:usedEntity": "ex:e2"}},
        ),
    ),
    (
        "42",
        document(
            wasDerivedFrom={
                "ex:d1": {"prov:generatedEntity": "ex:e1", "prov:usedEntity": "ex:e2"},
                "ex:d2": {"prov:generatedEntity": "ex:e2", "prov:usedEntity": "ex:e1"},
            }
        ),
    ),
    (
        "39",
        document(
            wasGeneratedBy={
                "ex:w1": {"prov:activity": "ex:a1", "prov:entity": "ex:e1"},
                "ex:w2": {"prov:activity": "ex:a2", "prov:entity": "ex:e1"},
            }
        ),
    ),
    (
        "28",
        document(
            activity={"ex:b": [{"prov:startTime": "2026-01-01T10:00:00Z"}, {"prov:startTime": "2026-01-02T10:00:00Z"}]}
        ),
    ),
    (
        "29",
        document(
            activity={"ex:b": [{"prov:endTime": "2026-01-01T10:00:00Z"}, {"prov:endTime": "2026-01-02T10:00:00Z"}]}
        ),
    ),
    (
        "28",
        document(
            wasStartedBy={
                "ex:s": {"prov:activity": "ex:a1", "prov:starter": "ex:a2", "prov:time": "2026-01-01T10:30:00Z"}
            }
        ),
    ),
    (
        "29",
        document(
            wasEndedBy={"ex:s": {"prov:activity": "ex:a1", "prov:ender": "ex:a2", "prov:time": "2026-01-01T10:30:00Z"}}
        ),
    ),
    ("24", document(wasGeneratedBy=twice(**{"prov:entity": "ex:e1", "prov:activity": "ex:a2"}))),
    ("25", document(wasInvalidatedBy=twice(**{"prov:entity": "ex:e1", "prov:activity": "ex:a2"}))),
    ("26", document(wasStartedBy=twice(**{"prov:activity": "ex:a2", "prov:starter": "ex:a1"}))),
    ("27", document(wasEndedBy=twice(**{"prov:activity": "ex:a2", "prov:ender": "ex:a1"}))),
    ("52", document(specializationOf={"ex:s": {"prov:specificEntity": "ex:e1", "prov:generalEntity": "ex:e1"}})),
    (
        "53",
        document(
            used={"ex:x": {"prov:activity": "ex:a1", "prov:entity": "ex:e1"}},
            wasGeneratedBy={"ex:x": {"prov:entity": "ex:e2", "prov:activity": "ex:a1"}},
        ),
    ),
    ("54", document(used={"ex:e1": {"prov:activity": "ex:a1", "prov:entity": "ex:e1"}})),
    ("policy", document(used={"ex:u": {"prov:activity": "ex:a1", "prov:entity": "ex:nobody"}})),
    ("policy", document(entity={"ex:b": {"prov:type": "document"}})),
    ("policy", document(entity={"ex:b": {"prov:role": "x"}})),
    ("schema", document(used={"ex:u": {"prov:activity": "ex:a1"}, "nope:u": {"prov:activity": "ex:a1"}})),
    ("schema", document(wasDerivedFrom={"ex:d": {"prov:generatedEntity": "ex:e1"}})),
    ("schema", document(invented={"ex:d": {}})),
    ("schema", []),
]


@pytest.mark.parametrize(("rule", "value"), BROKEN, ids=[f"{rule}-{n}" for n, (rule, _) in enumerate(BROKEN)])
def test_a_broken_constraint_is_told_and_nothing_else(rule: str, value: Any) -> None:
    found = violations(value)
    assert {v.rule for v in found} == {rule}, found


def test_a_sound_document_is_let_be() -> None:
    value = document(
        used={"_:u": {"prov:activity": "ex:a1", "prov:entity": "ex:e1", "prov:time": "2026-01-01T10:30:00Z"}},
        wasGeneratedBy={"_:g": {"prov:entity": "ex:e2", "prov:activity": "ex:a1", "prov:time": "2026-01-01T10:59:00Z"}},
        wasDerivedFrom={"_:d": {"prov:generatedEntity": "ex:e2", "prov:usedEntity": "ex:e1"}},
        wasAssociatedWith={"_:w": {"prov:activity": "ex:a1", "prov:agent": "ex:g", "prov:plan": "ex:e1"}},
    )
    assert violations(value) == ()


def test_clocks_may_differ_a_little_and_clocks_without_a_zone_are_not_compared() -> None:
    late = {"ex:w": {"prov:activity": "ex:a1", "prov:entity": "ex:e1", "prov:time": "2026-01-01T11:00:01Z"}}
    assert violations(document(wasGeneratedBy=late)) == ()
    naive = {"ex:b": {"prov:startTime": "2026-01-02T10:00:00", "prov:endTime": "2026-01-01T10:00:00"}}
    assert violations(document(activity=naive)) == ()


def test_documents_of_others_are_spared_our_own_rules() -> None:
    value = document(
        entity={"ex:b": {"prov:type": "document"}}, used={"ex:u": {"prov:activity": "ex:a1", "prov:entity": "ex:x"}}
    )
    assert violations(value, strict=False) == ()


def test_a_bundle_is_judged_too() -> None:
    value = {**document(), "bundle": {"ex:bundle": document(activity={"ex:e1": {}})}}
    assert [v.rule for v in violations(value)] == ["55"]


def test_a_long_chain_costs_no_recursion() -> None:
    names = [f"ex:n{i}" for i in range(20_000)]
    value = document(
        entity={name: {} for name in names},
        wasDerivedFrom={
            f"ex:d{i}": {"prov:generatedEntity": one, "prov:usedEntity": two}
            for i, (one, two) in enumerate(pairwise(names))
        },
    )
    assert violations(value) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("2026-01-01T10:00:00Z"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "entity",
                    "activity",
                    "used",
                    "wasDerivedFrom",
                    "bundle",
                    "prefix",
                    "prov:entity",
                    "prov:activity",
                    "prov:type",
                    "prov:startTime",
                    "ex:a",
                    "$",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_judged_without_breaking(value: Any) -> None:
    for violation in violations(value):
        assert violation.message
    json.dumps([v.record for v in violations(value, strict=False)])


# What its makers wrote as broken, by the number of what it breaks; these too are "sound" to the readers of `prov`.
PROVEN_BROKEN = {
    "unification-object-relation-f1-FAIL-c54": "54", "unification-entity-activity-f1-FAIL-c55": "55",
    "unification-activity-f1-FAIL-c22": "28", "unification-relation-kind-f1-FAIL-c53": "53",
    "unification-generation-f1-FAIL-c23": "23",
}  # fmt: skip # a table of cases
# What PROV-DM requires and these leave out, so as to see what a reader does.
WITHOUT_AN_END = {
    *("start1", "start4", "end1", "end4", "usage1", "association2", "derivation1", "derivation2", "derivation9"),
    *("influence1", "influence2", "communication1", "communication2", "attribution1", "attribution2"),
    *("delegation1", "delegation2"),
}


def _of_others() -> list[Path]:
    import prov

    folder = Path(prov.__file__).parent / "tests"
    return sorted(p for part in ("json", "unification") for p in (folder / part).rglob("*.json"))


def test_the_documents_that_prov_brings_are_judged_as_their_makers_do() -> None:
    files = _of_others()
    assert len(files) > 300
    told = {
        file.stem: {v.rule for v in found}
        for file in files
        if (found := violations(json.loads(file.read_bytes()), strict=False))
    }
    expected = {name: {rule} for name, rule in PROVEN_BROKEN.items()} | {n: {"schema"} for n in WITHOUT_AN_END}
    # One name for an event of which two differing things are told.
    more = {"generation": {"24"}, "invalidation": {"25"}}
    for stem in (file.stem for file in files if file.stem.startswith("scruffy-")):
        expected[stem] = {"23"} | more.get(stem.split("-")[1].rstrip("0123456789"), set())
    assert told == expected


def test_a_membership_of_several_and_an_end_without_a_cause() -> None:
    several = {"ex:m": {"prov:collection": "ex:e1", "prov:entity": ["ex:e2", "ex:e1"]}}
    assert not violations(document(hadMember=several), strict=False)
    several["ex:m"]["prov:entity"] = ["ex:e2", "ex:a1"]
    assert [v.rule for v in violations(document(hadMember=several), strict=False)] == ["50"]
    assert not violations(document(wasInvalidatedBy={"ex:i": {"prov:entity": "ex:e1"}}), strict=False)
