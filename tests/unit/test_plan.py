"""Which checks run for which sub-criteria."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assaymark.api import Check, Evidence, check, passed
from assaymark.errors import InputError
from assaymark.model import DecidedBy, Requirement, Subcriterion
from assaymark.plan import plan


def definition(id: str, *checks: str, way: DecidedBy = DecidedBy.FILES) -> Subcriterion:
    return Subcriterion(
        id=id,
        criterion=id[:6],
        requirement=Requirement.MUST,
        text="t",
        why="w",
        remedy="r",
        decided_by=(way,),
        checks=checks,
    )


@check("doc.readme", reads=("README*",))
def readme() -> Evidence:
    return passed("m")


TOOL: Check = replace(readme, id="tool.ruff", reads=("**/*.py",), subcriteria=("QC.Sty01",))
CHECKS = {c.id: c for c in (readme, TOOL)}
DEFINITIONS = {
    d.id: d
    for d in (
        definition("QC.Doc01", "doc.readme"),
        definition("QC.Doc02", "doc.readme"),
        definition("QC.Sty01", way=DecidedBy.TOOLS),
    )
}


def test_named_and_attached_checks_are_laid_out_once() -> None:
    laid = plan(DEFINITIONS, CHECKS)
    assert [c.id for c in laid.checks["QC.Sty01"]] == ["tool.ruff"]
    assert [c.id for c in laid.units] == ["doc.readme", "tool.ruff"]
    assert laid.partial == ()


@pytest.mark.parametrize(
    ("select", "skip", "expected"),
    [
        (("QC.Doc",), (), ["QC.Doc01", "QC.Doc02"]),
        (("QC.Doc02",), (), ["QC.Doc02"]),
        (("tools",), (), ["QC.Sty01"]),
        ((), ("QC.Doc",), ["QC.Sty01"]),
        (("QC.Doc",), ("QC.Doc01",), ["QC.Doc02"]),
    ],
)
def test_selection_makes_a_partial_run(select: tuple[str, ...], skip: tuple[str, ...], expected: list[str]) -> None:
    laid = plan(DEFINITIONS, CHECKS, select=select, skip=skip)
    assert list(laid.definitions) == expected
    assert laid.partial


def test_a_change_leaves_out_what_it_cannot_touch() -> None:
    assert list(plan(DEFINITIONS, CHECKS, changed={"src/a.py"}).definitions) == ["QC.Sty01"]
    assert list(plan(DEFINITIONS, CHECKS, changed={"readme.md"}).definitions) == ["QC.Doc01", "QC.Doc02"]
    assert plan(DEFINITIONS, CHECKS, changed=()).partial == ("only what the change touches",)


def test_a_name_that_means_nothing_is_the_users_error() -> None:
    with pytest.raises(InputError, match=r"did you mean 'QC\.Doc0\d'"):
        plan(DEFINITIONS, CHECKS, select=("QC.Doc0l",))
