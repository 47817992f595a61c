"""All checks of models and their facts; loaded when one of them is asked for."""

from __future__ import annotations

from assaymark.api import Parts
from assaymark_models.checks import calibration, constraints, documented, evidence_files, hygiene, performance, reported
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
        performance.since_last,
        performance.robustness,
        calibration.calibration,
        constraints.finite,
        constraints.constraints,
        hygiene.leak_by_key,
        hygiene.leak_by_content,
        hygiene.drift,
        evidence_files.reproducible,
        evidence_files.resources,
        reported.reported,
        reported.training_provenance,
        evidence_files.identified,
    ),
    facts=FACTS,
)
