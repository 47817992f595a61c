"""Valid documents broken in known ways: nearly every fault is found, in the very line where it was put."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

TOOL = """cwlVersion: v1.2
class: CommandLineTool
label: Counts words
doc: Counts the words of a text.
requirements:
  DockerRequirement:
    dockerPull: debian:12.5
  ResourceRequirement:
    coresMin: 1
    coresMax: 4
    ramMin: 512
  ToolTimeLimit:
    timelimit: 60
  InitialWorkDirRequirement:
    listing:
      - entryname: words.txt
        entry: $(inputs.text)
  EnvVarRequirement:
    envDef:
      LANG: C
baseCommand: [wc, -w]
arguments:
  - prefix: --total
    valueFrom: never
inputs:
  text:
    type: File
    inputBinding:
      position: 1
      separate: true
  mode:
    type:
      type: enum
      symbols: [fast, exact]
    default: fast
    inputBinding:
      prefix: --mode
  depth:
    type: int?
    inputBinding:
      prefix: --depth
outputs:
  count:
    type: stdout
  log:
    type: File?
    outputBinding:
      glob: "*.log"
stdout: $(inputs.text.nameroot).count
successCodes: [0, 1]
temporaryFailCodes: [2]
"""
WORKFLOW = """cwlVersion: v1.2
class: Workflow
label: Counts many texts
doc: Counts each text and joins the counts.
requirements:
  ScatterFeatureRequirement: {}
  StepInputExpressionRequirement: {}
  MultipleInputFeatureRequirement: {}
inputs:
  texts:
    type: File[]
  extra:
    type: File
  depth:
    type: int?
outputs:
  counts:
    type: File[]
    outputSource: count/count
  joined:
    type: File
    outputSource: join/joined
steps:
  count:
    run: tool.cwl
    scatter: text
    in:
      text: texts
      depth: depth
      mode:
        default: exact
    out: [count]
  join:
    run: join.cwl
    in:
      parts:
        source: [count/count, extra]
        linkMerge: merge_flattened
      name:
        valueFrom: joined.txt
    out: [joined]
"""
JOIN = """cwlVersion: v1.1
class: CommandLineTool
label: Joins files
baseCommand: cat
inputs:
  parts:
    type: File[]
    inputBinding:
      position: 1
  name:
    type: string
outputs:
  joined:
    type: File
    outputBinding:
      glob: $(inputs.name)
