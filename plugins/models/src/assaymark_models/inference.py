"""Running a model here: ONNX through onnxruntime, on the processor, without operators of its own making."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assaymark.api import FactUnavailable
from assaymark_models.manifest import Manifest
from assaymark_models.places import place_of
from assaymark_models.tables import floats

BATCH = 50_000
LARGEST = 4_000_000_000


@dataclass(slots=True)
class Onnx:
    """The ONNX file of a manifest, or of its MLflow run."""

    manifest: Manifest
    seconds: float = 300.0
    used: dict[str, float | str] = field(default_factory=dict)

    def predict(self, table: Any, *, again: bool = False) -> Any:
        """What the model says for every row: a table like that of a predictions file.

        Raises FactUnavailable when there is no model that can be run here, or running it fails.
        """
        name, place = _file(self.manifest)
        refuse_external(place, name, self.manifest)
        clock = time.perf_counter()
        found = _run(place, name, table, self.manifest, self.seconds)
        if not self.used:
            self.used["seconds"] = time.perf_counter() - clock
        return found


def _file(manifest: Manifest) -> tuple[str, Path]:
    name = manifest.get("model", "file")
    if manifest.get("model", "mlflow") and not name:
        from assaymark_models.mlflow import onnx_of

        place = onnx_of(manifest)
        return place.name, place
    if not name:
        raise FactUnavailable(
            "the manifest names neither predictions nor a model to make them with",
            remedy="add file under [predictions], or an ONNX file under [model] with its inputs",
        )
    if not str(name).endswith(".onnx"):
        raise FactUnavailable(
            f"{name} is not run here, only ONNX is",
            remedy="add predictions: file in [predictions], or entry in [model]: FILE.py:FUNCTION",
        )
    return str(name), place_of(manifest, str(name))


def refuse_external(place: Path, name: str, manifest: Manifest) -> None:
    """Raise FactUnavailable unless all weights lie in the file itself, or in files of its folder that have a digest."""
    if place.stat().st_size > LARGEST:
        raise FactUnavailable(f"{name} is larger than {LARGEST:,} bytes")
    try:
        import onnx
        from google.protobuf.message import DecodeError
        from onnx.external_data_helper import _get_all_tensors, uses_external_data
    except ImportError as problem:
        raise FactUnavailable(
            "onnx and onnxruntime are not installed", remedy="pip install 'assaymark-models[onnx]'"
        ) from problem
    try:
        model = onnx.load(str(place), load_external_data=False)
    except (DecodeError, ValueError, OSError) as problem:
        raise FactUnavailable(f"{name} is no ONNX file: {' '.join(str(problem).split())[:200]}") from problem
    digested = {place_of(manifest, str(f)) for f in manifest.get("model", "files", ())}
    for tensor in _get_all_tensors(model):
        if not uses_external_data(tensor):
            continue
        location = next((e.value for e in tensor.external_data if e.key == "location"), "")
        there = (place.parent / location).resolve()
        if (
            Path(location).is_absolute()
            or not there.is_relative_to(place.parent)
            or not there.is_relative_to(manifest.root)
        ):
            raise FactUnavailable(
                f"{name} takes weights from {location!r}, outside its folder: it is not opened",
                remedy="save the model with its weights inside, or beside it",
            )
        if there not in digested and not manifest.get("model", "mlflow"):  # of a run, its whole folder is digested
            raise FactUnavailable(
                f"{name} takes weights from {location!r}, which the manifest does not name and no digest covers",
                remedy="add it to files in [model]",
            )


def _run(place: Path, name: str, table: Any, manifest: Manifest, seconds: float) -> Any:
    import numpy as np
    import pyarrow as pa

    try:
        import onnxruntime as ort
    except ImportError as problem:
        raise FactUnavailable(
            "onnxruntime is not installed", remedy="pip install 'assaymark-models[onnx]'"
        ) from problem
    try:
        columns = np.stack([floats(table[c]) for c in table.column_names], axis=1)
    except ValueError as problem:
        raise FactUnavailable(f"an input of the model {problem}", remedy="inputs have to be numbers") from problem
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1  # the same sums in the same order on every machine
    limit = ort.RunOptions()
    alarm = threading.Timer(seconds, setattr, (limit, "terminate", True))
    alarm.daemon = True
    alarm.start()
    try:
        session = ort.InferenceSession(str(place), options, providers=["CPUExecutionProvider"])
        (entry,) = session.get_inputs()
        kind = {"tensor(float)": np.float32, "tensor(double)": np.float64}[entry.type]
        said = [
            session.run(None, {entry.name: columns[i : i + BATCH].astype(kind)}, limit)
            for i in range(0, len(columns), BATCH)
        ]
    except Exception as problem:  # onnxruntime raises classes of its own, without a common base
        if limit.terminate:
            raise FactUnavailable(f"{name} took longer than {seconds:g} seconds", remedy="allow more: --time") from None
        why = " ".join(str(problem).split())[:200]
        raise FactUnavailable(f"{name} cannot be run: {why}", remedy="it needs one input: rows by columns") from problem
    finally:
        alarm.cancel()
    first = np.concatenate([np.asarray(s[0]) for s in said])
    labels = _labels(first, name)
    out = {str(manifest.get("predictions", "column", "prediction")): pa.array(labels)}
    probability = manifest.get("predictions", "probability")
    if probability:
        shares = np.concatenate([_matrix(s[1]) for s in said]) if len(said[0]) > 1 else first
        out[str(probability)] = pa.array(_probabilities(labels, shares, manifest.get("reference", "positive"), name))
    return pa.table(out)


def _labels(first: Any, name: str) -> Any:
    if first.ndim == 2 and first.shape[1] > 1:
        return first.argmax(axis=1)
    flat = first.reshape(-1) if first.ndim <= 2 else None
    if flat is None:
        raise FactUnavailable(f"{name} gives an array of {first.ndim} dimensions, where one value a row is needed")
    return flat


def _matrix(said: Any) -> Any:
    """Probabilities as (rows, classes), also where each row is a mapping of classes (ZipMap)."""
    import numpy as np

    mapped = isinstance(said, list) and said and isinstance(said[0], dict)
    return np.array([list(row.values()) for row in said]) if mapped else np.asarray(said)


def _probabilities(labels: Any, shares: Any, positive: object, name: str) -> Any:
    """The probability of the positive class, which is the greatest where that class is predicted.

    Where none is named: of the second of two classes, of the predicted one of more than two.
    """
    import numpy as np

    if shares.dtype.kind != "f" or shares.ndim != 2 or shares.shape[1] < 2 or len(shares) != len(labels):
        raise FactUnavailable(
            f"{name} gives no probabilities of classes", remedy="export it with an output of (rows, classes)"
        )
    shares = shares.astype(np.float64)
    if positive is None:
        return shares[:, 1] if shares.shape[1] == 2 else shares.max(axis=1)
    said = labels.astype(str)
    mine = said == str(positive)
    if mine.any():
        return shares[:, shares[mine].mean(axis=0).argmax()]
    if shares.shape[1] == 2 and len(set(said)) == 1:
        return shares[:, shares.mean(axis=0).argmin()]
    raise FactUnavailable(f"{name} predicts {positive!r} nowhere: which of its probabilities is meant cannot be told")
