"""A deposit on Zenodo through its REST API: the sandbox unless told otherwise, and a draft until a person has looked.

The draft is found again by what it says it supplements (the tag's address), so a run that was cut off goes on with the
same draft, and a release that was deposited is not deposited again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from assaymark.errors import InputError
from assaymark.records import NamedTuple
from assaymark.release.web import Api, WebProblem
from assaymark.release.zenodo_metadata import KEYS

if TYPE_CHECKING:
    from assaymark.release.folder import Release

SITES = {"sandbox": "https://sandbox.zenodo.org", "production": "https://zenodo.org"}
TOKENS = {"sandbox": "ZENODO_SANDBOX_TOKEN", "production": "ZENODO_TOKEN"}
Json = dict[str, Any]
Say = Callable[[str], None]
_PAGE = 100
_PAGES = 100  # more than ten thousand are not listed
_UNTIL_LISTED = 2.0  # seconds until what was made is in the list
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
        raise InputError(
            f"there is no token for {site}",
            hint=f"one that may deposit:write (and deposit:actions for --final and --earlier), as {TOKENS[site]}",
        )
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

    found = _found(api, release, again=final or not dry)
    if found is not None and found.get("submitted") is True:
        return _told(api, found, steps)
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
    return _told(api, found, steps)


def _found(api: Api, release: Release, *, again: bool = True) -> Json | None:
    """The deposit that says it supplements this tag: the published one, else the oldest draft.

    Where there is none it is looked ``again`` a moment later: one of a run that was cut off is not listed at once.
    """
    mark = _mark(release)
    for pause in (0.0, _UNTIL_LISTED) if again else (0.0,):
        if pause:
            api.pause(pause)
        found = [row for row in _deposits(api) if any(r.get("identifier") == mark for r in _related_of(row))]
        if found:
            found.sort(key=lambda row: (row.get("submitted") is not True, row["id"]))
            return _object(api.get(f"{_DEPOSITIONS}/{found[0]['id']}"))
    return None


def _deposits(api: Api) -> list[Json]:
    """All that the owner of the token has, every version of each."""
    found: list[Json] = []
    for page in range(1, _PAGES + 1):
        # The name of the last one in the documentation, and in the service since it is built on InvenioRDM.
        rows = api.get(_DEPOSITIONS, size=_PAGE, page=page, all_versions="true", allversions="true")
        if not isinstance(rows, list):
            raise WebProblem("the answer has an unexpected form")
        found += [row for row in rows if isinstance(row, dict)]
        if len(rows) < _PAGE:
            return found
    raise WebProblem(f"the account has more than {_PAGE * _PAGES} deposits: which one is meant cannot be found out")


def _related_of(deposit: Json) -> list[Json]:
    metadata = deposit.get("metadata")
    listed = _list(metadata.get("related_identifiers")) if isinstance(metadata, dict) else []
    return [each for each in listed if isinstance(each, dict)]


def _drafted(api: Api, release: Release, metadata: Mapping[str, Any], earlier: int | None) -> Json:
    """A new draft that carries its mark from its first moment, or right after it was made as a next version.

    A next version keeps what people added to the one before (communities, grants), where we have nothing to say.
    """
    wanted = {**metadata, "related_identifiers": _related(release)}
    if earlier is None:
        try:
            return _object(api.post(_DEPOSITIONS, {"metadata": wanted}))
        except WebProblem as problem:
            # It is not asked for twice, or there might be two: the next run finds it, or makes it.
            if not problem.uncertain or (found := _found(api, release)) is None:
                raise
            return found
    draft = _next_version(api, earlier)
    before = _object(draft.get("metadata"))
    kept = {k: v for k, v in before.items() if k in KEYS}
    tags = f"https://{release.repository}/tree/"
    others = [r for r in _related_of(draft) if not str(r.get("identifier")).startswith(tags)]
    told = kept | wanted | {"related_identifiers": [*others, *_related(release)]}
    return _object(api.put(f"{_DEPOSITIONS}/{draft['id']}", {"metadata": told}))


def _next_version(api: Api, earlier: int) -> Json:
    """The draft of the version after a published deposit, which has one at most."""
    if there := _waiting(api, earlier):
        return there
    try:
        made = _object(api.post(f"{_DEPOSITIONS}/{earlier}/actions/newversion"))
    except WebProblem as problem:
        # Asked for twice, Zenodo refuses it: the files of the earlier one are in the draft already.
        if not (problem.uncertain or problem.status == 400):
            raise
        api.pause(_UNTIL_LISTED)
        if there := _waiting(api, earlier):
            return there
        raise
    # By the documentation the answer is the earlier one, by the service's code the draft: this leads to it from both.
    return _object(api.get(str(_object(made.get("links")).get("latest_draft", ""))))


def _waiting(api: Api, earlier: int) -> Json | None:
    """The next version of a deposit that is a draft still."""
    concept = str(_object(api.get(f"{_DEPOSITIONS}/{earlier}")).get("conceptrecid") or "")
    rows = [r for r in _deposits(api) if str(r.get("conceptrecid")) == concept and r.get("submitted") is not True]
    return _object(api.get(f"{_DEPOSITIONS}/{rows[0]['id']}")) if concept and rows else None


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
        if name in there and str(there[name].get("checksum", "")).removeprefix("md5:") == _md5(place / name):
            continue
        changed = True
        tell(f"upload {name}")
        if not dry:
            bucket = str(_object(found.get("links")).get("bucket", ""))
            _sent(api, f"{bucket}/{quote(name)}", place / name)
    return changed


def _sent(api: Api, address: str, file: Path) -> None:
    """Put a file there, and believe it only when the service tells of the same content."""
    said = str(_object(api.put_file(address, file)).get("checksum", "")).removeprefix("md5:")
    if said != _md5(file):
        raise WebProblem(f"{file.name} arrived with another content", uncertain=True)


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


def _told(api: Api, found: Json, steps: list[str]) -> Deposit:
    metadata, links = _object(found.get("metadata", {})), _object(found.get("links", {}))
    final = found.get("submitted") is True
    reserved = metadata.get("prereserve_doi")
    # A draft elsewhere is told the DOI that it would have in production.
    promised = reserved.get("doi") if isinstance(reserved, dict) and api.base == SITES["production"] else ""
    doi = found.get("doi") or metadata.get("doi") or promised
    address = links.get("record_html") or links.get("latest_html") if final else links.get("html")
    return Deposit(str(doi or ""), str(address or links.get("html") or ""), final, tuple(steps))


def _mark(release: Release) -> str:
    return f"https://{release.repository}/tree/{release.tag}"


def _related(release: Release) -> list[Json]:
    return [{"identifier": _mark(release), "relation": "isSupplementTo", "scheme": "url"}]


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
