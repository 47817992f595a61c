"""``smoke``: a container image looked at where it lies.

An engine has no way to a batch system: to try the image at a site, it is exported by digest (`registry.layout`) and
offloaded from outside, by ``assaymark smoke --runner``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import dagger

from assaymark_pipelines.gate import REPORTS, Gate, Result, run
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.toolbox import INPUTS, Origin, toolbox, with_inputs

PROOF = "assessment.json"
IMAGE = "image.tar"


def gate(box: dagger.Container, image: dagger.File, words: Sequence[str] = ()) -> Gate:
    """``image`` is an archive as `Container.as_tarball` or ``docker save`` writes it."""
    argv = ("assaymark", "smoke", f"{INPUTS}/{IMAGE}", *words, "--output", REPORTS)
    return Gate(name="smoke", box=with_inputs(box, [(IMAGE, image)]), argv=argv, proof=PROOF)


async def smoke(
    settings: Settings, origin: Origin, image: dagger.File, words: Sequence[str] = ()
) -> tuple[Result, ...]:
    """Judge an image at rest."""
    box = toolbox(replace(settings, plugins=("hpc",)), origin)
    return (await run(gate(box, image, words), settings),)
