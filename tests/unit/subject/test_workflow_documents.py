"""Without a validator a document that looks like a workflow leaves all open; without one nothing is asked."""

from __future__ import annotations

import pytest

from assaymark.api import FactUnavailable, Tree
from assaymark.model import Outcome
from assaymark.subject.workflow_documents import look_alikes, workflow_documents
from assaymark.testing import tree_of

CWL = "cwlVersion: v1.2\nclass: CommandLineTool\n"


def outcome(tree: Tree, judged: tuple[()] | None, exclude: tuple[str, ...] = ()) -> Outcome:
    with pytest.raises(FactUnavailable) as caught:
        workflow_documents.provide(tree, lambda _: judged, exclude)
    return caught.value.outcome


def test_without_a_validator_a_look_alike_leaves_it_open() -> None:
    tree = tree_of({"a.cwl": CWL, "README.md": "x"})
    assert outcome(tree, None) is Outcome.UNKNOWN
    assert outcome(tree, None, ("*.cwl",)) is Outcome.NOT_APPLICABLE
    assert outcome(tree, ()) is Outcome.NOT_APPLICABLE
    assert outcome(tree_of({"README.md": "x"}), None) is Outcome.NOT_APPLICABLE


def test_look_alikes() -> None:
    files = {
        "a.cwl": CWL, "b.json": '{"tasks": [{"operator": "oph_list"}]}', "c.yaml": "tosca_definitions_version: x\n",
        "d.yml": CWL, "e.nf": "process A {}\n", "Snakefile": "rule all:\n", "x.json": "{}", "y.yaml": "a: 1\n",
        "empty.cwl": "",
    }  # fmt: skip # a table of cases
    assert sorted(look_alikes(tree_of(files))) == ["Snakefile", "a.cwl", "b.json", "c.yaml", "d.yml", "e.nf"]
