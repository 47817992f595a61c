"""Which commits of our workflow a verifier believes when it is told none."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from assaymark.badges import signers


def test_what_is_listed_are_commits_of_releases(checkout: Path) -> None:
    """Where the clone has the tag of a listed version, it is the listed commit, and that holds the workflow."""
    for commit, version in signers.released().items():
        assert re.fullmatch("[0-9a-f]{40}", commit)
        asked = ["git", "-C", str(checkout), "rev-parse", "--verify", "--quiet", f"refs/tags/{version}^{{commit}}"]
        found = subprocess.run(asked, capture_output=True, text=True, check=False)
        if found.returncode == 0:
            assert found.stdout.strip() == commit
            subprocess.run(
                ["git", "-C", str(checkout), "cat-file", "-e", f"{commit}:.github/workflows/assay.yml"], check=True
            )


def test_a_wheel_believes_the_commit_that_it_was_built_from(tmp_path: Path) -> None:
    own = tmp_path / "release.json"
    assert list(signers._own(own)) == []
    own.write_text(json.dumps({"version": "v9.9.9", "commit": "a" * 40}))
    assert list(signers._own(own)) == [("a" * 40, "v9.9.9")]
    own.write_text(json.dumps({"version": "v9.9.9", "commit": "v9.9.9"}))
    assert list(signers._own(own)) == []


def test_a_list_that_is_wrong_is_not_taken_for_a_shorter_one() -> None:
    entry = '[[release]]\nversion = "v1"\ncommit = "{}"\n'
    assert dict(signers._listed(entry.format("a" * 40))) == {"a" * 40: "v1"}
    for wrong in ("", "a" * 39, "refs/tags/v1"):
        with pytest.raises(ValueError, match="not a commit"):
            list(signers._listed(entry.format(wrong)))
