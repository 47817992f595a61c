"""Debian's registry of images on a free port of this machine."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assaymark.release.oci import KINDS, Manifest, Name, Registry


@contextmanager
def serving(place: Path) -> Iterator[str]:
    """``host:port`` of a registry that holds nothing yet; its files are below ``place``."""
    config = place / "registry.yml"
    storage = {"filesystem": {"rootdirectory": str(place / "registry")}, "delete": {"enabled": True}}
    settings = {"version": 0.1, "storage": storage, "http": {"addr": "127.0.0.1:0"}, "log": {"formatter": "json"}}
    config.write_text(json.dumps(settings))
    log = place / "registry.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=stream, stderr=stream)
    try:
        yield _address(process, log)
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
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
