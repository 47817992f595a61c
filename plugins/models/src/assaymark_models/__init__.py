"""Validation of models: a manifest names model, reference data, metrics with thresholds and rules."""

from __future__ import annotations

from assaymark.api import Plugin
from assaymark_models.checks import calibration, constraints, documented, evidence_files, hygiene, performance
from assaymark_models.facts import FACTS

__version__ = "0.1.0"

PLUGIN = Plugin(
    name="models",
    version=__version__,
    checks=(
        documented.card,
        documented.licence,
        documented.intended_use,
        documented.training_data,
        performance.performance,
        performance.slices,
        performance.no_regression,
        performance.robustness,
        calibration.calibration,
        constraints.finite,
        constraints.constraints,
        hygiene.leak_by_key,
        hygiene.leak_by_content,
        hygiene.drift,
        evidence_files.reproducible,
        evidence_files.resources,
        evidence_files.training_provenance,
        evidence_files.identified,
    ),
    facts=FACTS,
    commands={"model": "assaymark_models.command:command"},
)
