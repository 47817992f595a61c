"""Tools for everything that is not Python source: one manifest each, and one check of data files."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files

from assaymark.api import Plugin
from assaymark_linters.data_files import data_files

PLUGIN = Plugin(
    name="linters",
    version=version("assaymark-linters"),
    checks=(data_files,),
    tools=(files(__name__) / "tools",),
)
