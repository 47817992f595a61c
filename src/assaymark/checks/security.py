"""QC.Sec: a way to report, automatic searches for weaknesses, and no files that everyone may write."""

from __future__ import annotations

from assaymark.api import Evidence, Finding, Location, Severity, Tree, check, failed, not_applicable, passed, unknown
from assaymark.patterns import late
from assaymark.subject.automation import Automation, named
from assaymark.subject.defaults import Defaults
from assaymark.subject.documents import Readme
from assaymark.subject.languages import Languages
from assaymark.subject.purposes import (
    ANALYSERS,
    DEPENDENCIES,
    FAMILY,
    GUIDE_RULES,
    ONE_LANGUAGE,
    SAST,
    SCANNERS,
    SECRETS,
    Purpose,
)
from assaymark.subject.secure_rules import SecureRules
from assaymark.subject.security_files import SecurityFiles, policy_of
from assaymark.subject.tasks import hooks

_SHORTEST = 20  # words of a policy that says anything
_SHOWN = 50
_ELSEWHERE = late(r"(?i)^https?://[^?#]*/(?:security/policy|security(?:\.md|\.rst|\.txt))/?(?:[?#].*)?$")
_LOCAL = (".*", ".*/**", "*")


@check("security.policy", reads=("SECURITY*", ".github/*", "docs/*"))
def policy(security_files: SecurityFiles, defaults: Defaults, readme: Readme) -> Evidence:
    """A security policy says how to report a weakness: a SECURITY file with a contact and more than a few words.

    With ``--forge``, the one of the owner's ``.github`` repository holds where there is none here; without, one
    elsewhere that the README or a short policy points to is unknown, as nobody read it.
    """
    found = security_files.policy
    shared = defaults.security if found is None else None
    if shared:
        found = policy_of(shared.path, shared.text)
    if found is None:
        if defaults.problem:
            return unknown(f"the repository has no security policy, and {defaults.problem}")
        link = next((a for a in readme.page.links if _ELSEWHERE.search(a.target)), None)
        if link and defaults.hint:
            return unknown(
                f"{readme.path}:{link.line} points to the security policy {link.target}, which was not looked at",
                remedy="run with --forge, or keep the policy here as SECURITY.md",
            )
        return failed(
            "the repository has no security policy",
            remedy="add SECURITY.md: which versions are supported, how to report a weakness in private, when "
            f"an answer comes.{defaults.hint}",
        )
    if found.words < _SHORTEST or found.contact is None:
        if found.link:
            return unknown(
                f"{found.path} points to {found.link}, which was not looked at",
                remedy=f"say in {found.path} itself to whom a weakness is reported",
            )
        lacks = f"has only {found.words} words" if found.words < _SHORTEST else "names no way to report a weakness"
        return failed(
            f"{found.path} {lacks}",
            findings=[
                Finding(
                    rule="security-policy",
                    message=lacks,
                    location=None if shared else Location(path=found.path, line=1),
                )
            ],
            remedy=f"say in {found.path} to whom a weakness is reported (an e-mail address, a private form), "
            "and what happens then",
        )
    return passed(f"{found.path}:{found.contact} says how to report a weakness")


@check("security.scanning", reads=_LOCAL)
def scanning(security_files: SecurityFiles, automation: Automation, languages: Languages) -> Evidence:
    """Weaknesses are searched for automatically: in dependencies, code or workflows, or in what must stay secret.

    Configurations of services (Dependabot, Renovate …) and jobs that run a scanner count; one kind is enough, the
    others are named as notes. What a forge does on its own cannot be seen in the files.
    """
    if not languages.code():
        return not_applicable("there is no source code")
    kinds: dict[str, str] = {}
    for purpose in SCANNERS:
        found = automation.doing(purpose)
        if found:
            kinds[purpose.name] = named(purpose, found, 2)
    for name, path in security_files.watchers:
        kind = SECRETS.name if name in ("GitGuardian", "gitleaks") else DEPENDENCIES.name
        kinds.setdefault(kind, f"{name} ({path})")
    lacking = [p.name for p in (DEPENDENCIES, SAST, SECRETS) if p.name not in kinds]
    if kinds:
        notes = [
            Finding(rule="no-scan", message=f"no {name} is configured in the files", severity=Severity.NOTE)
            for name in lacking
        ]
        return passed(
            "; ".join(f"{kind}: {what}" for kind, what in kinds.items()), findings=notes, metrics={"kinds": len(kinds)}
        )
    if blind := automation.blind():
        return unknown(
            f"no scanner was found, but {blind}", remedy="add .github/dependabot.yml or a job with a scanner"
        )
    return failed(
        "nothing searches dependencies, code or history for weaknesses",
        remedy="add .github/dependabot.yml (or Renovate), and a job that runs a scanner such as pip-audit, "
        "osv-scanner, CodeQL or gitleaks",
    )


