"""QC.Sty: a community style, few and explained exceptions, checked on each change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from assaymark.api import Evidence, Finding, Location, Severity, Tree, check, failed, not_applicable, passed, unknown
from assaymark.patterns import late
from assaymark.subject.automation import Automation, named
from assaymark.subject.languages import Languages
from assaymark.subject.purposes import ANY_STYLE, FAMILY, STYLE
from assaymark.subject.source_scan import SourceScan
from assaymark.subject.style_config import StyleConfig
from assaymark.subject.style_history import StyleHistory
from assaymark.subject.styles.model import Override
from assaymark.subject.tasks import hooks

SETTINGS_LIMIT = 20  # settings of its own, above which a style is home-made (policy: style-settings)
SUPPRESSIONS_LIMIT = 5.0  # inline exceptions per 1,000 lines (policy: suppressions-per-1000-lines)
IGNORES_LIMIT = 40  # rules switched off (policy: ignored-style-rules)
_SHOWN = 50  # findings listed by one check
_GUIDE = late(
    r"(?:^|/)(?:code|coding)?[-_ ]?style[-_ ]?(?:guide\w*)?\.(?:md|rst|txt|adoc)$|coding[-_ "
    r"](?:style|standards?|conventions?|guidelines?)\.\w+$",
    re.IGNORECASE,
)
_SECTION = late(
    r"^(?:#+[ \t]*|=+[ \t]*)?[^\n]{0,40}\b(?:"
    r"cod(?:e|ing)\s+(?:style|standards?|conventions?|format\w*|guidelines?)|style\s+guide\w*|naming\s+conventions?|"
    r"linting|code quality|formatting)\b[^\n]{0,40}$",
    re.IGNORECASE | re.MULTILINE,
)


@check("style.standards", reads=("*", ".*"))
def standards(style_config: StyleConfig) -> Evidence:
    """Several complementary style tools may be used together: lists those that the project configured.

    It never fails: one tool, or none, leaves the permission unused.
    """
    names = sorted({t.name for t in style_config.tools})
    if len(names) < 2:
        return not_applicable(f"{'only ' + names[0] if names else 'no style tool'} is configured: nothing is combined")
    return passed(f"{len(names)} style tools are configured: {', '.join(names)}", metrics={"tools": len(names)})


@check("style.known_base", reads=("*", ".*"))
def known_base(style_config: StyleConfig, settings: Mapping[str, Any]) -> Evidence:
    """A configured style starts from one that a community knows, and adds little of its own.

    Counts settings that change the style itself; line lengths, paths and versions do not. A style without a known base
    is home-made, and so is one with more settings of its own than the policy ``style-settings`` allows.
    """
    limit = _number(settings, "style-settings", SETTINGS_LIMIT)
    if not style_config.tools:
        return _nothing(style_config, "no style tool is configured, so no style is home-made")
    rootless = [t for t in style_config.tools if not t.base and t.settings]
    large = [t for t in style_config.tools if t.base and len(t.settings) > limit]
    metrics = {"settings": len(style_config.settings)}
    if rootless:
        findings = [
            _finding(
                "style-without-base",
                f"{t.name} has {len(t.settings)} settings and extends no known style",
                t.path,
                t.line,
            )
            for t in rootless
        ]
        return failed(
            f"{', '.join(sorted({t.name for t in rootless}))} describes a style of the project's own",
            findings=findings,
            metrics=metrics,
            remedy=f"extend a known style in {rootless[0].path} (for example BasedOnStyle, 'extends') and "
            "keep only what differs",
        )
    if large:
        tool = large[0]
        return unknown(
            f"{tool.path} starts from {tool.base} and states {len(tool.settings)} settings; how many of them "
            "differ from it cannot be told",
            remedy=f"keep only the settings of {tool.path} that differ from {tool.base} (at most {limit:g}), "
            "or raise 'style-settings' in the policy",
        )
    bases = sorted(
        {f"{t.name}: {t.base}" if t.base else f"{t.name}: no settings of its own" for t in style_config.tools}
    )
    return passed("; ".join(bases), metrics=metrics)


@check("style.documented", reads=("*", ".*", "docs/**", ".github/*"))
def documented(style_config: StyleConfig, tree: Tree) -> Evidence:
    """What a project changes about a community style is written down.

    Passed when every setting of its own has a comment, or a style guide (a file, or a section of the contributing
    guide) explains it; not applicable when nothing is changed.
    """
    own = style_config.settings
    if not own:
        return _nothing(style_config, "nothing about the community style is changed")
    bare = [o for o in own if not o.reason]
    if not bare:
        return passed(f"each of the {len(own)} settings has a comment that explains it", metrics={"settings": len(own)})
    guide = _guide(tree)
    if guide:
        return passed(f"{guide[0]} has a guide to the code style", metrics={"settings": len(own)})
    return failed(
        f"{len(bare)} of {len(own)} settings of a style of its own are explained nowhere",
        findings=_each(bare, "undocumented-style", "this departs from {0} without a reason"),
        remedy="say why in a comment beside each setting, or add a section 'Code style' to CONTRIBUTING",
        metrics={"settings": len(own), "unexplained": len(bare)},
    )


@check("style.converges", reads=("*", ".*"))
def converges(style_config: StyleConfig, style_history: StyleHistory) -> Evidence:
    """The number of departures from the community style does not grow from release to release.

    Compares rules switched off and settings of its own with those at the latest release before this commit.
    """
    if not style_config.tools and not style_history.before.tools:
        return _nothing(style_config, "no style tool is configured")
    now, then = _departures(style_config), _departures(style_history.before)
    metrics = {"now": len(now), "at the release": len(then)}
    if style_history.before.problems:
        return unknown(f"the style configuration of {style_history.tag} could not be read")
    if not now and not then:
        return not_applicable("nothing about the community style is changed, now or then")
    known = {(o.path, o.rule) for o in then}
    said = f"{_counted(len(now), 'departure')} from the community style, {len(then)} at {style_history.tag}"
    if len(now) > len(then):
        new = [o for o in now if (o.path, o.rule) not in known]
        return failed(
            said,
            findings=_each(new, "style-diverges", "{0} is new since the last release"),
            remedy="return to the community's rule where you can: each release should need fewer exceptions",
            metrics=metrics,
        )
    return passed(said, metrics=metrics)


@check("style.exceptions")
def exceptions(style_config: StyleConfig, source_scan: SourceScan, settings: Mapping[str, Any]) -> Evidence:
    """Few rules are switched off, in the configuration and in the code.

    Limits of the policy: ``suppressions-per-1000-lines`` for comments such as ``noqa``, ``NOLINT`` or
    ``eslint-disable``, ``ignored-style-rules`` for rules that the configuration switches off.
    """
    if not source_scan.files:
        return not_applicable("there is no source code")
    allowed = _number(settings, "suppressions-per-1000-lines", SUPPRESSIONS_LIMIT)
    rules = _number(settings, "ignored-style-rules", IGNORES_LIMIT)
    rate = 1000 * len(source_scan.suppressions) / max(1, source_scan.lines)
    ignores = style_config.ignores
    metrics = {"inline": len(source_scan.suppressions), "per 1,000 lines": round(rate, 1), "rules": len(ignores)}
    said = (
        f"{_counted(len(source_scan.suppressions), 'inline exception')} in {source_scan.lines:,} lines "
        f"({rate:.1f} in 1,000), {_counted(len(ignores), 'rule')} switched off"
    )
    # One exception in a short script is no habit.
    if rate > allowed and len(source_scan.suppressions) > allowed:
        findings = [_finding("inline-exception", s.text, s.path, s.line) for s in source_scan.suppressions[:_SHOWN]]
        return failed(
            f"{said}; the limit is {allowed:g} in 1,000",
            findings=findings,
            remedy="mend the code at the places listed, or switch a rule that never helps off once, with a reason",
            metrics=metrics,
        )
    if len(ignores) > rules:
        return failed(
            f"{said}; the limit is {rules:g} rules",
            findings=_each(ignores, "ignored-rule", "{0} is switched off"),
            remedy="switch rules on again one by one, starting with those that report little",
            metrics=metrics,
        )
    return passed(said, metrics=metrics)


@check("style.justified")
def justified(style_config: StyleConfig, source_scan: SourceScan) -> Evidence:
    """Each exception says why: a few words or a link beside it or in the comment above."""
    ignores, inline = style_config.ignores, source_scan.suppressions
    total = len(ignores) + len(inline)
    if not total:
        return _nothing(style_config, "there are no exceptions to justify")
    findings = _each([o for o in ignores if not o.reason], "unexplained-rule", "{0} is switched off without a reason")
    findings += [
        _finding("unexplained-exception", f"{s.text} gives no reason", s.path, s.line) for s in inline if not s.reason
    ]
    if findings:
        return failed(
            f"{len(findings)} of {_counted(total, 'exception')} {'gives' if len(findings) == 1 else 'give'} no reason",
            findings=findings[:_SHOWN],
            remedy="write the reason, or the issue that will end it, beside each exception",
            metrics={"exceptions": total, "unexplained": len(findings)},
        )
    return passed(f"all {total} exceptions give a reason", metrics={"exceptions": total})


@check("style.on_change", reads=(".*", ".*/**", "*"))
def on_change(automation: Automation, languages: Languages, tree: Tree) -> Evidence:
    """Continuous integration runs a style tool for the main language on every push or pull request.

    Task runners (tox, nox, make, npm …), scripts and pre-commit hooks are followed. When nothing is found but a part of
    the definitions cannot be seen from here, the answer is unknown.
    """
    code = languages.code()
    if not code:
        return not_applicable("there is no source code")
    main = FAMILY.get(code[0], code[0])
    found = automation.doing(ANY_STYLE, on_change=True)
    fitting = [
        c for c in found if STYLE["*"].fits(c.text, c.uses) or main not in STYLE or STYLE[main].fits(c.text, c.uses)
    ]
    if fitting:
        return passed(f"every change is checked by {named(ANY_STYLE, fitting)}", metrics={"commands": len(fitting)})
    if blind := automation.blind(on_change=True):
        return unknown(
            f"no style tool for {code[0]} was found, but {blind}",
            remedy="call the tool in a workflow of this repository, or attest it",
        )
    if any(ANY_STYLE.fits(line.text, False) for line in hooks.expand(tree)):
        return unknown(
            "pre-commit hooks are configured, but no workflow here runs them; whether a service does cannot "
            "be seen in the files",
            remedy="run pre-commit in a workflow on pull_request, or attest that pre-commit.ci is enabled",
        )
    other = f"; what runs is {named(ANY_STYLE, found)}" if found else ""
    return failed(
        f"no definition of continuous integration runs a style tool for {code[0]} on a change{other}",
        findings=[
            Finding(
                rule="no-style-check",
                message=f"{f.path} runs on changes without a style tool",
                severity=Severity.NOTE,
                location=Location(path=f.path),
            )
            for f in automation.files
            if f.on_change
        ][:5],
        remedy=f"add a job on pull_request that runs a style tool for {code[0]}",
    )


def _departures(config: StyleConfig) -> tuple[Override, ...]:
    return config.ignores + config.settings


def _guide(tree: Tree) -> tuple[str, int] | None:
    """A style guide: a file of its own, or a section of the contributing guide or of the documentation for "
    "developers."""
    for entry in tree.glob("*", "docs/**", "doc/**", ".github/*"):
        if _GUIDE.search(entry.path) and entry.size > 200:
            return entry.path, 1
    pages = tree.glob(
        "CONTRIBUTING*",
        "contributing*",
        ".github/CONTRIBUTING*",
        "docs/**/*ontribut*",
        "doc/**/*ontribut*",
        "docs/**/*evelop*",
        "HACKING*",
        "DEVELOP*",
        "README*",
    )
    for entry in pages[:20]:
        text = tree.text(entry.path, 100_000)
        found = _SECTION.search(text)
        if found:
            return entry.path, text.count("\n", 0, found.start()) + 1
    return None


def _nothing(config: StyleConfig, why: str) -> Evidence:
    """Not applicable, unless a configuration could not be read: then nobody knows."""
    if config.problems:
        path, problem = config.problems[0]
        return unknown(f"{path} could not be read: {problem}", remedy=f"mend {path}")
    return not_applicable(why)


def _each(overrides: Iterable[Override], rule: str, message: str) -> list[Finding]:
    return [_finding(rule, message.format(o.rule), o.path, o.line) for o in list(overrides)[:_SHOWN]]


def _finding(rule: str, message: str, path: str, line: int) -> Finding:
    return Finding(rule=rule, message=message, location=Location(path=path, line=line))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _number(settings: Mapping[str, Any], key: str, default: float) -> float:
    value = settings.get(key, default)
    return value if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else default
