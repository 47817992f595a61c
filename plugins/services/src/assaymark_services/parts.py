"""All checks of services and their facts; loaded when one of them is asked for."""

from __future__ import annotations

from assaymark.api import Parts
from assaymark_services.checks import asked, published, secured
from assaymark_services.facts import FACTS

PARTS = Parts(checks=(*published.CHECKS, *asked.CHECKS, *secured.CHECKS), facts=FACTS)
