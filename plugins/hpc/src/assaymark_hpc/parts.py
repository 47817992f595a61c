"""All checks of images and their facts; loaded when one of them is asked for."""

from __future__ import annotations

from assaymark.api import Parts
from assaymark_hpc import facts, fitting, gpus, rates, recipe, resting, tried

PARTS = Parts(
    (*resting.CHECKS, *fitting.CHECKS, *recipe.CHECKS, *tried.CHECKS, *gpus.CHECKS, *rates.CHECKS), facts.FACTS
)
