"""Whatever is wrong with the files: a clear failure or unknown, never a pass, never a crash."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from assaymark.api import FactUnavailable, InputError
from assaymark.model import Outcome
from assaymark_models.manifest import load, read
from assaymark_models.tables import Unreadable, Wanted
from assaymark_models.tables import read as read_table

STATISTICS = ("ML.Per01", "ML.Sli01", "ML.Reg01", "ML.Cal01", "ML.Rob01", "ML.Con02", "ML.Rep01")


class Trap:
    """A pickle of it would run code when loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit('the pickle ran')",))


def named(project: Any, file: str, data: bytes) -> None:
    project.tables.pop("predictions.parquet", None)
    project.files[file] = data
    project.manifest["predictions"]["file"] = file


def pickled(name: str) -> Callable[[Any], None]:
    return lambda p: named(p, name, pickle.dumps(Trap()))


def objects(project: Any) -> None:
    stream = io.BytesIO()
    np.save(stream, np.array([Trap()], dtype=object), allow_pickle=True)
    named(project, "predictions.npy", stream.getvalue())


def truncated(project: Any) -> None:
    table = pa.table({k: pa.array(v) for k, v in project.tables["predictions.parquet"].items()})
    sink = io.BytesIO()
    parquet.write_table(table, sink)
    named(project, "predictions.parquet", sink.getvalue()[:-40])


def without_rows(project: Any) -> None:
    project.tables["reference.csv"] = {k: v[:0] for k, v in project.tables["reference.csv"].items()}


def one_class(project: Any) -> None:
    table = project.tables["reference.csv"]
    table["label"] = np.ones_like(table["label"])


def column(value: float, name: str = "p") -> Callable[[Any], None]:
    def spoil(project: Any) -> None:
        values = project.tables["predictions.parquet"][name].astype(float).copy()
        values[5] = value
        project.tables["predictions.parquet"] = {**project.tables["predictions.parquet"], name: values}

    return spoil


def keys(change: Callable[[Any], Any]) -> Callable[[Any], None]:
    def spoil(project: Any) -> None:
        table = project.tables["predictions.parquet"]
        project.tables["predictions.parquet"] = {**table, "id": change(table["id"])}

    return spoil


def fewer(project: Any) -> None:
    project.tables["predictions.parquet"] = {k: v[1:] for k, v in project.tables["predictions.parquet"].items()}


SPOILS: dict[str, Callable[[Any], object]] = {
    "pickle": pickled("predictions.pkl"),
    "torch": pickled("predictions.pt"),
    "joblib": pickled("predictions.joblib"),
    "pickle in disguise": pickled("predictions.csv"),
    "object array": objects,
    "truncated parquet": truncated,
    "garbage parquet": lambda p: named(p, "predictions.parquet", b"PAR1 garbage PAR1"),
    "empty file": lambda p: named(p, "predictions.csv", b""),
    "binary csv": lambda p: named(p, "predictions.csv", bytes(range(256)) * 9),
    "no such file": lambda p: p.manifest["predictions"].update({"file": "nowhere.csv"}),
    "unknown kind": lambda p: named(p, "predictions.xlsx", b"PK"),
    "a folder": lambda p: p.manifest["predictions"].update({"file": "."}),
    "outside": lambda p: p.manifest["predictions"].update({"file": "../../../../etc/passwd"}),
    "absolute": lambda p: p.manifest["predictions"].update({"file": "/etc/passwd"}),
    "no such column": lambda p: p.manifest["predictions"].update({"column": "guess"}),
    "no rows": without_rows,
    "one class": one_class,
    "NaN probability": column(np.nan),
    "infinite probability": column(np.inf),
    "probability of 2": column(2.0),
    "NaN class": column(np.nan, "prediction"),
    "other keys": keys(lambda ids: ids + 1),
    "keys twice": keys(lambda ids: np.where(ids == ids[1], ids[0], ids)),
    "keys of text": keys(lambda ids: np.char.add("k", ids.astype(str))),
    "fewer rows": fewer,
}


@pytest.mark.parametrize("name", SPOILS)
def test_no_statistic_passes(name: str, project: Any) -> None:
    SPOILS[name](project)
    results = project.results(*STATISTICS)
    for id in STATISTICS:
        evidence = results[id].evidence[0]
        assert results[id].outcome in (Outcome.UNKNOWN, Outcome.FAILED), (id, evidence.message)
        assert evidence.message
    assert results["ML.Per01"].outcome is Outcome.UNKNOWN


def test_a_group_without_rows_or_without_a_name_does_not_pass(project: Any) -> None:
    region = project.tables["reference.csv"]["region"].astype(object)
    project.tables["reference.csv"]["region"] = np.where(np.arange(len(region)) < 5, "", region)
    said = project.results("ML.Sli")["ML.Sli01"]
    assert said.outcome is Outcome.UNKNOWN
    assert "5 rows are fewer than 30" in said.evidence[0].message


