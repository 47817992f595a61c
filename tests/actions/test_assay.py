"""The workflow that signs: from a caller who would cheat to a badge that holds, or to none."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from act import COMMIT, OURS, Act, Ran, copy_of_ours, environment_of_ours, named

from assaymark.__main__ import main

Make = Callable[..., Path]
ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / ".github" / "workflows" / "assay.yml"
SIGNER = f"https://github.com/assaymark/assaymark/.github/workflows/assay.yml@{COMMIT}"
CALLER = f"""\
on: [push, pull_request]
permissions: {{}}
jobs:
  assay:
    permissions: {{ contents: read, id-token: write, attestations: write }}
    uses: assaymark/assaymark/.github/workflows/assay.yml@{COMMIT}
    with: {{ run-tests: true }}
"""
# What a caller would like to be run in the place of ours.
FORGED = """\
name: forged
description: Says that all is gold
runs:
  using: composite
  steps:
    - { shell: bash, run: 'touch "$STANDIN_DIR/forged"; echo level=gold >> "$GITHUB_OUTPUT"' }
"""
FILES = {
    **{name: (ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "LICENSE")},
    "tide/__init__.py": '"""Tides."""\n',
    "actions/assess/action.yml": FORGED,
    "actions/setup/action.yml": FORGED,
}


def workflow() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def test_who_may_execute_may_not_sign_and_the_other_way_round() -> None:
    jobs = workflow()["jobs"]
    assert workflow()["permissions"] == {}
    assert jobs["execute"]["permissions"] == {"contents": "read"}
    assert jobs["sign"]["permissions"] == {"contents": "read", "id-token": "write", "attestations": "write"}
    given = [step["with"] for step in jobs["sign"]["steps"] if step.get("uses", "").endswith("/assess")]
    assert len(given) == 1
    assert {"run-tests", "run-steps", "trust-repository", "config", "provision"} & set(given[0]) == set()
    assert "executed" in given[0]


def test_nothing_of_the_callers_checkout_is_used_and_all_else_is_pinned() -> None:
    text = FILE.read_text(encoding="utf-8")
    used = [step["uses"] for job in workflow()["jobs"].values() for step in job["steps"] if "uses" in step]
    assert len(used) >= 8
    for name in used:
        own = name.startswith("$/actions/")
        assert own or (name.partition("@")[0].startswith("actions/") and len(name.partition("@")[2]) == 40), name
    assert "uses: ./" not in text
    for job in workflow()["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


@pytest.fixture(scope="session")
def written_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository, with what act does not know written out in the workflow."""
    root = copy_of_ours(tmp_path_factory.mktemp("assay") / "assaymark")
    file = root / ".github" / "workflows" / "assay.yml"
    file.write_text(named(file.read_text(encoding="utf-8")), encoding="utf-8")
    return root


def called(folder: Path, ours: Path, root: Path, **more: Any) -> Ran:
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True).stdout
    claims = {
        "name": SIGNER,
        "issuer": "https://token.actions.githubusercontent.com",
        "signer": SIGNER,
        "signer_commit": COMMIT,
        "runner": "github-hosted",
        "repository": "https://github.com/lab/tide",
        "commit": head.strip(),
        "ref": "refs/heads/main",
        "trigger": "push",
    }
    act = Act(folder, ours, environment_of_ours())
    env = {"STANDIN_CLAIMS": json.dumps(claims), "STANDIN_SERVICES": str(ROOT / "tests" / "services")}
    return act.run(root, CALLER, env=env, **more)


@pytest.mark.service("act")
def test_a_caller_with_forged_actions_gets_the_level_that_is_due(
    repository: Make, written_out: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = repository(FILES)
    subprocess.run(["git", "remote", "add", "origin", "https://github.com/lab/tide.git"], cwd=root, check=True)
    ran = called(tmp_path / "act", written_out, root)
    assert ran.code == 0, ran.told()
    assert not (tmp_path / "act" / "standins" / "forged").exists()
    folder = ran.artifact("assay")
    capfd.readouterr()
    words = ["badge", "verify", folder / "badge.svg", "--bundle", folder / "badge.sigstore.json"]
    words += ["--trusted-root", tmp_path / "act" / "standins" / "trusted_root.json", "--signer-commit", COMMIT]
    words += ["--repository", root, "--evidence", folder, "--format", "json"]
    assert main([str(w) for w in words]) == 0, capfd.readouterr()
    found = json.loads(capfd.readouterr().out)
    assert {a["says"] for a in found["answers"]} == {"yes"}
    assert found["award"]["level"] == "bronze"
    # The chain from the badge to the commit, with the same trust.
    chain = ["verify", folder, *words[words.index("--trusted-root") : words.index("--evidence")], "--format", "json"]
    assert main([str(w) for w in chain]) == 0, capfd.readouterr()
    links = json.loads(capfd.readouterr().out)["links"]
    assert {link["name"]: link["says"] for link in links} == dict.fromkeys(
        ("badge", "report", "provenance", "subject"), "yes"
    )


@pytest.mark.service("act")
def test_a_pull_request_is_judged_and_not_signed(repository: Make, written_out: Path, tmp_path: Path) -> None:
    root = repository(FILES)
    ran = called(tmp_path / "act", written_out, root, event="pull_request")
    assert ran.code == 0, ran.told()
    assert ran.artifact("assay-executed").is_dir()
    assert not ran.artifact("assay").exists()


OWN_KEY = f"""\
on: push
permissions: {{}}
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
      - id: judge
        uses: {OURS.format("assess")}
        with: {{ no-tools: "true", output: out }}
      - id: sign
        uses: {OURS.format("attest")}
        with: {{ folder: out, issuer: "did:web:lab.example" }}
        env: {{ ASSAYMARK_SIGNING_KEY: "${{{{ secrets.KEY }}}}" }}
      - id: check
        shell: bash
        run: assaymark badge verify out/badge.svg --issuer did:web:lab.example --identity "$IDENTITY" --evidence out
        env: {{ PATH: "ENVIRONMENT/bin:/usr/bin:/bin", IDENTITY: "FILE" }}
"""


@pytest.mark.service("act")
def test_a_key_of_ones_own_signs_and_is_nowhere_to_be_seen(
    act: Act, repository: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key = ed25519.Ed25519PrivateKey.generate().private_bytes(*form).decode()
    (tmp_path / "key.pem").write_text(key)
    assert main(["badge", "did", "--key", str(tmp_path / "key.pem"), "--issuer", "did:web:lab.example"]) == 0
    (tmp_path / "did.json").write_text(capfd.readouterr().out)
    root = repository(FILES)
    subprocess.run(["git", "remote", "add", "origin", "https://github.com/lab/tide.git"], cwd=root, check=True)
    workflow = OWN_KEY.replace("FILE", str(tmp_path / "did.json")).replace("ENVIRONMENT", str(environment_of_ours()))
    ran = act.run(root, workflow, secrets={"KEY": key})
    assert ran.outputs("sign")["outcome"] == "passed", ran.told()
    assert "not everything about this badge could be found out: repository, commit" in ran.log(), ran.told()
    assert {"badge", "credential"} <= set(ran.outputs("sign"))
    secret = key.splitlines()[1]
    assert secret not in ran.log() + ran.summary() + json.dumps(ran.outputs("sign"))
