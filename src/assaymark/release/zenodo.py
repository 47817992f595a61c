"""A deposit on Zenodo through its REST API: the sandbox unless told otherwise, and a draft until a person has looked.

The draft is found again by what it says it supplements (the tag's address), so a run that was cut off goes on with the
same draft, and a release that was deposited is not deposited again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from assaymark.errors import InputError
from assaymark.release.web import Api, WebProblem

if TYPE_CHECKING:
    from assaymark.release.folder import Release

SITES = {"sandbox": "https://sandbox.zenodo.org", "production": "https://zenodo.org"}
TOKENS = {"sandbox": "ZENODO_SANDBOX_TOKEN", "production": "ZENODO_TOKEN"}
Json = dict[str, Any]
Say = Callable[[str], None]
_PAGE = 100
_PAGES = 20
_DEPOSITIONS = "/api/deposit/depositions"


class Deposit(NamedTuple):
    """A deposit: its DOI (that it will have, while it is a draft), where it can be looked at, whether it is final."""

    doi: str
    address: str
    final: bool
    steps: tuple[str, ...]


def connect(site: str, environment: Mapping[str, str], address: str | None = None, **options: Any) -> Api:
    """The API of a site of Zenodo, or of another service with that API. Raises InputError without a token."""
    token = environment.get(TOKENS[site], "")
    if not token:
        raise InputError(f"there is no token for {site}", hint=f"a token with deposit:write, as {TOKENS[site]}")
    return Api(address or SITES[site], token, **options)


def deposit(
    api: Api,
    place: Path,
    release: Release,
    metadata: Mapping[str, Any],
    say: Say,
    *,
    earlier: int | None = None,
    final: bool = False,
    dry: bool = False,
) -> Deposit:
    """Bring the draft to what the folder holds; with ``final``, publish a draft that has it all and was looked at.

    ``earlier`` is the number of a published deposit of which this is the next version. Raises WebProblem when the
    service does not take it; run again, it goes on. Raises InputError for ``final`` without such a draft.
    """
    steps: list[str] = []

    def tell(text: str) -> None:
        steps.append(text)
        say(text)

    found = _found(api, release)
    if found is not None and found.get("submitted") is True:
        return _told(found, steps)
    if final and found is None:
        raise InputError(f"there is no draft for {release.tag} yet", hint="make it without --final, and look at it")
    if found is None:
        tell(f"draft {release.tag}" + (f" as the next version of {earlier}" if earlier else ""))
        # Its metadata are written with it and never again: from then on they are those of the person who looks at it.
        found = {} if dry else _drafted(api, release, metadata, earlier)
    changed = _files(api, found, place, release, tell, dry=dry)
    if final:
        if changed:
            raise InputError("the draft lacked files or held others", hint="look at it again, then --final once more")
        tell(f"publish {release.tag} for good")
        if not dry:
            found = _published(api, found)
    return _told(found, steps)


def metadata_of(declared: Mapping[str, Mapping[str, Any]], release: Release, notes: str) -> Json:
    """Zenodo's metadata out of CITATION.cff (``cff``) and codemeta.json (``codemeta``).

    ``.zenodo.json`` (``zenodo``) wins wherever it says something. Raises InputError when nobody is named as author.
    """
    cff, codemeta = declared.get("cff", {}), declared.get("codemeta", {})
    creators = [c for person in _list(cff.get("authors")) if (c := _creator(person))]
    creators = creators or [c for person in _list(codemeta.get("author")) if (c := _codemeta_creator(person))]
    own = {k: v for k, v in declared.get("zenodo", {}).items() if k in _KEYS}
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
    licence = release.licence.lower()
    if licence and " " not in licence:
        made["license"] = licence
    keywords = [str(k) for k in _list(cff.get("keywords") or codemeta.get("keywords"))]
    if keywords:
        made["keywords"] = keywords
    if notes:
        made["notes"] = notes
    return made | own


_KEYS = (
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


def _found(api: Api, release: Release) -> Json | None:
    """The deposit that says it supplements this tag: the published one, else the oldest draft."""
    mark = _mark(release)
    found: list[Json] = []
    for page in range(1, _PAGES + 1):
        rows = api.get(_DEPOSITIONS, size=_PAGE, page=page, all_versions="true")
        if not isinstance(rows, list):
            raise WebProblem("the answer has an unexpected form")
        for row in rows:
            related = _list(row.get("metadata", {}).get("related_identifiers")) if isinstance(row, dict) else []
            if any(isinstance(r, dict) and r.get("identifier") == mark for r in related):
                found.append(row)
        if len(rows) < _PAGE:
            break
    found.sort(key=lambda row: (row.get("submitted") is not True, row["id"]))
    return api.get(f"{_DEPOSITIONS}/{found[0]['id']}") if found else None


def _drafted(api: Api, release: Release, metadata: Mapping[str, Any], earlier: int | None) -> Json:
    """A new draft that carries its mark from its first moment, or right after it was made as a next version.

    A next version keeps what people added to the one before (communities, grants), where we have nothing to say.
    """
    wanted = {"metadata": {**metadata, "related_identifiers": _related(release)}}
    if earlier is None:
        try:
            return _object(api.post(_DEPOSITIONS, wanted))
        except WebProblem as problem:
            if not problem.uncertain:
                raise
            return _found(api, release) or _object(api.post(_DEPOSITIONS, wanted))
    # Asked for twice, Zenodo gives the draft that there is.
    made = _object(api.post(f"{_DEPOSITIONS}/{earlier}/actions/newversion"))
    draft = _object(api.get(str(_object(made.get("links")).get("latest_draft", ""))))
    before = _object(draft.get("metadata"))
    kept = {k: v for k, v in before.items() if k in _KEYS}
    tags = f"https://{release.repository}/tree/"
    others = [r for r in _list(before.get("related_identifiers")) if not str(r.get("identifier")).startswith(tags)]
    told = kept | wanted["metadata"] | {"related_identifiers": [*others, *_related(release)]}
    return _object(api.put(f"{_DEPOSITIONS}/{draft['id']}", {"metadata": told}))


def _files(api: Api, found: Json, place: Path, release: Release, tell: Say, *, dry: bool) -> bool:
    """See to it that the draft has every file, and no other; tells whether anything was missing."""
    from assaymark.release.folder import MANIFEST, SUMS

    there = {str(f.get("filename")): f for f in _list(found.get("files")) if isinstance(f, dict)}
    wanted = sorted([*(f.name for f in release.files), MANIFEST, SUMS])
    changed = False
    for name in sorted(set(there) - set(wanted)):
        changed = True
        tell(f"take away {name}")
        if not dry:
            api.delete(f"{_DEPOSITIONS}/{found['id']}/files/{there[name]['id']}")
    for name in wanted:
        if name in there and there[name].get("checksum", "").removeprefix("md5:") == _md5(place / name):
            continue
        changed = True
        tell(f"upload {name}")
        if not dry:
            bucket = str(_object(found.get("links")).get("bucket", ""))
            api.put_file(f"{bucket}/{quote(name)}", place / name)
    return changed


def _published(api: Api, found: Json) -> Json:
    """Make the draft final; when the answer was lost, it is looked whether it was."""
    try:
        return _object(api.post(f"{_DEPOSITIONS}/{found['id']}/actions/publish"))
    except WebProblem as problem:
        if not problem.uncertain:
            raise
        now = _object(api.get(f"{_DEPOSITIONS}/{found['id']}"))
        if now.get("submitted") is not True:
            raise
        return now


def _told(found: Json, steps: list[str]) -> Deposit:
    metadata = _object(found.get("metadata", {}))
    reserved = metadata.get("prereserve_doi")
    doi = found.get("doi") or metadata.get("doi") or (reserved.get("doi") if isinstance(reserved, dict) else "")
    links = found.get("links", {})
    address = links.get("record_html") or links.get("latest_html") if found.get("submitted") else links.get("html")
    return Deposit(
        str(doi or ""), str(address or links.get("html") or ""), found.get("submitted") is True, tuple(steps)
    )


def _mark(release: Release) -> str:
    return f"https://{release.repository}/tree/{release.tag}"


def _related(release: Release) -> list[Json]:
    return [{"identifier": _mark(release), "relation": "isSupplementTo", "scheme": "url"}]


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


def _md5(path: Path) -> str:
    """What Zenodo calls a file's content; nothing here relies on it being hard to forge."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise WebProblem("the answer has an unexpected form")
    return value
