"""What a container image is asked before it is released or sent to a supercomputer; the verb ``smoke``."""

from __future__ import annotations

from assaymark.api import Plugin
from assaymark_hpc import facts, resting, tried

__version__ = "0.1.0"

PLUGIN = Plugin(
    name="hpc",
    version=__version__,
    checks=(*resting.CHECKS, *tried.CHECKS),
    facts=facts.FACTS,
    commands={"smoke": "assaymark_hpc.verb:command"},
)
