"""Grids (NetCDF, Zarr) by the conventions CF and ACDD, as compliance-checker of IOOS judges them."""

from __future__ import annotations

import json
import math
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SLAB = 1_000_000
_SEVERITIES = (("high_priorities", "error"), ("medium_priorities", "warning"), ("low_priorities", "note"))


def examined(place: Path) -> dict[str, Any]:
    """What the checker says; raises whatever the reader raises for a damaged file."""
    from assaymark.api import leads_elsewhere

    warnings.simplefilter("ignore")
    if place.is_dir():
        return _of_store(place)
    if where := leads_elsewhere(place):
        return {"unknown": f"{where}, so it is not opened: whatever a file leads to would be read"}
    return _checked(place) | {"finite": list(_not_finite(place))}


def _of_store(place: Path) -> dict[str, Any]:
    """A Zarr store, by a NetCDF file of its attributes, dimensions and coordinates."""
    import tempfile

    from assaymark_data import stores

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "store.nc")
        try:
            group = stores.opened(place)
            stores.write_netcdf(group, out)
        except stores.Unseen as problem:
            return {"unknown": f"{place.name} {problem}"}
        return _checked(out) | {"finite": list(stores.not_finite(group, SLAB))}


def _checked(place: Path) -> dict[str, Any]:
    """What the checker says of a NetCDF file."""
    import tempfile

    from compliance_checker.runner import CheckSuite, ComplianceChecker

    CheckSuite.load_all_available_checkers()
    conventions = _conventions(place)
    cf = _newest(CheckSuite.checkers, "cf", conventions)
    acdd = _newest(CheckSuite.checkers, "acdd", conventions)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.json")
        _, errors = ComplianceChecker.run_checker(
            str(place), [cf, acdd], 0, "normal", output_filename=str(out), output_format="json"
        )
        report = json.loads(out.read_text(encoding="utf-8"))
    if errors:
        return {"unknown": "the checker met an error of its own"}
    found = {name: list(_problems(report.get(name, {}))) for name in (cf, acdd)}
    return {
        "conventions": conventions,
        "cf": found[cf],
        "acdd": found[acdd],
        "cf_checker": cf,
        "acdd_checker": acdd,
    }


def _conventions(place: Path) -> str:
    """The global attribute, read by the same library as the checker uses; a file it cannot read raises here."""
    import netCDF4

    with netCDF4.Dataset(str(place)) as data:
        return str(getattr(data, "Conventions", ""))[:500]


def _newest(known: Mapping[str, Any], name: str, conventions: str) -> str:
    """The checker of the version that the file declares, else the newest."""
    versions = sorted(
        (k for k in known if re.fullmatch(rf"{name}:\d+\.\d+", k)),
        key=lambda k: [int(n) for n in k.partition(":")[2].split(".")],
    )
    declared = re.search(rf"\b{name}[-\s]?(\d+\.\d+)", conventions, re.I)
    wanted = f"{name}:{declared[1]}" if declared else ""
    return wanted if wanted in versions else versions[-1]


def _problems(report: Mapping[str, Any]) -> Any:
    for key, severity in _SEVERITIES:
        for item in report.get(key, ()):
            for message in item.get("msgs") or ():
                yield severity, f"{item.get('name', '')}: {' '.join(str(message).split())}"[:400]


def _not_finite(place: Path) -> Any:
    """Variables with values that are neither missing nor finite, looked at slab by slab."""
    import netCDF4
    import numpy as np

    with netCDF4.Dataset(str(place)) as data:
        for name, variable in list(data.variables.items())[:1000]:
            if variable.dtype not in (np.float32, np.float64) or not variable.size:
                continue
            bad = 0
            for part in _slabs(variable.shape):
                values = np.ma.compressed(variable[part])
                bad += int(values.size - np.isfinite(values).sum())
            if bad:
                yield "error", f"{name}: {bad} values are NaN or infinite and not marked as missing"


def _slabs(shape: tuple[int, ...]) -> Any:
    """Slices along the first dimension, of about a million values each."""
    if not shape:
        yield ...
        return
    row = max(1, math.prod(shape[1:]))
    step = max(1, SLAB // row)
    for start in range(0, shape[0], step):
        yield slice(start, start + step)
