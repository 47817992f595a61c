"""What Zenodo is told about a release: out of CITATION.cff, codemeta.json and .zenodo.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assaymark.errors import InputError

if TYPE_CHECKING:
    from assaymark.release.folder import Release

Json = dict[str, Any]
# What a deposit keeps of the version before it, and what .zenodo.json may say.
KEYS = (
    "title",
    "description",
    "creators",
    "keywords",
    "license",
    "access_right",
    "communities",
    "grants",
    "language",
    "contributors",
    "references",
    "notes",
    "upload_type",
    "subjects",
)


def metadata_of(declared: Mapping[str, Mapping[str, Any]], release: Release, notes: str) -> Json:
    """Zenodo's metadata out of CITATION.cff (``cff``) and codemeta.json (``codemeta``).

    ``.zenodo.json`` (``zenodo``) wins wherever it says something. Raises InputError when nobody is named as author, or
    the licence is not one that Zenodo could show.
    """
    cff, codemeta = declared.get("cff", {}), declared.get("codemeta", {})
    creators = [c for person in _list(cff.get("authors")) if (c := _creator(person))]
    creators = creators or [c for person in _list(codemeta.get("author")) if (c := _codemeta_creator(person))]
    own = {k: v for k, v in declared.get("zenodo", {}).items() if k in KEYS}
    if not creators and not own.get("creators"):
        raise InputError("nobody is named as author", where="CITATION.cff", hint="Zenodo wants at least one creator")
    made: Json = {
        "upload_type": "software",
        "title": f"{cff.get('title') or codemeta.get('name') or release.name} {release.version}",
        "description": str(cff.get("abstract") or codemeta.get("description") or release.name).strip(),
        "creators": creators,
        "version": release.version,
        "access_right": "open",
    }
    if not own.get("license") and own.get("access_right", "open") in ("open", "embargoed"):
        made["license"] = _licence(release.licence)
    keywords = [str(k) for k in _list(cff.get("keywords") or codemeta.get("keywords"))]
    if keywords:
        made["keywords"] = keywords
    if notes:
        made["notes"] = notes
    return made | own


def _licence(expression: str) -> str:
    """The id of one licence. Where it is told none, Zenodo writes CC-BY-4.0, which would be wrong."""
    if not expression or " " in expression:
        told = f"takes one licence, not {expression!r}" if expression else "wants a licence, and none is declared"
        raise InputError(f"Zenodo {told}", hint='name the one to show in .zenodo.json: "license": "apache-2.0"')
    return expression.lower()


def _creator(person: Any) -> Json | None:
    if not isinstance(person, dict):
        return None
    given = " ".join(str(person[k]) for k in ("given-names",) if person.get(k))
    family = " ".join(str(person[k]) for k in ("name-particle", "family-names", "name-suffix") if person.get(k))
    name = f"{family}, {given}" if family and given else family or given or str(person.get("name") or "")
    if not name:
        return None
    made = {"name": name}
    if person.get("orcid"):
        made["orcid"] = str(person["orcid"]).removeprefix("https://orcid.org/")
    if person.get("affiliation"):
        made["affiliation"] = str(person["affiliation"])
    return made


def _codemeta_creator(person: Any) -> Json | None:
    if not isinstance(person, dict):
        return None
    words = {
        "family-names": person.get("familyName"),
        "given-names": person.get("givenName"),
        "name": person.get("name"),
        "orcid": person.get("@id") if str(person.get("@id", "")).startswith("https://orcid.org/") else None,
    }
    return _creator(words)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
