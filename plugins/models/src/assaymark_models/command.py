"""``assaymark model``: judge a model by a manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark.api import Case, InputError, Resources, answer, answer_options

if TYPE_CHECKING:
    from assaymark_models.manifest import Manifest
    from assaymark_models.running import Execution

EPILOG = """\b
Examples:
  assaymark model model.toml
  assaymark model model.toml --gate silver --output out   exit 1 below silver; all reports in out/
  assaymark model model.toml --select ML.Per,ML.Sli       only these criteria (a partial run)
  assaymark model model.toml --again container            run the model twice, at two places
  assaymark model model.toml --last old.json              on new data: no worse than last time?
\b
Exit status: 0 gate met or no gate, 1 gate not met, 2 wrong input, 3 the gate could not be determined.
"""


@click.command(epilog=EPILOG)
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder that no file may leave (default: repository).",
)
@click.option("--runner", metavar="R", help="Where an entry point or image runs: local, sandbox, container, slurm.")
@click.option("--again", metavar="R", help="Where it runs the second time, to see that it says the same.")
@click.option("--engine", metavar="E", help="docker, podman, apptainer, charliecloud or bubblewrap.")
@click.option("--time", type=click.FloatRange(1, 7 * 86_400), default=300, show_default=True, help="Seconds for a run.")
@click.option("--memory", type=click.IntRange(16), default=4096, show_default=True, help="Memory of a run in MiB.")
@click.option("--registered", multiple=True, metavar="FILE", help="A copy of a manifest that 'rules' refers to.")
@click.option("--allow-host", multiple=True, metavar="HOST", help="Allow bounded requests to this host.")
@click.option("--last", metavar="FILE", help="assessment.json of the last validation, to compare with.")
@click.option("--stale", is_flag=True, help="Only tell whether --last is of other data; its badge is then stale.")
@answer_options
def command(
    manifest: Path,
    root: Path | None,
    runner: str | None,
    again: str | None,
    engine: str | None,
    time: float,
    memory: int,
    registered: tuple[str, ...],
    allow_host: tuple[str, ...],
    last: str | None,
    stale: bool,
    **wanted: Any,
) -> None:
    """Judge a model by the metrics, thresholds and rules of a MANIFEST (TOML).

    Predictions are read from files, or made here: from an ONNX file, by an entry point of the repository or by an
    image, which run as jobs, and only because this verb asks for it. An image has no network; an entry point has none
    where bubblewrap works, and the report says whether it did. Nothing is unpickled.
    """
    from assaymark_models.continuous import history_of, state
    from assaymark_models.manifest import load
    from assaymark_models.registered import with_rules
    from assaymark_models.running import Execution

    loaded = with_rules(load(manifest, root), registered, allow_host)
    if stale:
        if last is None or not wanted.get("output"):
            raise InputError("--stale needs --last and --output", hint="name the assessment.json that was published")
        click.echo(state(loaded, Path(last), wanted["output"]))
        return
    resources = Resources(time=time, memory=memory)
    case = case_of(loaded, Execution(runner=runner, engine=engine, again=again, resources=resources))
    facts = {**case.facts, "model_history": history_of(Path(last) if last else None)}
    answer(replace(case, facts=facts), wanted, allow_hosts=allow_host)


def case_of(manifest: Manifest, execution: Execution | None = None) -> Case:
    """What is handed to the core to be judged; without an ``execution`` no model is run."""
    from assaymark_models.identity import digest_of_all

    used: dict[str, float | str] = {}
    return Case(
        kind="model",
        name=manifest.path.name,
        digest=digest_of_all(manifest),
        profile="model",
        folder=manifest.path.parent,
        facts={"model_manifest": manifest, "model_execution": execution, "model_used": used},
        run=Told(used),
    )


class Told(Mapping[str, str]):
    """What running the model took, as words; filled while it runs, and read when that is over."""

    def __init__(self, used: Mapping[str, float | str]) -> None:
        self._used = used

    def __getitem__(self, name: str) -> str:
        value = self._used[name]
        return value if isinstance(value, str) else f"{value:.6g}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._used)

    def __len__(self) -> int:
        return len(self._used)
