"""The one module that knows where shipped folders lie: inside the wheel, or in a checkout."""

from __future__ import annotations

from pathlib import Path

# A folder on disk wherever pip installs to; `importlib.resources` would cost start-up time for nothing.
_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The data folder ``criteria`` or ``badges``.

    Raises FileNotFoundError when assaymark was installed without it.
    """
    shipped = _PACKAGE / "_data" / name
    if shipped.is_dir():
        return shipped
    checkout = _PACKAGE.parents[1]
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    raise FileNotFoundError(f"assaymark was installed without its {name!r} folder")


def schema(name: str) -> Path:
    """A published JSON Schema, such as ``assessment``."""
    return _PACKAGE / "schemas" / f"{name}.schema.json"
