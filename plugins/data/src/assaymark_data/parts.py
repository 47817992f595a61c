"""All checks of data and their facts; loaded when one of them is asked for."""

from __future__ import annotations

from assaymark.api import Parts
from assaymark_data.checks import accessible, files, findable, grids, interoperable, reusable, score, tables
from assaymark_data.facts import FACTS

PARTS = Parts(
    checks=(
        *findable.CHECKS,
        *accessible.CHECKS,
        *interoperable.CHECKS,
        *reusable.CHECKS,
        *score.CHECKS,
        *files.CHECKS,
        *tables.CHECKS,
        *grids.CHECKS,
    ),
    facts=FACTS,
)
