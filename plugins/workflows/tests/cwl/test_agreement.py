"""What the reference implementation refuses, we refuse; what it accepts, we call no error, but for rules named here."""

from __future__ import annotations

import logging
import random
import warnings
from pathlib import Path
from typing import Any

import pytest

import assaymark

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import cwltool
    from cwltool.context import LoadingContext
    from cwltool.errors import GraphTargetMissingException
    from cwltool.load_tool import fetch_document, make_tool, resolve_and_validate_document
    from cwltool.workflow import default_make_tool

RULES = Path(__file__).parents[1] / "rules"
# The reference accepts these and a run then fails; that it does is the reason for the rule.
ONLY_AT_RUN_TIME = {
    *("CWL-S020", "CWL-X001", "CWL-X002", "CWL-X003", "CWL-X005", "CWL-X006", "CWL-X007", "CWL-X009"),
    *("CWL-V002", "CWL-V003", "CWL-V004", "CWL-V005", "CWL-V006", "CWL-V007", "CWL-V009", "CWL-V010"),
    *("CWL-T003", "CWL-T004", "CWL-T005", "CWL-R004", "CWL-R011", "WF-C001", "CWL-R003"),
}
# The reference follows these until its stack or anybody's patience is at its end.
ENDLESS = ("CWL-G002", "CWL-G003", "CWL-R004")
# The reference needs a switch for development versions and extensions, which are not faults of a document.
ITS_OWN = ("CWL-E001", "CWL-S009")


