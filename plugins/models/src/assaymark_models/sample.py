"""Reference data and predictions side by side, row by row: what all statistics look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from assaymark.api import FactUnavailable
from assaymark_models import formula
from assaymark_models.grids import refuse_other_cells
from assaymark_models.manifest import Manifest
from assaymark_models.places import place_of
from assaymark_models.tables import Wanted, codes, floats, read

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assaymark_models.running import Predictor

    Floats = NDArray[np.float64]

TRUTH, GUESS = "truth", "prediction"
MOST_CLASSES = 1000
CLASSES, UNPAIRED = ("classification", "segmentation"), ("generative", "detection")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Columns by name, all of one length and in one order; ``truth`` and ``prediction`` are among them."""

    columns: Mapping[str, Any]
    count: int
    probability: str | None = None
    keys: Any = None
    guesses: Any = None  # the table of predictions, where its rows are not those of the reference
    cells: Any = None  # of a grid: what the table of the reference says of their order

    def named(self, row: int) -> str:
        """How a person finds a row: by its key, else by its number from 1."""
        return f"key {self.keys[row].as_py()}" if self.keys is not None else f"row {row + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What can be judged.

    ``kind`` is ``classes`` (codes with ``labels``), ``values`` (finite numbers), ``samples`` (two sets of numbers) or
    ``boxes``. ``unit`` numbers the groups of rows that are resampled together; ``beside`` are further columns of
    numbers by role: ``baseline``, ``lower``, ``upper``, and ``ensemble`` as a matrix.
    """

    rows: Rows
    truth: Any
    guess: Any
    kind: str = "values"
    labels: Sequence[str] = ()
    positive: int | None = None
    probability: Any = None
    unit: Any = None
    beside: Mapping[str, Any] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.truth)

    def independent(self) -> int:
        """How many units there are, or rows where there are none; of two sets of values those of the smaller."""
        if self.kind == "samples":
            return min(len(self.truth), len(self.guess))
        if self.unit is None:
            return self.count
        import numpy as np

        return len(np.unique(self.unit))

    def of(self, rows: Any) -> Sample:
        """Some of its rows, by a mask or their numbers; two sets of values have none."""
        return replace(
            self,
            truth=self.truth[rows],
            guess=self.guess if self.kind == "boxes" else self.guess[rows],
            probability=None if self.probability is None else self.probability[rows],
            unit=None if self.unit is None else self.unit[rows],
            beside={role: values[rows] for role, values in self.beside.items()},
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's answer to the inputs of the reference data, and what giving it took."""

    reference: Any
    said: Any
    used: Mapping[str, float | str]


def rows_of(manifest: Manifest) -> Rows:
    """Reference and predictions of files, put in one order by their key.

    Raises FactUnavailable when a file cannot be read or keys do not match.
    """
    if "reference" not in manifest.data:
        raise FactUnavailable("the manifest names no reference data", remedy="add [reference] with file and target")
    reference = reference_of(manifest)
    welcome = of_constraints(manifest)
    if manifest.task == "generative":
        welcome |= {str(s["by"]) for s in manifest.data.get("slice", ())}
    guesses = read_predictions(manifest, str(manifest.get("predictions", "file")), welcome)
    return joined(manifest, reference, guesses)


def reference_of(manifest: Manifest) -> Any:
    """All columns of the reference data that the manifest has a use for."""
    get = manifest.get
    target, key = str(get("reference", "target")), get("reference", "key")
    needed = {target, *(str(s["by"]) for s in manifest.data.get("slice", ()))}
    needed |= {str(c) for c in (key, get("reference", "baseline"), get("statistics", "unit")) if c}
    needed |= set(get("model", "inputs", ())) if is_run(manifest) else set()
    needed |= set(boxes_of(manifest)) if manifest.task == "detection" else set()
    name = str(get("reference", "file"))
    wanted = Wanted(frozenset(needed), frozenset(of_constraints(manifest)), target, get("reference", "units"))
    reference = read(place_of(manifest, name), name, wanted)
    if not reference.num_rows:
        raise FactUnavailable(f"{name} has no rows", remedy="add reference data")
    return reference


def answer_of(manifest: Manifest, predictor: Predictor | None, reference: Any, *, again: bool = False) -> Any:
    """What the model says when it is run on the reference data, or on a table of the same columns."""
    if predictor is None:
        raise FactUnavailable("the model is not run here", remedy=f"assaymark model {manifest.name}")
    said = predictor.predict(reference.select([str(c) for c in manifest.get("model", "inputs", ())]), again=again)
    lacking = sorted(columns_of_predictions(manifest) - {key_of(manifest)} - set(said.column_names))
    if lacking:
        shown = ", ".join(said.column_names[:20])
        raise FactUnavailable(f"the model gives no column {', '.join(lacking)}", remedy=f"it gives: {shown or 'none'}")
    return said


def joined(manifest: Manifest, reference: Any, guesses: Any) -> Rows:
    """Reference and a table of predictions as rows."""
    target, column = str(manifest.get("reference", "target")), str(manifest.get("predictions", "column", GUESS))
    key = manifest.get("reference", "key")
    own = {c: reference[c] for c in reference.column_names}
    if manifest.task in UNPAIRED:
        columns = own | {TRUTH: reference[target], GUESS: guesses[column]}
        return Rows(columns=columns, count=reference.num_rows, guesses=guesses)
    matched = match(reference, guesses, manifest, "the predictions")
    columns = {c: matched[c] for c in matched.column_names} | own
    columns[TRUTH], columns[GUESS] = reference[target], matched[column]
    keys = reference[key] if key else None
    probability = manifest.get("predictions", "probability")
    cells = reference.schema.metadata
    return Rows(columns=columns, count=reference.num_rows, probability=probability, keys=keys, cells=cells)


