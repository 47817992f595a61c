"""The account out of a PROV-JSON document that we wrote: so that what left only a record can be told in other formats.

A validation keeps no more than its answers; who gave them, to what and when stands in its ``provenance.json``. What is
read is written again and compared: a document that says more or less than an account can is refused.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from assaymark.errors import InputError
from assaymark.provenance import prov
from assaymark.provenance.account import Account, Artifact, Result, Run, Step, Tool, Value, Work

LIMIT = 64_000_000
_VERDICT = ("am:verdict", "am:content", "am:partial", "am:missing")
_STEP = ("am:outcome", "am:message", "am:seconds", "am:link")
_RUN = ("am:url", "am:event", "am:ref", "am:runner", "am:job")
_ALWAYS = ("am:sha256", "am:uri", "am:mediaType", "am:kind")
_RESULT = ("am:grade", "am:requirement", "am:requiredFor", "am:waiver", "am:version", "am:commit")
_TEXTS = {"prov:label", "prov:startTime", "prov:endTime", *_VERDICT, *_STEP, *_RUN, *_ALWAYS, *_RESULT} - {"am:seconds"}


def account_of(content: bytes) -> Account:
    """The account that ``content``, a document of ours, tells of. Raises InputError when it is none, or was edited.

    The wording of criteria and what they refer to are not in a record: an assessment is better read from its report.
    """
    if len(content) > LIMIT:
        raise InputError(f"is larger than {LIMIT // 1_000_000} MB")
    try:
        account = _Reader(json.loads(content)).account()
        same = prov.render(account).encode() == content
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, StopIteration):
        same = False
    if not same:
        raise InputError(
            "is not a record that assaymark wrote, or was changed since",
            hint="give the folder that assess or validate wrote",
        )
    return account


class _Reader:
    """The records of one document, by what joins them."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.run_name: str = document["prefix"]["run"].removesuffix("#")
        self.entities: Mapping[str, Mapping[str, Any]] = document["entity"]
        self.activities: Mapping[str, Mapping[str, Any]] = document["activity"]
        self.agents: Mapping[str, Mapping[str, Any]] = document["agent"]
        _refuse_other_kinds(self.entities, self.activities, self.agents)
        self.used = _joined(document, "used")
        self.made = _joined(document, "wasGeneratedBy")
        self.by = _joined(document, "wasAssociatedWith")
        self.origin = _joined(document, "wasDerivedFrom")
        self.ourselves, self.report = next(
            (agents[0], name)
            for name, agents in _joined(document, "wasAttributedTo").items()
            if "am:verdict" in self.entities[name]
        )
        (self.subject,) = (n for n in self.used["run:run"] if _type(self.entities[n]) in ("am:Source", "am:Subject"))

    def account(self) -> Account:
        told = self.entities[self.report]
        steps = {name: self._step(name) for name in _of(self.activities, "am:Check")}
        resting = defaultdict(list)
        for evidence, makers in self.made.items():
            for step in (steps[name] for name in makers if name in steps):
                resting[evidence].append(step.id)
        return Account(
            work=Work(self.activities["run:run"]["prov:label"]),
            subject=self._artifact(self.subject, _type(self.entities[self.subject]).removeprefix("am:").lower()),
            run=self._run(),
            version=unquote(self.ourselves.partition("%40")[2]),
            report=self._artifact(self.report, "report", facts={}),
            plans=self._artifacts(_of(self.entities, "prov:Plan")),
            steps=tuple(steps[name] for name in sorted(steps)),
            results=tuple(self._result(name, resting) for name in sorted(_of(self.entities, "am:Result"))),
            verdict=told["am:verdict"],
            content=told["am:content"],
            inputs=self._artifacts(n for n in self.used["run:run"] if n != self.subject),
            outputs=self._artifacts(_of(self.entities, "am:Output")),
            missing=tuple(told.get("am:missing", "").split()),
            partial=tuple(part for part in told.get("am:partial", "").split("; ") if part),
            facts=_facts(told, _VERDICT),
        )

    def _run(self) -> Run:
        told = self.activities["run:run"]
        workflow = next((a for a in self.agents.values() if _type(a) == "am:Workflow"), None)
        owner = next((a for a in self.agents.values() if _type(a) == "prov:Organization"), None)
        url = told.get("am:url")
        server = owner["am:uri"].removesuffix(f"/{owner['prov:label']}") if owner else None
        return Run(
            id=self.run_name,
            started=told["prov:startTime"],
            ended=told["prov:endTime"],
            job=told["am:job"],
            url=url,
            server=server,
            repository=url.removeprefix(f"{server}/").partition("/actions/")[0] if url and server else None,
            owner=owner["prov:label"] if owner else None,
            workflow=workflow["prov:label"] if workflow else None,
            workflow_commit=workflow.get("am:commit") if workflow else None,
            event=told.get("am:event"),
            ref=told.get("am:ref"),
            runner=told.get("am:runner"),
            facts=_facts(told, _RUN),
        )

    def _step(self, name: str) -> Step:
        told = self.activities[name]
        (evidence,) = (e for e, makers in self.made.items() if name in makers)
        (agent,) = self.by[name]
        return Step(
            id=told["prov:label"],
            outcome=told["am:outcome"],
            message=told.get("am:message", ""),
            evidence=self._artifact(evidence, "evidence"),
            tool=None if agent == self.ourselves else _tool(self.agents[agent]),
            used=self._artifacts(n for n in self.used[name] if n != self.subject),
            seconds=told.get("am:seconds"),
            link=told.get("am:link"),
            facts=_facts(told, _STEP),
        )

    def _result(self, name: str, resting: Mapping[str, list[str]]) -> Result:
        told = self.entities[name]
        return Result(
            id=told["prov:label"],
            text=told["prov:label"],
            requirement=told["am:requirement"],
            outcome=told["am:outcome"],
            grade=told["am:grade"],
            steps=tuple(step for evidence in sorted(self.origin[name]) for step in resting[evidence]),
            required_for=told.get("am:requiredFor"),
            waiver=told.get("am:waiver"),
        )

    def _artifacts(self, names: Iterator[str]) -> tuple[Artifact, ...]:
        return tuple(self._artifact(name) for name in sorted(names))

    def _artifact(self, name: str, kind: str = "", facts: Mapping[str, Value] | None = None) -> Artifact:
        told = self.entities[name]
        prefix, _, value = name.partition(":")
        return Artifact(
            name=told["prov:label"],
            kind=kind or told.get("am:kind", "file"),
            sha256=value if prefix == "sha256" else told.get("am:sha256"),
            uri=told.get("am:uri"),
            commit=value if prefix == "commit" else None,
            media_type=told.get("am:mediaType"),
            facts=_facts(told, _ALWAYS) if facts is None else facts,
        )


