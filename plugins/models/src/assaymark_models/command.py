"""``assaymark model``: judge a model by a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark.api import Case, answer, answer_options

if TYPE_CHECKING:
    from assaymark_models.manifest import Manifest

EPILOG = """\b
Examples:
  assaymark model model.toml
  assaymark model model.toml --gate silver --output out   exit 1 below silver; all reports in out/
  assaymark model model.toml --select ML.Per,ML.Sli       only these criteria (a partial run)
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
@answer_options
def command(manifest: Path, root: Path | None, **wanted: Any) -> None:
    """Judge a model by the metrics, thresholds and rules of a MANIFEST (TOML).

    Predictions are read from files, or made here from an ONNX file; nothing is unpickled and no code of the repository
    runs.
    """
    from assaymark_models.manifest import load

    answer(case_of(load(manifest, root)), wanted)


def case_of(manifest: Manifest) -> Case:
    """What is handed to the core to be judged."""
    from assaymark_models.identity import digest_of_all

    return Case(
        kind="model",
        name=manifest.path.name,
        digest=digest_of_all(manifest),
        profile="model",
        folder=manifest.path.parent,
        facts={"model_manifest": manifest},
    )
