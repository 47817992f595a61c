"""Measure `assaymark model`: 10 million predictions judged, with intervals, groups, calibration and constraints.

    python benchmarks/models.py [--rows N] [--json FILE]

Wall-clock time and peak memory of a whole process; the files are made first and not counted. Exit status 0 whatever
they are.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

SECONDS, MEGABYTES = 10.0, 2000.0
HEAD = """
[reference]
file = "reference.parquet"
key = "id"
target = "truth"
{positive}
[predictions]
file = "predictions.parquet"
{probability}
"""
# Of each task: metrics with their bounds, the metric of each region, a rule, and what else the manifest holds.
RULES = {
    "classification": (
        {"accuracy": "at-least = 0.8", "auc": "at-least = 0.8", "brier": "at-most = 0.2"},
        ("accuracy", "at-least = 0.8"),
        "0 <= p <= 1",
        "[calibration]\nat-most = 0.05",
    ),
    "regression": (
        {"rmse": "at-most = 1.1", "r2": "at-least = 0.5"},
        ("mae", "at-most = 1"),
        "prediction > -100 and prediction < 100",
        "",
    ),
}


def rules(task: str) -> str:
    """What a manifest of the task asks."""
    metrics, (of_regions, bound), rule, more = RULES[task]
    parts = [f'[[metric]]\nname = "{name}"\n{limit}' for name, limit in metrics.items()]
    parts.append(f'[[slice]]\nby = "region"\nmetric = "{of_regions}"\n{bound}')
    parts.append(f'[[constraint]]\nname = "in range"\nrule = "{rule}"')
    return "\n".join([*parts, more]) + "\n"


def make(folder: Path, rows: int, task: str) -> Path:
    """Files of one task; the predictions lie in another order than the reference is read in."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    rng = np.random.default_rng(0)
    z = rng.normal(0, 2, rows)
    classes = task == "classification"
    chance = 1 / (1 + np.exp(-2.5 * z))
    truth = (rng.random(rows) < chance).astype(np.int8) if classes else z
    guess = (chance > 0.5).astype(np.int8) if classes else z + rng.normal(0, 1, rows)
    ids = np.arange(rows)
    region = pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, 4, rows).astype(np.int8)), ["n", "e", "s", "w"])
    parquet.write_table(pa.table({"id": ids, "truth": truth, "region": region}), folder / "reference.parquet")
    columns: dict[str, Any] = {"id": ids, "prediction": guess} | ({"p": chance} if classes else {})
    parquet.write_table(pa.table(columns), folder / "predictions.parquet")
    head = HEAD.format(positive="positive = 1" if classes else "", probability='probability = "p"' if classes else "")
    text = f'title = "Benchmark"\ntask = "{task}"\n{head}{rules(task)}'
    (folder / "model.toml").write_text(text, encoding="utf-8")
    return folder / "model.toml"


def measured(rows: int, task: str) -> dict[str, Any]:
    """Seconds and megabytes of one run."""
    with tempfile.TemporaryDirectory() as name:
        manifest = make(Path(name), rows, task)
        selected = "ML.Per,ML.Con" + (",ML.Cal,ML.Sli" if task == "classification" else ",ML.Sli")
        words = [sys.executable, "-m", "assaymark", "model", str(manifest), "--select", selected, "--format", "json"]
        (seconds, busy), said, peak = _once(words)
    outcomes = {r["id"]: r["outcome"] for r in json.loads(said)["subcriteria"]}
    return {
        "task": task,
        "rows": rows,
        "seconds": round(seconds, 2),
        "processor seconds": round(busy, 2),
        "megabytes": round(peak),
        "outcomes": outcomes,
    }


def _once(words: list[str]) -> tuple[tuple[float, float], str, float]:
    """Wall-clock and processor seconds, standard output and peak memory of a process in megabytes."""
    import subprocess
    import time

    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        process = subprocess.Popen(words, stdout=out, env={**os.environ, "PYTHONWARNINGS": "ignore"})
        _, _, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        out.seek(0)
        return (seconds, usage.ru_utime + usage.ru_stime), out.read().decode(), usage.ru_maxrss / 1024


def main() -> None:
    """Measure both tasks and print a table."""
    parser = argparse.ArgumentParser(description="Measure assaymark model.")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    found = [measured(wanted.rows, task) for task in ("classification", "regression")]
    for row in found:
        met = row["seconds"] <= SECONDS and row["megabytes"] <= MEGABYTES
        print(
            f"{row['task']:<15} {row['rows']:>12,} rows  {row['seconds']:6.2f} s (aim {SECONDS:.0f}; "
            f"{row['processor seconds']:.2f} s of a processor)  "
            f"{row['megabytes']:>6,} MB (aim {MEGABYTES:,.0f})  {'met' if met else 'not met'}  {row['outcomes']}"
        )
    if wanted.json:
        wanted.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
