"""Reference data and predictions side by side, row by row: what all statistics look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assaymark.api import FactUnavailable
from assaymark_models import formula
from assaymark_models.manifest import Manifest
from assaymark_models.places import place_of
from assaymark_models.tables import Wanted, codes, floats, read

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TRUTH, GUESS = "truth", "prediction"
MOST_CLASSES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Columns by name, all of one length and in one order; ``truth`` and ``prediction`` are among them."""

    columns: Mapping[str, Any]
    count: int
    probability: str | None = None
    keys: Any = None

    def named(self, row: int) -> str:
        """How a person finds a row: by its key, else by its number from 1."""
        return f"key {self.keys[row].as_py()}" if self.keys is not None else f"row {row + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What can be judged: ``truth`` and ``guess`` are class codes (with ``labels``) or finite numbers."""

    rows: Rows
    truth: Any
    guess: Any
    labels: Sequence[str] = ()
    positive: int | None = None
    probability: Any = None

    @property
    def count(self) -> int:
        """Number of rows."""
        return self.rows.count


def rows_of(manifest: Manifest) -> Rows:
    """Reference and predictions, put in one order by their key.

    Raises FactUnavailable when a file cannot be read or keys do not match.
    """
    from assaymark_models.inference import predictions_of

    target = str(manifest.get("reference", "target"))
    names = _of_constraints(manifest)
    slices = {str(s["by"]) for s in manifest.data.get("slice", ())}
    key = manifest.get("reference", "key")
    inputs = set(manifest.get("model", "inputs", ()))
    needed = {target, *slices, *([key] if key else []), *(inputs if _is_run(manifest) else ())}
    name = str(manifest.get("reference", "file"))
    reference = read(place_of(manifest, name), name, Wanted(frozenset(needed), frozenset(names)))
    if not reference.num_rows:
        raise FactUnavailable(f"{name} has no rows", remedy="add reference data")
    column = str(manifest.get("predictions", "column", GUESS))
    probability = manifest.get("predictions", "probability")
    if _is_run(manifest):
        guesses = predictions_of(manifest, reference)
    else:
        guesses = read_predictions(manifest, str(manifest.get("predictions", "file")), names)
    matched = match(reference, guesses, manifest, "the predictions")
    columns = {c: matched[c] for c in matched.column_names} | {c: reference[c] for c in reference.column_names}
    columns[TRUTH], columns[GUESS] = reference[target], matched[column]
    keys = reference[key] if key else None
    return Rows(columns=columns, count=reference.num_rows, probability=probability, keys=keys)


def _is_run(manifest: Manifest) -> bool:
    return not manifest.get("predictions", "file")


def _of_constraints(manifest: Manifest) -> set[str]:
    """The columns that constraints name; a formula that cannot be read names none and is told of by its own check."""
    found: set[str] = set()
    for item in manifest.data.get("constraint", ()):
        try:
            found |= formula.names(item["rule"])
        except formula.Refused:
            continue
        found |= {item["order"]} if "order" in item else set()
    return found - {TRUTH, GUESS}


def read_predictions(manifest: Manifest, file: str, welcome: set[str] | frozenset[str] = frozenset()) -> Any:
    """One file of predictions: its column, probability and key as the manifest names them."""
    column = str(manifest.get("predictions", "column", GUESS))
    extra = [manifest.get("predictions", "probability"), _key(manifest)]
    needed = frozenset({column, *(c for c in extra if c)})
    return read(place_of(manifest, file), file, Wanted(needed, frozenset(welcome)))


def _key(manifest: Manifest) -> str | None:
    own = manifest.get("reference", "key")
    return str(manifest.get("predictions", "key", own)) if own else None


def match(reference: Any, other: Any, manifest: Manifest, what: str) -> Any:
    """``other`` in the order of the reference, by key, else by row. Raises FactUnavailable when they do not match."""
    key = manifest.get("reference", "key")
    if not key or _is_run(manifest):
        if reference.num_rows != other.num_rows:
            raise FactUnavailable(
                f"{what} have {other.num_rows:,} rows, the reference has {reference.num_rows:,}",
                remedy="name the key by which they belong together: key in [reference]",
            )
        return other
    here, there = reference[key], other[_key(manifest)]
    if here.equals(there):
        _unique(here, "the reference", str(key))
        return other
    import pyarrow as pa
    import pyarrow.compute as pc

    if here.type != there.type:
        here, there = here.cast(pa.string()), there.cast(pa.string())
    _unique(here, "the reference", str(key))
    _unique(there, what, str(_key(manifest)))
    position = pc.index_in(here, value_set=there.combine_chunks())
    lacking = position.null_count
    if lacking or reference.num_rows != other.num_rows:
        extra = other.num_rows - (reference.num_rows - lacking)
        raise FactUnavailable(
            f"keys do not match: {lacking:,} of the reference are missing in {what}, {extra:,} are only there",
            remedy="predict every row of the reference, and no other",
        )
    return other.take(position)


