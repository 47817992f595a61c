"""What a verifier finds out: each way to change a folder breaks the link that is about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from releasing import SDIST, git
from sigstore_fake import Sigstore

from assaymark.badges.verify import Says
from assaymark.release import folder
from assaymark.release.verify import OURS, PROVENANCE, Known, chain


def said(place: Path, name: str = "", **known: Any) -> dict[str, str]:
    return {link.name: str(link.says) for link in chain(place, name, Known(**known))}


def test_every_link_that_is_there_holds(built: Path, sample: Path) -> None:
    found = said(built, SDIST, tag="v1.2.0", clone=sample)
    assert found == dict.fromkeys(found, "yes") | {"signature": "unknown"}
    assert said(built) == found | {"commit": "unknown"}


def rewritten(place: Path, change: Callable[[dict[str, Any]], None], name: str) -> None:
    value = json.loads((place / name).read_text())
    change(value)
    (place / name).write_text(json.dumps(value))


def relisted(place: Path, **more: Any) -> None:
    """List everything anew, as somebody would who may write to the folder."""
    kinds = {f.name: f.kind for f in folder.read(place).files}
    release = replace(folder.read(place), files=folder.described(place, kinds), **more)
    (place / folder.MANIFEST).write_text(folder.render(release))
    (place / folder.SUMS).write_text(folder.sums(place))


def test_another_content(built: Path) -> None:
    (built / SDIST).write_bytes(b"SDIST")
    assert said(built)["checksums"] == "no"
    relisted(built)
    assert said(built)["checksums"] == "yes"
    assert said(built)["provenance"] == "no"


def test_another_manifest_or_none(built: Path) -> None:
    text = (built / folder.MANIFEST).read_text()
    (built / folder.MANIFEST).write_text(text.replace('"level": "none"', '"level": "gold"'))
    assert said(built)["checksums"] == "no"
    relisted(built)
    assert said(built)["assessment"] == "no"
    (built / folder.MANIFEST).write_text("{}")
    assert said(built) == {"release": "no"}


def test_another_commit(built: Path, sample: Path) -> None:
    git(sample, "commit", "--quiet", "--allow-empty", "--message", "Later")
    later = git(sample, "rev-parse", "HEAD")
    relisted(built, commit=later)
    found = said(built, clone=sample)
    assert (found["provenance"], found["assessment"], found["commit"]) == ("no", "no", "no")


def test_a_tag_that_was_moved(built: Path, sample: Path) -> None:
    git(sample, "commit", "--quiet", "--allow-empty", "--message", "Later")
    git(sample, "tag", "--force", "v1.2.0")
    assert said(built, clone=sample)["commit"] == "no"
    git(sample, "tag", "--delete", "v1.2.0")
    assert said(built, clone=sample)["commit"] == "unknown"


def test_another_tag_file_or_image_than_meant(built: Path) -> None:
    assert said(built, tag="v1.3.0")["release"] == "no"
    assert said(built, "other.whl")["release"] == "no"
    digest = "sha256:" + "1" * 64
    relisted(built, images=(f"r.example/lab/tide@{digest}",))
    for image, says in ((f"r.example/lab/tide@{digest}", Says.YES), ("r.example/lab/tide@sha256:" + "2" * 64, Says.NO)):
        [answer] = [a for a in chain(built, "", Known(), image=image)[0].answers if a.about == "image"]
        assert answer.says is says


def test_what_is_missing_is_unknown_and_what_is_rubbish_is_no(built: Path) -> None:
    for name, link in ((folder.STATEMENT, "provenance"), (folder.REPORT, "assessment"), (folder.SUMS, "checksums")):
        content = (built / name).read_bytes()
        (built / name).unlink()
        if name != folder.SUMS:
            relisted(built)
        assert said(built)[link] == "unknown", name
        (built / name).write_bytes(b'{"predicate": []}')
        assert said(built)[link] == "no", name
        (built / name).write_bytes(content)
        relisted(built)
    rewritten(built, lambda s: s["predicate"]["buildDefinition"]["externalParameters"].update(x="y"), folder.STATEMENT)
    assert said(built)["provenance"] == "no"


def test_a_record_of_something_else_is_named(built: Path) -> None:
    honest = (built / folder.RECORD).read_bytes()
    release = folder.read(built)
    sdist = next(f.sha256 for f in release.files if f.kind == "sdist")
    for old, new in ((release.commit, "0" * 40), (sdist, "0" * 64), ("prov:QUALIFIED_NAME", "xsd:string"), ("{", "[")):
        (built / folder.RECORD).write_bytes(honest.replace(old.encode(), new.encode()))
        relisted(built)
        assert said(built)["provenance"] == "no", old
    (built / folder.RECORD).write_bytes(honest)
    relisted(built)
    assert said(built)["provenance"] == "yes"


def signed(place: Path, sigstore: Sigstore, **more: str) -> None:
    """Put a signature beside the files, by the workflow of the repository at the tag unless said otherwise."""
    release = folder.read(place)
    workflow = f"https://{release.repository}/.github/workflows/release.yml@refs/tags/{release.tag}"
    claims = {
        "issuer": "https://token.actions.githubusercontent.com",
        "signer": workflow,
        "signer_commit": release.commit,
        "runner": "github-hosted",
        "repository": f"https://{release.repository}",
        "commit": release.commit,
        "ref": f"refs/tags/{release.tag}",
        "trigger": "push",
    } | more
    names = [*(f.name for f in release.files), folder.MANIFEST]
    subject = [{"name": n, "digest": {"sha256": folder.digest(place / n)}} for n in names]
    statement = {"_type": "https://in-toto.io/Statement/v1", "subject": subject, "predicateType": PROVENANCE}
    claims.setdefault("name", claims["signer"])
    (place / folder.BUNDLE).write_bytes(sigstore.attest({**statement, "predicate": {}}, claims))


def test_a_signature_of_the_workflow_and_of_nobody_else(built: Path, tmp_path: Path) -> None:
    sigstore = Sigstore()
    root = tmp_path / "root.json"
    root.write_bytes(sigstore.root())
    signed(built, sigstore)
    assert said(built, root=root)["signature"] == "yes"
    assert said(built)["signature"] in ("no", "unknown"), "not by the public root"
    commit = "f" * 40
    signed(built, sigstore, signer=f"{OURS}@{commit}", signer_commit=commit)
    assert said(built, root=root)["signature"] == "unknown", "ours, at a commit that is not known as released"
    assert said(built, root=root, commits=(commit,))["signature"] == "yes"
    for claim in (
        {"signer": "https://github.com/eve/tide/.github/workflows/release.yml@refs/tags/v1.2.0"},
        {"signer": "https://github.com/lab/tide/.github/workflows/release.yml@refs/heads/main"},
        {"signer_commit": "e" * 40},
        {"repository": "https://github.com/eve/tide"},
        {"commit": "e" * 40},
        {"runner": "self-hosted"},
        {"trigger": "pull_request"},
    ):
        signed(built, sigstore, **claim)
        assert said(built, root=root)["signature"] == "no", claim


def test_a_signature_of_other_files(built: Path, tmp_path: Path) -> None:
    sigstore = Sigstore()
    root = tmp_path / "root.json"
    root.write_bytes(sigstore.root())
    signed(built, sigstore)
    (built / SDIST).write_bytes(b"SDIST")
    relisted(built)
    assert said(built, root=root)["signature"] == "no"
    (built / folder.BUNDLE).write_bytes(b"{}")
    assert said(built, root=root)["signature"] == "no"
