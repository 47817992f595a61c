"""Whatever is cut out of a document or put into it, its validator answers and does not break."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from assaymark.testing import tree_of
from assaymark.validation.context import RunContext, World, offline
from assaymark.validation.detect import loaded
from assaymark.validation.jail import Jail
from assaymark.validation.model import MAX_FINDINGS
from assaymark_workflows import PLUGIN

RULES = Path(__file__).with_name("rules")
PIECES = [
    "[",
    "]",
    "{",
    "}",
    ":",
    "- ",
    "\n",
    "\t",
    "null",
    "1",
    "''",
    "\x00",
    "&a ",
    "*a",
    "? ",
    "${",
    '"""',
    "\ud800",
]
SAMPLES = {"fdl": "FDL-*", "tosca": "TOS-*", "snakemake": "SMK-*", "nextflow": "NXF-*"}


def broken(text: str, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        if chance.random() < 0.5:
            text = text[:at] + chance.choice(PIECES) + text[at:]
        else:
            text = text[:at] + text[at + chance.randint(1, 30) :]
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("name", SAMPLES)
def test_no_garbage_breaks_a_validator(name: str) -> None:
    validate = loaded(next(v.validate for v in PLUGIN.validators if v.id == name))
    files = sorted(p for p in RULES.glob(f"{SAMPLES[name]}/*/*") if p.is_file() and p.name != "expected.txt")
    chance = random.Random(7)
    world = World(Jail(tree_of({}), None), (), offline)
    told = 0
    for number in range(600):
        data = broken(files[number % len(files)].read_text(encoding="utf-8"), chance)
        problems = validate("x/document.yaml", data, RunContext(world, {}))
        assert problems is None or len(problems) < MAX_FINDINGS
        told += bool(problems)
    assert told > 100