@check("security.guide_rules", reads=_LOCAL)
def guide_rules(automation: Automation, secure_rules: SecureRules, languages: Languages, tree: Tree) -> Evidence:
    """Rules drawn from a guide to secure coding (OWASP, CERT, CWE lists) are applied to the code by a tool in CI.

    Rules that are switched on in a configuration while no job runs the tool are not applied: that fails. That the guide
    is followed where no rule reaches is for a person to attest.
    """
    if not languages.code():
        return not_applicable("there is no source code")
    main = _main(languages)
    runs = [c for c in automation.doing(GUIDE_RULES) if _looks_at(c.text, main)]
    if runs:
        return passed(f"rules of a secure-coding guide are applied by {named(GUIDE_RULES, runs)}")
    configured = [rule for rule in secure_rules.found if _looks_at(rule.tool, main)]
    for rule in configured:
        if automation.doing(Purpose(rule.tool, run=(rf"{rule.tool}[\w-]*",), uses=(rule.tool,))):
            return passed(f"{rule.path}:{rule.line} switches on {rule.rules}, and {rule.tool} runs in CI")
    if configured and not automation.blind() and not tree.find(*hooks.NAMES):
        rule = configured[0]
        return failed(
            f"{rule.path}:{rule.line} switches on {rule.rules}, and no job runs {rule.tool}",
            findings=[
                Finding(
                    rule="rules-not-run",
                    message=f"no job applies {r.rules}",
                    location=Location(path=r.path, line=r.line),
                )
                for r in configured
            ],
            remedy=f"run {rule.tool} in a workflow on pull_request",
        )
    return unknown(
        f"no tool with rules of a secure-coding guide (OWASP, CERT) is known to run on {languages.code()[0]}",
        remedy="run such a rule set in CI (for example Semgrep's p/owasp-top-ten, CodeQL's security-extended, "
        "ruff's S rules), or attest which guide is followed",
    )


@check("security.review_fed", reads=_LOCAL)
def review_fed(automation: Automation, languages: Languages) -> Evidence:
    """Reviewers of a change have the findings of security linters before them: a scanner runs on each change.

    Whether its alerts are dealt with is known to the forge, not to the files.
    """
    if not languages.code():
        return not_applicable("there is no source code")
    main = _main(languages)
    for purpose in ANALYSERS:
        if found := [c for c in automation.doing(purpose, on_change=True) if _looks_at(c.text, main)]:
            if asked := [c for c in found if c.on_request]:
                return passed(f"reviewers see the findings of {named(purpose, asked)} on each change")
            return passed(f"{named(purpose, found)} looks at each push, for whoever reviews it then")
    if blind := automation.blind(on_change=True):
        return unknown(
            f"no security linter was found on changes, but {blind}",
            remedy="run a security linter in a workflow on pull_request, or attest the reviews",
        )
    later = [c for purpose in ANALYSERS for c in automation.doing(purpose)]
    where = f"; one runs, but not on a change ({later[0]})" if later else ""
    return failed(
        f"no security linter runs on changes, so reviews do without its findings{where}",
        remedy="run a security linter (bandit, CodeQL, Semgrep, gosec …) in a workflow on pull_request",
    )


@check("security.world_writable")
def world_writable(security_files: SecurityFiles, tree: Tree) -> Evidence:
    """Nothing is writable for everyone: neither files of the tree nor what scripts, images and playbooks install.

    Looks at the modes of files and at chmod, umask, install and mode settings that give write permission to all.
    Folders with the sticky bit are left out.
    """
    if not len(tree):
        return not_applicable("there are no files")
    if not security_files.writable:
        return passed(
            "no mode lets everyone write (the modes of all files, and what is set in "
            f"{'1 file' if security_files.looked_at == 1 else f'{security_files.looked_at} files'})"
        )
    places = len(security_files.writable)
    return failed(
        f"{places} place{'s make' if places > 1 else ' makes'} something writable for everyone",
        findings=[
            Finding(
                rule="world-writable",
                message=f"{w.text} lets everyone write",
                severity=Severity.ERROR,
                location=Location(path=w.path, line=w.line),
            )
            for w in security_files.writable[:_SHOWN]
        ],
        remedy="give write permission to the owner or a group only (for example 750 or 640, umask 027)",
        metrics={"places": places},
    )


def _main(languages: Languages) -> str:
    """The main language, with its kin under one name as `purposes` has them."""
    main = languages.code()[0]
    return FAMILY.get(main, main)


def _looks_at(text: str, main: str) -> bool:
    """Whether a scanner looks at the main language: those of one other language tell nothing about most of the code."""
    only = [language for tool, language in ONE_LANGUAGE.items() if tool in text.lower()]
    return not only or main in only
