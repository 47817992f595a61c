"""What a person sees who waits: a bar while large tables are measured, and a word while large files are read."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from assaymark.api import Case, FactUnavailable
from assaymark_data.dataset import Dataset
from assaymark_data.source import Source

LARGE = 200_000_000
PATIENCE = 1.0  # seconds before a word appears


@contextmanager
def busy(words: str) -> Iterator[None]:
    """Shows words on standard error while something takes longer than a moment, where a person watches."""
    if not sys.stderr.isatty():
        yield
        return
    from threading import Timer

    shown: list[Any] = []

    def show() -> None:
        from rich.console import Console

        shown.append(Console(stderr=True).status(words))
        shown[0].start()

    timer = Timer(PATIENCE, show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        for status in shown:
            status.stop()


def measured(case: Case) -> Case:
    """The case with its files read and its tables measured, where a person watches and they are large; else as is."""
    source = case.facts["data_source"]
    dataset = source.dataset if isinstance(source, Source) else None
    if not sys.stderr.isatty() or dataset is None or _bytes(dataset) < LARGE:
        return case
    return replace(case, facts=with_tables(case.facts, dataset))


def with_tables(facts: Mapping[str, object], dataset: Dataset) -> dict[str, object]:
    """The facts with the tables, measured under a bar on standard error."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from assaymark_data.files import look
    from assaymark_data.tables import measure

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    found: list[Any] = []
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("files are read", total=None)
        looked = look(dataset)
        bar.remove_task(task)
        for file in dataset.of("table"):
            name = escape(file.path if len(file.path) <= 40 else "…" + file.path[-39:])
            task = bar.add_task(name, total=100.0)
            found.append(measure(dataset, file, partial(_show, bar, task, name)))
            bar.update(task, description=name, completed=100.0)
    return {**facts, "data_looked": looked, "data_tables": tuple(found)}


def _show(bar: Any, task: Any, name: str, step: str, share: float) -> None:
    bar.update(task, description=f"{name}: {step}", completed=share)


def _bytes(dataset: Dataset) -> int:
    total = 0
    for file in dataset.of("table"):
        try:
            total += dataset.place(file.path).stat().st_size
        except (FactUnavailable, OSError):
            continue
    return total
