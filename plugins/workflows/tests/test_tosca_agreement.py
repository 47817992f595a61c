"""Templates that a live engine of TOSCA accepts have no error here, and those that it refuses have one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import assaymark
from assaymark.api import Severity

RULES = Path(__file__).with_name("rules")
FAILING = sorted(p for p in RULES.glob("TOS-*/fail*/template.yaml"))
# The engine knows no parents.
PASSING = sorted(p for p in RULES.glob("TOS-*/pass*/template.yaml") if p.parts[-3] != "TOS-R007")
# What the engine does not look at: keys that are repeated, unused inputs, missing files, parents, unknown versions.
BEYOND = {"TOS-Y002", "TOS-P001", "TOS-R005", "TOS-R007", "TOS-R003", "TOS-G001"}
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("toscaparser") is None, reason="needs tosca-parser, an oracle for this test only"
)


def accepted(template: Path) -> bool:
    from toscaparser.tosca_template import ToscaTemplate

    try:
        ToscaTemplate(str(template))
    except Exception:
        return False
    return True


@pytest.mark.parametrize("template", PASSING, ids=lambda p: p.parts[-3])
def test_what_we_pass_the_engine_accepts(template: Path) -> None:
    assert accepted(template)


@pytest.mark.parametrize("template", [p for p in FAILING if p.parts[-3] not in BEYOND], ids=lambda p: p.parts[-3])
def test_what_the_engine_refuses_has_an_error(template: Path) -> None:
    assert not accepted(template)
    problems = assaymark.validate(template, root=template.parent, cache=False).problems
    assert any(p.finding.severity in (Severity.ERROR, Severity.WARNING) for p in problems)
