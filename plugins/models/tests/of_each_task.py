"""Files that fit the template of each task: real data that packages ship, or a law with noise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

CARD = "# A model for tests\n\n" + "It is fitted to data that packages ship, and nothing follows from it. " * 10
SURROGATE = """import math


def predict(columns):
    return [20 + 60 * math.exp(-0.5 * t) for t in columns["time"]]
"""


def write(folder: Path, name: str, **columns: Any) -> None:
    table = pa.table({c: pa.array(np.asarray(v)) for c, v in columns.items()})
    if name.endswith(".npz"):
        np.savez(folder / name, **{c: np.asarray(v) for c, v in columns.items()})
    elif name.endswith(".csv"):
        csv.write_csv(table, folder / name)
    else:
        parquet.write_table(table, folder / name)


def classification(folder: Path) -> None:
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import scale

    data = load_breast_cancer()
    x, y, here = scale(data.data), data.target, np.arange(569) % 2 == 0
    chance = LogisticRegression(C=0.1).fit(x[~here], y[~here]).predict_proba(x[here])[:, 1]
    ids, region = np.arange(569), np.where(np.arange(569) % 3, "north", "south")
    write(folder, "reference.parquet", id=ids[here], label=y[here], region=region[here], x1=x[here, 0], x2=x[here, 1])
    write(folder, "training.parquet", id=ids[~here], x1=x[~here, 0], x2=x[~here, 1])
    write(folder, "predictions.parquet", id=ids[here], prediction=(chance > 0.5).astype(int), probability=chance)


def regression(folder: Path) -> None:
    rng = np.random.default_rng(0)
    x1, x2, ids = rng.uniform(1, 2, 800), rng.uniform(3, 4, 800), np.arange(800)
    value, here = 3 * x1 + x2, ids < 400
    region = np.where(ids % 2, "north", "south")
    write(folder, "reference.parquet", id=ids[here], value=value[here], region=region[here], x1=x1[here], x2=x2[here])
    write(folder, "training.parquet", id=ids[~here], x1=x1[~here], x2=x2[~here])
    write(folder, "predictions.parquet", id=ids[here], prediction=value[here] + rng.normal(0, 0.5, 400))


def segmentation(folder: Path) -> None:
    from sklearn.datasets import load_digits

    images = load_digits().images[:60]
    truth = (images > 8).astype(int).ravel()
    rng = np.random.default_rng(0)
    guess = np.where(rng.random(len(truth)) < 0.05, 1 - truth, truth)
    image = np.repeat(np.arange(60), 64)
    scene = np.where(image % 2, "day", "night")
    write(folder, "masks.npz", pixel=np.arange(len(truth)), image=image, scene=scene, **{"class": truth})
    write(folder, "predicted.npz", pixel=np.arange(len(truth)), **{"class": guess})


def detection(folder: Path) -> None:
    rng = np.random.default_rng(0)
    image = np.repeat(np.arange(60), 3)
    left, top = rng.uniform(0, 90, 180), rng.uniform(0, 90, 180)
    label = np.where(np.arange(180) % 2, "ship", "buoy")
    boxes = {"x1": left, "y1": top, "x2": left + 10, "y2": top + 10}
    write(folder, "boxes.csv", image=image, label=label, scene=np.where(image % 2, "calm", "rough"), **boxes)
    seen = rng.random(180) < 0.93
    moved = {n: v[seen] + rng.normal(0, 0.4, seen.sum()) for n, v in boxes.items()}
    score = rng.uniform(0.6, 1, seen.sum())
    ghosts = {"x1": np.full(6, 200.0), "y1": np.full(6, 200.0), "x2": np.full(6, 210.0), "y2": np.full(6, 210.0)}
    write(
        folder,
        "found.csv",
        image=np.concatenate([image[seen], np.arange(6)]),
        label=np.concatenate([label[seen], ["ship"] * 6]),
        score=np.concatenate([score, rng.uniform(0.1, 0.7, 6)]),
        **{n: np.concatenate([moved[n], ghosts[n]]) for n in boxes},
    )


def generative(folder: Path) -> None:
    rng = np.random.default_rng(0)
    write(folder, "observed.npz", value=rng.normal(0, 1, 3000))
    write(folder, "generated.npz", value=rng.normal(0.02, 1, 2000))


def forecast(folder: Path) -> None:
    import netCDF4

    rng = np.random.default_rng(0)
    hours = np.arange(24 * 60)
    truth = 10 + 5 * np.sin(hours / 24 * 2 * np.pi) + rng.normal(0, 0.5, len(hours))
    guess = 10 + 5 * np.sin(hours / 24 * 2 * np.pi)
    with netCDF4.Dataset(folder / "observations.nc", "w") as file:
        file.createDimension("time", len(hours))
        put(file, "temperature", truth, "degC")
        put(file, "persistence", np.roll(truth, 6), "degC")
        put(file, "season", (hours // (24 * 30)).astype("i4"), None)
    with netCDF4.Dataset(folder / "forecast.nc", "w") as file:
        file.createDimension("time", len(hours))
        put(file, "temperature", guess, "degC")
        put(file, "lower", guess - 0.9, "degC")
        put(file, "upper", guess + 0.9, "degC")


def put(file: Any, name: str, values: Any, units: str | None) -> None:
    variable = file.createVariable(name, values.dtype, ("time",))
    variable[:] = values
    if units:
        variable.units = units


def surrogate(folder: Path) -> None:
    """A body that cools: the simulation integrates Newton's law, the surrogate is its closed form."""
    from scipy.integrate import solve_ivp

    rng = np.random.default_rng(0)
    time = np.linspace(0, 5, 400)
    solved = solve_ivp(lambda t, y: -0.5 * (y - 20), (0, 5), [80], t_eval=time, rtol=1e-3, max_step=0.5)
    regime = np.where(time < 2.5, "early", "late")
    sensor = solved.y[0] + rng.normal(0, 0.2, 400)
    write(folder, "simulation.npz", step=np.arange(400), time=time, temperature=sensor, regime=regime)
    write(folder, "training.npz", step=np.arange(400) + 1000, time=time + 0.006)
    (folder / "surrogate.py").write_text(SURROGATE)


TASKS: dict[str, Callable[[Path], None]] = {
    f.__name__: f for f in (classification, regression, segmentation, detection, generative, forecast, surrogate)
}


def make(folder: Path, task: str, template: str) -> Path:
    """A project of one task, with the manifest that ``assaymark init --model`` writes."""
    TASKS[task](folder)
    (folder / "MODEL_CARD.md").write_text(CARD)
    (folder / "model.onnx").write_bytes(b"its digest is all that is taken")
    (folder / "model.toml").write_text(template)
    return folder / "model.toml"
