"""Validators for scientific workflow documents. A format is one package here and one entry in ``validators``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assaymark.api import Plugin, Validator

__version__ = "0.1.0"

_HERE = Path(__file__).parent
_YAML = ("*.yaml", "*.yml")


def _format(id: str, title: str, names: tuple[str, ...], **other: Any) -> Validator:
    """A format by where its parts are: ``detect.py``, ``validate.py`` and ``rules.toml`` of its package."""
    package = id.replace("-", "_")
    parts = {
        "detect": f"{__name__}.{package}.detect:detect",
        "validate": f"{__name__}.{package}.validate:validate",
        "rules": _HERE / package / "rules.toml",
    }
    return Validator(id=id, title=title, version="1", names=names, **{**parts, **other})


PLUGIN = Plugin(
    name="workflows",
    version=__version__,
    validators=(
        _format(
            "cwl",
            "Common Workflow Language 1.0, 1.1 and 1.2",
            ("*.cwl", "*.cwl.json", "*.cwl.yml", "*.cwl.yaml", *_YAML, "*.json"),
        ),
        _format("fdl", "OSCAR FDL", _YAML),
        _format(
            "github-actions",
            "GitHub Actions",
            (".github/workflows/*.yml", ".github/workflows/*.yaml", "action.yml", "action.yaml"),
            batch=True,
        ),
        _format("nextflow", "Nextflow", ("*.nf",)),
        _format("openeo", "openEO process graph", ("*.json",)),
        _format("ophidia", "Ophidia workflow", ("*.json",)),
        _format(
            "ophidia-cwl",
            "Ophidia workflow in CWL",
            ("*.cwl", *_YAML, "*.json"),
            detect=f"{__name__}.ophidia.detect:detect_cwl",
            validate=f"{__name__}.ophidia.cwl:validate",
            rules=_HERE / "ophidia" / "rules.toml",
        ),
        _format("snakemake", "Snakemake", ("Snakefile", "Snakefile.*", "*.smk", "*.snakefile")),
        _format("tosca", "TOSCA", (*_YAML, "*.tosca")),
    ),
)
