"""QC.Man: issues and pull requests are where the work is done, and outsiders may take part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from assaymark.api import Evidence, Finding, Location, Severity, Tree, check, failed, passed, unknown
from assaymark.model import Subject
from assaymark.patterns import late
from assaymark.subject.changes import Arrival, Changes, Way
from assaymark.subject.defaults import Defaults
from assaymark.subject.documents import Documents, Readme
from assaymark.subject.forge import OUTSIDERS
from assaymark.subject.metadata import Metadata
from assaymark.subject.templates import Template, Templates
from assaymark.subject.workflows import Workflows

if TYPE_CHECKING:
    from assaymark.subject.forge import Forge, ForgeSeen, Pull

TEMPLATES = ("*TEMPLATE*", "*template*", "{docs,.github,.gitlab,.gitea,.forgejo}/**")
TOLERATED = 10  # one change in ten may miss what "every change" asks, as in QC.Wor02
MOST = 0.8  # "concise, with a purpose": most of a sample
SOME = 0.2  # "used to": a habit, not a rule
LEAST = 5
_TRACKER_LABEL = late(r"\bbugs?\b|issue|tracker|\btickets?\b", re.I)
_TRACKER_URL = late(r"https?://\S{0,300}?(?:/issues\b|bugzilla|jira|redmine|bugs\.launchpad\.net|tracker)", re.I)
_CLOSES = late(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|implements?|addresses)\b:?[ \t]{1,9}"
    r"(?:issues?[ \t]{1,9})?(?:[\w.-]{1,100}/[\w.-]{1,100})?(?:#|GH-|https?://\S{1,200}/issues/)\d",
    re.I,
)
_REFERS = late(
    r"(?<![\w&])(?:[\w.-]{1,100}/[\w.-]{1,100})?(?:#|GH-)(\d{1,9})\b|/issues/(\d{1,9})\b|\b[A-Z][A-Z0-9]{1,9}-\d{1,7}\b"
)
_ELSEWHERE = late(
    r"https?://(?!img\.)[^\s<>\])`]{0,200}(?:contribut(?!ors)|develop|guideline|hacking)[^\s<>\])`]{0,200}", re.I
)
_CONTRIBUTING = late(r"https?://(?!img\.)[^\s<>\])`]{0,200}contribut(?!ors)[^\s<>\])`]{0,200}", re.I)
_HOW = late(
    r"pull[- ]requests?|merge[- ]requests?|\bPRs?\b|\bMRs?\b|\bfork(?:ed|ing|s)?\b|send (?:us )?(?:a )?patch|patches\b"
    r"|gerrit|phabricator",
    re.I,
)


@check("management.tracker", reads=("*", "docs/**", "doc/**", *TEMPLATES))
def tracker(
    metadata: Metadata,
    templates: Templates,
    forge_seen: ForgeSeen,
    subject: Subject,
    readme: Readme,
    documents: Documents,
) -> Evidence:
    """There is an issue tracker for new features and defects.

    A tracker's address in the project's metadata, templates for issues, or a link of the README or of the guide for
    contributors to the issues of this repository show it; else the forge is asked.
    """
    forge = forge_seen.forge
    for label, url, path in metadata.urls:
        if _TRACKER_URL.match(url) or (_TRACKER_LABEL.search(label) and url.startswith(("http://", "https://"))):
            if forge and forge.has_issues is False and f"{forge.host}/{forge.repository}".lower() in url.lower():
                break  # declared, but switched off
            return passed(f"{path} names the issue tracker {url}")
    if forge and forge.has_issues:
        return passed(f"issues are open on {forge.host} (seen {forge.fetched_at})")
    if forge and forge.has_issues is False:
        return failed(
            f"issues are switched off on {forge.host}, and the metadata names no other tracker",
            remedy="switch issues on (Settings, General, Features), or give the tracker's address in the metadata",
        )
    if templates.issues:
        return passed(f"templates for issues are kept in {templates.issues[0].path}")
    if place := _linked_tracker(subject, readme, documents):
        return passed(f"{place} links the issue tracker")
    return unknown(
        "neither the metadata nor a template tells of an issue tracker",
        remedy="give its address, for example [project.urls] Issues = '…' in pyproject.toml, or run with --forge",
    )


def _linked_tracker(subject: Subject, readme: Readme, documents: Documents) -> str:
    """Where a page for readers links the issues of this very repository; '' when none does."""
    if not subject.repository:
        return ""
    issues = re.compile(rf"(?i)https?://(?:www\.)?{re.escape(subject.repository)}/(?:-/)?issues(?:/new\b.*)?/?$")
    pages = ((readme.path, readme.page), *((g.path, g.page) for g in documents.contributing))
    places = (f"{path}:{link.line}" for path, page in pages for link in page.links if issues.match(link.target))
    return next(places, "")


@check("management.open-tracker", reads=())
def open_tracker(forge: Forge) -> Evidence:
    """People from outside can open issues: the repository is public and its issues are switched on."""
    if forge.has_issues is None or forge.visibility is None:
        return unknown(f"who may open issues is not known: {forge.why('has_issues')}")
    if forge.visibility != "public":
        return failed(
            f"the repository is {forge.visibility}: outsiders see no issues", remedy="make the repository public"
        )
    if not forge.has_issues:
        return failed("issues are switched off", remedy="switch them on: Settings, General, Features, Issues")
    if forge.archived:
        return failed(
            "the repository is archived: nobody can open issues", remedy="unarchive it, or say where work goes on"
        )
    outside = sum(1 for i in forge.issues or () if i.association in OUTSIDERS and not i.bot)
    seen = f"; {outside} of the last {len(forge.issues)} are by outsiders" if forge.issues else ""
    return passed(f"anyone may open issues{seen}", metrics={"outside_issues": outside})


@check("management.issue-quality", reads=TEMPLATES)
def issue_quality(templates: Templates, forge_seen: ForgeSeen) -> Evidence:
    """Issues say what is needed to work on them: templates or forms ask for it.

    Issue forms must be ones that GitHub accepts, templates must ask for something. Without templates the latest
    issues of people are looked at on the forge: most must have a text.
    """
    if templates.issues:
        broken = [t for t in templates.issues if t.problem]
        if len(broken) == len(templates.issues):
            return failed(
                f"of {len(broken)} issue templates none is usable",
                findings=_problems(broken, "issue-template"),
                remedy="mend the templates, so that they ask for steps, expected behaviour, version and logs",
            )
        good = len(templates.issues) - len(broken)
        return passed(
            f"{good} of {len(templates.issues)} issue templates can be used",
            findings=_problems(broken, "issue-template"),
        )
    forge = forge_seen.forge
    issues = [i for i in (forge.issues or () if forge else ()) if not i.bot]
    if len(issues) < LEAST:
        seen = forge is not None and forge.issues is not None
        why = f"only {len(issues)} issues were seen" if seen else forge.why("issues") if forge else forge_seen.reason
        return unknown(
            f"there are no issue templates in the repository, and {why}",
            remedy="add an issue form: .github/ISSUE_TEMPLATE/bug.yml with steps, expected behaviour, version, logs",
        )
    described = sum(1 for i in issues if i.length >= 40)
    message = f"{described} of the last {len(issues)} issues have a text of 40 characters or more"
    if described >= MOST * len(issues):
        return passed(message)
    return failed(message, remedy="add an issue form that asks for steps, expected behaviour, version and logs")


def _problems(templates: Iterable[Template], rule: str) -> list[Finding]:
    return [Finding(rule=rule, message=t.problem or "", location=Location(path=t.path, line=t.line)) for t in templates]


@check("management.requests", reads=())
def requests(changes: Changes, workflows: Workflows, templates: Templates, forge_seen: ForgeSeen) -> Evidence:
    """Pull requests are the place where people work together on a change.

    Merged requests in the latest history show it; without them the forge is asked.
    """
    merged = changes.of(Way.REQUEST)
    if merged:
        return passed(f"{len(merged)} of the last {len(changes.recent)} changes came through pull requests")
    forge = forge_seen.forge
    if forge and forge.pulls:
        return passed(f"{len(forge.pulls)} or more pull requests were merged on {forge.host}")
    if forge and forge.pulls is not None:
        return failed("no pull request was ever merged", remedy="propose changes as pull requests, also your own")
    ready = [f.path for f in workflows.on_request()] + [t.path for t in templates.requests]
    prepared = f"; {ready[0]} is prepared for them" if ready else ""
    return unknown(
        f"no trace of pull requests is in the latest {len(changes.recent)} changes{prepared}",
        remedy="run with --forge, or merge pull requests with merge or squash commits",
    )


@check("management.every-change", reads=())
def every_change(changes: Changes, forge_seen: ForgeSeen) -> Evidence:
    """Every change goes through a pull request.

    Of the last 50 changes nearly all must show a request (merge commit, squash mark, review trailer). Untraced commits
    and local merges may belong to one: only the forge can tell.
    """
    recent = changes.recent
    if len(recent) < LEAST:
        return unknown(f"the history has {len(recent)} changes to look at; {LEAST} are needed")
    forge = forge_seen.forge
    asked = {c.commit: c.pulls for c in (forge.changes or () if forge else ()) if c.pulls is not None}
    by_pull = {p.merge_commit for p in (forge.pulls or () if forge else ())}
    good = [a for a in recent if a.way is Way.REQUEST or asked.get(a.commit.id) or a.commit.id in by_pull]
    bad = [a for a in recent if a not in good and (a.way is Way.DIRECT or a.commit.id in asked)]
    metrics = {"changes": len(recent), "by_request": len(good), "not_by_request": len(bad)}
    allowed = len(recent) // TOLERATED
    if len(good) >= len(recent) - allowed:
        return passed(f"{len(good)} of the last {len(recent)} changes came through pull requests", metrics=metrics)
    if len(bad) > allowed:
        return failed(
            f"{len(bad)} of the last {len(recent)} changes came without a pull request",
            findings=[_without(a) for a in bad[:10]],
            remedy="require pull requests on the main branch: Settings, Rules, Rulesets",
            metrics=metrics,
        )
    why = forge.why("change_pulls") if forge else forge_seen.reason
    return unknown(
        f"{len(good)} of the last {len(recent)} changes show a pull request; the others leave no trace ({why})",
        remedy="merge with merge or squash commits, or let the forge tell: --forge",
    )


def _without(arrival: Arrival) -> Finding:
    subject = " ".join(arrival.commit.subject.split())[:80]
    return Finding(rule="no-request", message=f"{arrival.commit.id[:10]} “{subject}”", severity=Severity.NOTE)


@check("management.outside-requests", reads=("*", "{docs,doc,.github,.gitlab}/**"))
def outside_requests(
    tree: Tree, documents: Documents, readme: Readme, forge_seen: ForgeSeen, defaults: Defaults
) -> Evidence:
    """People from outside can contribute by pull request: the guide says how, and the forge lets them fork.

    Passed when CONTRIBUTING, or what the documentation or the README says about contributing, speaks of pull requests,
    merge requests, forks or patches. With the forge, a private or unforkable repository fails.
    """
    forge = forge_seen.forge
    if forge and _closed(forge):
        return failed(
            f"outsiders cannot open pull requests: {_closed(forge)}",
            remedy="make the repository public, and allow forking and pull requests: Settings, General",
        )
    guides = documents.contributing or ((defaults.contributing,) if defaults.contributing else ())
    texts = {guide.path: guide.text for guide in guides} | dict(_other_guides(tree, documents))
    for path, text in texts.items():
        if _HOW.search(text):
            return passed(f"{path} says how to propose a change")
    if forge and any(p.fork and not p.bot for p in forge.pulls or ()):
        return passed("pull requests from forks were merged")
    if elsewhere := _elsewhere(tree, texts, readme):
        return unknown(f"{elsewhere}, which was not looked at")
    if forge and forge.community and forge.community.contributing and not guides:
        return unknown("the organisation's contributing guide holds, which was not looked at")
    if guides:
        return failed(
            f"{guides[0].path} does not say how to propose a change",
            findings=[
                Finding(
                    rule="how-to-contribute",
                    message="no word of pull requests",
                    location=Location(path=guides[0].path) if documents.contributing else None,
                )
            ],
            remedy="write: fork, make a branch, open a pull request against main; what is checked, and who answers",
        )
    return failed(
        "no contributing guide says how people from outside can propose a change",
        remedy="add a CONTRIBUTING.md: fork, make a branch, open a pull request; what is checked, and who answers",
    )


_GUIDING = late(r"(?i)contribut|develop")
_ON_CONTRIBUTING = late(r"(?i)contribut")


def _other_guides(tree: Tree, documents: Documents) -> Iterator[tuple[str, str]]:
    """Pages of the documentation about contributing and developing, and what the README says about contributing."""
    pages = [p.path for p in documents.pages if _GUIDING.search(p.path.rpartition("/")[2])]
    for path in [p for p in pages if tree.get(p)][:8]:
        yield path, tree.text(path, 200_000)
    for entry in tree.find("README*")[:3]:
        text = tree.text(entry.path, 200_000)
        if found := _ON_CONTRIBUTING.search(text):
            yield entry.path, text[found.start() : found.start() + 2_000]


def _elsewhere(tree: Tree, texts: Mapping[str, str], readme: Readme) -> str:
    """Where a guide points that is not in the repository; '' when none does."""
    for path, text in texts.items():
        if found := _ELSEWHERE.search(text):
            return f"{path} points to {found[0]}"
    for entry in tree.find("README*")[:3]:
        if found := _CONTRIBUTING.search(tree.text(entry.path, 200_000)):
            return f"{entry.path} points to {found[0]}"
    for link in readme.page.links:
        # A badge or a link of any address, whose words say what is behind it.
        if link.target.startswith("http") and re.search(r"\bcontribut(?!ors\b(?!'))\w*", link.text, re.I):
            return f"{readme.path}:{link.line} points to {link.target}"
    return ""


def _closed(forge: Forge) -> str:
    """Why nobody from outside can open a pull request; '' when nothing stands against it."""
    if forge.visibility not in (None, "public"):
        return f"the repository is {forge.visibility}"
    if forge.has_pulls is False:
        return "pull requests are switched off"
    if forge.pulls_open is False:
        return "only collaborators may open them"
    return "forking is not allowed" if forge.allows_forking is False else ""


@check("management.request-text", reads=())
def request_text(forge: Forge) -> Evidence:
    """Pull requests have a title that says something and a text that gives the purpose.

    Of the latest merged requests of people, most need a title of ten characters and a text of twenty.
    """
    if forge.pulls is None:
        return unknown(f"the pull requests are not known: {forge.why('pulls')}")
    pulls = forge.people_pulls
    if not pulls:
        return unknown("no merged pull request of a person was seen")
    poor = [p for p in pulls if len(p.title.strip()) < 10 or len(_own_words(p.body)) < 20]
    good = len(pulls) - len(poor)
    message = f"{good} of the last {len(pulls)} pull requests say what they do and why"
    if good >= MOST * len(pulls):
        return passed(message)
    return failed(
        message,
        findings=[_pull(p, "thin-request") for p in poor[:10]],
        remedy="write the purpose into each pull request; a template asks for it",
    )


def _own_words(body: str) -> str:
    """The text without the comments and empty headings of a template."""
    kept = re.sub(r"<!--.{0,3000}?-->", "", body, flags=re.DOTALL)
    lines = [line for line in kept.splitlines() if not re.match(r"\s{0,9}(?:#|[-*] \[[ xX]?\]|$)", line)]
    return " ".join(" ".join(lines).split())


def _pull(pull: Pull, rule: str) -> Finding:
    return Finding(rule=rule, message=f"#{pull.number} “{' '.join(pull.title.split())[:80]}”", severity=Severity.NOTE)


@check("management.request-template", reads=TEMPLATES)
def request_template(templates: Templates, forge_seen: ForgeSeen) -> Evidence:
    """There is a template for the text of pull requests, and it asks for something.

    Looked for in the root, docs, .github and .gitlab; a template inherited from the organisation is seen only with the
    forge.
    """
    usable = [t for t in templates.requests if not t.problem]
    if usable:
        return passed(f"{usable[0].path} asks what a pull request is about ({usable[0].words} words)")
    if templates.requests:
        return failed(
            f"{templates.requests[0].path} asks for nothing",
            findings=_problems(templates.requests, "request-template"),
            remedy="ask what changes and why, which issue it resolves, and how it was tested",
        )
    community = forge_seen.forge.community if forge_seen.forge else None
    if community and community.pull_request_template:
        return passed("the organisation's template is used")
    return failed(
        "there is no template for pull requests"
        + ("" if community else " (one of the organisation is not seen without --forge)"),
        remedy="add .github/pull_request_template.md: what changes and why, which issue it resolves, how it was tested",
    )


@check("management.requests-resolve-issues", reads=())
def requests_resolve_issues(changes: Changes, forge_seen: ForgeSeen) -> Evidence:
    """Pull requests are used to resolve issues: a fair part of them (20 %) says which issue it closes."""
    forge = forge_seen.forge
    if forge and forge.pulls is not None and len(forge.people_pulls) >= LEAST:
        pulls = forge.people_pulls
        closing = sum(1 for p in pulls if _CLOSES.search(f"{p.title}\n{p.body}"))
        message = f"{closing} of the last {len(pulls)} pull requests close an issue"
        if closing >= SOME * len(pulls):
            return passed(message)
        return failed(message, remedy="name the issue in the pull request's text: Closes #123")
    requests = changes.of(Way.REQUEST)
    closing = sum(1 for a in requests if _CLOSES.search(a.text))
    if len(requests) >= LEAST and closing >= SOME * len(requests):
        return passed(
            f"{closing} of the last {len(requests)} merged pull requests close an issue, by their commit message"
        )
    return unknown(
        _in_history(requests, f"{closing} of the {len(requests)} merged pull requests in the history close an issue"),
        remedy="write 'Closes #123' into pull requests, and run with --forge",
    )


@check("management.requests-name-issues", reads=())
def requests_name_issues(changes: Changes, forge_seen: ForgeSeen) -> Evidence:
    """The text of pull requests names the issues they are about; half of them must.

    Not every request has an issue, so the other half may go without.
    """
    forge = forge_seen.forge
    if forge and forge.pulls is not None and len(forge.people_pulls) >= LEAST:
        pulls = forge.people_pulls
        naming = sum(1 for p in pulls if _names_issue(f"{p.title}\n{p.body}", p.number))
        message = f"{naming} of the last {len(pulls)} pull requests name an issue"
        if 2 * naming >= len(pulls):
            return passed(message)
        return failed(message, remedy="name the issue in the title or the text of each pull request: Closes #123")
    requests = changes.of(Way.REQUEST)
    naming = sum(1 for a in requests if _names_issue(a.text, a.number))
    if len(requests) >= LEAST and 2 * naming >= len(requests):
        return passed(
            f"{naming} of the last {len(requests)} merged pull requests name an issue, by their commit message"
        )
    return unknown(
        _in_history(requests, f"{naming} of the {len(requests)} merged pull requests in the history name an issue"),
        remedy="write 'Closes #123' into pull requests, and run with --forge",
    )


def _in_history(requests: Sequence[object], seen: str) -> str:
    return f"{seen if requests else 'the history shows no merged pull request'}; their texts are on the forge"


def _names_issue(text: str, own: int | None) -> bool:
    """Whether a text refers to an issue other than the request's own number."""
    for found in _REFERS.finditer(text):
        number = found[1] or found[2]
        if number is None or int(number) != own:
            return True
    return False