def is_run(manifest: Manifest) -> bool:
    """Whether the model is run here, since there is no file of what it predicted."""
    return "reference" in manifest.data and not manifest.get("predictions", "file")


def of_constraints(manifest: Manifest) -> set[str]:
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
    wanted = Wanted(
        frozenset(columns_of_predictions(manifest)),
        frozenset(welcome),
        str(manifest.get("predictions", "column", GUESS)),
        manifest.get("reference", "units"),
    )
    return read(place_of(manifest, file), file, wanted)


def columns_of_predictions(manifest: Manifest) -> set[str]:
    """The columns that predictions have to have."""
    get = manifest.get
    found = {str(get("predictions", "column", GUESS)), *map(str, get("predictions", "ensemble", ()))}
    found |= set(get("predictions", "probabilities", {}).values())
    names = [get("predictions", k) for k in ("probability", "lower", "upper")] + [key_of(manifest)]
    return found | {str(n) for n in names if n} | (set(boxes_of(manifest)) if manifest.task == "detection" else set())


def boxes_of(manifest: Manifest) -> Sequence[str]:
    """The columns of left, top, right and bottom of a box."""
    found: Sequence[str] = manifest.get("detection", "boxes", ("x1", "y1", "x2", "y2"))
    return found


def key_of(manifest: Manifest) -> str | None:
    """What the key is called among the predictions."""
    own = manifest.get("reference", "key")
    return str(manifest.get("predictions", "key", own)) if own else None


def match(reference: Any, other: Any, manifest: Manifest, what: str) -> Any:
    """``other`` in the order of the reference, by key, else by row. Raises FactUnavailable when they do not match."""
    key = manifest.get("reference", "key")
    if not key or is_run(manifest):
        if reference.num_rows != other.num_rows:
            raise FactUnavailable(
                f"{what} have {other.num_rows:,} rows, the reference has {reference.num_rows:,}",
                remedy="name the key by which they belong together: key in [reference]",
            )
        refuse_other_cells(reference.schema.metadata, other.schema.metadata, what)
        return other
    here, there = reference[key], other[key_of(manifest)]
    if here.equals(there):
        _unique(here, "the reference", str(key))
        return other
    import pyarrow as pa
    import pyarrow.compute as pc

    if here.type != there.type:
        here, there = here.cast(pa.string()), there.cast(pa.string())
    _unique(here, "the reference", str(key))
    _unique(there, what, str(key_of(manifest)))
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
    if manifest.task == "detection":
        from assaymark_models.detection import sample

        return sample(manifest, rows)
    if manifest.task in CLASSES:
        return _classes(manifest, rows)
    import numpy as np

    truth, guess = _numbers(rows, TRUTH), _numbers(rows, GUESS)
    for values, what in ((truth, "of the reference"), (guess, "predicted")):
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            first = rows.named(int(bad[0])) if rows.guesses is None else f"row {int(bad[0]) + 1}"
            raise FactUnavailable(
                f"{len(bad):,} values {what} are no finite numbers, first at {first}",
                remedy="mend or leave out these rows; nothing is filled in here",
            )
    if manifest.task == "generative":
        if not len(guess):
            raise FactUnavailable("there are no generated values")
        return Sample(rows=rows, truth=truth, guess=guess, kind="samples")
    return Sample(rows=rows, truth=truth, guess=guess, unit=_unit(manifest, rows), beside=_beside(manifest, rows))


def _unit(manifest: Manifest, rows: Rows) -> Any:
    """The number of the group with which each row is resampled: of one value of a column, or of neighbours."""
    import numpy as np

    column, block = manifest.get("statistics", "unit"), manifest.get("statistics", "block")
    if column and block:
        raise FactUnavailable("statistics name a unit and a block", remedy="keep one of them")
    if block:
        return np.arange(rows.count) // int(block)
    if not column:
        return None
    (found,), _ = codes(rows.columns[str(column)])
    if (found < 0).any():
        raise FactUnavailable(f"{int((found < 0).sum()):,} rows have no {column}", remedy="give every row its unit")
    return found


def _beside(manifest: Manifest, rows: Rows) -> dict[str, Any]:
    """Further columns of numbers by role, all finite."""
    import numpy as np

    names = {
        "baseline": manifest.get("reference", "baseline"),
        "lower": manifest.get("predictions", "lower"),
        "upper": manifest.get("predictions", "upper"),
    }
    found: dict[str, Any] = {role: _column(rows, str(name)) for role, name in names.items() if name}
    if members := manifest.get("predictions", "ensemble"):
        found["ensemble"] = np.stack([_column(rows, str(m)) for m in members], axis=1)
    for role, values in found.items():
        if not np.isfinite(values).all():
            raise FactUnavailable(f"{role} holds values that are not finite", remedy="mend or leave out these rows")
    return found


def _column(rows: Rows, name: str) -> Floats:
    try:
        return floats(rows.columns[name])
    except ValueError as problem:
        raise FactUnavailable(f"the column {name} {problem}") from problem


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
        kind="classes",
        labels=labels,
        positive=positive,
        probability=_probability(rows) if rows.probability else None,
        unit=_unit(manifest, rows),
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
