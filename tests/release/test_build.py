"""What a build leaves: the same bytes twice, documents that others' readers accept, and nothing when it may not be."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from releasing import git, listed

from assaymark import __version__
from assaymark.__main__ import main
from assaymark.assessment import Request, judge
from assaymark.errors import GateNotMet, InputError
from assaymark.provenance import recorded
from assaymark.provenance.account import Artifact
from assaymark.provenance.constraints import violations
from assaymark.release import build as building
from assaymark.release import folder, package, record
from assaymark.release.build import Wanted, build
from assaymark.release.folder import Release
from assaymark.release.source import open_source
from assaymark.reports.json import render


def wanted(root: Path, **more: Any) -> Wanted:
    assessment = judge(Request(path=str(root), tools=False, select=("QC.Lic", "QC.Ver"))).assessment
    told: dict[str, Any] = {"isolated": False, "gate": "QC.Lic01", "report": render(assessment).encode()}
    return Wanted(assessment=assessment, **told | more)


def made(root: Path, out: Path, **more: Any) -> Release:
    return build(open_source(root), out, wanted(root, **more), {})


def test_everything_that_is_published(sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "release"
    (sample / "untracked.py").write_text("print('not in the commit')\n")
    release = made(sample, out)
    assert (release.name, release.version, release.tag) == ("tide", "1.2.0", "v1.2.0")
    assert release.commit == git(sample, "rev-parse", "HEAD")
    assert (release.repository, release.licence, release.prerelease) == ("github.com/lab/tide", "Apache-2.0", False)
    assert folder.read(out) == release
    assert folder.differing(out, release.files) == []
    done = subprocess.run(["sha256sum", "--check", "--strict", folder.SUMS], cwd=out, capture_output=True)
    assert done.returncode == 0, done.stdout
    assert {p.name for p in out.iterdir()} == {f.name for f in release.files} | {folder.MANIFEST, folder.SUMS}
    with tarfile.open(out / "tide-1.2.0.tar.gz") as tar:
        assert not [n for n in tar.getnames() if "untracked" in n]

    statement = json.loads((out / folder.STATEMENT).read_text())
    assert statement["predicate"]["buildDefinition"]["externalParameters"] == {"tag": "v1.2.0"}
    digests = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}
    listed = {f.name: f.sha256 for f in release.files if f.name not in (folder.STATEMENT, folder.RECORD, folder.CRATE)}
    assert digests == listed
    notes = (out / folder.NOTES).read_text()
    assert notes.startswith("### Added\n\n- High water.\n")
    assert "assaymark release verify FILE --tag v1.2.0 --github lab/tide" in notes
    _bill(out, release)
    _crate(out, release)
    _record(sample, out, release)


def _bill(out: Path, release: Release) -> None:
    """Both SBOMs, read by the libraries of their makers."""
    from cyclonedx.model.bom import Bom
    from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    bom = Bom.from_json(json.loads((out / "tide-1.2.0.cdx.json").read_text()))
    assert [c.name for c in bom.components] == ["click"]
    assert bom.metadata.component is not None
    told = {c.name: next(iter(c.hashes)).content for c in bom.metadata.component.components}
    assert told == {f.name: f.sha256 for f in release.files if f.kind in ("sdist", "wheel")}
    document = JsonLikeDictParser().parse(json.loads((out / "tide-1.2.0.spdx.json").read_text()))
    assert validate_full_spdx_document(document) == []
    assert {p.name for p in document.packages} == {"tide", "click", *told}


def _crate(out: Path, release: Release) -> None:
    from rocrate.rocrate import ROCrate

    crate = ROCrate(str(out))
    assert crate.root_dataset["version"] == "1.2.0"
    assert crate.get("https://orcid.org/0000-0002-1825-0097")["name"] == "Josiah Carberry"
    parts = {p.id for p in crate.root_dataset["hasPart"]}
    assert parts == {f.name for f in release.files if f.name != folder.CRATE}
    assert crate.get("#build")["object"]["version"] == release.commit


def _record(root: Path, out: Path, release: Release) -> None:
    """The release as W3C PROV: sound, read by prov, and about each file, the verdict, the commit and the tools."""
    from prov.model import ProvDocument

    text = (out / folder.RECORD).read_text()
    assert main(["provenance", "check", str(out / folder.RECORD)]) == 0
    assert len(list(ProvDocument.deserialize(content=text).get_records())) > 20
    document = json.loads(text)
    entities = document["entity"]
    listed = {f.name: f"sha256:{f.sha256}" for f in release.files if f.name not in (folder.RECORD, folder.CRATE)}
    assert set(listed.values()) <= set(entities)
    used = {u["prov:entity"] for u in document["used"].values() if u["prov:activity"] == "run:run"}
    lock = hashlib.sha256((root / "requirements.txt").read_bytes()).hexdigest()
    assert used == {f"commit:{release.commit}", listed[folder.REPORT], f"sha256:{lock}"}
    made = {g["prov:entity"] for g in document["wasGeneratedBy"].values() if g["prov:activity"] == "run:run"}
    assert made == set(listed.values()) - {listed[folder.REPORT], listed[folder.STATEMENT]}
    assert entities[listed["tide-1.2.0.tar.gz"]]["am:kind"] == "sdist"
    assert {a["prov:label"] for a in document["agent"].values()} == {
        f"assaymark {__version__}",
        f"build {version('build')}",
    }
    # Read and written again it is the same.
    account = recorded.account_of(text.encode())
    assert account.work == "release"
    assert account.facts == {"tag": "v1.2.0", "level": release.level, "name": "tide", "released": "1.2.0"}


HOSTED = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "lab/tide",
    "GITHUB_RUN_ID": "7",
    "GITHUB_WORKFLOW_REF": "lab/tide/.github/workflows/release.yml@refs/tags/v1.2.0",
}


def test_the_record_tells_who_built_it_and_the_same_facts_give_the_same_bytes(small: tuple[Path, Release]) -> None:
    place, _ = small
    for name in (folder.STATEMENT, folder.REPORT):
        (place / name).write_text("{}\n" * (1 + len(name)))
    release = replace(listed(place), images=("r.example/lab/tide@sha256:" + "1" * 64,))
    subject = Artifact(name="lab/tide", kind="source", commit=release.commit, uri="https://github.com/lab/tide")
    moment = "2026-11-21T10:00:00Z"
    shuffled = replace(release, files=release.files[::-1])
    texts = {
        record.render(record.account_of(r, subject, [], HOSTED, started=moment, ended=moment), HOSTED)
        for r in (release, release, shuffled)
    }
    assert len(texts) == 1
    document = json.loads(texts.pop())
    assert violations(document) == ()
    assert document["activity"]["run:run"]["prov:startTime"] == moment
    assert {"lab", HOSTED["GITHUB_WORKFLOW_REF"]} <= {a["prov:label"] for a in document["agent"].values()}
    assert document["entity"]["sha256:" + "1" * 64]["am:kind"] == "image"


def test_a_record_that_would_tell_a_secret_leaves_no_release(sample: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="DEPLOY_TOKEN"):
        build(open_source(sample), tmp_path / "release", wanted(sample), {"DEPLOY_TOKEN": "tide-1.2.0.tar.gz"})
    # It is the record that is refused: all before it is there.
    assert (tmp_path / "release" / folder.STATEMENT).exists()
    assert not (tmp_path / "release" / folder.RECORD).exists()
    assert not (tmp_path / "release" / folder.MANIFEST).exists()


def test_the_same_commit_gives_the_same_bytes_elsewhere_and_later(sample: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(sample), str(tmp_path / "elsewhere"))
    git(tmp_path / "elsewhere", "remote", "set-url", "origin", "https://github.com/lab/tide.git")
    first = made(sample, tmp_path / "one")
    second = made(tmp_path / "elsewhere", tmp_path / "two")
    kinds = ("sdist", "wheel", "sbom")
    assert [f for f in first.files if f.kind in kinds] == [f for f in second.files if f.kind in kinds]


def test_two_builds_that_differ_are_no_release(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = package._built

    def differing(source: Any, tree: Path, *rest: Any) -> Any:
        for name, content in real(source, tree, *rest):
            yield name, content + tree.name.encode()

    monkeypatch.setattr(package, "_built", differing)
    with pytest.raises(GateNotMet, match=r"two builds of the same commit differ in tide-1\.2\.0"):
        made(sample, tmp_path / "release")
    assert not (tmp_path / "release" / folder.MANIFEST).exists()


def test_files_that_a_back_end_wrote_while_building_get_the_time_of_the_commit() -> None:
    def packed(time: int) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            for name, moment in (("tide/a", 500), ("tide/PKG-INFO", time)):
                info = tarfile.TarInfo(name)
                info.mtime, info.uname, info.size = moment, f"user{time}", 2
                tar.addfile(info, io.BytesIO(b"ok"))
        return gzip.compress(out.getvalue(), mtime=time)

    first, second = (package._clamped(packed(time), 1_000) for time in (2_000, 3_000))
    assert first == second
    assert package._clamped(first, 1_000) == first
    with tarfile.open(fileobj=io.BytesIO(first)) as tar:
        assert [(m.name, m.mtime) for m in tar] == [("tide/PKG-INFO", 1_000), ("tide/a", 500)]


def test_a_build_that_fails_says_what_the_back_end_said(sample: Path, tmp_path: Path) -> None:
    (sample / "src/tide/__init__.py").unlink()
    git(sample, "commit", "--quiet", "--all", "--message", "Nothing left")
    with pytest.raises(InputError, match=r"the build failed: (?s:.*)Unable to determine which files"):
        made(sample, tmp_path / "release")


def test_what_is_not_fit_is_not_built(sample: Path, tmp_path: Path) -> None:
    source, asked = open_source(sample), wanted(sample)
    other = replace(asked.assessment, subject=replace(asked.assessment.subject, commit="0" * 40))
    with pytest.raises(InputError, match="the assessment is about 0000"):
        build(source, tmp_path / "release", replace(asked, assessment=other), {})
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "old.whl").write_bytes(b"")
    with pytest.raises(InputError, match="is not empty"):
        build(source, tmp_path / "full", asked, {})
    (sample / "README.md").write_text("changed\n")
    with pytest.raises(InputError, match="files differ from the commit"):
        build(open_source(sample), tmp_path / "release", asked, {})
    assert not (tmp_path / "release").exists()


def test_a_stamp_stays_inside_the_project(sample: Path, tmp_path: Path) -> None:
    source = open_source(sample)
    tree = package.lay(source, tmp_path / "tree", "src/tide/release.json")
    assert json.loads((tree / "src/tide/release.json").read_text()) == {"version": "v1.2.0", "commit": source.commit}
    with pytest.raises(InputError, match="is no file inside the project"):
        package.lay(source, tmp_path / "other", "../outside.json")


def test_what_is_no_package_is_released_as_the_tree_of_its_commit(sample: Path, tmp_path: Path) -> None:
    git(sample, "rm", "--quiet", "-r", "pyproject.toml", "src")
    git(sample, "commit", "--quiet", "--message", "A workflow")
    one, two = made(sample, tmp_path / "one"), made(sample, tmp_path / "two")
    name = "Tide-1.2.0.tar.gz" if (tmp_path / "one" / "Tide-1.2.0.tar.gz").exists() else "tide-1.2.0.tar.gz"
    digests = [next(f.sha256 for f in r.files if f.name == name) for r in (one, two)]
    assert digests[0] == digests[1] == hashlib.sha256((tmp_path / "one" / name).read_bytes()).hexdigest()


def test_no_token_reaches_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_TOKEN", "PIP_INDEX_URL", "ZENODO_TOKEN", "PIP_CONFIG_FILE"):
        monkeypatch.setenv(name, "s3cret")
    assert {k for k, v in package.index_settings().items() if v == "s3cret"} == {"PIP_INDEX_URL"}


def test_an_outline_names_what_would_be_made(sample: Path) -> None:
    lines = building.outline(open_source(sample), wanted(sample, wheelhouse=True))
    assert lines[0] == "sdist and wheel of the root, twice"
    assert any("wheelhouse" in line for line in lines)
