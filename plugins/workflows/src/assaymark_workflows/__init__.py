"""Validators for scientific workflow documents. A format is one package here and one entry in ``validators``."""

from __future__ import annotations

from pathlib import Path

from assaymark.api import Plugin, Validator
from assaymark_workflows.cwl.detect import NAMES as CWL_NAMES
from assaymark_workflows.cwl.detect import detect as detect_cwl
from assaymark_workflows.fdl.detect import detection as detect_fdl
from assaymark_workflows.github_actions.detect import NAMES as GITHUB_ACTIONS_NAMES
from assaymark_workflows.github_actions.detect import detection as detect_github_actions
from assaymark_workflows.nextflow.detect import NAMES as NEXTFLOW_NAMES
from assaymark_workflows.nextflow.detect import detection as detect_nextflow
from assaymark_workflows.openeo.detect import detect as detect_openeo
from assaymark_workflows.ophidia.detect import detect as detect_ophidia
from assaymark_workflows.ophidia.detect import detect_cwl as detect_ophidia_cwl
from assaymark_workflows.snakemake.detect import NAMES as SNAKEMAKE_NAMES
from assaymark_workflows.snakemake.detect import detection as detect_snakemake
from assaymark_workflows.tosca.detect import detection as detect_tosca

__version__ = "0.1.0"

_HERE = Path(__file__).parent

CWL = Validator(
    id="cwl",
    title="Common Workflow Language 1.0, 1.1 and 1.2",
    version="1",
    names=CWL_NAMES,
    detect=detect_cwl,
    validate="assaymark_workflows.cwl.validate:validate",
    rules=_HERE / "cwl" / "rules.toml",
)

FDL = Validator(
    id="fdl",
    title="OSCAR FDL",
    version="1",
    names=("*.yaml", "*.yml"),
    detect=detect_fdl,
    validate="assaymark_workflows.fdl.validate:validate",
    rules=_HERE / "fdl" / "rules.toml",
)

GITHUB_ACTIONS = Validator(
    id="github-actions",
    title="GitHub Actions",
    version="1",
    names=GITHUB_ACTIONS_NAMES,
    detect=detect_github_actions,
    validate="assaymark_workflows.github_actions.validate:validate",
    rules=_HERE / "github_actions" / "rules.toml",
    batch=True,
)

OPENEO = Validator(
    id="openeo",
    title="openEO process graph",
    version="1",
    names=("*.json",),
    detect=detect_openeo,
    validate="assaymark_workflows.openeo.validate:validate",
    rules=_HERE / "openeo" / "rules.toml",
)

OPHIDIA = Validator(
    id="ophidia",
    title="Ophidia workflow",
    version="1",
    names=("*.json",),
    detect=detect_ophidia,
    validate="assaymark_workflows.ophidia.validate:validate",
    rules=_HERE / "ophidia" / "rules.toml",
)

OPHIDIA_CWL = Validator(
    id="ophidia-cwl",
    title="Ophidia workflow in CWL",
    version="1",
    names=("*.cwl", "*.yaml", "*.yml", "*.json"),
    detect=detect_ophidia_cwl,
    validate="assaymark_workflows.ophidia.cwl:validate",
    rules=_HERE / "ophidia" / "rules.toml",
)

NEXTFLOW = Validator(
    id="nextflow",
    title="Nextflow",
    version="1",
    names=NEXTFLOW_NAMES,
    detect=detect_nextflow,
    validate="assaymark_workflows.nextflow.validate:validate",
    rules=_HERE / "nextflow" / "rules.toml",
)

SNAKEMAKE = Validator(
    id="snakemake",
    title="Snakemake",
    version="1",
    names=SNAKEMAKE_NAMES,
    detect=detect_snakemake,
    validate="assaymark_workflows.snakemake.validate:validate",
    rules=_HERE / "snakemake" / "rules.toml",
)

TOSCA = Validator(
    id="tosca",
    title="TOSCA",
    version="1",
    names=("*.yaml", "*.yml", "*.tosca"),
    detect=detect_tosca,
    validate="assaymark_workflows.tosca.validate:validate",
    rules=_HERE / "tosca" / "rules.toml",
)

PLUGIN = Plugin(
    name="workflows",
    version=__version__,
    validators=(
        CWL,
        FDL,
        GITHUB_ACTIONS,
        OPENEO,
        OPHIDIA,
        NEXTFLOW,
        SNAKEMAKE,
        TOSCA,
        OPHIDIA_CWL,
    ),
)