stdout: $(inputs.name)
"""
FILES = {"tool.cwl": TOOL, "main.cwl": WORKFLOW, "join.cwl": JOIN}
FIELD = re.compile(r"( *(?:- )?)([A-Za-z]+): (\S.*)")


class Fault(NamedTuple):
    """A broken document; ``lines`` are those in which the fault may be told."""

    path: str
    text: str
    lines: frozenset[int]
    what: str


def faults(path: str, text: str) -> Iterator[Fault]:
    """Every fault of the kinds below that the document can have."""
    lines = text.split("\n")

    def changed(number: int, line: str, what: str, *more: int) -> Fault:
        new = [*lines[:number], line, *lines[number + 1 :]]
        return Fault(
            path, "\n".join(new), frozenset((number + 1, *more)), f"{path}:{number + 1}: {what}: {line.strip()}"
        )

    for number, line in enumerate(lines):
        match = FIELD.fullmatch(line)
        key = line.split(":")[0].strip(" -")
        if key in KNOWN:
            yield changed(number, line.replace(f"{key}:", f"{key[:-1]}q:", 1), "a field with a typing error")
            if not line.lstrip().startswith("- "):
                again = f"{line}\n{line}" if match else f"{line} {{}}\n{line}"
                yield changed(number, again, "a key twice", number + 2)
        if match is None:
            continue
        indent, key, value = match.groups()
        for wrong in WRONG.get(key, ()):
            yield changed(number, f"{indent}{key}: {wrong}", "a wrong value")
        if value.startswith("["):
            yield changed(number, f"{indent}{key}: {value[:-1]}", "a list without end", *range(number + 1, number + 4))
    for number, (old, new) in SWAPS.items():
        for place, line in enumerate(lines):
            if old in line:
                yield changed(place, line.replace(old, new, 1), number)


KNOWN = {
    *("class", "requirements", "dockerPull", "coresMin", "timelimit", "entryname", "entry", "envDef", "baseCommand"),
    *("arguments", "valueFrom", "inputs", "inputBinding", "position", "separate", "symbols", "prefix", "outputs"),
    *("outputBinding", "glob", "stdout", "successCodes", "outputSource", "steps", "run", "scatter", "in", "source"),
    *("linkMerge", "label", "doc"),
}
WRONG: dict[str, tuple[str, ...]] = {
    "cwlVersion": ("v7.0", "1.2", "[v1.2]"),
    "class": ("CommandLineTol", "5", "Tool"),
    "label": ("[a]", "5", "{a: b}"),
    "dockerPull": ("5", "[a]", "true"),
    "coresMin": ("-1", "many", "[1]"),
    "ramMin": ("-512", "much", "{a: 1}"),
    "timelimit": ("-60", "long", "1.5"),
    "entryname": ("../x", "5", "[x]"),
    "entry": ("$(inputs.txt)", "5", "$(inputs.text"),
    "LANG": ("5", "[C]"),
    "prefix": ("5", "[a]"),
    "valueFrom": ("5", "$(inputs.nothing)", "[a]"),
    "type": ("Flie", "5", "strin", "{type: arr, items: int}"),
    "position": ("first", "[1]", "1.5"),
    "separate": ("5", "sometimes"),
    "symbols": ("fast", "5"),
    "glob": ("/etc/passwd", "../x", "5"),
    "stdout": ("$(inputs.wrong)", "../out", "5"),
    "successCodes": ("[one]", "0", "[1.5]"),
    "outputSource": ("count/nothing", "nothing/count", "nothing", "5"),
    "run": ("nothing.cwl", "5", "/etc/passwd"),
    "scatter": ("nothing", "5"),
    "texts": ("nothing",),
    "text": ("nothing", "nothing/at_all", "join/joined"),
    "depth": ("texts", "nothing"),
    "source": ("[count/count, nothing]", "[depth, extra]"),
    "linkMerge": ("merge_flat", "5"),
    "default": ("slow", "5"),
}
SWAPS = {
    "an output that does not exist": ("out: [count]", "out: [count, sum]"),
    "a reference to an input that does not exist": ("$(inputs.text.nameroot)", "$(inputs.txt.nameroot)"),
    "a property that does not exist": ("$(inputs.text.nameroot)", "$(inputs.text.nameroto)"),
    "a requirement with a typing error": ("ScatterFeatureRequirement", "ScaterFeatureRequirement"),
    "a tab": ("      position: 1", "\t  position: 1"),
}


def found(judge: Any, fault: Fault) -> bool:
    """Whether something but a note is said in one of the lines; unused and undocumented are not what was broken."""
    files = {**FILES, fault.path: fault.text}
    problems = judge(files, fault.path)
    return any(
        p.finding.severity.value != "note" and p.finding.location.line in fault.lines
        for p in problems
        if p.finding.location.path == fault.path
    )


def test_the_samples_are_valid(judge: Any) -> None:
    for path in FILES:
        assert [p.finding for p in judge(FILES, path) if p.finding.severity.value != "note"] == []


@pytest.mark.parametrize("path", sorted(FILES))
def test_faults_are_found_where_they_are(judge: Any, path: str) -> None:
    every = list(faults(path, FILES[path]))
    assert len(every) > 25
    missed = [fault.what for fault in every if not found(judge, fault)]
    assert len(missed) <= 0.02 * len(every), f"{len(missed)} of {len(every)}:\n" + "\n".join(missed)


def test_whatever_is_left_of_a_document_is_judged(judge: Any) -> None:
    dice = random.Random(7)
    for _ in range(300):
        path, text = dice.choice(sorted(FILES.items()))
        start = dice.randrange(len(text))
        broken = (
            text[:start]
            + dice.choice(["", "x", ": ", "\n", "- ", "[", "{", "'", "&a ", "*a ", "$("])
            + text[start + dice.randrange(12) :]
        )
        lines = broken.count("\n") + 1
        for problem in judge({**FILES, path: broken}, path) or []:
            where = problem.finding.location
            assert where is not None
            assert 1 <= where.line <= lines + 1
            assert where.column >= 1
            assert (where.end_line, where.end_column) >= (where.line, where.column)
