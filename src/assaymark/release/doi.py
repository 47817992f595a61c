"""The DOI of a release written back into CITATION.cff and codemeta.json, as a pull request that a person merges."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from assaymark.errors import InputError
from assaymark.forge.client import Client, ForgeProblem, Trouble
from assaymark.patterns import late
from assaymark.release.folder import Release

_DOI = late(r"10\.\d{4,9}/[\w./:()-]{1,200}")
_KEY = late(r"(?m)^doi:[ \t]*.*$")
_VERSION = late(r"(?m)^version:.*$")
_IDENTIFIER = late(r'(?m)^(?P<before>[ \t]*)"identifier"[ \t]*:[ \t]*"[^"\n]*"')
_JSON_VERSION = late(r'(?m)^(?P<before>[ \t]*)"version"[ \t]*:[ \t]*"[^"\n]*",?$')
_LIMIT = 2_000_000


def propose(client: Client, release: Release, doi: str) -> str:
    """Open a pull request that writes the DOI, or give the one that is there; '' when nothing is to be written.

    Raises ForgeProblem, and InputError for a DOI that is none or a file that cannot be changed safely.
    """
    from assaymark.github import gitdata

    if not _DOI.fullmatch(doi):
        raise InputError(f"{doi!r} is no DOI")
    base = str(client.table("").get("default_branch"))
    head = gitdata.head_of(client, base)
    if head is None:
        raise InputError(f"{client.name} has no branch {base}")
    files = {}
    for path, write in WRITERS.items():
        old = gitdata.read(client, head, path, _LIMIT)
        if old is not None and (new := write(old.decode("utf-8"), doi).encode()) != old:
            files[path] = new
    if not files:
        return ""
    branch = f"assaymark/doi-{release.tag}"
    if (known := _pull(client, branch)) is not None:
        return known
    message = f"Cite {release.tag} by its DOI"
    _on_branch(client, branch, head, files, message)
    body: dict[str, Any] = {
        "title": message,
        "head": branch,
        "base": base,
        "body": f"The deposit of {release.tag} is final: https://doi.org/{doi}\n",
    }
    try:
        return str(client.post("/pulls", body).get("html_url"))
    except ForgeProblem as problem:
        if not problem.uncertain and "already exists" not in problem.text:
            raise
        return _pull(client, branch) or str(client.post("/pulls", body).get("html_url"))


def in_cff(text: str, doi: str) -> str:
    """CITATION.cff with the DOI, in place of another one or after the version. Raises InputError."""
    line = f"doi: {doi}"
    if _KEY.search(text):
        made = _KEY.sub(line, text, count=1)
    elif _VERSION.search(text):
        made = _VERSION.sub(lambda m: f"{m[0]}\n{line}", text, count=1)
    else:
        made = text.rstrip("\n") + f"\n{line}\n"
    from assaymark.subject.parsing import ParseProblem, load_yaml

    try:
        before, after = load_yaml(text), load_yaml(made)
    except ParseProblem as problem:
        raise InputError(f"is not YAML: {problem}", where="CITATION.cff") from problem
    _only(before, after, "doi", doi, "CITATION.cff")
    return made


def in_codemeta(text: str, doi: str) -> str:
    """codemeta.json with the DOI as its identifier; the layout of the file stays. Raises InputError."""
    address = f"https://doi.org/{doi}"
    if _IDENTIFIER.search(text):
        made = _IDENTIFIER.sub(lambda m: f'{m["before"]}"identifier": "{address}"', text, count=1)
    else:
        made = _JSON_VERSION.sub(lambda m: f'{m["before"]}"identifier": "{address}",\n{m[0]}', text, count=1)
    try:
        before, after = json.loads(text), json.loads(made)
    except (ValueError, RecursionError) as problem:
        raise InputError(f"is not JSON: {problem}", where="codemeta.json") from problem
    _only(before, after, "identifier", address, "codemeta.json")
    return made


WRITERS = {"CITATION.cff": in_cff, "codemeta.json": in_codemeta}


def _only(before: Any, after: Any, key: str, value: str, where: str) -> None:
    """Nothing but one key may have changed."""
    if not isinstance(before, dict) or after != {**before, key: value}:
        hint = f"write {key}: {value} by hand"
        raise InputError("is laid out so that the DOI cannot be put in safely", where=where, hint=hint)


def _pull(client: Client, branch: str) -> str | None:
    """The pull request of the branch, open or not: what a person closed is not opened again."""
    owner = client.name.partition("/")[0]
    for row in client.pages("/pulls", state="all", head=f"{owner}:{branch}", most=100):
        if row.get("head", {}).get("ref") == branch:
            return str(row.get("html_url"))
    return None


def _on_branch(client: Client, branch: str, head: Any, files: Mapping[str, bytes], message: str) -> None:
    """The files on a branch that starts where the default branch is; one that is there already is gone on with."""
    from assaymark.github import gitdata

    there = gitdata.head_of(client, branch)
    if there is None:
        try:
            client.post("/git/refs", {"ref": f"refs/heads/{branch}", "sha": head.commit})
        except ForgeProblem as problem:
            if not problem.uncertain and problem.trouble is not Trouble.INVALID:
                raise
        there = gitdata.head_of(client, branch)
    if there is None:
        raise ForgeProblem(Trouble.UNREACHABLE, f"the branch {branch} could not be made", uncertain=True)
    gitdata.commit(client, branch, there, files, message)