def _refuse_other_kinds(*sections: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise TypeError where something else stands than the text, number or truth that an account holds."""
    for record in (record for section in sections for record in section.values()):
        for name, value in record.items():
            text = isinstance(value, str)
            seconds = name == "am:seconds" and isinstance(value, int | float)
            fact = name.startswith("am:") and name not in _TEXTS and isinstance(value, int | float)
            if not (text or seconds or fact or (isinstance(value, Mapping) and name in ("prov:type", "am:criterion"))):
                raise TypeError(name)


def _joined(document: Mapping[str, Any], kind: str) -> Mapping[str, list[str]]:
    """The second ends of a relation by its first ends."""
    one, two = prov.ENDS[kind]
    found: dict[str, list[str]] = defaultdict(list)
    for relation in document.get(kind, {}).values():
        found[relation[one]].append(relation[two])
    return found


def _of(records: Mapping[str, Mapping[str, Any]], type: str) -> Iterator[str]:
    return (name for name, record in records.items() if _type(record) == type)


def _type(record: Mapping[str, Any]) -> str:
    return str(record["prov:type"]["$"])


def _facts(record: Mapping[str, Any], without: Collection[str]) -> dict[str, Value]:
    """What is said beyond the attributes that every such record has."""
    plain = {*without, "am:uri", "am:mediaType"}
    return {name[3:]: value for name, value in record.items() if name.startswith("am:") and name not in plain}


def _tool(told: Mapping[str, Any]) -> Tool:
    version = told.get("am:version")
    name = told["prov:label"].removesuffix(f" {version}") if version else told["prov:label"]
    return Tool(name=name, version=version, sha256=told.get("am:sha256"))
