"""A registry of images on a free port of this machine (Debian's ``docker-registry``), for all or with a password."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from assaymark.release.oci import KINDS, Manifest, Name, Registry

USER, PASSWORD = "ada", "loopback-only"
# The password as htpasswd has it (bcrypt).
HASHED = "$2b$04$dAAaGQsy9WoMS7Pfr17e4ekmB1KckhmKYhdoX.d9l7V5Mp4f9ApRK"


@contextlib.contextmanager
def serving(place: Path, *, login: bool = False) -> Iterator[str]:
    """``host:port`` of a registry that holds nothing yet; its files are below ``place``.

    With ``login`` it lets only `USER` with `PASSWORD` in.
    """
    storage = {"filesystem": {"rootdirectory": str(place / "registry")}, "delete": {"enabled": True}}
    settings = {"version": 0.1, "storage": storage, "http": {"addr": "127.0.0.1:0"}, "log": {"formatter": "json"}}
    if login:
        (place / "htpasswd").write_text(f"{USER}:{HASHED}\n")
        settings["auth"] = {"htpasswd": {"realm": "test", "path": str(place / "htpasswd")}}
    config, log = place / "registry.yml", place / "registry.log"
    config.write_text(json.dumps(settings))
    with log.open("wb") as stream:
        process = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=stream, stderr=stream)
    try:
        yield _address(process, log)
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where it listens, as it says itself: a port that was looked for before may be taken by then."""
    for _ in range(1_200):
        found = re.search(r"listening on (127\.0\.0\.1:\d+)", log.read_text(errors="replace"))
        if found:
            return found[1]
        assert process.poll() is None, log.read_text(errors="replace")
        time.sleep(0.05)
    raise AssertionError(log.read_text(errors="replace"))


def push(host: str, path: str, folder: Path) -> Name:
    """Push an OCI layout with the registry's own words; gives it by digest."""
    there = Registry(Name(host, path), {})
    index = json.loads((folder / "index.json").read_text())
    blobs = folder / "blobs" / "sha256"
    digest = index["manifests"][0]["digest"]
    content = (blobs / digest.removeprefix("sha256:")).read_bytes()
    document = json.loads(content)
    for entry in (document["config"], *document["layers"]):
        data = (blobs / entry["digest"].removeprefix("sha256:")).read_bytes()
        there.put_blob(entry["digest"], iter([data]))
    there.put_manifest(Manifest(content, KINDS[2], digest), digest)
    return Name(host, path, digest)