def test_a_link_out_of_the_repository_is_not_followed(project: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("id,prediction,p\n")
    project.manifest["predictions"]["file"] = "link.csv"
    project.write()
    (project.folder / "link.csv").symlink_to(secret)
    result = project.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.UNKNOWN
    assert "outside" in result.evidence[0].message


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_fails_a_regression(value: float, surrogate: Any) -> None:
    column(value, "prediction")(surrogate)
    results = surrogate.results("ML.Con", "ML.Per", "ML.Rep")
    assert results["ML.Con01"].outcome is Outcome.FAILED
    assert "key 5" in results["ML.Con01"].evidence[0].message
    assert results["ML.Per01"].outcome is Outcome.UNKNOWN


def test_text_where_numbers_belong(surrogate: Any) -> None:
    table = surrogate.tables["predictions.parquet"]
    surrogate.tables["predictions.parquet"] = {**table, "prediction": ["warm"] * len(table["id"])}
    results = surrogate.results("ML.Con", "ML.Per")
    assert results["ML.Con01"].outcome is Outcome.FAILED
    assert results["ML.Per01"].outcome is Outcome.UNKNOWN


def test_a_perfect_copy_of_the_truth_is_not_believed(surrogate: Any) -> None:
    table = surrogate.tables["predictions.parquet"]
    truth = surrogate.tables["reference.csv"]["temperature"]
    surrogate.tables["predictions.parquet"] = {**table, "prediction": truth}
    assert surrogate.results("ML.Per")["ML.Per01"].outcome is Outcome.UNKNOWN


def test_rows_without_a_key_have_to_be_as_many(project: Any) -> None:
    del project.manifest["reference"]["key"]
    fewer(project)
    result = project.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.UNKNOWN
    assert "599 rows" in result.evidence[0].message


@pytest.mark.parametrize("rule", ["__import__('os').system('true')", "p.__class__ > 0", "missing > 0", "p +"])
def test_a_formula_that_is_refused_is_unknown(rule: str, project: Any) -> None:
    project.manifest["constraint"] = [{"name": "x", "rule": rule}]
    result = project.results("ML.Con")["ML.Con02"]
    assert result.outcome is Outcome.UNKNOWN
    assert result.evidence[0].findings[0].location.line


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m.update({"metrics": []}), "unknown key metrics"),
        (lambda m: m["metric"][1].update({"at-last": 1}), "unknown key metric[1].at-last"),
        (lambda m: m["metric"][1].update({"at-most": 1}), "needs either at-least or at-most"),
        (lambda m: m["metric"][0].update({"name": "acuracy"}), "metric[0].name is 'acuracy'"),
        (lambda m: m["reference"].pop("target"), "reference.target is missing"),
        (lambda m: m.update({"task": "ranking"}), "task is 'ranking'"),
        (lambda m: m.update({"metric": []}), "metric"),
        (lambda m: m["calibration"].update({"at-most": "small"}), "calibration.at-most"),
    ],
)
def test_a_wrong_manifest_is_told_with_its_line(
    change: Callable[[Any], object], said: str, project: Any, toml: Callable[[Any], str]
) -> None:
    change(project.manifest)
    text = toml(project.manifest)
    with pytest.raises(InputError) as wrong:
        read(text, "model.toml")
    assert said in str(wrong.value)
    if said.startswith(("unknown key metric[1]", "metric[0]", "reference", "task")):
        line = int(str(wrong.value).split(":")[1])
        assert 1 <= line <= len(text.splitlines())
    if "metric[1].at-last" in said:
        assert "at-last" in text.splitlines()[line - 1]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1" + "0" * 400])
@pytest.mark.parametrize("key", ["tolerance", "at-least", "near"])
def test_a_number_that_nothing_compares_with_is_refused(value: str, key: str) -> None:
    table = {"tolerance": "reproducible", "near": "hygiene", "at-least": None}[key]
    text = 'title = "x"\ntask = "regression"\n[reference]\nfile = "a.csv"\ntarget = "y"\n[[metric]]\nname = "r2"\n'
    text += f"at-least = {value}\n" if table is None else f"at-least = 0\n[{table}]\n{key} = {value}\n"
    with pytest.raises(InputError, match=f"{key} is no finite number|{key}: ") as wrong:
        read(text, "model.toml")
    assert f"{key} = {value}" in text.splitlines()[int(str(wrong.value).split(":")[1]) - 1]


def text_classes(project: Any, empty: str) -> None:
    """Classes as text, in CSV, where nothing tells an empty text from a missing one."""
    project.tables["reference.csv"]["label"] = np.where(project.tables["reference.csv"]["label"] > 0, "yes", "no")
    table = project.tables.pop("predictions.parquet")
    said = np.where(table["prediction"] > 0, "yes", "no").astype(object)
    said[7] = empty
    project.tables["predictions.csv"] = {**table, "prediction": said.tolist()}
    project.manifest["predictions"]["file"] = "predictions.csv"
    project.manifest["reference"]["positive"] = "yes"


