"""The one module that knows where shipped folders lie: inside the wheel, or in a checkout."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def folder(name: str) -> Traversable:
    """The data folder ``criteria`` or ``badges``.

    Raises FileNotFoundError when assaymark was installed without it.
    """
    shipped = files("assaymark").joinpath("_data", name)
    if shipped.is_dir():
        return shipped
    checkout = Path(__file__).parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    raise FileNotFoundError(f"assaymark was installed without its {name!r} folder")


def schema(name: str) -> Traversable:
    """A published JSON Schema, such as ``assessment``."""
    return files("assaymark").joinpath("schemas", f"{name}.schema.json")
