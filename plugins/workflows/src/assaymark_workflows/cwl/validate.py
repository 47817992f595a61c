"""From a file to its problems: every process of the document, by the version it declares."""

from __future__ import annotations

import contextlib
import gc
import re

from assaymark.api import Context, Problem, Severity
from assaymark_workflows.cwl import schema
from assaymark_workflows.cwl.document import Document, load, plain_version
from assaymark_workflows.cwl.expressions import Expressions
from assaymark_workflows.cwl.features import NEEDED
from assaymark_workflows.cwl.links import Workflow
from assaymark_workflows.cwl.model import Process, Step, short
from assaymark_workflows.cwl.names import check_names
from assaymark_workflows.cwl.package import check_package
from assaymark_workflows.cwl.practice import check_practice
from assaymark_workflows.cwl.report import Enough, Found, near, problems, replaced, severities
from assaymark_workflows.cwl.structure import Structure
from assaymark_workflows.cwl.values import check_values
from assaymark_workflows.cwl.workspace import Workspace, declared, version_of
from assaymark_workflows.source import Kind, Node

_LATEST = schema.VERSIONS[-1]
_CHAIN = 10
# Told where they are: whether they harm whoever runs the file depends on which values it is given.
_ITS_OWN = re.compile(r"CWL-(?:E001|R013|T003|X\d+|V(?!001|008)\d+)")
_DEVELOPMENT = re.compile(r"v1\.\d+(\.\d+)?-?\.?dev\d*")
_DRAFT = re.compile(r"(sbg:)?draft-\d.*|v1\.0\.dev\d+")


def validate(path: str, data: bytes, context: Context) -> list[Problem] | None:
    """The problems of a CWL document in the order of their place, or None when it is none."""
    collecting = gc.isenabled()
    # Trees are large and hold no cycles: looking for some while they grow takes longer than the whole validation.
    gc.disable()
    try:
        document = load(path, context, data)
        if document.root is not None and not _is_cwl(document.root):
            return None
        examine(document, context)
        return problems(document.report.found, path, document.root, document.imported)
    finally:
        if collecting:
            gc.enable()


def _is_cwl(root: Node) -> bool:
    if root.is_array:
        names = (element.get("class") for element in root.elements if element.is_object)
        return any(name is not None and name.value in schema.PROCESSES for name in names)
    if root.get("cwlVersion") is not None or root.get("$graph") is not None:
        return True
    name = root.get("class")
    return name is not None and name.value in schema.PROCESSES


def examine(document: Document, context: Context, inherited: str | None = None) -> None:
    """Carry out every check of a document, once in a run; findings gather in its report.

    A document that is being examined already (workflows that run one another) is left to whoever began.
    """
    if document.root is None or document.models.get("busy"):
        return
    document.models["busy"] = True
    try:
        with contextlib.suppress(Enough):
            context.once(
                f"cwl:examined:{document.path}:{id(document)}", lambda: _examined(document, context, inherited)
            )
    finally:
        document.models["busy"] = False


def _examined(document: Document, context: Context, inherited: str | None) -> bool:
    workspace = Workspace(context)
    version = _version(document, inherited)
    if version is None:
        return True
    structure = Structure(version, document.report, document.prefixes, frozenset(document.imported))
    _structure(document, structure)
    processes = workspace.processes(document, version)
    for process in processes:
        _process(process, structure, workspace)
    check_package(document, processes, document.report, context.settings)
    return True


def _version(document: Document, inherited: str | None) -> str | None:
    """The version to judge by, or None when the document is of a language that is not read here."""
    assert document.root is not None
    report, node = document.report, document.version
    if not document.root.is_object:
        report.add("CWL-D001", document.root.elements[0], "a bare list of processes is older than v1.0; use $graph")
        return None
    known = version_of(document)
    if known is not None:
        return known
    if node is None or node.kind is Kind.NULL:
        at = document.root.items[0][0] if document.root.items else document.root
        report.add("CWL-S011", at, f"the document does not say its cwlVersion, such as {_LATEST}")
        return inherited or _LATEST
    if not node.is_string:
        guess = f"v{node.text}" if f"v{node.text}" in schema.VERSIONS else None
        edits = [replaced(node, guess)] if guess else []
        meant = f"; write {guess}" if guess else ""
        report.add("CWL-S012", node, f"cwlVersion is one of {', '.join(schema.VERSIONS)} as text{meant}", edits=edits)
        return guess or _LATEST
    word = plain_version(node.value)
    if _DRAFT.fullmatch(word):
        report.add("CWL-D001", node, f"{node.value} is older than v1.0; engines of today refuse it")
        return None
    if _DEVELOPMENT.fullmatch(word):
        report.add("CWL-E001", node, f"{node.value} is a version in development; the document was not checked")
        return None
    guess = f"v{word}" if f"v{word}" in schema.VERSIONS else None
    edits = [replaced(node, guess)] if guess else []
    message = f"there is no cwlVersion {node.value!r}" + near(word, schema.VERSIONS)
    report.add("CWL-S012", node, message, edits=edits)
    return guess or _LATEST


