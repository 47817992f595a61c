"""Tools for Python: linters, formatters, a security scanner, types, tests and coverage; one manifest each."""

from __future__ import annotations

from pathlib import Path

from assaymark.api import Plugin

__version__ = "0.1.0"

PLUGIN = Plugin(name="python", version=__version__, tools=(Path(__file__).parent / "tools",))
