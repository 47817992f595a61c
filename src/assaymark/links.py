"""Where a line of what was judged can be seen: its address on the site of the forge, whose forms differ."""

from __future__ import annotations

from assaymark.model import Location, Subject
from assaymark.patterns import late
from assaymark.records import NamedTuple

_COMMIT = late("[0-9a-f]{40}|[0-9a-f]{64}")
_NAME = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]+"
# What forges show as a page rather than as lines.
_RENDERED = late(r"(?i).*\.(?:md|markdown|mdown|mkdn?|rst|adoc|asciidoc|org|textile|ipynb|csv)")


class _Forge(NamedTuple):
    """Which repositories a forge has, and the address of a file of theirs; ``source`` shows a page as lines."""

    repository: str
    form: str
    line: str = "#L{}"
    source: str = ""


_FORGES = (
    _Forge(rf"github\.com/{_NAME}/{_NAME}", "/blob/{commit}/{path}", source="?plain=1"),
    # Groups may be nested. Hosts of this name run GitLab, whoever keeps them.
    _Forge(
        rf"(?:gitlab(?:\.[a-z0-9-]+)+|framagit\.org|salsa\.debian\.org)(?:/{_NAME}){{2,20}}",
        "/-/blob/{commit}/{path}",
        source="?plain=1",
    ),
    _Forge(rf"(?:codeberg\.org|gitea\.com)/{_NAME}/{_NAME}", "/src/commit/{commit}/{path}", source="?display=source"),
    _Forge(rf"bitbucket\.org/{_NAME}/{_NAME}", "/src/{commit}/{path}", line="#lines-{}"),
)
_KNOWN = tuple((late(forge.repository), forge) for forge in _FORGES)


def prefix_of(subject: Subject) -> str:
    """What leads from the root of the repository to the folder that was judged: empty, or ending in ``/``.

    Only software is a folder. The path of a model or dataset is that of its manifest; places are told from the root.
    """
    return "" if subject.path in ("", ".") or subject.kind != "software" else f"{subject.path}/"


def source_link(subject: Subject, where: Location | None) -> str | None:
    """The address of a line on the forge's site; None for an unknown forge, or when what was judged is not there."""
    if where is None or not where.path or subject.dirty or not _COMMIT.fullmatch(subject.commit or ""):
        return None
    repository = subject.repository or ""
    forge = next((forge for pattern, forge in _KNOWN if pattern.fullmatch(repository)), None)
    path = prefix_of(subject) + where.path
    parts = path.split("/")
    if forge is None or ".." in parts or parts[0] == "":
        return None
    from urllib.parse import quote

    shown = forge.form.format(commit=subject.commit, path=quote(path))
    line = (forge.source if _RENDERED.fullmatch(path) else "") + forge.line.format(where.line) if where.line else ""
    return f"https://{repository}{shown}{line}"
