"""All checks of models and their facts; loaded when one of them is asked for."""

from __future__ import annotations

from assaymark.api import Parts
from assaymark_models.checks import calibration, constraints, documented, evidence_files, hygiene, performance
from assaymark_models.facts import FACTS

PARTS = Parts(
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
)
