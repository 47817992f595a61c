"""The facts that only ``assaymark smoke`` can give; without it every check that needs one stays unknown."""

from __future__ import annotations

from assaymark.api import Fact, FactUnavailable, Image, fact
from assaymark_hpc.asked import Manifest
from assaymark_hpc.linter import Linted
from assaymark_hpc.trials import Trials

_REMEDY = "assaymark smoke IMAGE"


@fact
def image() -> Image:
    """The image at rest."""
    raise FactUnavailable("no container image was examined", remedy=_REMEDY)


@fact
def smoke_manifest() -> Manifest:
    """What the person who calls asks of the image."""
    raise FactUnavailable("no container image was examined", remedy=_REMEDY)


@fact
def image_linted() -> Linted:
    """What hadolint says of the recipe of the image."""
    raise FactUnavailable("no container image was examined", remedy=_REMEDY)


@fact
def trials() -> Trials:
    """What happened when the image was tried."""
    raise FactUnavailable("it was not tried", remedy=f"{_REMEDY} --runner container (or where it will run)")


FACTS: tuple[Fact, ...] = (image, smoke_manifest, image_linted, trials)
