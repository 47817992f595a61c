"""From a commit to a release and back: a project with a container, and our own repository."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from package_index import PackageIndex
from releasing import assaymark, git
from zenodo_fake import TOKEN, FakeZenodo

from assaymark.release import dependencies, folder, wheelhouse
from assaymark.release.source import open_source

if TYPE_CHECKING:
    from github_fake import FakeGitHub

GATE = ("--gate", "QC.Lic01", "--no-tools")


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    with PackageIndex() as found:
        yield found


def links(text: str) -> dict[str, str]:
    return {link["name"]: link["says"] for link in json.loads(text)["links"]}


def uploaded(place: Path, index: PackageIndex) -> None:
    """What the workflow of the caller does, towards this index."""
    files = [str(p) for p in sorted(place.iterdir()) if p.name.endswith((".whl", ".tar.gz"))]
    words = ["uv", "publish", "--publish-url", f"{index.base}/legacy/", "--username", "ada", "--password", "x", *files]
    done = subprocess.run([*words, "--trusted-publishing", "never"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.service("github-openapi", "docker-registry", "busybox", "uv")
def test_a_project_with_a_container_goes_the_whole_way(
    sample: Path, tmp_path: Path, fake_github: FakeGitHub, index: PackageIndex, registry: str
) -> None:
    from images import Made, busybox, oci_layout
    from registry import push

    from assaymark.release.oci import Registry

    image = push(registry, "lab/tide", oci_layout(Made([busybox()]), tmp_path / "layout"))
    commit = git(sample, "rev-parse", "HEAD")
    place = tmp_path / "release"

    assert "tide: v1.2.0 -> nothing to release" in assaymark("release", "plan", cwd=sample)
    told = assaymark("release", "check", *GATE, "--tag", "v1.2.0", cwd=sample)
    assert "✗" not in told
    assert "v1.2.0 is at this commit" in told
    built = assaymark(
        "release", "build", *GATE, "--no-isolation", "--image", str(image), "--output", place, cwd=sample
    )  # fmt: skip # one command
    assert "tide 1.2.0:" in built

    fake_github.state.git.tag("v1.2.0", commit)
    files = {n: (sample / n).read_bytes() for n in ("CITATION.cff", "codemeta.json")}
    fake_github.state.git.add("main", files)
    with FakeZenodo() as zenodo:
        world = fake_github.environment | {"ZENODO_SANDBOX_TOKEN": TOKEN}
        publish = ("release", "publish", place, "--to", "images,github,zenodo", "--zenodo-address", zenodo.base)
        dry = assaymark(*publish, "--dry-run", cwd=sample, **world)
        assert "publish v1.2.0" in dry
        assert dry.count("(dry run: nothing was done)") == 3
        assert "draft, look at it" not in dry
        assert (fake_github.state.releases, zenodo.deposits, Registry(image, {}).digest_of("1.2.0")) == ([], {}, None)
        assert "draft, look at it" in assaymark(*publish, cwd=sample, **world)
        again = assaymark(*publish, cwd=sample, **world)
        assert "(nothing to do)" in again
        assert "(as it was)" in again
        assert fake_github.state.pulls == []
        final = ("release", "publish", place, "--to", "zenodo", "--zenodo-address", zenodo.base, "--final")
        assaymark(*final, cwd=sample, **world)
        assaymark(*final, cwd=sample, **world)
        [(number, deposit)] = zenodo.deposits.items()
    assert deposit["done"]
    assert deposit["metadata"]["creators"][0]["orcid"] == "0000-0002-1825-0097"
    [pull] = fake_github.state.pulls
    written = fake_github.state.git.files(pull["branch"])
    assert f"doi: 10.5072/zenodo.{number}" in written["CITATION.cff"].decode()
    assert json.loads(written["codemeta.json"])["identifier"] == f"https://doi.org/10.5072/zenodo.{number}"
    assert Registry(image, {}).digest_of("1.2.0") == Registry(image, {}).digest_of("latest") == image.reference

    [release] = fake_github.state.releases
    assert not release["draft"]
    assert {a["name"] for a in release["assets"]} == {p.name for p in place.iterdir()} - {folder.PUBLISHED}
    uploaded(place, index)
    uploaded(place, index)
    assert sorted(index.uploads) == ["tide-1.2.0-py3-none-any.whl", "tide-1.2.0.tar.gz"]

    target = tmp_path / "site"
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--index-url", index.simple]
    subprocess.run([*words, "--target", str(target), "tide==1.2.0"], check=True, timeout=120)
    assert "1.2.0" in (target / "tide" / "__init__.py").read_text()

    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "tide-1.2.0.tar.gz").write_bytes(index.files["tide-1.2.0.tar.gz"])
    ask = ("--tag", "v1.2.0", "--github", "lab/tide", "--repository", sample, "--format", "json")
    for what in (taken / "tide-1.2.0.tar.gz", f"{registry}/lab/tide:1.2.0"):
        text = assaymark("release", "verify", what, *ask, cwd=taken, code=3, **fake_github.environment)
        said = links(text[: text.rindex("}") + 1])
        assert said.pop("signature") == "unknown", "nobody signed this one"
        assert set(said.values()) == {"yes"}, text
    (taken / "tide-1.2.0.tar.gz").write_bytes(b"something else")
    text = assaymark(
        "release", "verify", taken / "tide-1.2.0.tar.gz", *ask, cwd=taken, code=1, **fake_github.environment
    )
    assert links(text[: text.rindex("}") + 1])["checksums"] == "no"


@pytest.mark.service("github-openapi")
def test_our_own_repository_goes_the_whole_way(checkout: Path, tmp_path: Path, fake_github: FakeGitHub) -> None:
    own = tmp_path / "own"
    git(tmp_path, "clone", "--quiet", "--no-tags", str(checkout), str(own))
    git(own, "remote", "set-url", "origin", "https://github.com/assaymark/assaymark.git")
    workflow = yaml.safe_load((checkout / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    given = workflow["jobs"]["release"]["with"]
    words = [f"--program={name}" for name in given["program"].split()]
    place = tmp_path / "release"
    told = assaymark(
        "release", "build", "--gate", "QC.Lic", "--no-tools", "--no-isolation", "--stamp", given["stamp"],
        "--package", ".", "--output", place, *words, cwd=own,
    )  # fmt: skip # one command
    release = folder.read(place)
    kinds = [f.kind for f in release.files]
    assert (kinds.count("sdist"), kinds.count("wheel"), kinds.count("sbom")) == (1, 1, 2), told
    wheel = next(f.name for f in release.files if f.kind == "wheel" and f.name.startswith("assaymark-"))
    stamp = zipfile.ZipFile(place / wheel).read("assaymark/release.json")
    assert json.loads(stamp)["commit"] == git(own, "rev-parse", "HEAD")
    said = links(assaymark("release", "verify", place, "--format", "json", cwd=own, code=3).rpartition("}")[0] + "}")
    assert said == dict.fromkeys(said, "yes") | {"signature": "unknown", "commit": "unknown"}
    fake_github.state.git.tag(release.tag, release.commit)
    assaymark("release", "publish", place, "--repository", fake_github.name, cwd=tmp_path, **fake_github.environment)
    [published] = fake_github.state.releases
    assert {a["name"] for a in published["assets"]} == {p.name for p in place.iterdir()} - {folder.PUBLISHED}


def wheel(name: str, version: str) -> bytes:
    """A wheel that holds nothing."""
    out, info = io.BytesIO(), f"{name}-{version}.dist-info"
    with zipfile.ZipFile(out, "w") as archive:
        told = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense-Expression: MIT\n"
        archive.writestr(f"{info}/METADATA", told)
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return out.getvalue()


def test_a_wheelhouse_installs_without_a_network(
    sample: Path, tmp_path: Path, index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib

    content = wheel("harbour", "2.0")
    index.files["harbour-2.0-py3-none-any.whl"] = content
    own = tmp_path / "tide-1.2.0-py3-none-any.whl"
    own.write_bytes(wheel("tide", "1.2.0"))
    monkeypatch.setenv("PIP_INDEX_URL", index.simple)
    needed = dependencies.Dependency(name="harbour", version="2.0", hashes=(hashlib.sha256(content).hexdigest(),))
    source = open_source(sample)
    made = []
    for turn in ("one", "two"):
        (tmp_path / turn).mkdir()
        made.append(wheelhouse.archive(source, [needed], [own], tmp_path / turn, tmp_path / turn / "scratch"))
    assert made[0].read_bytes() == made[1].read_bytes()
    assert made[0].name.startswith("tide-1.2.0-wheelhouse-cp3")

    (tmp_path / "site").mkdir()
    subprocess.run(["tar", "-xf", made[0], "-C", tmp_path / "site"], check=True, timeout=60)
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--find-links", "wheelhouse"]
    words += ["--require-hashes", "--target", "there", "--requirement", "wheelhouse/requirements.txt"]
    subprocess.run(words, cwd=tmp_path / "site", check=True, timeout=120)
    assert (tmp_path / "site" / "there" / "harbour-2.0.dist-info").is_dir()

    licensed = dependencies.with_licences([needed], [wheelhouse.laid_out([needed], tmp_path / "fetched")])
    assert [d.licence for d in licensed] == ["MIT"]
