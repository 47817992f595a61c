"""Runs in the process of a model and nowhere else: calls its entry point with the columns of inputs.csv.

Standard library alone, so that any Python of any image can run it. With NumPy the columns are arrays, else lists.
"""

import csv
import importlib.util
import json
import os
import random
import resource
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

RAPL = Path("/sys/class/powercap")


def columns() -> Mapping[str, Any]:
    """What the model is asked: numbers where all of a column are, else text."""
    with Path("inputs.csv").open(newline="", encoding="utf-8") as stream:
        head, *rows = csv.reader(stream)
    found = {name: [row[i] for row in rows] for i, name in enumerate(head)}
    return {name: _numbers(values) for name, values in found.items()}


def _numbers(values: list[str]) -> Any:
    try:
        numbers = [float(v) if v else float("nan") for v in values]
    except ValueError:
        return values
    try:
        import numpy
    except ImportError:
        return numbers
    return numpy.array(numbers)


def entry(name: str) -> Any:
    """The function that the manifest names as FILE.py:FUNCTION."""
    file, _, function = name.rpartition(":")
    place = Path(file).resolve()
    sys.path.insert(0, str(place.parent))
    spec = importlib.util.spec_from_file_location(place.stem, place)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[place.stem] = module
    spec.loader.exec_module(module)
    return getattr(module, function)


def energy() -> float | None:
    """Joules that the processors say they have used; None where that may not be read."""
    try:
        used = [int((p / "energy_uj").read_text()) for p in RAPL.glob("intel-rapl:?")]
    except (OSError, ValueError):
        return None
    return sum(used) / 1e6 if used else None


def main() -> None:
    """Call the entry point once and write predictions.csv and resources.json."""
    seed = int(os.environ["ASSAYMARK_SEED"])
    random.seed(seed)
    if importlib.util.find_spec("numpy"):
        import numpy

        numpy.random.seed(seed)
    asked = columns()
    predict = entry(os.environ["ASSAYMARK_ENTRY"])
    before, clock = energy(), time.perf_counter()
    answer = predict(asked)
    seconds, after = time.perf_counter() - clock, energy()
    table = answer if isinstance(answer, Mapping) else {os.environ["ASSAYMARK_COLUMN"]: answer}
    _write(table)
    used = {"seconds": seconds, "peak-memory-mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    if before is not None and after is not None and after >= before:
        used["energy-j"] = after - before
    Path("resources.json").write_text(json.dumps(used), encoding="utf-8")


def _write(table: Mapping[str, Iterable[Any]]) -> None:
    lists = {str(n): v.tolist() if hasattr(v, "tolist") else list(v) for n, v in table.items()}
    with Path("predictions.csv").open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(lists)
        for row in zip(*lists.values(), strict=True):
            out.writerow([repr(float(v)) if isinstance(v, float) else v for v in row])  # NumPy says np.float64(1.0)


if __name__ == "__main__":
    main()
