"""The one module that knows where shipped folders lie: inside the wheel, or in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

# A folder on disk wherever pip installs to; `importlib.resources` would cost start-up time for nothing.
_PACKAGE = Path(__file__).parent


def folder(name: str) -> Traversable:
    """The data folder ``criteria``, ``badges`` or ``pipelines/templates``.

    Raises FileNotFoundError when assaymark was installed without it.
    """
    shipped = _package() / "_data" / name
    if shipped.is_dir():
        return shipped
    checkout = _PACKAGE.parents[1]
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    raise FileNotFoundError(f"assaymark was installed without its {name!r} folder")


def schema(name: str) -> Traversable:
    """A published JSON Schema, such as ``assessment``."""
    return _package() / "schemas" / f"{name}.schema.json"


def _package() -> Traversable:
    if _PACKAGE.is_dir():
        return _PACKAGE
    from importlib.resources import files

    return files("assaymark")  # inside a zipped wheel
