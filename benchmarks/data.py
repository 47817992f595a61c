"""Measure `assaymark data`: tables larger than memory judged by types, bounds, patterns, a key and checksums.

    python benchmarks/data.py [--gigabytes N] [--format csv|parquet] [--folder DIR] [--json FILE]

Wall-clock time and peak memory of a whole process; the files are made first and not counted. With a terminal, the
command's own progress bar is seen. Exit status 0 whatever they are.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

MEGABYTES = 1000.0
BYTES_PER_ROW = {"csv": 53, "parquet": 16}
MANIFEST = """
title = "Benchmark"
checksums = ["SHA256SUMS"]
[[file]]
path = "levels.{form}"
primary-key = ["id"]
[[file.column]]
name = "id"
type = "integer"
required = true
minimum = 0
[[file.column]]
name = "station"
type = "string"
pattern = "station-[0-9]+"
[[file.column]]
name = "time"
type = "datetime"
required = true
[[file.column]]
name = "level"
type = "number"
minimum = -100
maximum = 100
[[file.column]]
name = "quality"
type = "string"
enum = ["good", "fair", "poor"]
"""
ROWS = """
SELECT i AS id, 'station-' || (i % 1000) AS station, TIMESTAMP '2000-01-01' + to_seconds(i) AS time,
  round((hash(i) % 1000000) / 100000 - 5, 4) AS level, ['good', 'fair', 'poor'][1 + (i % 3)::INTEGER] AS quality
FROM range({rows}) AS t(i)
"""


def make(folder: Path, gigabytes: float, form: str) -> Path:
    """One table of about this size, its manifest, its checksum."""
    import hashlib

    import duckdb

    rows = int(gigabytes * 1e9 / BYTES_PER_ROW[form])
    place = folder / f"levels.{form}"
    options = "(FORMAT csv, HEADER)" if form == "csv" else "(FORMAT parquet)"
    with duckdb.connect(":memory:", config={"memory_limit": "1GB", "threads": 2}) as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"COPY ({ROWS.format(rows=rows)}) TO '{place}' {options}")
    with place.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    (folder / "SHA256SUMS").write_text(f"{digest}  {place.name}\n", encoding="utf-8")
    manifest = folder / "data.toml"
    manifest.write_text(MANIFEST.format(form=form), encoding="utf-8")
    return manifest


def measured(gigabytes: float, form: str, folder: Path | None) -> dict[str, Any]:
    """Time and memory for one format."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        manifest = make(Path(name), gigabytes, form)
        size = (Path(name) / f"levels.{form}").stat().st_size
        chosen = "DQ.Fil,DQ.Tab,DQ.Per"
        words = [sys.executable, "-m", "assaymark", "data", str(manifest), "--select", chosen, "--format", "json"]
        seconds, busy, said, peak = _once(words)
    report = json.loads(said)
    metrics = [e.get("metrics", {}) for s in report["subcriteria"] for e in s["evidence"]]
    rows = [m["rows"] for m in metrics if "rows" in m] or [0]
    return {
        "format": form,
        "gigabytes": round(size / 1e9, 2),
        "rows": rows[0],
        "seconds": round(seconds, 1),
        "processor seconds": round(busy, 1),
        "megabytes": round(peak),
        "outcomes": {s["id"]: s["outcome"] for s in report["subcriteria"]},
        "open": [e["message"] for s in report["subcriteria"] for e in s["evidence"] if e["outcome"] == "unknown"],
    }


def _once(words: list[str]) -> tuple[float, float, str, float]:
    """Wall-clock and processor seconds, standard output and peak memory of a process in megabytes."""
    import subprocess
    import time

    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        process = subprocess.Popen(words, stdout=out)
        _, _, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        out.seek(0)
        return seconds, usage.ru_utime + usage.ru_stime, out.read().decode(), usage.ru_maxrss * 1024 / 1e6


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Measure assaymark data.")
    parser.add_argument("--gigabytes", type=float, default=10.0)
    parser.add_argument("--format", choices=("csv", "parquet"), action="append")
    parser.add_argument(
        "--folder", type=Path, help="where the files are made (they take as much disk again to sort keys)"
    )
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    found = [measured(wanted.gigabytes, form, wanted.folder) for form in wanted.format or ("csv", "parquet")]
    for row in found:
        met = row["megabytes"] <= MEGABYTES
        print(
            f"{row['format']:<8} {row['gigabytes']:>6} GB  {row['rows']:>13,} rows  {row['seconds']:>7} s "
            f"({row['processor seconds']} s of a processor)  {row['megabytes']:>6,} MB (aim {MEGABYTES:,.0f})  "
            f"{'met' if met else 'not met'}  {row['outcomes']}{row['open'] or ''}"
        )
    if wanted.json:
        wanted.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
