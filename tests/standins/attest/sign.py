"""Signs as `actions/attest` does; the claims are those that the test gives, which GitHub would make itself."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, os.environ["STANDIN_SERVICES"])
from sigstore_fake import Sigstore

inputs = json.loads(os.environ["INPUTS"])


def subjects() -> list[dict[str, object]]:
    """The file that is named, or those of a list of sums."""
    if inputs["subject-checksums"]:
        rows = [line.split("  ", 1) for line in Path(inputs["subject-checksums"]).read_text().splitlines()]
        return [{"name": name, "digest": {"sha256": digest}} for digest, name in rows]
    path = Path(inputs["subject-path"])
    return [{"name": path.name, "digest": {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}}]


about = inputs["predicate-path"]
statement = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": subjects(),
    "predicateType": inputs["predicate-type"] or "https://slsa.dev/provenance/v1",
    "predicate": json.loads(Path(about).read_bytes()) if about else {},
}
sigstore, folder = Sigstore(), Path(os.environ["STANDIN_DIR"])
(folder / "trusted_root.json").write_bytes(sigstore.root())
bundle = folder / "bundle.json"
bundle.write_bytes(sigstore.attest(statement, json.loads(os.environ["STANDIN_CLAIMS"])))
with Path(os.environ["GITHUB_OUTPUT"]).open("a") as outputs:
    outputs.write(f"bundle-path={bundle}\n")
