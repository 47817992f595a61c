"""Tools for everything that is not Python source: one manifest each, and one check of data files."""

from __future__ import annotations

from pathlib import Path

from assaymark.api import Plugin
from assaymark_linters.data_files import data_files

__version__ = "0.1.0"

PLUGIN = Plugin(
    name="linters",
    version=__version__,
    checks=(data_files,),
    tools=(Path(__file__).parent / "tools",),
)
