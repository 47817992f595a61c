"""Documents as trees that know where every value stands: `parse_yaml`, `parse_json`, `Node`, `Malformed`.

Where speed counts, `read_json` gives plain values and `Places` their positions.
"""

from __future__ import annotations

from assaymark_workflows.source.json_text import parse_json
from assaymark_workflows.source.node import Kind, Limits, Malformed, Node, Span
from assaymark_workflows.source.places import Place, Places, Pointer, read_json
from assaymark_workflows.source.text import decoded
from assaymark_workflows.source.yaml_text import parse_yaml

__all__ = [
    "Kind",
    "Limits",
    "Malformed",
    "Node",
    "Place",
    "Places",
    "Pointer",
    "Span",
    "decoded",
    "parse_json",
    "parse_yaml",
    "read_json",
]
