"""What the checks of models look at; gathered once each, and unknown where ``assaymark model`` did not run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assaymark.api import FactUnavailable, Options, Outcome, fact, fetcher
from assaymark_models.continuous import History
from assaymark_models.identity import record_of, run_of_mlflow
from assaymark_models.manifest import Manifest
from assaymark_models.mlflow import Run, run_of
from assaymark_models.running import Execution, Predictor, Used, predictor_of
from assaymark_models.sample import Answer, Rows, Sample, answer_of, is_run, joined, reference_of, rows_of, sample_of


@fact
def model_manifest() -> Manifest:
    """The manifest, which the verb gives."""
    raise FactUnavailable("no manifest of a model was judged", remedy="assaymark model MANIFEST")


@fact
def model_metrics(model_manifest: Manifest) -> tuple[Any, ...]:
    """The metrics to compute; there is nothing to compute where all numbers are reported."""
    found = tuple(model_manifest.data.get("metric", ()))
    if not found and "rules" in model_manifest.data:
        raise FactUnavailable("the rules that it refers to are not here", remedy="assaymark model --registered FILE")
    if not found:
        raise FactUnavailable("the manifest names no metric to compute", outcome=Outcome.NOT_APPLICABLE)
    return found


@fact
def model_history() -> History:
    """Validations before this one; none unless the verb was given them."""
    return History()


@fact
def model_execution() -> Execution | None:
    """Where a model may be run; nowhere unless the verb says so."""
    return None


@fact
def model_used() -> Used:
    """What running the model took, to be filled when it runs; the verb keeps it among the facts of the run."""
    return {}


@fact
def model_predictor(model_manifest: Manifest, model_execution: Execution | None, model_used: Used) -> Predictor | None:
    """What runs the model; None when its predictions lie in a file and nothing has to be run."""
    asked = any("predictions" not in r for r in model_manifest.data.get("robustness", ()))
    if not is_run(model_manifest) and not asked:
        return None
    found = predictor_of(model_manifest, model_execution)
    found.used = model_used
    return found


@fact
def model_answer(model_manifest: Manifest, model_predictor: Predictor | None) -> Answer | None:
    """What the model said when it was run on the reference data; None when it is not run."""
    if model_predictor is None or not is_run(model_manifest):
        return None
    reference = reference_of(model_manifest)
    return Answer(reference, answer_of(model_manifest, model_predictor, reference), dict(model_predictor.used))


@fact
def model_rows(model_manifest: Manifest, model_answer: Answer | None) -> Rows:
    """Reference data and predictions in one order."""
    if model_answer is not None:
        return joined(model_manifest, model_answer.reference, model_answer.said)
    return rows_of(model_manifest)


@fact
def model_reported_run(model_manifest: Manifest, options: Options) -> Run | None:
    """The MLflow run that the manifest names, if it names one."""
    if not model_manifest.get("model", "mlflow"):
        return None
    return run_of(model_manifest, fetcher(options.allow_hosts) if options.allow_hosts else None)


@fact
def model_of_mlflow(model_manifest: Manifest, model_reported_run: Run | None, options: Options) -> Mapping[str, str]:
    """What names run and model of MLflow: digests; empty where the manifest names none."""
    run = model_reported_run
    if run is None:
        return {}
    if run.server:
        from assaymark_models.mlflow_server import digest_of_model

        digest = digest_of_model(run, fetcher(options.allow_hosts), options.allow_hosts)
        return {"MLflow run": run.id, "MLflow record": record_of(run), "MLflow model": digest}
    told = run_of_mlflow(model_manifest)
    if "MLflow model" not in told:
        raise FactUnavailable(
            f"the run {run.id} has no artefacts at {run.model}", remedy="keep the artefacts of the run beside its store"
        )
    return told


@fact
def model_sample(model_manifest: Manifest, model_rows: Rows) -> Sample:
    """The same as what metrics are computed of."""
    return sample_of(model_manifest, model_rows)


FACTS = (
    model_manifest,
    model_metrics,
    model_history,
    model_execution,
    model_used,
    model_predictor,
    model_answer,
    model_rows,
    model_sample,
    model_reported_run,
    model_of_mlflow,
)