def reference(path: Path) -> str | None:
    """Why the reference refuses a document, None when it accepts it."""
    for name in ("cwltool", "salad", "rdflib.term"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    context = LoadingContext(
        {
            "construct_tool_object": default_make_tool,
            "skip_schemas": True,
            "do_validate": True,
            "strict": True,
            "disable_js_validation": True,
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            context, document, uri = fetch_document(path.as_uri(), context)
            context, uri = resolve_and_validate_document(context, document, uri)
            try:
                make_tool(uri, context)
            except GraphTargetMissingException as missing:
                for entry in str(missing).rpartition("must specify one of ")[2].split(", "):
                    make_tool(path.as_uri() + entry, context)
        except Exception as problem:
            return f"{type(problem).__name__}: {problem}"
    return None


def _examples() -> list[tuple[str, Path]]:
    found = []
    for rule in sorted(RULES.glob("CWL-*")):
        if rule.name in ENDLESS:
            continue
        for place in sorted(rule.iterdir()):
            main = place / "main.cwl" if place.is_dir() else place
            if main.suffix == ".cwl" and main.is_file():
                found.append((rule.name, main))
    return found


def errors(judge: Any, main: Path) -> set[str]:
    files = {
        p.relative_to(main.parent).as_posix(): p.read_bytes() for p in sorted(main.parent.glob("*")) if p.is_file()
    }
    return {p.finding.rule for p in judge(files, main.name) or [] if p.finding.severity.value == "error"}


@pytest.mark.parametrize(("rule", "main"), _examples(), ids=lambda v: v if isinstance(v, str) else v.stem)
def test_on_the_examples_of_the_rules(judge: Any, rule: str, main: Path) -> None:
    refused = reference(main)
    ours = errors(judge, main)
    if refused is not None and rule not in ITS_OWN:
        assert ours, refused
    if ours - ONLY_AT_RUN_TIME:
        assert refused is not None, ours
    if main.stem.startswith("pass") or main.parent.name == "pass":
        assert refused is None or rule in ITS_OWN


TOOL = """cwlVersion: {version}
class: CommandLineTool
label: Sorts
doc: Sorts lines.
requirements:
  DockerRequirement:
    dockerPull: debian:12
  ResourceRequirement:
    ramMin: 100
    coresMin: 1
  InlineJavascriptRequirement: {{}}
hints:
  - class: SoftwareRequirement
    packages:
      sort:
        version: ["9.1"]
baseCommand: [sort, -n]
arguments:
  - prefix: --key
    valueFrom: $(inputs.key)
inputs:
  key:
    type: int?
    default: 1
  data:
    type: File
    format: edam:format_2330
    secondaryFiles: [.idx]
    inputBinding: {{position: 1, separate: true}}
  mode:
    type:
      type: enum
      symbols: [fast, safe]
    default: fast
    inputBinding: {{prefix: --mode}}
outputs:
  sorted:
    type: stdout
  names:
    type: string[]
    outputBinding:
      glob: "*.txt"
      outputEval: $(self)
stdout: sorted.txt
successCodes: [0, 2]
$namespaces:
  edam: http://edamontology.org/
"""
WORKFLOW = """cwlVersion: {version}
class: Workflow
requirements:
  ScatterFeatureRequirement: {{}}
  StepInputExpressionRequirement: {{}}
  MultipleInputFeatureRequirement: {{}}
inputs:
  files:
    type: File[]
    secondaryFiles: [.idx]
  one: File
outputs:
  all:
    type: File[]
    outputSource: sort/sorted
  joined:
    type: File
    outputSource: join/joined
steps:
  sort:
    run: tool.cwl
    scatter: data
    in:
      data: files
      key:
        default: 2
    out: [sorted, names]
  join:
    run:
      class: CommandLineTool
      baseCommand: cat
      inputs:
        parts:
          type: File[]
          inputBinding: {{}}
      outputs:
        joined: stdout
    in:
      parts:
        source: [sort/sorted, one]
        linkMerge: merge_flattened
    out: [joined]
"""


PACKED = """cwlVersion: {version}
$graph:
  - id: main
    class: Workflow
    requirements:
      ScatterFeatureRequirement: {{}}
      MultipleInputFeatureRequirement: {{}}
      InlineJavascriptRequirement: {{}}
      SubworkflowFeatureRequirement: {{}}
    inputs:
      texts:
        type: File[]
      spare: File?
      one: File
      wanted: boolean
    outputs:
      chosen:
        type: File
        outputSource: [count/sorted, again/sorted]
        pickValue: first_non_null
      every:
        type: File[]
        outputSource: [each/sorted, spare]
        linkMerge: merge_flattened
        pickValue: all_non_null
    steps:
      count:
        run: "#sort"
        when: $(inputs.wanted)
        in:
          wanted: wanted
          data:
            source: [spare, one]
            pickValue: first_non_null
        out: [sorted]
      again:
        run: "#sort"
        in:
          data:
            source: [spare, one]
            pickValue: first_non_null
        out: [sorted]
      each:
        run: "#inner"
        scatter: given
        scatterMethod: dotproduct
        in:
          given: texts
        out: [sorted]
  - id: inner
    class: Workflow
    inputs:
      given: File
    outputs:
      sorted:
        type: File
        outputSource: one/sorted
    steps:
      one:
        run: "#sort"
        in:
          data: given
        out: [sorted]
  - id: sort
    class: CommandLineTool
    baseCommand: sort
    inputs:
      data:
        type: File
        inputBinding: {{position: 1}}
      key:
        type: int?
        inputBinding: {{prefix: -k}}
    outputs:
      sorted:
        type: stdout
    stdout: sorted.txt
"""


def mutated(text: str, dice: random.Random) -> tuple[str, str]:
    """One line broken in a random way, and what was done."""
    lines = text.split("\n")
    places = [n for n, line in enumerate(lines) if ":" in line and line.strip()[:1] != "$"]
    place = dice.choice(places)
    line = lines[place]
    key, _, value = line.partition(":")
    kind = dice.choice(["drop", "typo", "number", "text", "null", "list", "twice", "value"])
    if kind == "drop":
        below = place + 1
        indent = len(line) - len(line.lstrip())
        while below < len(lines) and lines[below].strip() and len(lines[below]) - len(lines[below].lstrip()) > indent:
            below += 1
        del lines[place:below]
    elif kind == "typo":
        lines[place] = f"{key[:-1]}zz:{value}"
    elif kind == "twice":
        if value.strip():
            lines.insert(place, line)
    elif kind == "value":
        lines[place] = f"{key}:{value}x" if value.strip() and value.strip()[0].isalpha() else line
    elif value.strip():
        lines[place] = key + {"number": ": 7", "text": ": some words", "null": ":", "list": ": [1, two]"}[kind]
    return "\n".join(lines), f"{kind} in line {place + 1}: {line.strip()}"


@pytest.mark.parametrize("packed", ["with a main", "every entry"])
def test_on_packed_documents_broken_at_random(judge: Any, tmp_path: Path, packed: str) -> None:
    dice = random.Random(packed)
    whole = PACKED.format(version="v1.2")
    if packed == "every entry":
        whole = whole.replace("id: main", "id: first")
    document = tmp_path / "main.cwl"
    document.write_text(whole)
    assert (reference(document), errors(judge, document)) == (None, set())
    missed, false = [], []
    for _ in range(80):
        text, what = mutated(whole, dice)
        document.write_text(text)
        refused, ours = reference(document), errors(judge, document)
        if refused is not None and not ours:
            missed.append((what, refused[-300:]))
        if refused is None and ours - ONLY_AT_RUN_TIME:
            false.append((what, ours))
    assert missed == [], "\n".join(map(repr, missed))
    assert false == [], "\n".join(map(repr, false))


def test_on_documents_that_the_reference_brings() -> None:
    """Those that it tests itself with; extensions and development versions need a switch there."""
    folder = Path(cwltool.__file__).parent / "tests"
    found = assaymark.validate(folder, only=("cwl",), cache=False, root=folder).judgements
    missed, false = [], []
    for judgement in found[::8]:
        refused = reference(folder / judgement.path)
        if refused is not None and any(word in refused for word in ("commonwl.org/cwltool#", "--enable-dev", "http")):
            continue
        ours = {p.finding.rule for p in judgement.problems if p.finding.severity.value == "error"}
        if refused is not None and not ours:
            missed.append((judgement.path, refused[-300:]))
        if refused is None and ours - ONLY_AT_RUN_TIME:
            false.append((judgement.path, ours))
    assert len(found) > 250
    assert (missed, false) == ([], [])


@pytest.mark.parametrize("version", ["v1.0", "v1.1", "v1.2"])
@pytest.mark.parametrize("broken", ["tool.cwl", "main.cwl"])
def test_on_documents_broken_at_random(judge: Any, tmp_path: Path, version: str, broken: str) -> None:
    dice = random.Random(f"{version}{broken}")
    missed, false = [], []
    for _ in range(60):
        files = {"tool.cwl": TOOL.format(version=version), "main.cwl": WORKFLOW.format(version=version)}
        files[broken], what = mutated(files[broken], dice)
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        refused = reference(tmp_path / "main.cwl")
        ours = errors(judge, tmp_path / "main.cwl")
        if refused is not None and not ours:
            missed.append((what, refused[-300:]))
        if refused is None and ours - ONLY_AT_RUN_TIME and not _broken_tool_only(ours, judge, tmp_path):
            false.append((what, ours))
    assert missed == [], "\n".join(map(repr, missed))
    assert false == [], "\n".join(map(repr, false))


def _broken_tool_only(ours: set[str], judge: Any, folder: Path) -> bool:
    """A step runs a tool that fails only when it runs."""
    return ours - ONLY_AT_RUN_TIME == {"CWL-R013"} and errors(judge, folder / "tool.cwl") <= ONLY_AT_RUN_TIME
