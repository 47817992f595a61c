"""Everything that is asked of a service in one run, in a fixed order; checks judge it afterwards, without a network."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from assaymark.api import FactUnavailable, InputError
from assaymark_services import targets
from assaymark_services.client import Answer, Budget, Client, Trouble, reason_of, trusting
from assaymark_services.contract import SAFE, WRITING, Asked, Contract, tested
from assaymark_services.deploy import Deployed, deployed
from assaymark_services.load import CONCURRENCY, REQUESTS, Load, loaded
from assaymark_services.manifest import Manifest
from assaymark_services.targets import Target
from assaymark_services.tls import Tls, examine

REDIRECTS = 5
# Tables of the manifest whose addresses are for people to read, and an address at which no service has a page.
DOCUMENTS = ("documentation", "policies", "support", "monitoring")
NOWHERE = "/assaymark/asks/for/a/page/that/is/not/there"
# A credential that nobody can have issued.
FORGED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhc3NheW1hcmsifQ."


# Variables that a CI host or a cloud sets for itself: a manifest that somebody changed must not send them anywhere.
NOT_OURS = (
    "GITHUB_",
    "ACTIONS_",
    "RUNNER_",
    "CI_",
    "GITLAB_",
    "GH_",
    "AWS_",
    "AZURE_",
    "GOOGLE_",
    "SSH_",
    "ASSAYMARK_",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permitted:
    """What the command line allowed."""

    hosts: frozenset[str] = frozenset()
    ca: str | None = None
    writes: bool = False
    requests: int = 2000
    seconds: float = 300.0
    timeout: float = 10.0
    deploy: str | None = None
    engine: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a run saw. ``answers`` are named after what they are about: ``request/0``, ``policies/privacy`` …"""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    tls: Tls | None = None
    contract: Contract | None = None
    load: Load | None = None
    deployed: Deployed | None = None
    requests: int = 0


def observe(manifest: Manifest, permitted: Permitted) -> Observed:
    """Ask all that the manifest names. Raises InputError for what the user must mend before anything is asked."""
    try:
        target = targets.parse(manifest.url)
        targets.check(target, permitted.hosts)
    except targets.NotAllowed as problem:
        raise InputError(str(problem), where=manifest.name) from problem
    if permitted.ca is not None:
        try:
            trusting(permitted.ca)
        except OSError as problem:
            raise InputError(f"--ca holds no certificate: {reason_of(problem)}", where=permitted.ca) from problem
    secrets = credentials(manifest)
    if secrets and target.scheme != "https" and not targets.is_loopback(target.host):
        raise InputError(
            "credentials are not sent without TLS", where=manifest.name, hint="name the service by https://"
        )
    # A deployment has a time of its own: what is asked afterwards is bounded from here on.
    deploy = deployed(manifest, permitted.deploy, permitted.engine) if permitted.deploy else None
    budget = Budget(permitted.requests, permitted.seconds)
    client = Client(budget=budget, hosts=permitted.hosts, ca=permitted.ca, timeout=permitted.timeout)
    answers = _told_apart(client, target, dict(_asked(client, manifest, secrets, permitted)))
    tls = examine(client, target) if target.scheme == "https" else None
    contract = _contract(client, manifest, secrets, permitted)
    load = _load(client, manifest, secrets)
    return Observed(
        answers=answers,
        tls=tls,
        contract=contract,
        load=load,
        deployed=deploy,
        requests=budget.used,
    )


def credentials(manifest: Manifest) -> dict[str, Mapping[str, str]]:
    """The header of each credential, with the secret from the environment. Raises InputError when it is not there."""
    found: dict[str, Mapping[str, str]] = {}
    for name, table in manifest.table("credentials").items():
        if table["env"].startswith(NOT_OURS):
            said = f"the credential {name!r} would be {table['env']}, which is none of a service"
            raise InputError(said, where=manifest.name, hint='give it a variable of its own: env = "TIDES_TOKEN"')
        secret = os.environ.get(table["env"], "")
        if not secret or not secret.isascii() or not secret.isprintable():
            wrong = "holds what no header can" if secret else "is not in the environment"
            raise InputError(f"the credential {name!r} is read from {table['env']}, which {wrong}", where=manifest.name)
        found[name] = {str(table.get("header", "Authorization")): _written(table, secret)}
    return found


def _written(table: Mapping[str, Any], secret: str) -> str:
    scheme = str(table.get("scheme", "" if "header" in table else "Bearer"))
    if scheme.lower() == "basic" and ":" in secret:
        secret = base64.b64encode(secret.encode()).decode()
    return f"{scheme} {secret}".strip()


