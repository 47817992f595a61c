"""QC.Rev: changes are reviewed by people in one tool that shows and enforces the tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assaymark.api import Evidence, Finding, Severity, Tree, check, failed, not_applicable, passed, unknown
from assaymark.model import Subject
from assaymark.patterns import late
from assaymark.subject.automation import Automation, named
from assaymark.subject.changes import Changes
from assaymark.subject.ci.model import CiFile, CiJob, CiStep
from assaymark.subject.forge import OUTSIDERS
from assaymark.subject.owners import Owners
from assaymark.subject.purposes import ANALYSERS, LINT
from assaymark.subject.templates import Templates
from assaymark.subject.workflows import Workflows

if TYPE_CHECKING:
    from assaymark.subject.forge import Forge, ForgeSeen

CI_FILES = (
    "{.github,.gitea,.forgejo,.gitlab,.circleci,.azure-pipelines,.woodpecker,.sqa}/**",
    ".{gitlab-ci,travis,cirrus,drone,woodpecker,appveyor,pre-commit-config}.y*ml",
    "{appveyor,bitbucket-pipelines}.yml",
    "azure-pipelines*",
    "Jenkinsfile*",
)
TEMPLATES = ("*TEMPLATE*", "*template*", "{docs,.github,.gitlab,.gitea,.forgejo}/**")
SHARE = 0.9
HALF = 0.5
LEAST = 5
_TRAILER = late(r"^(?:Reviewed-by|Acked-by|Approved-by)[:=][ \t]{0,9}(\S[^\n]{0,200})", re.MULTILINE | re.I)
_GERRIT = late(r"^(?:Reviewed-on: ?https?://|Change-Id: I[0-9a-f]{20,}|Differential Revision: )", re.MULTILINE)
_REVIEW_HOSTS = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org")


@check("review.tool", reads=())
def tool(changes: Changes, forge_seen: ForgeSeen) -> Evidence:
    """Reviews take place in one tool.

    At least half of the latest merged pull requests must have a review by someone other than the author; trailers of
    Gerrit, Phabricator and the like in the history show another agreed tool.
    """
    recent = changes.recent
    elsewhere = sum(1 for a in recent if _GERRIT.search(a.text))
    if len(recent) >= LEAST and elsewhere >= SHARE * len(recent):
        return passed(f"{elsewhere} of the last {len(recent)} changes name their review in their message")
    forge = forge_seen.forge
    if forge is None:
        return unknown(f"reviews are kept on the forge, and {forge_seen.reason}", remedy="run with --forge")
    if forge.pulls is None:
        return unknown(f"the pull requests are not known: {forge.why('pulls')}")
    seen = [p for p in forge.people_pulls if p.reviewed is not None]
    if not seen:
        return unknown(f"no reviews were seen: {forge.why('reviews')}")
    reviewed = sum(1 for p in seen if p.reviewed)
    message = f"{reviewed} of the last {len(seen)} merged pull requests were reviewed on {forge.host}"
    if reviewed >= HALF * len(seen):
        return passed(message)
    return failed(
        message, remedy="review each pull request on the forge before it is merged, by someone else than its author"
    )


@check("review.comments", reads=())
def comments(subject: Subject, forge_seen: ForgeSeen) -> Evidence:
    """The review tool takes comments on a change as a whole and on its lines.

    The pull requests of GitHub, GitLab, Codeberg and Bitbucket do; for another host it must be attested.
    """
    host = (subject.repository or "").partition("/")[0]
    forge = forge_seen.forge
    if forge and forge.has_pulls is False:
        return failed(
            f"pull requests are switched off on {forge.host}, so nothing can be commented there",
            remedy="switch them on: Settings, General, Features, Pull requests",
        )
    if host in _REVIEW_HOSTS:
        used = f"; {forge.line_comments} line comments were seen" if forge and forge.line_comments else ""
        return passed(f"pull requests on {host} take general and line comments{used}")
    return unknown(f"the review tool of {host or 'a repository without a remote'} is not known")


@check("review.shows-checks", reads=CI_FILES)
def shows_checks(workflows: Workflows, forge_seen: ForgeSeen) -> Evidence:
    """The review shows the results of the required tests.

    CI that starts on pull requests reports there; other CI is seen by its results on the heads of merged requests.
    """
    files = workflows.on_request()
    if any(any(True for _ in f.steps()) or any(j.uses for j in f.jobs) for f in files):
        return passed(f"{files[0].path} runs on pull requests and reports there")
    forge = forge_seen.forge
    seen = [p for p in (forge.pulls or () if forge else ()) if p.checks is not None]
    if seen:
        shown = sum(1 for p in seen if p.checks)
        message = f"{shown} of the last {len(seen)} merged pull requests show results of checks"
        if shown >= HALF * len(seen):
            return passed(message)
        return failed(message, remedy="run the tests in a CI workflow with on: pull_request")
    return unknown(
        "no CI definition in the repository starts on pull requests; results of another system show on the forge only",
        remedy="add a workflow with on: pull_request that runs the tests, or run with --forge",
    )


@check("review.blocks-merge", reads=())
def blocks_merge(forge: Forge) -> Evidence:
    """A merge is blocked while required tests fail: the main branch has required status checks."""
    required = forge.protection.required_checks if forge.protection else None
    if required is None:
        return unknown(f"whether failed tests block a merge is not known: {forge.why('protection')}")
    if required:
        return passed(f"a merge waits for {', '.join(required[:8])}")
    return failed(
        "pull requests can be merged although their tests failed",
        remedy="Settings, Rules, Rulesets: tick 'Require status checks to pass' and name the test job",
    )


@check("review.open", reads=())
def open_to_experts(forge: Forge) -> Evidence:
    """Experts from outside can take part in reviews: the repository, and with it each pull request, is public."""
    if forge.visibility is None:
        return unknown(f"the visibility of the repository is not known: {forge.why('visibility')}")
    if forge.visibility != "public":
        return failed(f"the repository is {forge.visibility}: nobody from outside can review", remedy="make it public")
    reviews = [r for p in forge.people_pulls for r in p.reviews or () if r.author != p.author]
    outside = sum(1 for r in reviews if r.association in OUTSIDERS)
    return passed(f"anyone may review; {outside} of {len(reviews)} reviews seen are by outsiders")


_LINTERS = late(
    r"commitlint|gitlint|commitizen|\bcz check\b|conventional-pre-commit|compilerla/conventional|semantic-pull-request"
    r"|conventional-pr|committed\b|no-fixup|gsactions/commit-message-checker|check-commit-message",
    re.I,
)
_COMMIT_FILES = (
    ".gitlint",
    ".commitlintrc*",
    "commitlint.config.*",
    ".cz.toml",
    ".cz.json",
    ".cz.yaml",
    "cz.toml",
    "committed.toml",
    ".gitmessage*",
    ".conform.yaml",
)
_CONVENTIONAL = late(r"(?:[a-z]{2,12}|[A-Z]{2,5})(?:\([\w./, -]{1,60}\))?!?: \S.{3}")
_VAGUE = late(
    r"(?:wip|fix(?:e[sd]|ing)?|bug ?fix|updates?|updated|changes?|changed"
    r"|minor(?: (?:fix|change|update)(?:e?s)?)?|test(?:s|ing)?|tmp|temp"
    r"|cleanup|clean ?up|refactor|typos?|stuff|misc|work|done|commit|save|more|final|new|again"
    r"|try|\W{0,5}|\w)[.! ]{0,5}",
    re.I,
)


@check(
    "review.commit-messages",
    reads=(".pre-commit-config.yaml", ".git*", "*commit*", "package.json", "pyproject.toml", ".github/workflows/**"),
)
def commit_messages(tree: Tree, workflows: Workflows, changes: Changes) -> Evidence:
    """Commit messages are clear.

    Fails when three in ten of the latest changes say nothing ("fix", "wip", "update"). Passed when a tool checks
    messages, or nine in ten follow a convention. Otherwise a person must say.
    """
    recent = [a for a in changes.recent if len(a.commit.parents) < 2]
    vague = [a for a in recent if _VAGUE.fullmatch(a.commit.subject.strip()[:200])]
    if len(recent) >= LEAST and len(vague) > 0.3 * len(recent):
        return failed(
            f"{len(vague)} of the last {len(recent)} commit messages say nothing",
            findings=[
                Finding(
                    rule="vague-message",
                    message=f"{a.commit.id[:10]} “{a.commit.subject[:60]}”",
                    severity=Severity.NOTE,
                )
                for a in vague[:10]
            ],
            remedy="say what changes and why in the subject line; gitlint or commitlint can ask for it",
        )
    config = tree.find(*_COMMIT_FILES)
    if config:
        return passed(f"{config[0].path} has commit messages checked")
    for path in (".pre-commit-config.yaml", "package.json"):
        if tree.get(path) and _LINTERS.search(tree.text(path, 200_000)):
            return passed(f"{path} has commit messages checked")
    for file, _, step in workflows.commands(on_change=True):
        if _LINTERS.search(f"{step.uses} {step.run[:2_000]}"):
            return passed(f"{file.path} has commit messages checked (line {step.line})")
    following = sum(1 for a in recent if _CONVENTIONAL.match(a.commit.subject))
    if len(recent) >= LEAST and following >= SHARE * len(recent):
        return passed(f"{following} of the last {len(recent)} commit messages follow a convention (kind: what)")
    return unknown(
        "whether commit messages are clear is for a person to say", remedy="attest it, or let a tool check messages"
    )


@check("review.checklist", reads=TEMPLATES)
def checklist(templates: Templates, forge_seen: ForgeSeen) -> Evidence:
    """Reviews look at the need for a change and at its completeness: the request's template holds a checklist.

    With the forge, half of the latest requests must have a box ticked.
    """
    lists = [t for t in templates.requests if t.tasks >= 2]
    if not lists:
        return unknown(
            "no template for pull requests holds a checklist", remedy="add one, or attest how reviewers go about it"
        )
    forge = forge_seen.forge
    pulls = forge.people_pulls if forge else ()
    if len(pulls) < LEAST:
        return passed(f"{lists[0].path} holds a checklist of {lists[0].tasks} items")
    ticked = sum(1 for p in pulls if re.search(r"^\s{0,20}[-*+] \[[xX]\]", p.body, re.MULTILINE))
    message = f"{ticked} of the last {len(pulls)} pull requests have a box of the checklist ticked"
    return (
        passed(message)
        if ticked >= HALF * len(pulls)
        else failed(message, remedy="ask for the checklist in reviews, or shorten it")
    )


_LINT = late(r"\blint(?:ing|er|ers)?\b", re.I)
_CALLED_SO = late(r"\blint(?:ing|er|ers)?\b|\bstyle\b|\bstatic analysis\b|\bcode quality\b", re.I)


@check("review.style-on-requests", reads=(".*", ".*/**", "*"))
def style_on_requests(tree: Tree, workflows: Workflows, automation: Automation) -> Evidence:
    """Reviews look at dead code, unused imports and style: a linter reports on each pull request.

    Task runners, scripts and pre-commit hooks are followed; a step or job that is called a linter is taken for one,
    unless what it starts was not found.
    """
    if found := automation.doing(LINT, on_request=True):
        return passed(f"pull requests are examined by {named(LINT, found)}")
    lost = {(c.file, c.job) for _, c in automation.lost}
    for file, job, step in _requests(workflows):
        called = _CALLED_SO.search(step.name) or _LINT.search(f"{step.uses} {step.run[:5_000]}")
        if called and (step.uses or (file.path, job.name) not in lost):
            return passed(f"{file.path} runs a linter on pull requests (line {step.line})")
    for file in workflows.on_request():
        for job in file.jobs:
            if (file.path, job.name) not in lost and _CALLED_SO.search(f"{job.name} {job.uses} {file.name}"):
                return passed(f"{file.path} has the job {job.name!r} on pull requests")
    config = tree.get(".pre-commit-config.yaml")
    if config and re.search(r"^ci:", tree.text(config.path, 100_000), re.MULTILINE):
        return passed(f"{config.path} is run on pull requests by pre-commit.ci")
    if not workflows.on_request():
        return unknown(
            "no CI definition in the repository starts on pull requests",
            remedy="run a linter in a workflow with on: pull_request, or attest it",
        )
    if config:
        return unknown(f"{config.path} may be run on pull requests by pre-commit.ci: its own settings tell")
    if blind := automation.blind(on_change=True):
        return unknown(
            f"no linter was found on pull requests, but {blind}",
            remedy="call the linter in a workflow of this repository, or attest it",
        )
    return failed(
        "nothing that runs on pull requests is a linter", remedy="run one there, for example pre-commit or ruff check"
    )


def _requests(workflows: Workflows) -> Iterator[tuple[CiFile, CiJob, CiStep]]:
    return ((file, job, step) for file in workflows.on_request() for job, step in file.steps() if job.on_change)


_TESTS = late(r"\btest(?:s|ed|ing)?\b", re.I)
_DOCS = late(r"\bdoc(?:s|umentation|umented|strings?)?\b|changelog|readme", re.I)
_DIFF_COVERAGE = late(
    r"codecov|coveralls|diff-cover|python-coverage-comment|coverage-comment|orgoro/coverage|codacy-coverage|sonar", re.I
)


@check("review.tests-for-change", reads=(*CI_FILES, *TEMPLATES))
def tests_for_change(workflows: Workflows, templates: Templates) -> Evidence:
    """Reviews look at the tests for a change: the request's template asks for them, or coverage is reported on it."""
    for template in templates.requests:
        if not template.problem and _TESTS.search(template.text):
            return passed(f"{template.path} asks for tests")
    for file, _, step in _requests(workflows):
        if _DIFF_COVERAGE.search(f"{step.uses} {step.run[:5_000]}"):
            return passed(f"{file.path} reports the coverage of pull requests (line {step.line})")
    return _asks_nothing(templates, "tests", "Is the change covered by tests?")


