"""CWL 1.0, 1.1 and 1.2: structure, references, links, expressions, values and the OGC Application Package profile."""

from __future__ import annotations

from assaymark.api import Validator
from assaymark_workflows.cwl.detect import NAMES, detect
from assaymark_workflows.cwl.report import RULES

VALIDATOR = Validator(
    id="cwl",
    title="Common Workflow Language 1.0, 1.1 and 1.2",
    version="1",
    names=NAMES,
    detect=detect,
    validate="assaymark_workflows.cwl.validate:validate",
    rules=RULES,
)