def _asked(
    client: Client, manifest: Manifest, secrets: Mapping[str, Mapping[str, str]], permitted: Permitted
) -> Iterator[tuple[str, Answer]]:
    base = manifest.url
    target = targets.parse(base)
    yield "service", client.ask(base + "/" if target.path == "/" else base, redirects=REDIRECTS)
    if target.scheme == "https" and target.port == 443:
        yield "plain", client.ask(f"http://{target.host}/")
    for i, item in enumerate(manifest.tables("request")):
        yield f"request/{i}", _send(client, base, item, secrets.get(item.get("credential", ""), {}), permitted)
    for i, item in enumerate(manifest.tables("protected")):
        yield f"protected/{i}/nobody", _send(client, base, item, {}, permitted)
        yield f"protected/{i}/forged", _send(client, base, item, _forged(manifest), permitted)
        for role in (*item.get("allowed", ()), *item.get("forbidden", ())):
            yield f"protected/{i}/{role}", _send(client, base, item, secrets[role], permitted)
    for table, keys in (
        ("documentation", ("url", "administrators", "users", "api")),
        ("policies", ("acceptable-use", "access", "privacy")),
        ("support", ("helpdesk", "tracker")),
        ("monitoring", ("status-page",)),
    ):
        for key in keys:
            if link := manifest.table(table).get(key):
                yield f"{table}/{key}", client.ask(targets.joined(base, link).partition("#")[0], redirects=REDIRECTS)
    if (pid := pid_address(manifest.table("documentation").get("pid", ""))) and targets.parse(
        pid
    ).host in permitted.hosts:
        yield "documentation/pid", client.ask(pid)
    own = manifest.table("monitoring")
    for key in ("health", "api", "metrics"):
        if path := own.get(key):
            yield f"monitoring/{key}", client.ask(base + path, headers=secrets.get(own.get("credential", ""), {}))
    for i, item in enumerate(manifest.tables("dependency")):
        yield f"dependency/{i}", client.ask(item["url"], redirects=REDIRECTS)


def _told_apart(client: Client, target: Target, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """The answers, but for pages of the service that are what it also answers where there is no page.

    Programs in the browser are often served with 200 at every address: that a policy is there does not follow.
    """
    pages = {
        name: answer
        for name, answer in answers.items()
        if name.partition("/")[0] in DOCUMENTS and answer.good and targets.parse(answer.url).origin == target.origin
    }
    nowhere = client.ask(f"{target.scheme}://{target.netloc}{NOWHERE}", redirects=REDIRECTS) if pages else None
    if nowhere is None or not nowhere.good:
        return dict(answers)
    said = "it is what the service answers for a page that is not there"
    same = {name: a for name, a in pages.items() if a.body == nowhere.body}
    return {**answers, **{n: replace(a, trouble=Trouble.PROTOCOL, problem=said) for n, a in same.items()}}


def pid_address(text: str) -> str:
    """The address at which a persistent identifier resolves."""
    bare = text.removeprefix("doi:")
    if bare.startswith("10."):
        return f"https://doi.org/{bare}"
    return text if text.startswith(("https://doi.org/10.", "https://hdl.handle.net/")) else ""


def _forged(manifest: Manifest) -> Mapping[str, str]:
    """A credential in the place where the first of the manifest's would be, which nobody issued."""
    table = next(iter(manifest.table("credentials").values()), {"env": ""})
    return {str(table.get("header", "Authorization")): _written(table, FORGED)}


def _send(
    client: Client, base: str, item: Mapping[str, Any], credential: Mapping[str, str], permitted: Permitted
) -> Answer:
    method = str(item.get("method", "GET"))
    if method not in SAFE and not permitted.writes:
        said = f"{method} was not sent: it may change something (--allow-writes)"
        return Answer(url=base + item["path"], trouble=Trouble.NOT_ALLOWED, problem=said)
    body = str(item.get("body", "")).encode()
    kind = {"Content-Type": str(item.get("type", "application/json"))} if body else {}
    return client.ask(base + item["path"], method, headers={**kind, **credential}, body=body)


def _contract(
    client: Client, manifest: Manifest, secrets: Mapping[str, Mapping[str, str]], permitted: Permitted
) -> Contract | None:
    table = manifest.table("api")
    if not table:
        return None
    seed, examples = table.get("seed", 0), table.get("examples", 10)
    place = str(table["openapi"])
    if place.startswith("/") or "://" in place:
        answer = client.ask(targets.joined(manifest.url, place), redirects=REDIRECTS)
        if not answer.good:
            return Contract(seed=seed, examples=examples, problem=f"{place}: {answer.said()}")
        document = answer.body
    else:
        try:
            document = manifest.read(place)
        except FactUnavailable as problem:
            return Contract(seed=seed, examples=examples, problem=problem.reason)
    return tested(
        client,
        Asked(
            base=manifest.url,
            document=document,
            seed=seed,
            examples=examples,
            skip=table.get("skip", ()),
            methods=(*SAFE, *WRITING) if permitted.writes else SAFE,
            credential=secrets.get(table.get("credential", ""), {}),
        ),
    )


def _load(client: Client, manifest: Manifest, secrets: Mapping[str, Mapping[str, str]]) -> Load | None:
    table = manifest.table("load")
    if not table:
        return None
    return loaded(
        client,
        manifest.url + table["path"],
        secrets.get(table.get("credential", ""), {}),
        table.get("requests", REQUESTS),
        table.get("concurrency", CONCURRENCY),
    )
