"""Validation of models: a manifest names model, reference data, metrics with thresholds and rules."""

from __future__ import annotations

from assaymark.api import Plugin

__version__ = "0.1.0"

PLUGIN = Plugin(
    name="models",
    version=__version__,
    parts="assaymark_models.parts:PARTS",
    commands={"model": "assaymark_models.command:command"},
    cases="assaymark_models.found:case_at",
)
