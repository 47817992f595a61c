"""All checks of images and their facts; loaded when one of them is asked for."""

from __future__ import annotations

from assaymark.api import Parts
from assaymark_hpc import facts, fitting, gpus, pmi, ranks, rates, recipe, resting, tried

_AT_REST = (*resting.CHECKS, *fitting.CHECKS, *pmi.CHECKS, *recipe.CHECKS)
PARTS = Parts((*_AT_REST, *tried.CHECKS, *ranks.CHECKS, *gpus.CHECKS, *rates.CHECKS), facts.FACTS)
