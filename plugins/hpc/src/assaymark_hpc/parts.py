"""All checks of images and their facts; loaded when one of them is asked for."""

from __future__ import annotations

from assaymark.api import Parts
from assaymark_hpc import facts, resting, tried

PARTS = Parts((*resting.CHECKS, *tried.CHECKS), facts.FACTS)
