"""The account as W3C PROV: PROV-JSON written by us byte for byte, other notations by the ``prov`` package."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from assaymark.errors import InputError
from assaymark.provenance.account import Account, Artifact, Result, Step, Tool, Value, Work
from assaymark.provenance.uris import HOME, NAMESPACES

NOTATIONS = {"json": "prov.json", "provn": "provn", "xml": "xml", "rdf": "ttl", "jsonld": "jsonld"}

# How PROV-JSON names the two ends of each relation that we write.
ENDS = {
    "used": ("prov:activity", "prov:entity"),
    "wasGeneratedBy": ("prov:entity", "prov:activity"),
    "wasAssociatedWith": ("prov:activity", "prov:agent"),
    "wasAttributedTo": ("prov:entity", "prov:agent"),
    "wasDerivedFrom": ("prov:generatedEntity", "prov:usedEntity"),
    "wasStartedBy": ("prov:activity", "prov:starter"),
    "actedOnBehalfOf": ("prov:delegate", "prov:responsible"),
    "specializationOf": ("prov:specificEntity", "prov:generalEntity"),
    "hadMember": ("prov:collection", "prov:entity"),
}


def render(account: Account) -> str:
    """The account as PROV-JSON: the same bytes for the same facts."""
    return dump(document(account))


def dump(document: Mapping[str, Any]) -> str:
    """One PROV-JSON document as text, sorted, with a newline at its end."""
    return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def convert(text: str, notation: str) -> str:
    """PROV-JSON in another notation, as the ``prov`` package has it. Raises InputError without its extra."""
    import warnings

    from prov.model import ProvDocument
    from prov.serializers import DoNotExist

    document = ProvDocument.deserialize(content=text)
    options = {"rdf_format": "turtle"} if notation == "rdf" else {}
    with warnings.catch_warnings():
        # rdflib warns of what it does itself.
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="rdflib")
        try:
            written = str(document.serialize(format=notation, **options))
        except DoNotExist as problem:
            raise InputError(f"this notation needs more: {problem}", hint="pip install 'assaymark[rdf]'") from problem
    return written if written.endswith("\n") else written + "\n"


def document(account: Account) -> dict[str, Any]:
    """The account as the plain value of a PROV-JSON document."""
    writer = Writer(account.run.id, account.subject.uri)
    _subject(writer, account)
    _run(writer, account)
    for step in account.steps:
        _step(writer, account, step)
    _verdict(writer, account)
    return writer.document()


class Writer:
    """Collects records under qualified names; relations get names made of what they join."""

    def __init__(self, run: str, repository: str | None) -> None:
        commits = f"{repository}/commit/" if repository else "urn:git:commit:"
        self.prefixes = {**NAMESPACES, "run": f"{run}#", "commit": commits}
        self.records: dict[str, dict[str, dict[str, Any]]] = {}

    def entity(self, name: str, type: str, label: str, **more: Any) -> str:
        """An entity; a second mention adds nothing."""
        return self._element("entity", name, type, label, more)

    def activity(self, name: str, type: str, label: str, *, start: str | None, end: str | None, **more: Any) -> str:
        """An activity with its times."""
        if start:
            more["prov:startTime"] = start
        if end:
            more["prov:endTime"] = end
        return self._element("activity", name, type, label, more)

    def agent(self, name: str, type: str, label: str, **more: Any) -> str:
        """An agent."""
        return self._element("agent", name, type, label, more)

    def relate(self, kind: str, first: str, second: str, **more: Any) -> None:
        """A relation between two declared records."""
        one, two = ENDS[kind]
        name = relation_name(kind, first, second, more)
        self.records.setdefault(kind, {})[name] = {one: first, two: second, **_clean(more)}

    def document(self) -> dict[str, Any]:
        """The whole document."""
        return {"prefix": dict(self.prefixes), **self.records}

    def _element(self, kind: str, name: str, type: str, label: str, more: Mapping[str, Any]) -> str:
        attributes = {"prov:type": qualified(type), "prov:label": label, **_clean(more)}
        self.records.setdefault(kind, {}).setdefault(name, attributes)
        return name


def relation_name(kind: str, first: str, second: str, more: Mapping[str, Any]) -> str:
    """A name for a relation, made of what it joins: never a counter."""
    key = "\0".join((kind, first, second, str(more.get("prov:plan", "")), str(more.get("prov:type", ""))))
    return f"id:{kind}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def qualified(name: str) -> dict[str, str]:
    """A qualified name as a value."""
    return {"$": name, "type": "prov:QUALIFIED_NAME"}


def local(text: str) -> str:
    """A text as the local part of a qualified name."""
    return quote(text, safe="-._~")


def artifact_name(artifact: Artifact) -> str:
    """The qualified name of an artefact: its digest, its commit, or its address."""
    if artifact.commit:
        return f"commit:{artifact.commit}"
    if artifact.sha256:
        return f"sha256:{artifact.sha256}"
    return f"id:{local(artifact.uri or artifact.name)}"


def _clean(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None and value != ""}


def _facts(facts: Mapping[str, Value]) -> dict[str, Any]:
    return {f"am:{name}": value for name, value in facts.items()}


def _thing(writer: Writer, artifact: Artifact, type: str, **more: Any) -> str:
    name = artifact_name(artifact)
    if name in writer.records.get("entity", {}):
        return name
    return writer.entity(
        name,
        type,
        artifact.name,
        **{
            "am:sha256": artifact.sha256 if artifact.commit else None,
            "am:uri": artifact.uri,
            "am:mediaType": artifact.media_type,
        },
        **_facts(artifact.facts),
        **more,
    )


def _subject(writer: Writer, account: Account) -> None:
    subject = _thing(writer, account.subject, "am:Source" if account.subject.kind == "source" else "am:Subject")
    for plan in account.plans:
        _thing(writer, plan, "prov:Plan", **{"am:kind": plan.kind})
    for item in account.inputs:
        _thing(writer, item, "am:Input", **{"am:kind": item.kind})
    if account.previous and account.previous.commit and account.previous.commit != account.subject.commit:
        before = writer.entity(f"commit:{account.previous.commit}", "am:Source", account.subject.name)
        writer.relate("wasDerivedFrom", subject, before, **{"prov:type": qualified("prov:Revision")})


def _run(writer: Writer, account: Account) -> None:
    run = account.run
    name = writer.activity(
        "run:run",
        "am:Run",
        account.work.value,
        start=run.started,
        end=run.ended,
        **{"am:url": run.url, "am:event": run.event, "am:ref": run.ref, "am:runner": run.runner, "am:job": run.job},
        **_facts(run.facts),
    )
    writer.agent(_ourselves(account), "prov:SoftwareAgent", f"assaymark {account.version}", **{"am:uri": HOME})
    writer.relate("wasAssociatedWith", name, _ourselves(account), **_plan(account))
    writer.relate("used", name, artifact_name(account.subject))
    for item in account.inputs:
        writer.relate("used", name, artifact_name(item))
    if run.workflow:
        identity = f"id:{local(run.workflow)}"
        writer.agent(identity, "am:Workflow", run.workflow, **{"am:commit": run.workflow_commit})
        writer.relate("wasAssociatedWith", name, identity)
        if run.owner and run.server:
            owner = f"id:{local(run.server + '/' + run.owner)}"
            writer.agent(owner, "prov:Organization", run.owner, **{"am:uri": f"{run.server}/{run.owner}"})
            writer.relate("actedOnBehalfOf", identity, owner)


def _plan(account: Account) -> dict[str, str]:
    """The association names the configuration by which the work was done."""
    plan = next((p for p in account.plans if p.kind in ("configuration", "thresholds")), None)
    return {"prov:plan": artifact_name(plan)} if plan else {}


def _ourselves(account: Account) -> str:
    return f"tool:{local('assaymark')}%40{local(account.version)}"


def _step_name(account: Account, step: Step) -> str:
    return f"run:{local(account.run.job)}-{local(step.id)}"


def _step(writer: Writer, account: Account, step: Step) -> None:
    name = writer.activity(
        _step_name(account, step),
        "am:Check",
        step.id,
        start=None,
        end=None,
        **{"am:outcome": step.outcome, "am:message": step.message, "am:seconds": step.seconds, "am:link": step.link},
        **_facts(step.facts),
    )
    writer.relate("wasStartedBy", name, "run:run")
    writer.relate("used", name, artifact_name(account.subject))
    for item in step.used:
        writer.relate("used", name, _thing(writer, item, "am:Input", **{"am:kind": item.kind}))
    writer.relate("wasAssociatedWith", name, _tool(writer, account, step.tool), **_plan(account))
    evidence = _thing(writer, step.evidence, "am:Evidence")
    writer.relate("wasGeneratedBy", evidence, name)


def _tool(writer: Writer, account: Account, tool: Tool | None) -> str:
    if tool is None:
        return _ourselves(account)
    name = f"tool:{local(tool.name)}" + (f"%40{local(tool.version)}" if tool.version else "")
    label = f"{tool.name} {tool.version}" if tool.version else tool.name
    return writer.agent(name, "prov:SoftwareAgent", label, **{"am:version": tool.version, "am:sha256": tool.sha256})


def _result(writer: Writer, account: Account, result: Result, evidence: Mapping[str, str]) -> str:
    name = writer.entity(
        f"run:{local(account.run.job)}-result-{local(result.id)}",
        "am:Result",
        result.id,
        **{
            "am:outcome": result.outcome,
            "am:grade": result.grade,
            "am:requirement": result.requirement,
            "am:requiredFor": result.required_for,
            "am:waiver": result.waiver,
            # A document that was validated is no criterion of the catalogue.
            "am:criterion": None if account.work is Work.VALIDATION else qualified(f"criterion:{local(result.id)}"),
        },
    )
    for step in result.steps:
        if step in evidence:
            writer.relate("wasDerivedFrom", name, evidence[step])
    return name


def _verdict(writer: Writer, account: Account) -> None:
    evidence = {step.id: artifact_name(step.evidence) for step in account.steps}
    verdict = writer.activity(
        f"run:{local(account.run.job)}-verdict", "am:Verdict", "verdict", start=None, end=account.run.ended
    )
    writer.relate("wasStartedBy", verdict, "run:run")
    writer.relate("wasAssociatedWith", verdict, _ourselves(account), **_plan(account))
    for plan in account.plans:
        writer.relate("used", verdict, artifact_name(plan))
    for name in sorted(set(evidence.values())):
        writer.relate("used", verdict, name)
    report = _thing(
        writer,
        account.report,
        "am:Statement" if account.work is Work.RELEASE else "am:Assessment",
        **{
            "am:verdict": account.verdict,
            "am:content": account.content,
            "am:partial": "; ".join(account.partial) or None,
            "am:missing": " ".join(account.missing) or None,
        },
        **_facts(account.facts),
    )
    writer.relate("wasGeneratedBy", report, verdict)
    writer.relate("wasAttributedTo", report, _ourselves(account))
    for result in account.results:
        name = _result(writer, account, result, evidence)
        writer.relate("wasGeneratedBy", name, verdict)
        writer.relate("wasDerivedFrom", report, name)
    _outputs(writer, account, report)
    if account.previous and account.previous.sha256:
        before = writer.entity(f"sha256:{account.previous.sha256}", "am:Assessment", account.previous.name)
        writer.relate("wasDerivedFrom", report, before, **{"prov:type": qualified("prov:Revision")})


def _outputs(writer: Writer, account: Account, report: str) -> None:
    for output in account.outputs:
        name = _thing(writer, output, "am:Output", **{"am:kind": output.kind})
        if account.work is Work.RELEASE:
            # What is released was built from the commit; the report only tells of it.
            writer.relate("wasGeneratedBy", name, "run:run")
            writer.relate("wasDerivedFrom", name, artifact_name(account.subject))
        else:
            writer.relate("wasDerivedFrom", name, report)
        writer.relate("wasAttributedTo", name, _ourselves(account))


def merged(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Several documents as one; a record that two of them have must say the same in both, else ValueError."""
    whole: dict[str, Any] = {"prefix": {}}
    for one in documents:
        for section, records in one.items():
            known = whole.setdefault(section, {})
            for name, value in records.items():
                if known.setdefault(name, value) != value:
                    raise ValueError(f"{section} {name} differs between the documents")
    return whole
