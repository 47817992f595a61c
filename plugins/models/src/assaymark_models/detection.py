"""Detection: boxes found in images. Images are what is resampled; of each, counts by score are kept.

A prediction is right when it overlaps a box of its class that no better prediction has taken by at least ``iou``; the
better score chooses first. The average precision is the area under the steps of precision over recall, a mean over the
classes; scores are dealt into bins where there are more different ones than `BINS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assaymark.api import FactUnavailable
from assaymark_models import library
from assaymark_models.manifest import Manifest
from assaymark_models.metrics import Metric
from assaymark_models.sample import GUESS, TRUTH, Rows, Sample, boxes_of, key_of
from assaymark_models.tables import codes, floats

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BINS, MOST_NUMBERS, MOST_CLASSES, MOST_PAIRS = 1000, 20_000_000, 200, 50_000_000


@dataclass(frozen=True, slots=True)
class Layout:
    """How the counts of an image lie: right and wrong predictions of each class by score, then boxes of each class."""

    classes: int
    bins: int
    first: int  # the bin from which a prediction counts

    def parts(self, sums: Floats) -> tuple[Any, Any, Any]:
        """Right, wrong (any, classes, bins) and boxes (any, classes)."""
        size = self.classes * self.bins
        shape = (-1, self.classes, self.bins)
        return sums[:, :size].reshape(shape), sums[:, size : 2 * size].reshape(shape), sums[:, 2 * size :]


def average_precision(layout: Layout, sums: Floats) -> Any:
    """Mean over the classes that have boxes."""
    import numpy as np

    right, wrong, boxes = layout.parts(sums)
    hits, all_ = (np.cumsum(x[:, :, ::-1], axis=2) for x in (right, right + wrong))
    precision = hits / np.where(all_ > 0, all_, 1)
    each = (precision * right[:, :, ::-1]).sum(axis=2) / np.where(boxes > 0, boxes, 1)
    there = boxes > 0
    return np.where(there, each, 0).sum(axis=1) / there.sum(axis=1)


def _counted(layout: Layout, sums: Floats) -> tuple[Any, Any, Any]:
    right, wrong, boxes = layout.parts(sums)
    hits, misses = (x[:, :, layout.first :].sum(axis=(1, 2)) for x in (right, wrong))
    return hits, misses, boxes.sum(axis=1)


def precision(layout: Layout, sums: Floats) -> Any:
    """Of the predictions, the share that is right."""
    right, wrong, _ = _counted(layout, sums)
    return right / (right + wrong)


def recall(layout: Layout, sums: Floats) -> Any:
    """Of the boxes, the share that is found."""
    right, _, boxes = _counted(layout, sums)
    return right / boxes


def f1(layout: Layout, sums: Floats) -> Any:
    """The harmonic mean of both."""
    right, wrong, boxes = _counted(layout, sums)
    return 2 * right / (right + wrong + boxes)


def _stated_precision(layout: Layout, sums: Floats) -> float:
    right, wrong, boxes = layout.parts(sums[None, :])
    return library.average_precision(right[0], wrong[0], boxes[0])


def _stated(name: str) -> library.Stated:
    value = library.of_found(name)
    return lambda layout, sums: value(*(float(part[0]) for part in _counted(layout, sums[None, :])))


METRICS = {
    m.name: m
    for m in (
        Metric("map", "boxes", 1, average_precision, _stated_precision),
        Metric("precision", "boxes", 1, precision, _stated("precision_score")),
        Metric("recall", "boxes", 1, recall, _stated("recall_score")),
        Metric("f1", "boxes", 1, f1, _stated("f1_score")),
    )
}


def sample(manifest: Manifest, rows: Rows) -> Sample:
    """``truth`` holds the counts of each image, ``guess`` their `Layout`. Raises FactUnavailable for what is no box."""
    import numpy as np

    key = manifest.get("reference", "key")
    if not key:
        raise FactUnavailable("boxes belong to no image", remedy="name the column of the image: key in [reference]")
    there, found = rows.columns, rows.guesses
    (image, image_found), _ = codes(there[str(key)], found[key_of(manifest)])
    (label, label_found), labels = codes(there[TRUTH], rows.columns[GUESS])
    boxes, boxes_found = (_matrix(t, boxes_of(manifest)) for t in (there, found))
    empty = (label < 0) & np.isnan(boxes).all(axis=1)  # an image in which there is nothing
    if (image < 0).any() or (label[~empty] < 0).any() or (image_found < 0).any() or (label_found < 0).any():
        raise FactUnavailable("a box has no image or no class", remedy="give every box both")
    _refuse_bad(boxes, ~empty, boxes_of(manifest), "reference")
    _refuse_bad(boxes_found, np.ones(len(boxes_found), dtype=bool), boxes_of(manifest), "predictions")
    if len(labels) > MOST_CLASSES:
        raise FactUnavailable(f"{len(labels):,} classes are more than {MOST_CLASSES:,}")
    judged = np.unique(image)
    if not np.isin(image_found, judged).all():
        raise FactUnavailable(
            "predictions are of images that are not in the reference",
            remedy="an image in which there is nothing is a row of the reference without class and box",
        )
    score = _scores(manifest, rows)
    _, first = np.unique(image, return_index=True)
    image, label, boxes = image[~empty], label[~empty], boxes[~empty]
    hit = _matched(
        (image, label, boxes), (image_found, label_found, boxes_found), score, manifest.get("detection", "iou", 0.5)
    )
    least = float(manifest.get("detection", "score", 0.5))
    bins = max(2, min(BINS, MOST_NUMBERS // (2 * len(labels) * len(judged))))
    edges = np.unique(
        np.concatenate(
            [[least], score if len(np.unique(score)) < bins else np.quantile(score, np.linspace(0, 1, bins))]
        )
    )
    place = np.searchsorted(edges, score, side="right")
    layout = Layout(len(labels), len(edges) + 1, int(np.searchsorted(edges, least, side="right")))
    row_of = np.searchsorted(judged, image_found)
    counts = np.zeros((len(judged), 2 * layout.classes * layout.bins + layout.classes))
    cell = label_found * layout.bins + place + np.where(hit, 0, layout.classes * layout.bins)
    np.add.at(counts, (row_of, cell), 1)
    np.add.at(counts, (np.searchsorted(judged, image), 2 * layout.classes * layout.bins + label), 1)
    columns = {c: there[c].take(first) for c in there if c not in (TRUTH, GUESS)}
    of_images = Rows(columns=columns, count=len(judged), keys=there[str(key)].take(first))
    return Sample(rows=of_images, truth=counts, guess=layout, kind="boxes", labels=labels)


def _scores(manifest: Manifest, rows: Rows) -> Floats:
    import numpy as np

    name = manifest.get("predictions", "probability")
    if not name:
        raise FactUnavailable("predicted boxes have no score", remedy="name its column: probability in [predictions]")
    try:
        found = floats(rows.guesses[str(name)])
    except ValueError as problem:
        raise FactUnavailable(f"the column {name} {problem}") from problem
    if not ((found >= 0) & (found <= 1)).all() or not np.isfinite(found).all():
        raise FactUnavailable("scores are not all between 0 and 1", remedy="write probabilities")
    return found


def _matrix(table: Any, names: Any) -> Floats:
    import numpy as np

    try:
        return np.stack([floats(table[n]) for n in names], axis=1)
    except ValueError as problem:
        raise FactUnavailable(f"a box {problem}") from problem


def _refuse_bad(found: Floats, asked: Any, names: Any, what: str) -> None:
    import numpy as np

    right = np.isfinite(found).all(axis=1) & (found[:, 2] > found[:, 0]) & (found[:, 3] > found[:, 1])
    bad = np.flatnonzero(asked & ~right)
    if len(bad):
        raise FactUnavailable(
            f"{len(bad):,} boxes of the {what} are empty or not finite, first in row {int(bad[0]) + 1}",
            remedy=f"columns are {', '.join(names)}: left, top, right, bottom",
        )


def _matched(truth: tuple[Any, Any, Any], found: tuple[Any, Any, Any], score: Floats, least: float) -> Any:
    """Whether each prediction takes a box of its image and class that no better one has taken."""
    import numpy as np

    group, group_found = (part[0] * (MOST_CLASSES + 1) + part[1] for part in (truth, found))
    order = np.argsort(group, kind="stable")
    starts, ends = (np.searchsorted(group[order], group_found, side=s) for s in ("left", "right"))
    if int((ends - starts).sum()) > MOST_PAIRS:
        raise FactUnavailable(f"more than {MOST_PAIRS:,} pairs of boxes to compare", remedy="judge a sample of images")
    taken, hit = np.zeros(len(group), dtype=bool), np.zeros(len(score), dtype=bool)
    for i in np.argsort(-score, kind="stable"):
        near = order[starts[i] : ends[i]]
        near = near[~taken[near]]
        if not len(near):
            continue
        overlap = _overlap(found[2][i], truth[2][near])
        best = int(overlap.argmax())
        if overlap[best] >= least:
            hit[i] = taken[near[best]] = True
    return hit


def _overlap(box: Floats, others: Floats) -> Any:
    import numpy as np

    wide = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    high = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    shared = np.maximum(wide, 0) * np.maximum(high, 0)
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    return shared / ((box[2] - box[0]) * (box[3] - box[1]) + areas - shared)