@check("review.docs-for-change", reads=TEMPLATES)
def docs_for_change(templates: Templates) -> Evidence:
    """Reviews look at the documentation for a change: the request's template asks for it."""
    for template in templates.requests:
        if not template.problem and _DOCS.search(template.text):
            return passed(f"{template.path} asks for documentation")
    return _asks_nothing(templates, "documentation", "Is the documentation (and the changelog) up to date?")


def _asks_nothing(templates: Templates, what: str, question: str) -> Evidence:
    remedy = f"add to the template for pull requests: - [ ] {question}"
    if templates.requests:
        return failed(f"the template for pull requests does not ask for {what}", remedy=remedy)
    return unknown(f"nothing tells whether reviews look at the {what} for a change", remedy=remedy)


@check("review.every-change", reads=())
def every_change(changes: Changes, forge_seen: ForgeSeen) -> Evidence:
    """Every change is reviewed by someone other than its author before it is merged.

    Nine in ten of the latest changes must carry a review trailer of another person, or nine in ten of the latest
    merged pull requests an approval by someone else.
    """
    recent = changes.recent
    signed = [a for a in recent if any(not _same(who, a.commit.author) for who in _TRAILER.findall(a.text))]
    if len(recent) >= LEAST and len(signed) >= SHARE * len(recent):
        return passed(f"{len(signed)} of the last {len(recent)} changes carry the name of a reviewer")
    forge = forge_seen.forge
    if forge is None:
        return unknown(f"approvals are kept on the forge, and {forge_seen.reason}", remedy="run with --forge")
    if forge.pulls is None:
        return unknown(f"the pull requests are not known: {forge.why('pulls')}")
    seen = [p for p in forge.people_pulls if p.approvals is not None]
    loose = sum(1 for c in forge.changes or () if c.pulls == ())
    if not seen:
        return unknown(f"no reviews of pull requests of people were seen: {forge.why('reviews')}")
    approved = [p for p in seen if p.approvals]
    total = len(seen) + loose
    message = f"{len(approved)} of the last {len(seen)} merged pull requests were approved by someone else"
    if loose:
        message += f", and {loose} commits came without one"
    if len(approved) >= SHARE * total:
        return passed(message, metrics={"approved": len(approved), "changes": total})
    return failed(
        message,
        findings=[
            Finding(rule="unreviewed", message=f"#{p.number} “{p.title[:80]}” has no approval", severity=Severity.NOTE)
            for p in seen
            if not p.approvals
        ][:10],
        remedy="Settings, Rules, Rulesets: tick 'Require a pull request before merging' with one approval",
        metrics={"approved": len(approved), "changes": total},
    )


