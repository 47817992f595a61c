"""assaymark judges research software against published quality criteria and leaves evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "assess", "validate"]

if TYPE_CHECKING:
    from assaymark.assessment import assess
    from assaymark.validity import validate


def __getattr__(name: str) -> Any:
    """Load the public functions on first use, so that ``import assaymark`` stays fast."""
    if name == "assess":
        # By name: what it imports asks this module for the version, and stands on a lower floor.
        from importlib import import_module

        return import_module("assaymark.case").assess
    if name == "validate":
        from assaymark.validity import validate

        return validate
    raise AttributeError(f"module 'assaymark' has no attribute {name!r}")
