"""An account out of its own record: the same account, or a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.errors import InputError
from assaymark.model import Assessment
from assaymark.provenance import folder, intoto, prov, recorded
from assaymark.provenance.account import Account, Artifact

from .test_validated import told


def again(account: Account) -> Account:
    return recorded.account_of(prov.render(account).encode())


def test_a_validation_is_read_back_as_it_was() -> None:
    first = told()
    second = again(first)
    order = {step.id: step for step in second.steps}
    assert {s.id: replace(s, facts=dict(s.facts)) for s in first.steps} == {
        id: replace(s, facts=dict(s.facts)) for id, s in order.items()
    }
    for field in ("work", "version", "verdict", "content", "missing", "partial"):
        assert getattr(second, field) == getattr(first, field)
    assert second.report == replace(first.report, facts={})
    assert (second.run.id, second.run.started, second.run.ended) == (first.run.id, first.run.started, first.run.ended)
    assert {p.sha256 for p in second.plans} == {p.sha256 for p in first.plans}
    assert intoto.predicates(second)["test-result"]["failedTests"] == ["toy:b\\xff.toy"]


def test_so_is_an_assessment_on_a_laptop_and_on_a_runner_but_for_its_wording(hosted: Account, local: Account) -> None:
    more = Artifact(name="upstream.json", kind="upstream", sha256="9" * 64)
    for first in (hosted, local, replace(hosted, inputs=(more,), outputs=(replace(more, sha256="8" * 64),))):
        second = again(first)
        assert replace(second.run, facts={}) == replace(first.run, facts={})
        assert dict(second.run.facts) == dict(first.run.facts)
        assert intoto.predicates(second)["svr"]["properties"] == intoto.predicates(first)["svr"]["properties"]
        assert {(r.id, r.outcome, r.grade, r.waiver) for r in second.results} == {
            (r.id, r.outcome, r.grade, r.waiver) for r in first.results
        }


def test_what_it_is_told_in_other_formats_is_the_same_twice() -> None:
    account = again(told())
    assert folder.documents(account, {}) == folder.documents(again(account), {})
    assert "everse.jsonld" not in folder.documents(account, {})
    with pytest.raises(InputError, match="no criterion"):
        folder.documents(account, {}, ("everse",))


def test_nothing_is_claimed_of_a_document_as_if_it_were_a_criterion() -> None:
    assert set(intoto.predicates(told())) == {"test-result"}


EDITED: dict[str, Callable[[dict[str, Any]], object]] = {
    "another outcome of a step": lambda d: d["activity"].__setitem__("run:x", {"prov:type": 1}),
    "an attribute more": lambda d: d["activity"]["run:run"].update({"other:x": "1"}),
    "a fact that is a list": lambda d: d["activity"]["run:run"].update({"am:x": [1]}),
    "a number for a text": lambda d: d["activity"]["run:run"].update({"am:job": 1}),
    "another kind of work": lambda d: d["activity"]["run:run"].update({"prov:label": "leisure"}),
    "no subject": lambda d: d.pop("used"),
    "no verdict": lambda d: d.pop("wasAttributedTo"),
    "an entity that nothing is said of": lambda d: d["entity"].update({"id:x": {"prov:type": {"$": "am:X"}}}),
    "a bundle": lambda d: d.update({"bundle": {}}),
    "another prefix": lambda d: d["prefix"].update({"am": "https://example.org/#"}),
}


@pytest.mark.parametrize("name", EDITED)
def test_a_record_that_was_edited_is_refused(name: str) -> None:
    document = json.loads(prov.render(told()))
    EDITED[name](document)
    with pytest.raises(InputError, match="not a record that assaymark wrote"):
        recorded.account_of(prov.dump(document).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"prefix": {"run": 1}}'])
def test_rubbish_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        recorded.account_of(content)


@given(st.data())
def test_any_value_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    document = json.loads(prov.render(told()))
    section = data.draw(st.sampled_from(sorted(document)))
    record = data.draw(st.sampled_from(sorted(document[section])))
    junk = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
        max_leaves=4,
    )
    if data.draw(st.booleans()) and isinstance(document[section][record], dict):
        attribute = data.draw(st.sampled_from(sorted(document[section][record])))
        document[section][record][attribute] = data.draw(junk)
    else:
        document[section][record] = data.draw(junk)
    try:
        account = recorded.account_of(prov.dump(document).encode())
    except InputError:
        return
    assert json.loads(prov.render(account)) == document
    folder.documents(account, {})


@pytest.mark.parametrize("kind", ["repository", "model", "image", "dataset", "service"])
def test_whatever_was_judged_is_told_in_every_format(
    account: Callable[..., Account], assessment: Assessment, kind: str
) -> None:
    subject = replace(assessment.subject, kind=kind)
    made = folder.documents(account(given=replace(assessment, subject=subject)), {})
    assert {"provenance.json", "ro-crate-metadata.json", "statements.intoto.jsonl", "everse.jsonld"} <= set(made)
