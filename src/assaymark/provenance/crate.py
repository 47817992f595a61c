"""The account as a Workflow Run RO-Crate (or a Process Run Crate where there is no workflow): plain JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from assaymark.provenance.account import Account, Artifact, Step, Tool
from assaymark.provenance.uris import (
    COMPLETED,
    CRATE,
    CRATE_CONTEXTS,
    CRATE_PROFILES,
    FAILED,
    GITHUB_SERVICE,
    HOME,
    TEST_TERMS,
)

_CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
_GITHUB_ACTIONS = "https://docs.github.com/actions"


def render(account: Account, files: Sequence[Artifact] = (), *, steps: bool = False) -> str:
    """``ro-crate-metadata.json``: the same bytes for the same facts. ``files`` lie beside it, by name and digest."""
    value = document(account, files, steps=steps)
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def document(account: Account, files: Sequence[Artifact] = (), *, steps: bool = False) -> dict[str, Any]:
    """The crate as a plain value; entities in the order of their ids, the descriptor and the root first.

    With ``steps`` and a workflow it is a Provenance Run Crate: each check is a step of the workflow, and the engine
    that ran them is told.
    """
    graph = {entity["@id"]: entity for entity in _entities(account, (account.report, *files), steps)}
    first = ["ro-crate-metadata.json", "./"]
    rest = sorted(id for id in graph if id not in first)
    context = [*CRATE_CONTEXTS, *([dict(TEST_TERMS)] if _workflow_id(account) else [])]
    return {"@context": context, "@graph": [graph[id] for id in (*first, *rest)]}


def _entities(account: Account, files: Sequence[Artifact], steps: bool) -> Iterator[dict[str, Any]]:
    workflow = _workflow_id(account)
    steps = steps and workflow is not None
    profiles = ("process", "workflow", *(("provenance",) if steps else ()), "workflowhub") if workflow else ("process",)
    yield {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "about": _ref("./"),
        "conformsTo": [_ref(CRATE), *([_ref(CRATE_PROFILES["workflowhub"][0])] if workflow else [])],
    }
    yield _root(account, files, profiles, workflow)
    for key in profiles:
        address, name, version = CRATE_PROFILES[key]
        yield {"@id": address, "@type": "CreativeWork", "name": name, "version": version}
    yield from _files(account, files)
    yield from _agents(account)
    if workflow:
        yield from _workflow(account, workflow, steps)
        if steps:
            yield from _orchestration(account)
        yield _workflow_run(account, workflow, files)
        yield from _test_suite(account, workflow)
    for step in account.steps:
        yield from _step(account, step)


def _root(account: Account, files: Sequence[Artifact], profiles: Sequence[str], workflow: str | None) -> dict[str, Any]:
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"{account.work.value} of {account.subject.name}",
        "description": f"What assaymark {account.version} found, with the evidence by digest: {account.verdict}.",
        "datePublished": account.run.ended,
        "license": _ref(_CC0),
        "conformsTo": [_ref(CRATE_PROFILES[key][0]) for key in profiles],
        "hasPart": [_ref(f.name) for f in files],
        "mentions": [_ref(_action(step)) for step in account.steps] + [_ref(_thing(o)) for o in account.outputs],
    }
    if workflow:
        root["mainEntity"] = _ref(workflow)
        root["hasPart"].append(_ref(workflow))
        root["mentions"] += [_ref(_run_id(account)), _ref("#test-suite")]
        if "provenance" in profiles:
            root["mentions"].append(_ref("#organize"))
    return root


def _files(account: Account, files: Sequence[Artifact]) -> Iterator[dict[str, Any]]:
    for file in files:
        yield {
            "@id": file.name,
            "@type": "File",
            "name": file.name,
            "encodingFormat": file.media_type or "application/json",
            "sha256": file.sha256,
        }
    for plan in (*account.plans, *account.inputs, *account.outputs):
        yield {"@id": _thing(plan), "@type": "CreativeWork", "name": plan.name, "sha256": plan.sha256}
    subject = account.subject
    source: dict[str, Any] = {"@id": _thing(subject), "@type": "SoftwareSourceCode", "name": subject.name}
    if subject.uri:
        source["codeRepository"] = subject.uri
        source["url"] = _thing(subject) if subject.commit else subject.uri
    if subject.commit:
        source["version"] = subject.commit
    if subject.sha256:
        source["sha256"] = subject.sha256
    yield source
    yield {"@id": _CC0, "@type": "CreativeWork", "name": "CC0 1.0 Universal"}


def _agents(account: Account) -> Iterator[dict[str, Any]]:
    tools = {_tool_id(step.tool, account): step.tool for step in account.steps}
    tools.setdefault(_tool_id(None, account), None)
    for id, tool in tools.items():
        entity: dict[str, Any] = {
            "@id": id,
            "@type": "SoftwareApplication",
            "name": tool.name if tool else "assaymark",
            "softwareVersion": (tool.version or "unknown") if tool else account.version,
        }
        if tool and tool.sha256:
            entity["sha256"] = tool.sha256
        if not tool:
            entity["url"] = HOME
        yield entity
    if account.run.owner and account.run.server:
        owner = f"{account.run.server}/{account.run.owner}"
        yield {"@id": owner, "@type": "Organization", "name": account.run.owner, "url": owner}


def _workflow(account: Account, path: str, steps: bool) -> Iterator[dict[str, Any]]:
    told: dict[str, Any] = {
        "@id": path,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": path.rpartition("/")[2],
        "url": path,
        "encodingFormat": "application/yaml",
        "programmingLanguage": _ref("#github-actions"),
        "version": account.run.workflow_commit or account.subject.commit or "unknown",
        "hasPart": [_ref(id) for id in sorted({_tool_id(step.tool, account) for step in account.steps})],
    }
    if steps:
        told["@type"].append("HowTo")
        told["step"] = [_ref(f"#step-{_slug(step.id)}") for step in account.steps]
    yield told
    yield {
        "@id": "#github-actions",
        "@type": "ComputerLanguage",
        "name": "GitHub Actions workflow",
        "url": _ref(_GITHUB_ACTIONS),
    }


def _orchestration(account: Account) -> Iterator[dict[str, Any]]:
    """The engine, and how each step of the workflow led to an action."""
    engine = "#engine"
    yield {"@id": engine, "@type": "SoftwareApplication", "name": "GitHub Actions runner", "url": _GITHUB_ACTIONS}
    controls = []
    for position, step in enumerate(account.steps, 1):
        name = _slug(step.id)
        controls.append(_ref(f"#control-{name}"))
        yield {
            "@id": f"#step-{name}",
            "@type": "HowToStep",
            "position": str(position),
            "workExample": _ref(_tool_id(step.tool, account)),
        }
        yield {
            "@id": f"#control-{name}",
            "@type": "ControlAction",
            "name": f"run {step.id}",
            "instrument": _ref(f"#step-{name}"),
            "object": _ref(_action(step)),
        }
    yield {
        "@id": "#organize",
        "@type": "OrganizeAction",
        "name": f"run of {account.work.value}",
        "instrument": _ref(engine),
        "object": controls,
        "result": _ref(_run_id(account)),
    }


def _workflow_run(account: Account, workflow: str, files: Sequence[Artifact]) -> dict[str, Any]:
    run: dict[str, Any] = {
        "@id": _run_id(account),
        "@type": "CreateAction",
        "name": f"{account.work.value} of {account.subject.name}",
        "description": f"One run of the workflow: {len(account.steps)} checks, {account.verdict}.",
        "instrument": _ref(workflow),
        "startTime": moment(account.run.started),
        "endTime": moment(account.run.ended),
        "object": [_ref(_thing(a)) for a in (account.subject, *account.plans, *account.inputs)],
        "result": [_ref(f.name) for f in files] + [_ref(_thing(o)) for o in account.outputs],
        "actionStatus": COMPLETED,
    }
    if account.run.owner and account.run.server:
        run["agent"] = _ref(f"{account.run.server}/{account.run.owner}")
    return run


def _test_suite(account: Account, workflow: str) -> Iterator[dict[str, Any]]:
    yield {
        "@id": "#test-suite",
        "@type": "TestSuite",
        "name": account.work.value,
        "mainEntity": _ref(workflow),
        "instance": [_ref("#test-instance")],
    }
    yield {
        "@id": "#test-instance",
        "@type": "TestInstance",
        "name": workflow.rpartition("/")[2],
        "runsOn": _ref(GITHUB_SERVICE),
        "url": "https://api.github.com",
        "resource": f"repos/{account.run.repository}/actions/workflows/{workflow.rpartition('/')[2]}",
    }
    yield {"@id": GITHUB_SERVICE, "@type": "TestService", "name": "GitHub Actions", "url": _ref("https://github.com")}


def _step(account: Account, step: Step) -> Iterator[dict[str, Any]]:
    broke = step.outcome in ("error", "unknown")
    action: dict[str, Any] = {
        "@id": _action(step),
        "@type": "CreateAction",
        "name": step.id,
        "description": step.message,
        "endTime": moment(account.run.ended),
        "instrument": _ref(_tool_id(step.tool, account)),
        "object": [_ref(_thing(a)) for a in (account.subject, *account.plans, *step.used)],
        "result": [_ref(_outcome(step)), _ref(_evidence(step))],
        "actionStatus": FAILED if broke else COMPLETED,
    }
    if broke:
        action["error"] = step.message
    if account.run.owner and account.run.server:
        action["agent"] = _ref(f"{account.run.server}/{account.run.owner}")
    yield action
    yield {"@id": _outcome(step), "@type": "PropertyValue", "name": "outcome", "value": step.outcome}
    yield {
        "@id": _evidence(step),
        "@type": "CreativeWork",
        "name": f"evidence of {step.evidence.name}",
        "sha256": step.evidence.sha256,
    }
    for item in step.used:
        yield {"@id": _thing(item), "@type": "CreativeWork", "name": item.name, "sha256": item.sha256}


def _workflow_id(account: Account) -> str | None:
    """The address of the workflow's file, out of ``owner/repo/.github/workflows/x.yml@ref``."""
    run = account.run
    path, _, ref = (run.workflow or "").partition("@")
    parts = path.split("/", 2)
    if len(parts) != 3:
        return None
    return (
        f"{run.server}/{parts[0]}/{parts[1]}/blob/{run.workflow_commit or ref.removeprefix('refs/heads/')}/{parts[2]}"
    )


def _run_id(account: Account) -> str:
    return account.run.url or "#run"


def _action(step: Step) -> str:
    return f"#check-{_slug(step.id)}"


def _outcome(step: Step) -> str:
    return f"#outcome-{_slug(step.id)}"


def _evidence(step: Step) -> str:
    return f"urn:sha256:{step.evidence.sha256}"


def _tool_id(tool: Tool | None, account: Account) -> str:
    if tool is None:
        return f"{HOME}/releases/tag/v{account.version}"
    return f"#tool-{_slug(tool.name)}" + (f"-{_slug(tool.version)}" if tool.version else "")


def _thing(artifact: Artifact) -> str:
    if artifact.commit and artifact.uri:
        return f"{artifact.uri}/commit/{artifact.commit}"
    if artifact.sha256:
        return f"urn:sha256:{artifact.sha256}"
    return artifact.uri or f"#{_slug(artifact.name)}"


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in text.lower()).strip("-")


def moment(text: str) -> str:
    """A time as the profiles of Workflow Run RO-Crate want it: its zone as an offset."""
    return f"{text[:-1]}+00:00" if text.endswith("Z") else text


def _ref(id: str) -> dict[str, str]:
    return {"@id": id}
