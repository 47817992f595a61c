"""What the checks of services look at: the manifest, and what was seen when ``assaymark service`` asked the service."""

from __future__ import annotations

from assaymark.api import FactUnavailable, fact
from assaymark_services.manifest import Manifest
from assaymark_services.observe import Observed

REMEDY = "assaymark service MANIFEST"


@fact
def service_manifest() -> Manifest:
    """The manifest, which the verb gives."""
    raise FactUnavailable("no manifest of a service was judged", remedy=REMEDY)


@fact
def service_observed() -> Observed:
    """What the service answered."""
    raise FactUnavailable("the service was not contacted", remedy=REMEDY)


FACTS = (service_manifest, service_observed)
