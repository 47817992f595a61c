"""Judge research software against published quality criteria, in containers: the gates of assaymark.

Functions give a folder of reports, whatever the verdict (`pipeline.json` holds it); checks fail with it.
"""

from assaymark_module.main import Assaymark

__all__ = ["Assaymark"]
