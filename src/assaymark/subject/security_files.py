"""The fact ``security_files``: the security policy, what watches over dependencies, and modes that let "
"everyone write."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assaymark.api import Tree, fact
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.languages import is_foreign
from assaymark.subject.packaging_files import ASIDE

LIMIT = 65_536
_PLACES = ("", ".github", "docs", ".gitlab", "doc")
_CONTACT = (  # compiled on use: many projects have no policy
    r"(?im)(?<![\w.+-])[\w.+-]{1,64}(?:@|\s?\[?\(?at\)?\]?\s?)[\w-]{1,80}(?:\.|\s?\[?\(?dot\)?\]?\s?)\w|"
    r"security/advisories|report a vulnerability|private(?:ly)? (?:vulnerability|report|disclos)|"
    r"https?://\S{0,200}(?:security|hackerone|bugcrowd|huntr|tidelift|advisor|report|contact|form)|"
    r"^contact:|issue tracker|open an issue|/issues\b"
)
_WATCHERS = {
    "Dependabot": (("dependabot.yml", "dependabot.yaml"), (".github",)),
    "Renovate": (("renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json"), ("", ".github", ".gitlab")),
    "pyup": ((".pyup.yml",), ("",)),
    "Snyk": ((".snyk",), ("",)),
    "GitGuardian": ((".gitguardian.yaml", ".gitguardian.yml"), ("",)),
    "gitleaks": ((".gitleaks.toml",), ("",)),
}
# Files that give modes to what they install or to an image.
_MODE_FILES = late(
    r"(?:^|/)(?:Dockerfile|Containerfile|Makefile|GNUmakefile|Singularity|CMakeLists\.txt|Vagrantfile|Jenkinsfile)[\w.-]*$|"
    r"\.(?:sh|bash|def|ya?ml|service|spec|dockerfile|mk|pp|sls|tf|rb|install|postinst|preinst|conf)$",
    re.IGNORECASE,
)
_OCTAL = r"0?[0-7]?[0-7][0-7][2367]"
_SYMBOLIC = r"(?:[ugoa]{1,4}[-+=][rwxXst]{0,6},){0,3}[ug]{0,2}[oa][ugoa]{0,3}[+=][rxXst]{0,5}w[rwxXst]{0,5}"
_WRITABLE = late(
    rf"\bchmod\s+(?:-\w+\s+|--\w+\s+){{0,4}}(?P<a>{_OCTAL}|{_SYMBOLIC})(?=\s)[^\n;&|]*"
    rf"|\b(?:install|mkdir|mkfifo)\s[^\n;&|]{{0,300}}?(?:-m\s?|--mode[= ])(?P<b>{_OCTAL}|{_SYMBOLIC})(?=\s)"
    rf"|^[ \t]{{0,99}}-?[ \t]{{0,9}}['\"]?mode['\"]?[ \t]{{0,9}}[:=][ \t]{{0,9}}['\"]?(?P<c>{_OCTAL}|{_SYMBOLIC})"
    r"['\"]?[ \t]{0,9}(?:[,}#].*)?$"
    rf"|\bumask\s+(?P<d>0{{0,2}}[0-7]?[0145])\b|--chmod=(?P<e>{_OCTAL})\b",
    re.MULTILINE,
)
_STICKY = late(r"0?1[0-7]{3}|.*t")
_COMMENT = late(r"^\s*(?:#|//)")
_LINK = late(r"https?://[^\s()<>\[\]/]{1,200}/([^\s()<>\[\]]{1,300})")
_MAX_FILES = 1_500


class Policy(NamedTuple):
    """A security policy: its size in words, and the line with a way to report (None when there is none).

    ``link`` is the first address in it that speaks of security; '' when there is none.
    """

    path: str
    words: int
    contact: int | None
    link: str = ""


class Writable(NamedTuple):
    """A place where something is made writable for everyone."""

    path: str
    line: int
    text: str


class SecurityFiles(NamedTuple):
    """What the tree says about security. ``watchers`` pairs a service with the path of its configuration."""

    policy: Policy | None = None
    watchers: tuple[tuple[str, str], ...] = ()
    writable: tuple[Writable, ...] = ()
    looked_at: int = 0


@fact
def security_files(tree: Tree) -> SecurityFiles:
    """Policy, configuration of services, and the modes that files have or are given."""
    writable = [
        Writable(e.path, 1, f"mode {e.mode & 0o7777:o}")
        for e in tree
        if not e.is_symlink and not e.is_submodule and e.mode & 0o002 and e.mode & 0o170000 in (0, 0o100000)
    ]
    looked_at = 0
    for entry in tree:
        if entry.is_symlink or entry.is_submodule or not _MODE_FILES.search(entry.path):
            continue
        # Machines that run tests or build documentation are thrown away afterwards.
        if is_foreign(entry.path) or ASIDE.search(entry.path):
            continue
        looked_at += 1
        if looked_at > _MAX_FILES:
            break
        data = tree.read(entry.path, LIMIT)[:LIMIT]
        if b"chmod" in data or b"mode" in data or b"umask" in data or b"-m" in data:
            writable.extend(_writable(entry.path, data.decode("utf-8", "replace")))
    return SecurityFiles(
        policy=_policy(tree), watchers=tuple(_watchers(tree)), writable=tuple(writable), looked_at=looked_at
    )


def _policy(tree: Tree) -> Policy | None:
    for entry in tree.find(
        "security.md",
        "security.rst",
        "security.txt",
        "security",
        "security.adoc",
        "security_policy.md",
        under=(*_PLACES, ".well-known"),
    ):
        return policy_of(entry.path, tree.text(entry.path, LIMIT))
    return None


def policy_of(path: str, text: str) -> Policy:
    """A security policy from its text."""
    contact = re.search(_CONTACT, text)
    line = text.count("\n", 0, contact.start()) + 1 if contact else None
    link = next((found[0] for found in _LINK.finditer(text) if "security" in found[1].lower()), "")
    return Policy(path, len(text.split()), line, link)


def _watchers(tree: Tree) -> Iterator[tuple[str, str]]:
    for name, (files, under) in _WATCHERS.items():
        for entry in tree.find(*files, under=under)[:1]:
            if entry.size > 10:
                yield name, entry.path


def _writable(path: str, text: str) -> Iterator[Writable]:
    for found in _WRITABLE.finditer(text):
        start = text.rfind("\n", 0, found.start()) + 1
        if _COMMENT.match(text[start : found.start() + 1]) or _STICKY.fullmatch(
            found["a"] or found["b"] or found["c"] or ""
        ):
            continue  # with the sticky bit, as /tmp has it, nobody can replace what others wrote
        at = found.start() + len(found[0]) - len(found[0].lstrip())
        yield Writable(path, text.count("\n", 0, at) + 1, " ".join(found[0].split())[:120])
