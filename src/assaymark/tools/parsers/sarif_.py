"""SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assaymark.api import Finding, Location, Parsed, Severity, Unexamined, Unparsable
from assaymark.tools.parsers.common import finding, json_of, place, relative, severity
from assaymark.tools.text import one_line


def parse(data: bytes, root: Path | None, options: Mapping[str, Any]) -> Parsed:
    """All runs of a log; results that were suppressed or are no failure are left out.

    A run without ``results`` did not look (the standard's own rule), and one that says ``executionSuccessful: false``
    did not finish: both are `Unparsable`.
    """
    log = json_of(data)
    runs = log.get("runs") if isinstance(log, dict) else None
    if not isinstance(runs, list) or not runs:
        raise Unparsable("it holds no SARIF run")
    findings: list[Finding] = []
    unexamined: list[Unexamined] = []
    for run in runs:
        _check(run)
        unexamined += _problems(run, root, options)
        findings += _findings(run, root, options)
    return Parsed(findings=tuple(findings), unexamined=tuple(unexamined), metrics=_about(runs))


def _check(run: Any) -> None:
    if not isinstance(run, dict) or not _at(run, "tool", "driver", "name"):
        raise Unparsable("a SARIF run does not name its tool")
    if not isinstance(run.get("results"), list):
        raise Unparsable("a SARIF run has no results: the tool did not look")
    for call in _list(run, "invocations"):
        if isinstance(call, dict) and call.get("executionSuccessful") is False:
            raise Unparsable("the SARIF run says that it did not finish")


def _about(runs: list[Any]) -> dict[str, str | int | float | bool]:
    driver = runs[0]["tool"]["driver"]
    version = driver.get("semanticVersion") or driver.get("version")
    about: dict[str, str | int | float | bool] = {"tool": one_line(str(driver["name"]), 80)}
    return about | ({"tool_version": one_line(version, 40)} if isinstance(version, str) else {})


def _problems(run: dict[str, Any], root: Path | None, options: Mapping[str, Any]) -> Iterator[Unexamined]:
    for call in _list(run, "invocations"):
        for note in _list(call, "toolExecutionNotifications"):
            if isinstance(note, dict) and note.get("level") == "error":
                found = _location(run, note, root, options)
                yield Unexamined(path=found.path if found else None, reason=one_line(_text(note)) or "no reason given")


def _findings(run: dict[str, Any], root: Path | None, options: Mapping[str, Any]) -> Iterator[Finding]:
    rules = _list(_at(run, "tool", "driver"), "rules")
    by_id = {r["id"]: r for r in rules if isinstance(r, dict) and isinstance(r.get("id"), str)}
    for result in run["results"]:
        if not isinstance(result, dict):
            raise Unparsable("a SARIF result is not an object")
        if result.get("kind", "fail") != "fail" or any(_accepted(s) for s in _list(result, "suppressions")):
            continue
        rule = _rule(result, rules, by_id)
        id = result.get("ruleId") or _at(result, "rule", "id") or rule.get("id")
        yield finding(
            id,
            _text(result, rule),
            severity=_level(result, rule, options),
            location=_location(run, result, root, options),
        )


def _rule(result: dict[str, Any], rules: list[Any], by_id: Mapping[str, Any]) -> dict[str, Any]:
    index = result.get("ruleIndex")
    if type(index) is int and 0 <= index < len(rules) and isinstance(rules[index], dict):
        return dict(rules[index])
    id = result.get("ruleId")
    return dict(by_id.get(id, {})) if isinstance(id, str) else {}


def _accepted(suppression: Any) -> bool:
    return isinstance(suppression, dict) and suppression.get("status", "accepted") == "accepted"


def _level(result: dict[str, Any], rule: dict[str, Any], options: Mapping[str, Any]) -> Severity:
    level = result.get("level") or _at(rule, "defaultConfiguration", "level") or "warning"
    confidence = _at(result, "properties", "confidence")
    return severity(options, "note" if level == "none" else level, confidence)


def _location(
    run: dict[str, Any], result: dict[str, Any], root: Path | None, options: Mapping[str, Any]
) -> Location | None:
    places = _list(result, "locations")
    physical = _at(places[0], "physicalLocation") if places else None
    artifact = _at(physical, "artifactLocation")
    if not isinstance(artifact, dict):
        return None
    uri = artifact.get("uri")
    if uri is None and type(artifact.get("index")) is int:
        artifacts, index = _list(run, "artifacts"), artifact["index"]
        uri = _at(artifacts[index], "location", "uri") if 0 <= index < len(artifacts) else None
    base = _at(run, "originalUriBaseIds", str(artifact.get("uriBaseId")), "uri")
    if isinstance(base, str) and base.startswith("file:") and isinstance(uri, str) and ":" not in uri:
        uri = base.rstrip("/") + "/" + uri
    region = _at(physical, "region")
    region = region if isinstance(region, dict) else {}
    return place(
        relative(uri, root, options, uri=True),
        region.get("startLine"),
        region.get("startColumn"),
        region.get("endLine", region.get("startLine")),
        region.get("endColumn"),
    )


def _text(result: dict[str, Any], rule: Mapping[str, Any] | None = None) -> str:
    message = result.get("message")
    text = message.get("text") or message.get("markdown") if isinstance(message, dict) else None
    if text is None and isinstance(message, dict):
        text = _at(rule, "messageStrings", str(message.get("id", "default")), "text")
    return text if isinstance(text, str) else str(_at(rule, "shortDescription", "text") or "")


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _list(value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []
