"""Services: a manifest names one, what it promises and where its documents are; it is asked within limits."""

from __future__ import annotations

from assaymark.api import Plugin

__version__ = "0.1.0"

PLUGIN = Plugin(
    name="services",
    version=__version__,
    parts="assaymark_services.parts:PARTS",
    cases="assaymark_services.command:case_at",
    commands={"service": "assaymark_services.command:command"},
)
