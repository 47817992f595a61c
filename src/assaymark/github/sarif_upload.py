"""Findings for code scanning: SARIF, compressed and encoded as GitHub wants it."""

from __future__ import annotations

import base64
import json

from assaymark.errors import InputError
from assaymark.forge.client import Client

LIMIT = 10_000_000  # compressed
_LOOKS = 6
_PAUSE = 2.0


def upload(client: Client, text: str, commit: str, ref: str) -> str:
    """Upload a SARIF log for a commit and a full reference; gives GitHub's word on it: complete, pending or failed.

    Raises InputError when it is too large, ForgeProblem when GitHub does not take it.
    """
    import gzip

    packed = gzip.compress(text.encode(), mtime=0)
    if len(packed) > LIMIT:
        raise InputError(f"the SARIF has {len(packed) / 1e6:.1f} MB when compressed, GitHub takes 10 MB")
    body = {"commit_sha": commit, "ref": ref, "sarif": base64.b64encode(packed).decode(), "tool_name": "assaymark"}
    # The same log for the same commit takes the place of the one before.
    id = client.post("/code-scanning/sarifs", body, repeatable=True).get("id")
    state = "pending"
    for _ in range(_LOOKS):
        state = str(client.table(f"/code-scanning/sarifs/{id}").get("processing_status", "pending"))
        if state != "pending":
            break
        client.pause(_PAUSE)
    return state


def checked(text: str) -> str:
    """The log itself. Raises InputError when it is no SARIF log of ours."""
    try:
        drivers = [run["tool"]["driver"]["name"] for run in json.loads(text)["runs"]]
    except (ValueError, LookupError, TypeError, RecursionError) as problem:
        raise InputError("it is no SARIF log", where="report.sarif") from problem
    if drivers != ["assaymark"]:
        raise InputError("it is no SARIF log of assaymark", where="report.sarif")
    return text
