"""What the service does when it is asked: contract, functions, access, load, deployment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from assaymark.api import Evidence, FactUnavailable, Grade, Outcome, ToolRef, check, failed, passed, unknown
from assaymark_services import answers
from assaymark_services.client import OF_THE_SERVER, Answer
from assaymark_services.contract import Contract
from assaymark_services.manifest import Manifest
from assaymark_services.observe import Observed

Told = list[tuple[str, tuple[str | int, ...]]]
KINDS = ("positive", "negative", "edge")
_REFUSED = (401, 403)
_API = ("api", "openapi")


@check("service.answers")
def service_answers(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """The address of the service gives a whole answer within the limits, from the same host, that is no error."""
    found = service_observed.answers["service"]
    if found.trouble in OF_THE_SERVER:
        return answers.wrong(service_manifest, "answers", f"the service: {found.said()}", "url")
    if found.status is None or found.trouble:
        return answers.open_(service_manifest, "answers", f"the service: {found.said()}", "url")
    if found.status >= 500:
        return answers.wrong(service_manifest, "answers", f"the service {found.said()}", "url")
    return passed(f"the service {found.said()} at its address")


def _contract(manifest: Manifest, seen: Observed) -> Contract | Evidence:
    """The contract test, or why there is none to judge."""
    if not manifest.table("api"):
        return answers.not_named("api", "openapi", "OpenAPI document")
    found = seen.contract
    if found is None:
        return unknown("no contract test was made")
    if found.bad:
        return answers.wrong(manifest, "openapi", f"the OpenAPI document: {found.problem}", *_API)
    if found.problem:
        return answers.open_(manifest, "openapi", f"the OpenAPI document: {found.problem}", *_API)
    return found


@check("service.contract")
def contract(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """Every operation of the OpenAPI document is asked with inputs that it allows, and every answer is one it allows.

    Inputs and judgement are those of schemathesis, seeded and bounded. An operation that was not tried leaves it open.
    """
    found = _contract(service_manifest, service_observed)
    if isinstance(found, Evidence):
        return found
    bad: Told = [(f"{f.label}: {f.message}", _API) for f in found.failures]
    unsure: Told = [(f"an operation of the document is unclear: {b}", _API) for b in found.broken]
    unsure += [(said, _API) for said in found.unsure]
    for o in found.operations:
        if o.problem:
            unsure.append((f"{o.label}: no input could be made: {o.problem}", _API))
        elif o.held:
            unsure.append((f"{o.label} was not called: it may change something (--allow-writes)", _API))
        elif o.skipped:
            unsure.append((f"{o.label} is left out by the manifest", ("api", "skip")))
        elif not o.cases:
            unsure.append((f"{o.label}: no input could be made", _API))
    if not found.operations and not found.broken:
        unsure.append(("the document has no operations", _API))
    good = f"{found.answers} answers of {len(found.operations)} operations keep to the OpenAPI document"
    evidence = answers.summed(service_manifest, "contract", bad, unsure, good)
    numbers: Mapping[str, str | int | float | bool] = {
        "operations": len(found.operations),
        "answers": found.answers,
        "failures": len(found.failures),
        "seed": found.seed,
        "examples": found.examples,
    }
    return _with(evidence, numbers, ToolRef(name="schemathesis", version=_version("schemathesis")))


def _with(evidence: Evidence, numbers: Mapping[str, Any], tool: ToolRef | None = None) -> Evidence:
    from dataclasses import replace

    return replace(evidence, metrics=dict(numbers), tool=tool)


def _version(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


@check("service.closed-operations")
def closed_operations(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """Operations for which the OpenAPI document asks for a credential refuse (401, 403) whoever brings none."""
    found = _contract(service_manifest, service_observed)
    if isinstance(found, Evidence):
        return found
    untried = [o for o in found.operations if o.secured and not o.cases]
    bad: Told = [(f"{label} answers without a credential", _API) for label in found.open_doors]
    unsure: Told = [(f"{said}, without a credential", _API) for said in found.unsure_doors]
    unsure += [(f"{o.label} was not tried without a credential", _API) for o in untried]
    if not any(o.secured for o in found.operations):
        return unknown(
            "the OpenAPI document asks for a credential nowhere", remedy="state security in it, or attest otherwise"
        )
    good = f"{found.doors} operations refuse whoever brings no credential"
    return answers.summed(service_manifest, "closed", bad, unsure, good)


@check("service.within-specification")
def within_specification(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """Every [[request]] of the manifest is to an operation that the OpenAPI document has."""
    found = _contract(service_manifest, service_observed)
    if isinstance(found, Evidence):
        return found
    asked = service_manifest.tables("request")
    if not asked:
        return answers.not_named("[request]", "", "requests")
    known = [o.label.split(" ", 1) for o in found.operations]
    bad: Told = []
    for i, item in enumerate(asked):
        method, path = str(item.get("method", "GET")), item["path"].partition("?")[0]
        if item.get("kind") == "negative" and not any(_fits(template, path) for _, template in known):
            continue  # to ask for what is not there is what it is for
        if not any(method == m and _fits(template, path) for m, template in known):
            bad.append((f"{item['name']}: the OpenAPI document has no {method} {path}", ("request", i)))
    return answers.summed(service_manifest, "within", bad, [], f"all {len(asked)} requests are to operations it has")


def _fits(template: str, path: str) -> bool:
    """Whether a path is one of a template such as ``/tides/{port}``."""
    parts, given = template.strip("/").split("/"), path.strip("/").split("/")
    return len(parts) == len(given) and all("{" in p or p == g for p, g in zip(parts, given, strict=True))


@check("service.functions")
def functions(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """Every request of the manifest is answered as it expects, and there are some of each kind."""
    asked = service_manifest.tables("request")
    if not asked:
        return answers.not_named("[request]", "", "requests with what is expected")
    bad: Told = []
    unsure: Told = []
    for i, item in enumerate(asked):
        answer = service_observed.answers.get(f"request/{i}")
        if answer is None or answer.status is None or answer.trouble:
            unsure.append((f"{item['name']}: {answer.said() if answer else 'not asked'}", ("request", i)))
            continue
        try:
            bad += [(f"{item['name']}: {said}", ("request", i)) for said in _unexpected(service_manifest, item, answer)]
        except FactUnavailable as problem:
            unsure.append((f"{item['name']}: {problem.reason}", ("request", i, "schema")))
    kinds = {item.get("kind", "positive") for item in asked}
    unsure += [(f"no request is of the kind {kind}", ("request",)) for kind in KINDS if kind not in kinds]
    good = f"all {len(asked)} requests are answered as expected"
    return _with(answers.summed(service_manifest, "functions", bad, unsure, good), {"requests": len(asked)})


def _unexpected(manifest: Manifest, item: Mapping[str, Any], answer: Answer) -> Iterator[str]:
    wanted = item["status"] if isinstance(item["status"], list) else [item["status"]]
    if answer.status not in wanted:
        yield f"answered {answer.status}, not {' or '.join(map(str, wanted))}"
        return
    kind = (answer.header("content-type") or "").partition(";")[0].strip().lower()
    if "content-type" in item and kind != item["content-type"].lower():
        yield f"the type of the answer is {kind or 'not stated'}, not {item['content-type']}"
    if "contains" in item and item["contains"].encode() not in answer.body:
        yield f"the answer lacks {item['contains']!r}"
    if "schema" in item and (said := _misshapen(manifest, item["schema"], answer.body)):
        yield said


def _misshapen(manifest: Manifest, name: str, data: bytes) -> str:
    """What a JSON Schema beside the manifest says against a body. Raises FactUnavailable when it is none."""
    import jsonschema

    try:
        schema = json.loads(manifest.read(name))
        kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        kind.check_schema(schema)
    except (ValueError, RecursionError, TypeError, AttributeError, jsonschema.SchemaError) as problem:
        raise FactUnavailable(f"{name} is no JSON Schema: {answers.plain(str(problem), 150)}") from problem
    if _leads_out(schema):
        raise FactUnavailable(f"{name} refers to another document")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return "the answer is no JSON"
    wrong = next(iter(kind(schema).iter_errors(body)), None)
    return "" if wrong is None else f"{wrong.json_path}: {answers.plain(wrong.message, 150)}"


def _leads_out(schema: Any) -> bool:
    found = [schema]
    while found:
        value = found.pop()
        if isinstance(value, dict):
            if any(
                k in ("$ref", "$dynamicRef") and isinstance(v, str) and not v.startswith("#") for k, v in value.items()
            ):
                return True
            found += value.values()
        elif isinstance(value, list):
            found += value
    return False


def _doors(manifest: Manifest, seen: Observed, who: str) -> Iterator[tuple[int, Mapping[str, Any], Answer | None]]:
    for i, item in enumerate(manifest.tables("protected")):
        yield i, item, seen.answers.get(f"protected/{i}/{who}")


def _refuses(manifest: Manifest, seen: Observed, who: str, rule: str, words: str) -> Evidence:
    """Every protected path says 401 or 403 to this one."""
    named = manifest.tables("protected")
    if not named:
        return answers.not_named("[protected]", "", "paths that need a credential")
    bad: Told = []
    unsure: Told = []
    for i, item, answer in _doors(manifest, seen, who):
        keys = ("protected", i)
        if answer is not None and answer.good:
            bad.append((f"{item['path']} answers {answer.status} {words}", keys))
        elif answer is None or answer.trouble or answer.status not in _REFUSED:
            unsure.append((f"{item['path']} {words}: {answer.said() if answer else 'not asked'}", keys))
    return answers.summed(manifest, rule, bad, unsure, f"all {len(named)} protected paths refuse {words}")


@check("service.authentication")
def authentication(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """Every protected path refuses whoever brings no credential, and lets in the credentials that may."""
    found = _refuses(service_manifest, service_observed, "nobody", "authentication", "without a credential")
    if found.outcome is not Outcome.PASSED:
        return found
    unsure: Told = []
    for i, item in enumerate(service_manifest.tables("protected")):
        for role in item.get("allowed", ()):
            answer = service_observed.answers.get(f"protected/{i}/{role}")
            if answer is None or not answer.good:
                said = answer.said() if answer else "not asked"
                unsure.append((f"{item['path']} with the credential {role}: {said}", ("protected", i, "allowed")))
    return answers.summed(service_manifest, "authentication", [], unsure, found.message)


@check("service.forged")
def forged(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """Every protected path refuses a credential that nobody issued."""
    return _refuses(service_manifest, service_observed, "forged", "forged", "with a credential that nobody issued")


@check("service.authorisation")
def authorisation(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """Protected paths let in the credentials that are allowed, and refuse (403) those that are forbidden."""
    named = [(i, p) for i, p in enumerate(service_manifest.tables("protected")) if p.get("forbidden")]
    if not named:
        return unknown("no [[protected]] names a credential that is forbidden", remedy="add forbidden to [[protected]]")
    bad: Told = []
    unsure: Told = []
    for i, item in named:
        for role in item["forbidden"]:
            answer = service_observed.answers.get(f"protected/{i}/{role}")
            if answer is not None and answer.good:
                bad.append((f"{item['path']} answers {answer.status} to {role}", ("protected", i, "forbidden")))
            elif answer is None or answer.trouble or answer.status != 403:
                # 401 means that the credential is not known at all: nothing is shown about its role.
                said = answer.said() if answer else "not asked"
                unsure.append((f"{item['path']} with the credential {role}: {said}", ("protected", i, "forbidden")))
        if not item.get("allowed"):
            unsure.append((f"{item['path']}: no credential is named that is allowed", ("protected", i)))
        for role in item.get("allowed", ()):
            answer = service_observed.answers.get(f"protected/{i}/{role}")
            if answer is not None and answer.status in _REFUSED:
                bad.append((f"{item['path']} {answer.said()} to {role}, who is allowed", ("protected", i, "allowed")))
            elif answer is None or not answer.good:
                said = answer.said() if answer else "not asked"
                unsure.append((f"{item['path']} with the credential {role}: {said}", ("protected", i, "allowed")))
    return answers.summed(service_manifest, "authorisation", bad, unsure, "roles may do what they should, and no more")


@check("service.load")
def load(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """Percentiles of the latency keep to their limits and the share of errors to its own, under a bounded load."""
    table, found = service_manifest.table("load"), service_observed.load
    if not table or found is None:
        return answers.not_named("load", "path, p95-ms", "load to be kept up with")
    numbers: dict[str, str | int | float | bool] = {"requests": found.made, "failed": found.failed}
    if found.made < found.wanted:
        said = f"{found.made} of {found.wanted} requests were made: the limits of the run were reached"
        return _with(answers.open_(service_manifest, "load", said, "load"), numbers)
    bad: Told = []
    unsure: Told = []
    share, most = found.failed / found.made, table.get("errors", 0)
    if share > most:
        bad.append((f"{share:.1%} of the requests failed: {'; '.join(found.examples)}", ("load", "errors")))
    for key, part, least in (("p50-ms", 0.5, 10), ("p95-ms", 0.95, 20), ("p99-ms", 0.99, 100)):
        if key not in table:
            continue
        if len(found.seconds) < least:
            said = f"{len(found.seconds)} answers are too few for {key}, which needs {least}"
            unsure.append((said, ("load", key)))
            continue
        value = found.percentile(part)
        numbers[key] = round(value, 3)
        if value > table[key]:
            bad.append((f"{key.removesuffix('-ms')} is {value:.1f} ms, more than {table[key]:g} ms", ("load", key)))
    good = f"{found.made} requests, p95 {numbers.get('p95-ms', 0):.1f} ms, {share:.1%} failed"
    return _with(answers.summed(service_manifest, "load", bad, unsure, good), numbers)


@check("service.deployment")
def deployment(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """The command of the manifest deploys the service: it ends with exit status 0."""
    if not service_manifest.table("deployment"):
        return answers.not_named("deployment", "command", "command that deploys the service")
    missing = [n for n in service_manifest.table("deployment").get("files", ()) if not _there(service_manifest, n)]
    keys = ("deployment", "files")
    if missing:
        return answers.wrong(service_manifest, "deployment", f"there is no file {', '.join(missing)}", *keys)
    found = service_observed.deployed
    if found is None:
        return unknown("it was not deployed", remedy="let it be tried: --deploy here, or --deploy RUNNER")
    if found.first.code is None:
        return answers.open_(service_manifest, "deployment", f"no deployment: {found.first.problem}", "deployment")
    if found.first.code != 0:
        said = f"the deployment ended with exit status {found.first.code}"
        return failed(
            said,
            findings=[answers.finding(service_manifest, "deployment", said, "deployment", "command")],
            grade=Grade.SELF_REPORTED,
        )
    return passed("the deployment ended with exit status 0", grade=Grade.SELF_REPORTED)


def _there(manifest: Manifest, name: str) -> bool:
    try:
        manifest.file(name)
    except FactUnavailable:
        return False
    return True


@check("service.idempotent")
def idempotent(service_manifest: Manifest, service_observed: Observed) -> Evidence:
    """The command of the deployment, run again, says that nothing changed."""
    table, found = service_manifest.table("deployment"), service_observed.deployed
    if not table:
        return answers.not_named("deployment", "command", "command that deploys the service")
    if found is None or found.again is None:
        return unknown("it was not deployed twice", remedy="let it be tried: --deploy here, or --deploy RUNNER")
    keys = ("deployment", "command")
    if found.again.code is None:
        return answers.open_(service_manifest, "idempotent", f"no second deployment: {found.again.problem}", *keys)
    if found.again.code != 0:
        said = f"the second deployment ended with exit status {found.again.code}"
        return answers.wrong(service_manifest, "idempotent", said, *keys)
    if "unchanged" not in table:
        return unknown("it is not known what the command prints when nothing changed", remedy="add unchanged")
    if table["unchanged"].encode() not in found.again.printed:
        said = f"the second deployment does not say {table['unchanged']!r}"
        return answers.wrong(service_manifest, "idempotent", said, "deployment", "unchanged")
    return passed("the second deployment changed nothing", grade=Grade.SELF_REPORTED)


CHECKS = (
    service_answers, contract, closed_operations, within_specification, functions, authentication, forged,
    authorisation, load, deployment, idempotent,
)  # fmt: skip # a list of names
