"""WFL: workflow documents are valid, described, licensed, pinned, whole, and can be tried."""

from __future__ import annotations

from collections.abc import Iterator

from assaymark.api import Evidence, Finding, Location, Severity, Tree, check, failed, not_applicable, passed, unknown
from assaymark.patterns import late
from assaymark.subject.workflow_documents import WorkflowDocument
from assaymark.validation.model import State

Documents = tuple[WorkflowDocument, ...]
_READS = (
    "**/*.cwl",
    "**/*.json",
    "**/*.yml",
    "**/*.yaml",
    "**/*.nf",
    "**/*.smk",
    "**/Snakefile*",
    "**/*.tosca",
    "nextflow.config",
)
_MOST = 100
_DESCRIBED = late(r"""(?mi)^\s*["']?(?:label|doc|abstract|description|summary)["']?\s*:\s*["'|>]?\s*\S""")
# In YAML the description of a document is not indented (in the topology of TOSCA it may be); in JSON anything may be.
_DESCRIBED_ITSELF = late(r"""(?m)^["']?(?:label|doc|abstract|description)["']?\s*:\s*["'|>]?\s*\S""")
_COMMENT = late(r"\s*(?:#(?!!)\s*\w|//\s*\w|/\*+\s*\w|\"\"\"\s*\w|#![^\n]*\n\s*(?:#|//)\s*\w)")
_COMMENTED = ("snakemake", "nextflow", "fdl")
_IMAGE = late(
    r"""(?mx)^[^#\n]*?(?:\b["']?(?:dockerPull|image)["']?\s*:|\b(?:container|containerized|singularity)\b\s*:?)
    \s*["']?(?P<image>(?:docker://)?[A-Za-z0-9][\w./:@-]*)["']?\s*,?\s*(?:\#.*|//.*)?$"""
)
_PINNED = late(r"@sha256:[0-9a-f]{64}$|:(?!latest$)[^:/]+$")
_LICENCE = late(r"""(?m)["']?(?:s|schema|sdo):license["']?\s*:""")
_AUTHOR = late(r"""(?m)^\s*["']?(?:(?:s|schema|sdo):(?:author|creator|contributor)|author|template_author)["']?\s*:""")
# The manifest of a Nextflow pipeline.
_MANIFEST = late(r"(?m)^\s*(?:manifest\.)?(?:author|contributors)\s*=\s*(?:['\"]\s*\w|\[)")
_MANIFEST_SIZE = 200_000
_REMOTE = "WF-C002"
_TRIAL = late(
    r"(?i)(?:^|/)(?:[^/]*[-_.])?(?:jobs?|inputs?|params?|parameters|tests?|conformance[-_]tests?|config|example)"
    r"(?:[-_.][^/]*)?\.(?:ya?ml|json)$|(?:^|/)\.tests?/|(?:^|/)nf-test\.config$"
    r"|(?:^|/)(?:examples?|(?:benchmark[-_])?scenarios?)/(?:[^/]+/){0,3}[^/]+\.(?:ya?ml|json)$"
)


@check("workflow-documents.valid", reads=_READS)
def valid(workflow_documents: Documents) -> Evidence:
    """Every workflow document is valid by the validator of its format.

    Unknown when a document could not be examined and no other is wrong.
    """
    states = [d.judgement.state for d in workflow_documents]
    count = _count(len(states))
    problems = [p.finding for d in workflow_documents for p in d.judgement.problems]
    errors = [f for f in problems if f.severity is Severity.ERROR]
    if State.INVALID in states:
        return failed(
            f"{states.count(State.INVALID)} of {count} {'is' if states.count(State.INVALID) == 1 else 'are'} not valid",
            findings=errors[:_MOST],
            remedy=f"mend what assaymark validate tells, beginning with {_place(errors[0])}",
        )
    if State.UNDETERMINED in states:
        return unknown(f"{states.count(State.UNDETERMINED)} of {count} could not be examined", findings=errors[:_MOST])
    return passed(f"{count} valid", metrics={"documents": len(states)})


@check("workflow-documents.described", reads=_READS)
def described(workflow_documents: Documents) -> Evidence:
    """Every workflow document says what it does: label, doc, abstract, description, or a comment at its beginning."""
    silent = [d for d in workflow_documents if not _says(d)]
    if not silent:
        return passed(f"{_count(len(workflow_documents))} described")
    return failed(
        f"{len(silent)} of {_count(len(workflow_documents))} without a description",
        findings=[_finding("WFL.Doc02", d, 1, "the document does not say what it does") for d in silent[:_MOST]],
    )


