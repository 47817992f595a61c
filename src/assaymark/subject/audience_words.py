"""How pages and headings are called that are there for developers, administrators or users."""

from __future__ import annotations

import re

from assaymark.patterns import late
from assaymark.records import NamedTuple

_NOTHING = late(r"(?!)")


class Words(NamedTuple):
    """Of one audience, or one thing that it asks for.

    ``paths`` are searched in the words of a path, ``headings`` in those of a README, of which ``never`` is taken out
    first. ``setting_up``: commands that only install and build tell this audience something.
    """

    paths: re.Pattern[str]
    headings: re.Pattern[str]
    never: re.Pattern[str] = _NOTHING
    setting_up: bool = True


_INSTALL = late(
    r"(?i)\b(?:(?:un)?install\w*|deploy\w*|set ?up|requirements?|prerequisites?|docker|kubernetes|helm|singularity"
    r"|from source|compil\w*|build(?:ing)?)\b"
)
_OPERATE = late(
    r"(?i)\b(?:config\w*|deploy\w*|operate|operating(?! systems?)|operations? (?:guide|manual|handbook)"
    r"|admin\w*|environment (?:variables|details)|docker"
    r"|kubernetes|helm"
    r"|security|troubleshoot\w*|faq|frequently asked|ports?|log(?:s|ging)|backup|monitor\w*|upgrad\w*|production)\b"
)
# What a library for logging offers, what a training shows, and how a page is packed.
_NOT_OPERATED = late(
    r"(?i)\b(?:(?:a?sync\w*|structured|binary|conditional|formatted|custom) logging"
    r"|monitor\w*(?: \w+)?? (?:loss|training|convergence)|(?:minif\w+|bundl\w+|compil\w+|build\w*) for production)\b"
)
INSTALL, OPERATE = Words(_INSTALL, _INSTALL), Words(_OPERATE, _OPERATE, never=_NOT_OPERATED)
DEVELOPER = Words(
    paths=late(
        r"(?i)\b(?:develop\w*|dev|architect\w*|internals?|design|hacking|contribut\w*|building|from source"
        r"|test(?:s|ing)?|api"
        r"|(?:code|project) structure)\b"
    ),
    headings=late(
        r"(?i)\b(?:develop\w*|dev|architect\w*|internals?|design|hacking|contribut(?:e|ing|ions?)"
        r"|building|from source|compil(?:e|ing|ation)"
        r"|^tests?(?! (?:data\w*|sets?)\b)|(?:unit|integration|automated|the|run|running) tests?|testing"
        r"|structure|internal api)\b"
    ),
)
USER = Words(
    paths=late(
        r"(?i)\b(?:usage|users?|tutorials?|getting started|quick ?start|examples?|how ?to|guides?|api"
        r"|references?|commands?|cli"
        r"|manual|features|first|use cases?|using|notebooks?|introduction)\b"
    ),
    headings=late(
        r"(?i)\b(?:usage|using|use cases?|tutorials?|getting started|quick ?start|first steps|examples?|running|run"
        r"|demo|launch\w*|starting|executing|invoking|inputs?|outputs?|parameters|arguments"
        r"|how ?to (?:use|run|call)|how it works|walk ?through|manual|commands?|cli|apis?|options|notebooks?|guides?"
        r"|documentation|docs|(?:for|as an?) (?:\w+ )?users?|users?'?s? (?:guide|manual|documentation|interface)"
        r"|(?:user|language|function|configuration|parameter)s? references?|reference (?:manual|guide))\b"
    ),
    never=late(
        r"(?i)\b(?:(?:install\w*|contribut\w+|develop\w*|style|migration|upgrade|build\w*|release) "
        r"(?:guides?|guidelines?|docs|documentation)"
        r"|(?:docs|documentation|api) (?:guidelines?|conventions?|standards?|style)"
        r"|(?:how ?to|guides? (?:to|for)) (?:(?:get )?help|install\w*|build\w*|compil\w+|cite|contribut\w+|develop\w*"
        r"|test|deploy\w*|set ?up)"
        r"|(?:running|run|using|building)(?: the| unit| all)* (?:tests?|docs|documentation|linters?)"
        r"|(?:building|build|writing|compiling|generat\w+)(?: the)? (?:documentation|docs)"
        r"|(?:apis?|cli|docs|documentation) (?:deployments?|installation|set ?up|keys?|status|build)"
        r"|contribut\w+|licen[cs]\w+|cit(?:e|ing|ation))\b"
    ),
    setting_up=False,
)

# Of the words on installing those that other things have as well ("memory requirements").
VAGUE = late(r"(?i)\b(?:requirements?|prerequisites?|set ?up)\b")
NOT_FOR_USERS = late(r"(?i)\b(?:admin\w*|deploy\w*|operat(?:ions?|ing|ors?)|internals?|develop\w*|contribut\w*)\b")
# Paths.
FOR_DEVELOPERS = late(r"(?i)(?:^|/)(?:develop\w*|contribut\w*|internals?|hacking)(?:/|$)")
REFERENCE = late(r"(?i)(?:^|/)(?:api[\w-]*|generated)(?:[/.]|$)")
INSTALL_FILE = late(r"(?i)(?:^|/)install(?:ation|ing)?(?:\.\w+)?$")
# Descriptions of an interface that are its reference: of a web interface, manual pages of R and of Unix.
INTERFACE = (
    "{,docs/,doc/,api/,spec/}{openapi,swagger}.{yaml,yml,json}",
    "man/*.Rd",
    "{,docs/,doc/}man/*.{1,3,5,7,8}",
    "{,docs/,doc/}man/man{1,3,5,7,8}/*.{1,3,5,7,8}",
)
# Pages that projects keep in the root.
ROOT_FILE = late(
    r"(?i)(?:design|architecture|develop(?:ment|ing|ers?)|hacking|building|internals?|testing|usage|tutorial|manual"
    r"|user[-_ ]?guide|guide|examples?|quick[-_ ]?start|getting[-_ ]?started|api|reference|commands?|cli|faq"
    r"|config(?:uration)?|deploy(?:ment|ing)?|administration|operations?|troubleshooting)\.\w+"
)
