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
subject = Path(inputs["subject-path"])
statement = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": subject.name, "digest": {"sha256": hashlib.sha256(subject.read_bytes()).hexdigest()}}],
    "predicateType": inputs["predicate-type"],
    "predicate": json.loads(Path(inputs["predicate-path"]).read_bytes()),
}
sigstore, folder = Sigstore(), Path(os.environ["STANDIN_DIR"])
(folder / "trusted_root.json").write_bytes(sigstore.root())
bundle = folder / "bundle.json"
bundle.write_bytes(sigstore.attest(statement, json.loads(os.environ["STANDIN_CLAIMS"])))
with Path(os.environ["GITHUB_OUTPUT"]).open("a") as outputs:
    outputs.write(f"bundle-path={bundle}\n")