def _same(reviewer: str, author: str) -> bool:
    return reviewer.partition("<")[0].strip().lower() == author.strip().lower()


_MANIFESTS = (
    "pyproject.toml", "setup.py", "setup.cfg", "requirements*.txt", "package.json", "Cargo.toml", "go.mod", "pom.xml",
    "build.gradle*", "Gemfile", "DESCRIPTION", "Project.toml", "environment.y*ml", "Dockerfile", "CMakeLists.txt",
)  # fmt: skip # many short items


@check("review.security", reads=(*CI_FILES, *TEMPLATES, "*CODEOWNERS"))
def security(
    tree: Tree, automation: Automation, workflows: Workflows, owners: Owners, templates: Templates
) -> Evidence:
    """Reviews weigh the risk for security.

    Passed when code, dependencies or workflows are analysed for weaknesses on pull requests, or when CODEOWNERS names
    who must look at changes of CI definitions and dependency lists, or when the request's template asks about security.
    """
    for purpose in ANALYSERS:
        if found := automation.doing(purpose, on_request=True):
            return passed(f"pull requests are examined by {named(purpose, found)}")
    for template in templates.requests:
        if re.search(r"\bsecurity\b|vulnerab", template.text, re.I):
            return passed(f"{template.path} asks about security")
    if not owners.rules:
        return unknown(
            "no analysis for security runs on pull requests, and no CODEOWNERS names who must look at sensitive files",
            remedy="run a scanner (CodeQL, dependency review, zizmor) on pull requests, or add .github/CODEOWNERS",
        )
    sensitive = [f.path for f in workflows.files] + [e.path for e in tree.find(*_MANIFESTS)]
    free = [path for path in sensitive if not owners.of(path)]
    if not sensitive:
        return not_applicable("there are no CI definitions or dependency lists that someone should look at")
    if not free:
        return passed(f"{owners.path} names who must look at all {len(sensitive)} sensitive files")
    if len(free) < len(sensitive):
        return unknown(
            f"no analysis for security runs on pull requests, and {owners.path} names nobody for {', '.join(free[:5])}",
            remedy=f"add to {owners.path}: /.github/ and {free[0]} with their owners",
        )
    if blind := automation.blind():
        return unknown(
            f"{owners.path} names nobody for {', '.join(free[:5])}, no analysis for security was found, and {blind}",
            remedy=f"add to {owners.path}: /.github/ and {free[0]} with their owners",
        )
    return failed(
        f"{owners.path} names nobody for any of {len(free)} sensitive files, and no analysis for security runs on "
        "pull requests",
        findings=[
            Finding(rule="no-owner", message=f"{path} has no owner", severity=Severity.NOTE) for path in free[:10]
        ],
        remedy=f"add to {owners.path}: /.github/ and {free[0]} with their owners",
    )
