"""The part of GitHub's OpenAPI description that we use, cut out of the whole when tests run.

The whole is brought by ``.ci/openapi`` and never committed. Cutting takes a second, so the part is kept in pytest's
cache under the digest of the whole and of this file.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

PLACE = Path(".ci", "openapi-description", "api.github.com.json")
REPO = "/repos/{owner}/{repo}"
PATHS = (
    "/user",
    "/rate_limit",
    "",
    "/issues",
    "/issues/{issue_number}/comments",
    "/issues/comments/{comment_id}",
    "/check-runs",
    "/check-runs/{check_run_id}",
    "/check-runs/{check_run_id}/annotations",
    "/commits",
    "/commits/{ref}/check-runs",
    "/commits/{ref}/status",
    "/commits/{ref}/statuses",
    "/commits/{commit_sha}/pulls",
    "/statuses/{sha}",
    "/pulls",
    "/pulls/comments",
    "/pulls/{pull_number}",
    "/pulls/{pull_number}/files",
    "/pulls/{pull_number}/reviews",
    "/code-scanning/alerts",
    "/code-scanning/sarifs",
    "/code-scanning/sarifs/{sarif_id}",
    "/git/ref/{ref}",
    "/git/refs",
    "/git/refs/{ref}",
    "/git/trees",
    "/git/trees/{tree_sha}",
    "/git/blobs",
    "/git/blobs/{file_sha}",
    "/git/commits",
    "/git/commits/{commit_sha}",
    "/actions/workflows/{workflow_id}/dispatches",
    "/actions/workflows/{workflow_id}/runs",
    "/actions/runs/{run_id}",
    "/actions/runs/{run_id}/jobs",
    "/actions/runs/{run_id}/artifacts",
    "/actions/artifacts/{artifact_id}/{archive_format}",
    "/releases",
    "/releases/{release_id}",
    "/releases/tags/{tag}",
    "/releases/{release_id}/assets",
    "/releases/assets/{asset_id}",
    "/git/tags/{tag_sha}",
    "/branches",
    "/branches/{branch}",
    "/branches/{branch}/protection",
    "/rules/branches/{branch}",
    "/community/profile",
    "/pages",
)


def cut(whole: Path, cache: Path) -> dict[str, Any]:
    """Our paths with everything they refer to, as plain values; from ``cache`` where it was cut before."""
    source = whole.read_bytes()
    kept = cache / f"{hashlib.sha256(source + Path(__file__).read_bytes()).hexdigest()}.json"
    if not kept.is_file():
        text = json.dumps(_part(json.loads(source)))
        new = kept.with_suffix(f".{hashlib.sha256(str(id(text)).encode()).hexdigest()[:8]}")
        new.write_text(text, encoding="utf-8")
        new.replace(kept)
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def _part(whole: dict[str, Any]) -> dict[str, Any]:
    paths = {}
    for path in PATHS:
        full = path if path in ("/user", "/rate_limit") else REPO + path
        item = whole["paths"][full]
        for operation in item.values():
            if isinstance(operation, dict):
                operation.pop("servers", None)  # assets are uploaded to another host
        paths[full] = item
    part = {"openapi": whole["openapi"], "info": whole["info"], "paths": paths, "components": {}}
    _copy_references(paths, whole["components"], part["components"])
    schemas = part["components"]["schemas"]
    _mend(schemas)
    for name in ("pull-request", "pull-request-simple"):  # the fork may be gone
        head = schemas[name]["properties"]["head"]["properties"]
        head["repo"] = {"anyOf": [head["repo"], {"type": "object", "nullable": True, "enum": [None]}]}
    return part


def _copy_references(node: Any, source: dict[str, Any], target: dict[str, Any]) -> None:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                _, _, kind, name = reference.split("/", 3)
                if name not in target.setdefault(kind, {}):
                    target[kind][name] = source[kind][name]
                    waiting.append(source[kind][name])
            waiting += node.values()


def _mend(node: Any) -> None:
    """Where the description contradicts the API: a value that may be null is null, in the list of values or not."""
    if isinstance(node, list):
        for each in node:
            _mend(each)
    elif isinstance(node, dict):
        values = node.get("enum")
        if node.get("nullable") is True and isinstance(values, list) and None not in values:
            values.append(None)
        for each in node.values():
            _mend(each)