def _structure(document: Document, structure: Structure) -> None:
    root, report = document.root, document.report
    assert root is not None
    for node in root.walk():
        for key in node.repeated():
            report.add("CWL-Y002", key, f"{key.text!r} is there twice; only one of them can hold")
    structure.directives(root)
    graph = root.get("$graph")
    if graph is None:
        structure.process(root, root.items[0][0] if root.items else root)
        return
    entries = graph.elements if graph.is_array else [graph] if graph.is_object else []
    if not entries:
        report.add("CWL-S003", graph, "$graph is a list of processes")
    names: dict[str, Node] = {}
    for entry in entries:
        at = entry.items[0][0] if entry.items else entry
        name = entry.get("id") if entry.is_object else None
        if not entry.is_object:
            structure.process(entry, at)
            continue
        kind = entry.get("class")
        if kind is not None and kind.value not in schema.PROCESSES and _is_data(kind):
            continue
        structure.process(entry, at)
        if name is None or not name.is_string:
            report.add("CWL-S002", at, "every entry of $graph needs 'id'")
        elif short(name.value) in names:
            report.add("CWL-R011", name, f"the id {name.value!r} is there twice in $graph")
        else:
            names[short(name.value)] = name


def _is_data(kind: Node) -> bool:
    """Whether an entry of ``$graph`` is something else on purpose: a requirement or an extension."""
    return isinstance(kind.value, str) and (":" in kind.value or kind.value in schema.REQUIREMENTS)


def _process(process: Process, structure: Structure, workspace: Workspace) -> None:
    report = process.document.report
    workspace.context.check_time()
    check_names(process, structure, report)
    check_values(process, report, workspace)
    expressions = Expressions(process, report, workspace)
    expressions.check()
    workflow = None
    if process.kind == "Workflow":
        workflow = Workflow(process, report, workspace)
        workflow.check()
    check_practice(process, report, expressions.texts, workflow)
    if workflow is not None:
        for step in process.steps.values():
            target = workflow.targets[step.name]
            if step.name in workflow.circling:
                continue
            if target.document is not None and target.document is not process.document:
                _dependency(process, step, target.document, workspace)
            elif target.process is not None and target.process.embedded:
                _process(target.process, structure, workspace)


def _dependency(process: Process, step: Step, document: Document, workspace: Workspace) -> None:
    """A file that is run and has errors makes what runs it fail as well."""
    if step.run is None:
        return
    unmet = _unmet(document, process.version, declared(process, step), workspace, 0)
    if any(one.rule == "CWL-E001" for one in document.report.found):
        process.document.report.add("CWL-E001", step.run, f"{document.path} was not checked: see there")
    if unmet:
        first = min(unmet, key=lambda found: (found.span, found.rule))
        more = f" and {len(unmet) - 1} more" if len(unmet) > 1 else ""
        message = f"{document.path} has errors: line {first.span.line}: {first.message} ({first.rule}){more}"
        process.document.report.add("CWL-R013", step.run, message)


def _unmet(document: Document, version: str, handed: frozenset[str], workspace: Workspace, depth: int) -> list[Found]:
    """The errors that a document has when it is run with the requirements that are handed down."""
    examine(document, workspace.context, version)
    levels = severities()
    found = []
    for one in document.report.found:
        if one.rule == "CWL-S020":
            if not any(f"needs {name}{NEEDED}" in one.message for name in handed):
                found.append(one)
        elif not _ITS_OWN.match(one.rule) and (one.severity or levels[one.rule]) is Severity.ERROR:
            found.append(one)
    if found or depth >= _CHAIN:
        return found
    own = version_of(document) or version
    for process in workspace.processes(document, own):
        for step in process.steps.values():
            target = workspace.run(process, step)
            if target.document is None or target.document is document or step.run is None:
                continue
            if _unmet(target.document, own, handed | declared(process, step), workspace, depth + 1):
                return [
                    Found("CWL-R013", step.run, step.run.span, f"{target.document.path} has errors", (), None, None)
                ]
    return []
