"""A bar while tables are measured that are larger than what is done in a moment."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from assaymark.api import Case, FactUnavailable
from assaymark_data.dataset import Dataset
from assaymark_data.source import Source

LARGE = 200_000_000


def measured(case: Case) -> Case:
    """The case with its tables measured, where a person watches and they are large; else as it is."""
    source = case.facts["data_source"]
    dataset = source.dataset if isinstance(source, Source) else None
    if not sys.stderr.isatty() or dataset is None or _bytes(dataset) < LARGE:
        return case
    return replace(case, facts=with_tables(case.facts, dataset))


def with_tables(facts: Mapping[str, object], dataset: Dataset) -> dict[str, object]:
    """The facts with the tables, measured under a bar on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from assaymark_data.tables import measure

    files = dataset.of("table")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TimeElapsedColumn(),
    )
    found: list[Any] = []
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        for file in files:
            task = bar.add_task(file.path, total=100.0)
            found.append(measure(dataset, file, partial(_show, bar, task)))
            bar.update(task, completed=100.0)
    return {**facts, "data_tables": tuple(found)}


def _show(bar: Any, task: Any, share: float) -> None:
    bar.update(task, completed=share)


def _bytes(dataset: Dataset) -> int:
    total = 0
    for file in dataset.of("table"):
        try:
            total += dataset.place(file.path).stat().st_size
        except (FactUnavailable, OSError):
            continue
    return total
