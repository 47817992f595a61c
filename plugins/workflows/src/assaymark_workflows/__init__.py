"""Validators for scientific workflow documents. A format is one package here and one entry in ``validators``."""

from __future__ import annotations

from assaymark.api import Plugin

__version__ = "0.1.0"

PLUGIN = Plugin(name="workflows", version=__version__, validators=())
