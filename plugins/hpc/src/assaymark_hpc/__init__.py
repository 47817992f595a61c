"""What a container image is asked before it is released or sent to a supercomputer; the verb ``smoke``."""

from __future__ import annotations

from assaymark.api import Plugin

__version__ = "0.1.0"

PLUGIN = Plugin(
    name="hpc",
    version=__version__,
    parts="assaymark_hpc.parts:PARTS",
    commands={"smoke": "assaymark_hpc.verb:command"},
)
