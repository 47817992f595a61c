"""Data: a metadata record judged by the 41 FAIR indicators, and files judged by rules of their manifest."""

from __future__ import annotations

from assaymark.api import Plugin

__version__ = "0.1.0"

PLUGIN = Plugin(
    name="data",
    version=__version__,
    parts="assaymark_data.parts:PARTS",
    commands={"data": "assaymark_data.command:command"},
    cases="assaymark_data.command:case_at",
)
