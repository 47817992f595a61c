"""Secrets in clear text, and what only stands for one."""

from __future__ import annotations

import re

from assaymark_workflows.fdl.definition import Definition
from assaymark_workflows.source import Kind, Node

PLACEHOLDER = re.compile(r"(?i)^(?:<.*>|\$\{?.*\}?|\{\{.*\}\}|x{3,}|\*+|\.{3}|your.*|my.*|changeme|.*_here|todo)$")


def check_secret(definition: Definition, value: Node) -> None:
    """A secret that is written down."""
    if value.kind is Kind.STRING and value.text and not PLACEHOLDER.match(value.text):
        definition.say("FDL-C001", "a secret in clear text; whoever reads the repository has it", value)
