"""One repository of images in a registry, by the protocol of the OCI."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from assaymark.records import NamedTuple
from assaymark.release.login import authorization, kept, refused
from assaymark.release.web import TIMEOUT, WebProblem, guard
from assaymark.web import new_session

if TYPE_CHECKING:
    from requests import Response

DOCUMENT = 8_000_000
BLOB = 20_000_000_000
KINDS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
LISTS = KINDS[:2]
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TRIES = 4
# A registry that is called by another name than its host.
_SERVED = {"docker.io": "registry-1.docker.io"}


class Name(NamedTuple):
    """An image's place: ``host/path``, and the digest or tag that is meant there ('' for none)."""

    host: str
    path: str
    reference: str = ""

    def __str__(self) -> str:
        mark = "" if not self.reference else "@" if DIGEST.fullmatch(self.reference) else ":"
        return f"{self.host}/{self.path}{mark}{self.reference}"


class Manifest(NamedTuple):
    """A manifest as the registry gave it; ``digest`` is that of its bytes."""

    content: bytes
    kind: str
    digest: str


class Registry:
    """Requests on one repository; ``environment`` may hold a login, else that of Docker is taken."""

    def __init__(self, name: Name, environment: Mapping[str, str]) -> None:
        near = urlsplit(f"//{name.host}").hostname in ("127.0.0.1", "localhost", "::1")
        self.base = f"{'http' if near else 'https'}://{_SERVED.get(name.host, name.host)}"
        guard(self.base)
        self.name = Name(name.host, name.path)
        # Blobs are larger than what `assaymark.web` takes at once: they are read and sent in pieces.
        self._session = new_session()
        self._login = kept(name.host, environment)
        self._header = ""

    def manifest(self, reference: str) -> Manifest:
        """A manifest by tag or digest. Raises WebProblem, also when it is not what its digest says."""
        answer = self._ask("GET", f"manifests/{reference}", headers={"Accept": ", ".join(KINDS)})
        if answer.status_code != 200:
            raise _refused(answer, f"{self.name}@{reference}")
        content = answer.content
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if len(content) > DOCUMENT or (DIGEST.fullmatch(reference) and digest != reference):
            raise WebProblem(f"the registry gives something else than {reference}")
        return Manifest(content, answer.headers.get("Content-Type", "").partition(";")[0], digest)

    def digest_of(self, tag: str) -> str | None:
        """The digest that a tag names; None when there is no such tag."""
        answer = self._ask("GET", f"manifests/{tag}", headers={"Accept": ", ".join(KINDS)})
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise _refused(answer, f"{self.name}:{tag}")
        return f"sha256:{hashlib.sha256(answer.content).hexdigest()}"

    def put_manifest(self, whole: Manifest, reference: str) -> None:
        """Store a manifest under a tag or its digest; twice is the same as once."""
        answer = self._ask("PUT", f"manifests/{reference}", headers={"Content-Type": whole.kind}, data=whole.content)
        if answer.status_code not in (200, 201, 202):
            raise _refused(answer, f"{self.name}:{reference}")

    def has_blob(self, digest: str) -> bool:
        """Whether the repository holds a layer or configuration."""
        return self._ask("HEAD", f"blobs/{digest}").status_code == 200

    def mount(self, digest: str, source: Name) -> bool:
        """Take a blob over from another repository of the same registry without sending it; False when it cannot."""
        if source.host != self.name.host:
            return False
        answer = self._ask("POST", f"blobs/uploads/?mount={digest}&from={source.path}")
        return answer.status_code == 201

    def blob(self, digest: str) -> Iterator[bytes]:
        """A blob's content in pieces. Raises WebProblem."""
        answer = self._ask("GET", f"blobs/{digest}", stream=True)
        if answer.status_code != 200:
            raise _refused(answer, f"{self.name}@{digest}")
        size = 0
        with answer:
            for part in answer.iter_content(1_000_000):
                size += len(part)
                if size > BLOB:
                    raise WebProblem("a layer is larger than any that is copied")
                yield part

    def put_blob(self, digest: str, content: Iterator[bytes]) -> None:
        """Send a blob. Raises WebProblem, also when it is not what its digest says."""
        import tempfile

        with tempfile.TemporaryFile() as spool:
            seen = hashlib.sha256()
            for part in content:
                seen.update(part)
                spool.write(part)
            if f"sha256:{seen.hexdigest()}" != digest:
                raise WebProblem(f"the registry gives something else than {digest}")
            spool.seek(0)
            begun = self._ask("POST", "blobs/uploads/")
            if begun.status_code != 202:
                raise _refused(begun, f"{self.name}@{digest}")
            place = urljoin(self.base, begun.headers.get("Location", ""))
            if urlsplit(place).netloc != urlsplit(self.base).netloc:
                raise WebProblem("the registry wants the layer to be sent to another host")
            address = f"{place}{'&' if '?' in place else '?'}digest={digest}"
            answer = self._once("PUT", address, headers={"Content-Type": "application/octet-stream"}, data=spool)
            if answer.status_code != 201:
                raise _refused(answer, f"{self.name}@{digest}")

    def _ask(self, verb: str, path: str, **how: Any) -> Response:
        """A request that may be made again: all of these are the same when they are made twice."""
        for attempt in range(_TRIES):
            try:
                answer = self._once(verb, f"{self.base}/v2/{self.name.path}/{path}", **how)
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
                problem = _refused(answer, str(self.name))
            except WebProblem as trouble:
                problem = trouble
            if attempt < _TRIES - 1:
                time.sleep(0.3 * 2**attempt)
        raise problem

    def _once(self, verb: str, url: str, **how: Any) -> Response:
        answer = self._send(verb, url, **how)
        if answer.status_code != 401:
            return answer
        answer.close()
        asked = answer.headers.get("WWW-Authenticate", "")
        self._header = authorization(asked, self.name.host, self._login)
        if hasattr(how.get("data"), "seek"):
            how["data"].seek(0)
        answer = self._send(verb, url, **how)
        if answer.status_code == 401:
            raise refused(self.name.host)
        return answer

    def _send(self, verb: str, url: str, **how: Any) -> Response:
        import requests

        headers = {**how.pop("headers", {}), **({"Authorization": self._header} if self._header else {})}
        try:
            return self._session.request(verb, url, headers=headers, timeout=TIMEOUT, **how)
        except requests.exceptions.RequestException as problem:
            raise WebProblem(f"the registry {self.name.host} did not answer", uncertain=True) from problem


def _refused(answer: Response, what: str) -> WebProblem:
    status = answer.status_code
    uncertain = status >= 500 or status == 429
    return WebProblem(f"the registry answered with HTTP {status} for {what}", status=status, uncertain=uncertain)
