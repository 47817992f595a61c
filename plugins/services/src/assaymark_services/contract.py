"""Whether an interface keeps to its OpenAPI document: requests made and answers judged by schemathesis, sent by us.

Generation is seeded and bounded; only methods that change nothing are sent unless the command line allows others.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assaymark_services.client import Answer, Client, Trouble

SAFE = ("GET", "HEAD", "OPTIONS")
WRITING = ("POST", "PUT", "PATCH", "DELETE")
TIME = 300.0
_REFUSED = (401, 403)


class Unusable(Exception):
    """No contract test came about; says why. ``bad`` when the document itself is the reason."""

    def __init__(self, reason: str, *, bad: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.bad = bad


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of the document and how far it was tried."""

    label: str
    skipped: bool
    held: bool
    secured: bool
    problem: str
    cases: int


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that the document does not allow."""

    label: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What the contract test found. ``open_doors`` are operations that ask for a credential and answered without one.

    ``doors`` counts those that refused; ``unsure`` are requests without an answer to judge.
    """

    seed: int
    examples: int
    operations: tuple[Operation, ...] = ()
    failures: tuple[Failure, ...] = ()
    unsure: tuple[str, ...] = ()
    answers: int = 0
    doors: int = 0
    open_doors: tuple[str, ...] = ()
    unsure_doors: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    problem: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How to test: ``base`` is the address of the service, ``skip`` labels that are left out."""

    base: str
    document: bytes
    seed: int = 0
    examples: int = 10
    skip: Sequence[str] = ()
    methods: Sequence[str] = SAFE
    credential: Mapping[str, str] = field(default_factory=dict, repr=False)


def tested(client: Client, asked: Asked) -> Contract:
    """The contract test. It never raises for what document or service do."""
    common = {"document": base64.b64encode(asked.document).decode()}
    try:
        made = _child(
            {
                **common,
                "phase": "generate",
                "methods": list(asked.methods),
                "skip": list(asked.skip),
                "seed": asked.seed,
                "examples": asked.examples,
                "base": asked.base,
            },
            client,
        )
        operations = tuple(Operation(**{k: o[k] for k in Operation.__slots__}) for o in made["operations"])
        answers, unsure = _answered(client, asked, made["cases"])
        found = _child({**common, "phase": "judge", "answers": answers}, client) if answers else {}
    except Unusable as problem:
        return Contract(seed=asked.seed, examples=asked.examples, problem=problem.reason, bad=problem.bad)
    doors, open_doors, unsure_doors = _doors(client, asked, operations, made["cases"])
    return Contract(
        seed=asked.seed,
        examples=asked.examples,
        operations=operations,
        failures=tuple(Failure(f["label"], f["message"]) for f in found.get("failures", ())),
        unsure=(*unsure, *found.get("unjudged", ())),
        answers=len(answers),
        doors=doors,
        open_doors=open_doors,
        unsure_doors=unsure_doors,
        broken=tuple(made["broken"]),
    )


def _answered(
    client: Client, asked: Asked, cases: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Send every request; what is to be judged, and what there is no answer to."""
    answers, unsure = [], []
    lost: dict[str, int] = {}
    for case in cases:
        label = case["label"]
        if lost.get(label, 0) >= 2:
            continue  # an operation that hangs twice is not waited for again
        answer = _send(client, asked, case, asked.credential)
        if answer.trouble is Trouble.UNSENDABLE:
            continue
        if answer.status is None or answer.trouble:
            lost[label] = lost.get(label, 0) + 1
            unsure.append(f"{label}: {answer.said()}")
            continue
        answers.append(
            {
                "label": label,
                "method": case["method"],
                "parameters": case["parameters"],
                "url": answer.url,
                "status": answer.status,
                "headers": answer.headers,
                "body": base64.b64encode(answer.body).decode(),
            }
        )
    return answers, tuple(unsure)


def _send(client: Client, asked: Asked, case: Mapping[str, Any], credential: Mapping[str, str]) -> Answer:
    headers = [(str(k), str(v)) for k, v in case["headers"]]
    # The path already begins with that of the base address.
    scheme, _, rest = asked.base.partition("://")
    origin = f"{scheme}://{rest.split('/')[0]}"
    return client.ask(
        origin + case["path"],
        case["method"],
        headers=[*headers, *credential.items()],
        body=base64.b64decode(case["body"]),
    )


def _doors(
    client: Client, asked: Asked, operations: Sequence[Operation], cases: Sequence[Mapping[str, Any]]
) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """Operations that need a credential, asked without one: how many refused, which did not, which gave no answer."""
    closed, open_doors, unsure = 0, [], []
    secured = {o.label for o in operations if o.secured}
    first = {case["label"]: case for case in reversed(cases) if case["label"] in secured}
    for label in sorted(first):
        answer = _send(client, asked, first[label], {})
        if answer.status in _REFUSED and not answer.trouble:
            closed += 1
        elif answer.good:
            open_doors.append(label)
        else:
            unsure.append(f"{label}: {answer.said()}")
    return closed, tuple(open_doors), tuple(unsure)


def _child(asked: Mapping[str, Any], client: Client) -> Mapping[str, Any]:
    """What the process for the document says. Raises Unusable."""
    import time

    from assaymark.api import run_program

    left = min(TIME, client.budget.end - time.monotonic())
    if left <= 0:
        raise Unusable("the time of the run is over (--time)")
    argv = [sys.executable, "-I", "-m", f"{__package__}.contract_child"]
    ran = run_program(argv, folder=Path("/"), time=left, input=json.dumps(asked).encode())
    if ran.code != 0:
        raise Unusable(f"the OpenAPI document could not be worked with: {ran.problem or f'exit {ran.code}'}")
    found: Mapping[str, Any] = json.loads(ran.stdout)
    if "problem" in found:
        raise Unusable(str(found["problem"]), bad=bool(found["bad"]))
    return found
