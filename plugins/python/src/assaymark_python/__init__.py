"""Tools for Python: linters, formatters, a security scanner, types, tests and coverage; one manifest each."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files

from assaymark.api import Plugin

PLUGIN = Plugin(name="python", version=version("assaymark-python"), tools=(files(__name__) / "tools",))
