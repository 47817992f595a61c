"""The gates of assaymark in containers: one plain async function a pipeline, on Dagger's core API.

`dagger` is imported only by the modules of the pipelines themselves: it takes longer to load than most verbs to run.
"""

from __future__ import annotations

from assaymark.api import Plugin

__version__ = "0.1.0"

PLUGIN = Plugin(
    name="pipelines",
    version=__version__,
    commands={"pipeline": "assaymark_pipelines.verb:command"},
    runners={"dagger": "assaymark_pipelines.elsewhere:assess"},
)
