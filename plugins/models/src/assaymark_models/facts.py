"""What the checks of models look at; gathered once each, and unknown where ``assaymark model`` did not run."""

from __future__ import annotations

from assaymark.api import FactUnavailable, fact
from assaymark_models.manifest import Manifest
from assaymark_models.sample import Rows, Sample, rows_of, sample_of


@fact
def model_manifest() -> Manifest:
    """The manifest, which the verb gives."""
    raise FactUnavailable("no manifest of a model was judged", remedy="assaymark model MANIFEST")


@fact
def model_rows(model_manifest: Manifest) -> Rows:
    """Reference data and predictions in one order."""
    return rows_of(model_manifest)


@fact
def model_sample(model_manifest: Manifest, model_rows: Rows) -> Sample:
    """The same as classes or finite numbers."""
    return sample_of(model_manifest, model_rows)


FACTS = (model_manifest, model_rows, model_sample)
