"""Severities of the project's own, and comments that silence: with a reason, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import assaymark
from assaymark import config, validity
from assaymark.errors import InputError
from assaymark.subject.checkout import open_subject
from assaymark.validation.model import State

Folder = Callable[[dict[str, str | bytes]], Path]
pytestmark = pytest.mark.usefixtures("only_toy")


def rules(root: Path) -> list[tuple[int, str]]:
    problems = assaymark.validate(root, cache=False).problems
    return [(p.finding.location.line or 0, p.finding.rule) for p in problems if p.finding.location]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bad x # assaymark: ignore TOY-S001 -- it is meant so", []),
        ("# assaymark: ignore TOY-S001 -- it is meant so\nbad x\nbad y", [(4, "TOY-S001")]),
        ("bad x // assaymark: ignore TOY-P001, TOY-S001 -- it is meant so", []),
        ("# assaymark: ignore-file TOY-S001 -- it is meant so\npoor\nbad x", [(3, "TOY-P001")]),
        ("bad x # assaymark: ignore TOY-S001", [(2, "TOY-S001"), (2, "WF-P001")]),
        ("bad x # assaymark: ignore TOY-S001 -- ", [(2, "TOY-S001"), (2, "WF-P001")]),
        ("bad x # assaymark: ignore -- everything", [(2, "TOY-S001"), (2, "WF-P002")]),
        ("good # assaymark: ignore TOY-S001 -- no need", [(2, "WF-P002")]),
        ("bad x # assaymark: ignore CWL-S001 -- another format", [(2, "TOY-S001")]),
        ("crash # assaymark: ignore WF-E001 -- hide it", [(1, "WF-E001")]),
    ],
)
def test_comments(text: str, expected: list[tuple[int, str]], folder: Folder) -> None:
    assert sorted(rules(folder({"a.toy": text}))) == sorted(expected)


def test_what_is_silenced_is_kept_with_its_reason(folder: Folder) -> None:
    root = folder({"a.toy": "bad x # assaymark: ignore TOY-S001 -- it is meant so"})
    (judgement,) = assaymark.validate(root).judgements
    assert judgement.state is State.VALID
    assert [s.reason for s in judgement.suppressed] == ["it is meant so"]


CONFIG = b"""
exclude = ["third/**"]
[validate]
exclude = ["old/*"]
[validate.severity]
"TOY-S001" = "note"
"TOY-P001" = "off"
[[validate.ignore]]
rule = "TOY-R001"
path = "sub/*"
reason = "the file is made by the build"
[validate.toy]
profile = "a"
"""


def test_the_configuration_decides(folder: Folder) -> None:
    root = folder(
        {
            ".assaymark.toml": CONFIG,
            "a.toy": "bad x\npoor\nprofile a\nprofile b",
            "sub/b.toy": "read none",
            "c.toy": "read none",
            "third/x.toy": "bad",
            "old/y.toy": "bad",
        }
    )
    validation = assaymark.validate(root)
    findings = [p.finding for p in validation.problems]
    told = [(f.location.path, f.rule, f.severity.value) for f in findings if f.location]
    assert told == [
        ("a.toy", "TOY-S001", "note"),
        ("a.toy", "TOY-S001", "note"),
        ("c.toy", "TOY-R001", "error"),
    ]
    assert [j.state for j in validation.judgements] == [State.VALID, State.INVALID, State.VALID]


@pytest.mark.parametrize(
    "text",
    [
        '[validate.severity]\n"TOY-S009" = "note"',
        '[validate.severity]\n"TOY-S001" = "loud"',
        "[validate]\nexclude = 1",
        '[[validate.ignore]]\nrule = "TOY-S001"\npath = "x"',
        "[validate]\ntoy = 1",
        '[[validate.ignore]]\nrule = "TOY-S001"\npath = "x"\nreason = "no"',
    ],
)
def test_a_wrong_configuration_is_told(text: str, folder: Folder) -> None:
    with pytest.raises(InputError):
        assaymark.validate(folder({".assaymark.toml": text.encode(), "a.toy": "good"}))


@pytest.mark.parametrize(("text", "read"), [("bad x", 0), ("bad x # assaymark: ignore TOY-S001 -- so", 1)])
def test_an_assessment_reads_the_files_of_rules_for_comments_only(
    text: str, read: int, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    kept = validity._own_rules
    monkeypatch.setattr(validity, "_own_rules", lambda by_id, id: asked.append(id) or kept(by_id, id))
    monkeypatch.setattr(validity.rule_files, "load", lambda validators: pytest.fail("nothing names a rule"))
    opened = open_subject(folder({"a.toy": text, "b.toy": text}))
    judgements = validity.of_tree(opened.tree, config.from_tree(opened.tree))
    assert judgements is not None
    assert [(j.path, j.format) for j in judgements] == [("a.toy", "toy"), ("b.toy", "toy")]
    assert len(asked) == read