def _unique(keys: Any, what: str, name: str) -> None:
    if keys.null_count:
        raise FactUnavailable(f"{keys.null_count:,} rows of {what} have no {name}", remedy=f"give every row a {name}")
    twice = len(keys) - _different(keys)
    if twice:
        raise FactUnavailable(f"{name} is not unique in {what}: {twice:,} rows repeat one", remedy="use a unique key")


def _different(keys: Any) -> int:
    """How many different keys there are. Numbers are sorted, which takes far less memory than counting does."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_integer(keys.type):
        return int(pc.count_distinct(keys).as_py())
    numbers = keys.to_numpy()
    if not bool((numbers[1:] > numbers[:-1]).all()):
        numbers = np.sort(numbers)
    return 1 + int((numbers[1:] != numbers[:-1]).sum())


def sample_of(manifest: Manifest, rows: Rows) -> Sample:
    """The rows as codes or finite numbers. Raises FactUnavailable for what no metric can be computed of."""
    if manifest.task == "classification":
        return _classes(manifest, rows)
    import numpy as np

    truth, guess = _numbers(rows, TRUTH), _numbers(rows, GUESS)
    for values, what in ((truth, "of the reference"), (guess, "predicted")):
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            raise FactUnavailable(
                f"{len(bad):,} values {what} are no finite numbers, first at {rows.named(int(bad[0]))}",
                remedy="mend or leave out these rows; nothing is filled in here",
            )
    return Sample(rows=rows, truth=truth, guess=guess)


def _numbers(rows: Rows, name: str) -> Floats:
    try:
        return floats(rows.columns[name])
    except ValueError as problem:
        raise FactUnavailable(f"the column of the {name} {problem}", remedy="a regression needs numbers") from problem


def _classes(manifest: Manifest, rows: Rows) -> Sample:
    import numpy as np

    (truth, guess), labels = codes(rows.columns[TRUTH], rows.columns[GUESS])
    for values, what in ((truth, "in the reference"), (guess, "in the predictions")):
        bad = np.flatnonzero(values < 0)
        if len(bad):
            raise FactUnavailable(
                f"{len(bad):,} classes {what} are missing, first at {rows.named(int(bad[0]))}",
                remedy="give every row a class",
            )
    if len(labels) > MOST_CLASSES:
        raise FactUnavailable(f"{len(labels):,} classes are more than {MOST_CLASSES:,}", remedy="is it a regression?")
    if len(np.unique(truth)) < 2:
        raise FactUnavailable(
            f"the reference holds one class only: {labels[int(truth[0])]}", remedy="add rows of the other classes"
        )
    wanted = manifest.get("reference", "positive")
    positive = _positive(labels, wanted) if wanted is not None else None
    return Sample(
        rows=rows,
        truth=truth,
        guess=guess,
        labels=labels,
        positive=positive,
        probability=_probability(rows) if rows.probability else None,
    )


def _positive(labels: Sequence[str], wanted: object) -> int:
    text = str(wanted).lower() if isinstance(wanted, bool) else str(wanted)
    if text not in labels:
        raise FactUnavailable(f"no row is of the positive class {text!r}", remedy=f"one of: {', '.join(labels[:20])}")
    return labels.index(text)


def _probability(rows: Rows) -> Floats:
    import numpy as np

    try:
        values = floats(rows.columns[str(rows.probability)])
    except ValueError as problem:
        raise FactUnavailable(f"the column {rows.probability} {problem}") from problem
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if len(bad):
        raise FactUnavailable(
            f"{len(bad):,} probabilities are not between 0 and 1, first at {rows.named(int(bad[0]))}",
            remedy="write probabilities, not scores or logits",
        )
    return values
