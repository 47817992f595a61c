"""CODEOWNERS: who must look at a change of which path."""

from __future__ import annotations

import re

from assaymark.api import Tree, fact
from assaymark.patterns import late
from assaymark.records import NamedTuple

LIMIT = 300_000
MAX_RULES = 2_000
_PLACES = tuple(f"{home}CODEOWNERS" for home in (".github/", "", "docs/", ".gitlab/", ".gitea/", ".forgejo/"))
_SECTION = late(r"\^?\[[^\]]{1,200}\](?:\[\d{1,3}\])?")


class Rule(NamedTuple):
    """One line: the paths that match belong to ``owners``, or to nobody when there are none."""

    pattern: re.Pattern[str]
    owners: tuple[str, ...]
    line: int


class Owners(NamedTuple):
    """The rules of the file that the forge obeys; ``path`` is '' when there is none."""

    path: str = ""
    rules: tuple[Rule, ...] = ()

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a path: the last rule that matches decides."""
        for rule in reversed(self.rules):
            if rule.pattern.match(path):
                return rule.owners
        return ()


@fact
def owners(tree: Tree) -> Owners:
    """The CODEOWNERS file, in the order in which forges look for it."""
    for path in _PLACES:
        entry = tree.get(path)
        if entry is not None and not entry.is_symlink and not entry.is_submodule:
            return Owners(path, tuple(_rules(tree.text(path, LIMIT))))
    return Owners()


_COMMENT = late(r"(?:^|\s)#.*")


def _rules(text: str) -> list[Rule]:
    rules: list[Rule] = []
    default: tuple[str, ...] = ()
    for number, raw in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", raw[:2_000]).strip()
        section = _SECTION.match(line)
        if section:  # GitLab: a heading, and the owners of its rules that name none
            default = tuple(line[section.end() :].split())
            continue
        words = line.replace("\\ ", "\0").split()
        if words and len(rules) < MAX_RULES:
            rules.append(Rule(_pattern(words[0].replace("\0", " ")), tuple(words[1:]) or default, number))
    return rules


def _pattern(glob: str) -> re.Pattern[str]:
    """A pattern of .gitignore's kind (without its brackets and negation) as an expression on whole paths."""
    parts = [part for part in glob[:500].split("/") if part]
    anchored = len(parts) > 1 or glob.startswith("/")
    out, deep = "" if anchored else "(?:.*/)?", 0
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        if set(part) == {"*"} and len(part) > 1:
            if i and parts[i - 1] == part:
                continue
            deep += 1
            out += ".*" if last else "(?:[^/]+/)*"
        else:
            out += _part(part) + ("" if last else "/")
    if deep > 2:
        return re.compile(r"(?!)")  # nobody writes it, and matching it could take for ever
    # A name owns what lies below it, except that `docs/*` owns only the files directly in docs.
    below = "" if parts and parts[-1] == "*" and anchored else "(?:/.*)?"
    return re.compile(out + ("/.*" if glob.endswith("/") else below) + r"\Z", re.DOTALL)


def _part(part: str) -> str:
    """One part of a path; each star but the last takes as little as it can and never gives it back."""
    pieces = [re.escape(piece).replace(r"\?", "[^/]") for piece in re.split(r"\*+", part)]
    if len(pieces) == 1:
        return pieces[0]
    return pieces[0] + "".join(f"(?>[^/]*?{p})" for p in pieces[1:-1]) + f"[^/]*{pieces[-1]}"