@check("workflow-documents.metadata", reads=("LICEN*", "COPYING*", "CITATION.cff", "codemeta.json", *_READS))
def metadata(workflow_documents: Documents, tree: Tree) -> Evidence:
    """Licence and authors are stated: each by every document itself, or once for the repository."""
    licensed = bool(tree.find("licen[cs]e*", "copying*", "unlicense*")) or bool(tree.glob("LICENSES/*"))
    named = bool(tree.find("citation.cff", "codemeta.json", ".zenodo.json", "ro-crate-metadata.json", "authors*"))
    named = named or any(_MANIFEST.search(tree.text(e.path, _MANIFEST_SIZE)) for e in tree.find("nextflow.config"))
    lacking = []
    if not licensed and not all(_LICENCE.search(d.text) for d in workflow_documents):
        lacking.append("licence")
    if not named and not all(_AUTHOR.search(d.text) for d in workflow_documents):
        lacking.append("authors")
    if lacking:
        return failed(f"nothing states the {' and the '.join(lacking)} of the workflows")
    return passed("licence and authors are stated")


@check("workflow-documents.pinned", reads=_READS)
def pinned(workflow_documents: Documents) -> Evidence:
    """Every container image has a tag other than latest, or a digest."""
    images = [(d, line, image) for d in _once(workflow_documents) for line, image in _images(d.text)]
    if not images:
        return not_applicable("the workflow documents name no container images")
    loose = [(d, line, image) for d, line, image in images if not _PINNED.search(image)]
    if not loose:
        return passed(f"all {len(images)} container images are pinned")
    return failed(
        f"{len(loose)} of {len(images)} container images are not pinned",
        findings=[
            _finding("WFL.Rep01", d, line, f"the image {image!r} has no version") for d, line, image in loose[:_MOST]
        ],
    )


@check("workflow-documents.self-contained", reads=_READS)
def self_contained(workflow_documents: Documents) -> Evidence:
    """No document refers to an address, as far as the validators follow references."""
    remote = [p.finding for d in workflow_documents for p in d.judgement.problems if p.finding.rule == _REMOTE]
    if remote:
        said = "1 reference points" if len(remote) == 1 else f"{len(remote)} references point"
        return failed(
            f"{said} to the network",
            findings=remote[:_MOST],
            remedy="copy what is referred to into the repository, with its origin and licence, and refer to it by a"
            f" relative path, beginning with {_place(remote[0])}",
        )
    if any(d.judgement.state is State.UNDETERMINED for d in workflow_documents):
        return unknown("some documents could not be examined")
    return passed("all references stay within the repository")


@check("workflow-documents.test-inputs", reads=("**",))
def test_inputs(workflow_documents: Documents, tree: Tree) -> Evidence:
    """Inputs to try the workflows with are there, by their name: an input object, a configuration, a test."""
    documents = {d.path for d in workflow_documents}
    if all(d.judgement.format == "tosca" for d in workflow_documents):
        return not_applicable("templates of TOSCA describe a deployment, which no input data are made for")
    found = next(
        (e.path for e in tree if _TRIAL.search(e.path) and e.path not in documents and not _hidden(e.path)), None
    )
    if found:
        return passed(f"there are inputs to try the workflows with, such as {found}")
    return failed("no inputs to try the workflows with were found")


def _hidden(path: str) -> bool:
    """Whether a tool's own configuration; the folder in which Snakemake workflows are tried is none."""
    return path.startswith(".") and not path.startswith((".test/", ".tests/"))


def _says(document: WorkflowDocument) -> bool:
    own = document.text.lstrip()[:1] not in ("{", "[") and "$graph" not in document.text
    if (_DESCRIBED_ITSELF if own else _DESCRIBED).search(document.text):
        return True
    return document.judgement.format in _COMMENTED and _COMMENT.match(document.text) is not None


def _once(documents: Documents) -> Iterator[WorkflowDocument]:
    """Each file once, whoever judged it."""
    yield from {d.path: d for d in documents}.values()


def _images(text: str) -> Iterator[tuple[int, str]]:
    for match in _IMAGE.finditer(text):
        yield text.count("\n", 0, match.start("image")) + 1, match["image"].removeprefix("docker://")


def _finding(rule: str, document: WorkflowDocument, line: int, message: str) -> Finding:
    return Finding(rule=rule, message=message, location=Location(path=document.path, line=line))


def _count(number: int) -> str:
    return "1 workflow document" if number == 1 else f"{number:,} workflow documents"


def _place(finding: Finding) -> str:
    where = finding.location
    return f"{where.path}:{where.line}" if where else finding.rule