@pytest.mark.parametrize("empty", ["", " ", "nan", "NaN"])
def test_an_empty_text_is_no_class(empty: str, project: Any) -> None:
    text_classes(project, empty)
    results = project.results("ML.Con01", "ML.Per")
    assert results["ML.Con01"].outcome is Outcome.FAILED
    assert "first at key 7" in results["ML.Con01"].evidence[0].message
    assert results["ML.Per01"].outcome is Outcome.UNKNOWN


def test_a_class_of_few_rows_concludes_nothing_for_metrics_that_rest_on_it(project: Any) -> None:
    table = project.tables["reference.csv"]
    p = project.tables["predictions.parquet"]["p"]
    table["label"] = np.zeros_like(table["label"])
    table["label"][np.argsort(p)[-30::6]] = 1
    project.manifest["metric"] = [{"name": "auc", "at-least": 0.5}]
    result = project.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.UNKNOWN
    assert "class '1' is there in 5 rows only" in result.evidence[0].message
    project.manifest["statistics"] = {"minimum": 4}
    assert project.results("ML.Per")["ML.Per01"].outcome is Outcome.PASSED


def test_a_handful_of_generated_values_concludes_nothing(project: Any) -> None:
    rng = np.random.default_rng(0)
    project.tables |= {"observed.csv": {"v": rng.normal(0, 0.01, 5000)}, "made.csv": {"prediction": [0.0, 0.001]}}
    project.manifest = {
        "title": "x",
        "task": "generative",
        "reference": {"file": "observed.csv", "target": "v"},
        "predictions": {"file": "made.csv"},
        "metric": [{"name": "wasserstein", "at-most": 0.5}],
    }
    result = project.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.UNKNOWN
    assert "2 rows are fewer than 30" in result.evidence[0].message


@pytest.mark.parametrize("data", [b"\xff\xfe", b"title = ", b"[" * 5000, b"a" * 2_000_000])
def test_what_is_no_toml(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_bytes(data)
    with pytest.raises(InputError, match=r"model\.toml"):
        load(tmp_path / "model.toml")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=200), kind=st.sampled_from([".csv", ".parquet", ".npy", ".npz"]))
def test_garbage_is_no_table(data: bytes, kind: str, tmp_path: Path) -> None:
    place = tmp_path / f"x{kind}"
    place.write_bytes(data)
    try:
        table = read_table(place, place.name, Wanted(frozenset({"a"})))
    except FactUnavailable:
        return
    assert table.column_names == ["a"]


@pytest.mark.parametrize("schema", [True, False])
def test_one_long_text_said_very_often(schema: bool, tmp_path: Path) -> None:
    """A terabyte of text in a file of a few kilobytes."""
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000_000, dtype=np.int32)), pa.array(["x" * 1_000_000]))
    parquet.write_table(pa.table({"a": column}), tmp_path / "x.parquet", store_schema=schema)
    with pytest.raises(Unreadable, match="texts of a take more than"):
        read_table(tmp_path / "x.parquet", "x.parquet", Wanted(frozenset({"a"})))


def test_texts_of_a_parquet_file_are_what_they_were(tmp_path: Path) -> None:
    said = ["one", None, "two", "", "one"]
    known = pa.array(said).dictionary_encode()
    parquet.write_table(pa.table({"a": said, "b": [b"x"] * 5, "c": known}), tmp_path / "x.parquet")
    table = read_table(tmp_path / "x.parquet", "x.parquet", Wanted(frozenset({"a", "b", "c"})))
    assert pa.types.is_dictionary(table["c"].type)
    assert table["c"].to_pylist() == said
    assert table["a"].type == pa.string()
    assert table["a"].to_pylist() == said
    assert table["b"].to_pylist() == [b"x"] * 5


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed(tmp_path / "x.npz", a=np.zeros(100_000))
    monkeypatch.setattr("assaymark_models.tables.MOST_BYTES", 10_000)
    with pytest.raises(Unreadable, match="unpacks"):
        read_table(tmp_path / "x.npz", "x.npz", Wanted(frozenset({"a"})))


def test_what_to_do_is_about_what_is_lacking(project: Any) -> None:
    del project.manifest["predictions"]["probability"], project.manifest["calibration"]
    project.manifest["constraint"] = []
    found = project.results("ML.Per")["ML.Per01"].evidence[0]
    assert found.outcome is Outcome.UNKNOWN
    assert found.remedy == "name their column: probability in [predictions]"
    project.manifest["metric"].append({"name": "accuracy", "at-least": 0.999})
    found = project.results("ML.Per")["ML.Per01"].evidence[0]
    assert found.remedy.startswith("name their column: probability in [predictions]; improve the model")


def test_junit_with_a_metric_is_told_how_to_be_named(project: Any) -> None:
    project.files["tests.xml"] = b'<testsuite><testcase name="a"/></testsuite>'
    project.manifest["reported"] = [{"file": "tests.xml", "metric": "failures", "at-most": 0}]
    found = project.results("ML.Per")["ML.Per01"].evidence
    assert any("leave metric and bound out" in str(e.remedy) for e in found)
