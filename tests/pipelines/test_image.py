"""The pipeline ``image``: what is asked of an engine, in which order, and what is never done. Nothing is built here."""

from __future__ import annotations

import json
import subprocess

import pytest
from dagger_engine_scripted import Ended, Scripted, said

from assaymark.api import InputError, Outcome
from assaymark_pipelines.manifest import read
from assaymark_pipelines.tags import About

ABOUT = About(commit="c" * 40, date="2026-11-30", version="1.4.2", source="https://example.org/lab/tool")
WHOLE = b"""\
schema = 1
repository = "ghcr.io/lab/tool"
context = "image"
dockerfile = "Containerfile"
platforms = ["linux/amd64", "linux/arm64"]
tags = ["version", "latest", "{version}-cuda12"]
user = "REGISTRY_USER"
password = "REGISTRY_PASSWORD"
sif = "ghcr.io/lab/apptainer@sha256:%s"
build_args = { PYTHON = "3.13" }
labels = { "org.opencontainers.image.licenses" = "Apache-2.0" }
test = [
  { name = "imports", command = ["python", "-c", "import tool"] },
  { name = "usage", command = ["tool", "--wrong"], status = 2 },
]
""" % (b"a" * 64)
MANIFEST = read(WHOLE, "image.toml")
INDEX = {
    "manifests": [
        {"digest": "sha256:" + "1" * 64, "size": 501, "platform": {"os": "linux", "architecture": "amd64"}},
        {
            "digest": "sha256:" + "2" * 64,
            "size": 502,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"},
        },
        {"digest": "sha256:" + "3" * 64, "size": 503, "platform": {"os": "unknown", "architecture": "unknown"}},
    ]
}


def good(**more):
    """Every tool ends well, but for those given by a word of their command."""
    rules = [(said(word), ended) for word, ended in more.items()]
    sbom = {"/reports/sbom.cdx.json": b"{}", "/reports/sbom.spdx.json": b"{}"}
    layout = {"/reports/index.json": json.dumps(INDEX).encode(), "/reports/image/oci-layout": b"{}"}
    return Scripted(
        [
            *rules,
            (said("/syft"), Ended(0, files=sbom)),
            (said("apptainer"), Ended(0, files={"/reports/image.sif": b"SIF"})),
            (said("import tool"), Ended(0)),
            (said("--wrong"), Ended(2)),
            (
                said("oci:/reports/image"),
                Ended(0, files=layout),
            ),
            (said("oci:/tmp/sif"), Ended(0, files={"/reports/published.txt": b"sha256:" + b"5" * 64})),
            (said("--preserve-digests"), Ended(0, files={"/reports/promoted.txt": b"ok\n"})),
            (said("apt-get"), Ended(0)),
        ]
    )


@pytest.fixture
def built(play, tmp_path, monkeypatch):
    """Builds the manifest of these tests; gives results, the engine and the folder."""
    source = tmp_path / "source"
    (source / "image").mkdir(parents=True)
    (source / "image" / "Containerfile").write_text("FROM scratch\n")
    monkeypatch.setenv("REGISTRY_PASSWORD", "hunter2-hunter2")

    def run(back, manifest=MANIFEST, user="ada"):
        async def go():
            from assaymark_pipelines.flow import CANDIDATE, built
            from assaymark_pipelines.host import exported, folder, write
            from assaymark_pipelines.registry import login_of
            from assaymark_pipelines.settings import Settings

            def keep(candidate):
                write(tmp_path / "out" / CANDIDATE, candidate.to_json())

            results = await built(manifest, folder(source), ABOUT, Settings(), login_of(manifest, user), keep)
            await exported(results, tmp_path / "out")
            return results

        results, engine = play(back, go)
        return {r.name: r for r in results}, engine, tmp_path / "out"

    return run


def test_all_is_built_tried_described_and_published_once(built):
    back = good()
    results, engine, out = built(back)
    assert {r.outcome for r in results.values()} == {Outcome.PASSED}
    assert list(results) == [
        *("build-linux-amd64", "build-linux-arm64"),
        *("test-imports-linux-amd64", "test-usage-linux-amd64", "sbom-linux-amd64", "sif-linux-amd64"),
        *("test-imports-linux-arm64", "test-usage-linux-arm64", "sbom-linux-arm64", "sif-linux-arm64"),
        *("publish", "image", "publish-sif-linux-amd64", "publish-sif-linux-arm64"),
    ]
    assert back.published == ["ghcr.io/lab/tool-candidate:cccccccccccc"]
    told = json.loads((out / "candidate.json").read_text())
    assert told["reference"].startswith("ghcr.io/lab/tool-candidate:cccccccccccc@sha256:")
    assert told["platforms"] == {"linux/amd64": "sha256:" + "1" * 64, "linux/arm64": "sha256:" + "2" * 64}
    assert told["sifs"] == dict.fromkeys(("linux/amd64", "linux/arm64"), "sha256:" + "5" * 64)
    assert (out / "sbom-linux-arm64" / "sbom.spdx.json").is_file()
    assert (out / "image" / "image" / "oci-layout").is_file()
    [published] = engine.evaluated("publish")
    assert published == (
        'container().withRegistryAuth(address="ghcr.io", username="ada", secret=secret(uri="env://REGISTRY_PASSWORD"))'
    )


def test_every_platform_carries_the_same_labels(built):
    _, engine, _ = built(good())
    builds = [chain for chain in engine.evaluated("sync") if chain.count("withExec") == 0]
    labels = (
        '.withLabel(name="org.opencontainers.image.source", value="https://example.org/lab/tool")'
        f'.withLabel(name="org.opencontainers.image.revision", value="{"c" * 40}")'
        '.withLabel(name="org.opencontainers.image.version", value="1.4.2")'
        '.withLabel(name="org.opencontainers.image.created", value="2026-11-30T00:00:00Z")'
        '.withLabel(name="org.opencontainers.image.licenses", value="Apache-2.0")'
    )
    made = [chain.partition(".dockerBuild(")[2] for chain in builds]
    assert made == [
        f'dockerfile="Containerfile", platform="{platform}", buildArgs=[{{"name": "PYTHON", "value": "3.13"}}])'
        + labels
        for platform in ("linux/amd64", "linux/arm64")
    ]


@pytest.mark.parametrize(
    ("broken", "name", "outcome"),
    [
        ({"import tool": Ended(1)}, "test-imports-linux-amd64", Outcome.FAILED),
        ({"import tool": Ended(127)}, "test-imports-linux-amd64", Outcome.FAILED),
        ({"import tool": Ended(139)}, "test-imports-linux-amd64", Outcome.ERROR),
        ({"--wrong": Ended(0)}, "test-usage-linux-arm64", Outcome.FAILED),
        ({"/syft": Ended(1)}, "sbom-linux-amd64", Outcome.ERROR),
        ({"/syft": Ended(0)}, "sbom-linux-amd64", Outcome.ERROR),
        ({"apptainer": Ended(255)}, "sif-linux-amd64", Outcome.ERROR),
    ],
)
def test_nothing_is_published_unless_all_holds_and_all_is_exported(built, broken, name, outcome):
    back = good(**broken)
    results, _, out = built(back)
    assert results[name].outcome is outcome
    assert back.published == []
    assert not (out / "candidate.json").exists()
    told = json.loads((out / "pipeline.json").read_text())
    assert {g["name"]: g["outcome"] for g in told["gates"]}[name] == outcome.value
    assert told["status"] != 0


def test_a_publication_that_fails_is_not_tried_again(built):
    back = good()
    back.refuse_publish = True
    results, _, out = built(back)
    assert len(back.published) == 1
    assert results["publish"].outcome is Outcome.ERROR
    assert "503" in results["publish"].reason
    assert not (out / "candidate.json").exists()


def test_a_sif_refers_to_the_image_of_its_platform_and_is_sent_once(built):
    back = good()
    built(back)
    sent = [argv for argv in back.ran if "oci:/tmp/sif" in " ".join(argv)]
    assert [argv[-2] for argv in sent] == ["cccccccccccc-sif-amd64", "cccccccccccc-sif-arm64"]
    told = [json.loads(argv[-1]) for argv in sent]
    assert [each["subject"] for each in told] == [
        {"digest": "sha256:" + "1" * 64, "mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 501},
        {
            "digest": "sha256:" + "2" * 64,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "size": 502,
        },
    ]
    assert {each["artifactType"] for each in told} == {"application/vnd.sylabs.sif.layer.v1.sif"}
    assert told[0]["annotations"]["org.opencontainers.image.version"] == "1.4.2"


@pytest.mark.parametrize(
    "ended", [Ended(1, stderr="503"), Ended(0), Ended(0, files={"/reports/published.txt": b"rubbish"})]
)
def test_a_sif_that_cannot_be_sent_is_told_and_the_image_is_not_lost(built, ended):
    back = good(**{"oci:/tmp/sif": ended})
    results, _, out = built(back)
    assert results["publish-sif-linux-amd64"].outcome is Outcome.ERROR
    assert len([argv for argv in back.ran if "oci:/tmp/sif" in " ".join(argv)]) == 2, "each once"
    told = json.loads((out / "candidate.json").read_text())
    assert (len(told["platforms"]), told["sifs"]) == (2, {})


def test_what_was_published_is_written_down_even_if_it_cannot_be_fetched(built):
    results, _, out = built(good(**{"oci:/reports/image": Ended(1, stderr="timeout")}))
    assert results["image"].outcome is Outcome.ERROR
    assert json.loads((out / "candidate.json").read_text())["platforms"] == {}


def test_a_dockerfile_that_fails_is_a_finding_and_an_engine_that_fails_is_not(built):
    from dagger_engine import ExecFailed, Refused

    class Failing(Scripted):
        problem: Exception = ExecFailed(["/bin/sh", "-c", "make"], 2, "", "make: no rule")

        def _step(self, engine, node):
            if node.field == "dockerBuild":
                raise self.problem
            return super()._step(engine, node)

    results, _, _ = built(Failing(good().rules))
    assert [(r.outcome, r.stderr) for r in results.values()] == [(Outcome.FAILED, "make: no rule")] * 2
    back = Failing(good().rules)
    back.problem = Refused("failed to resolve source metadata: 503")
    results, _, _ = built(back)
    assert {r.outcome for r in results.values()} == {Outcome.ERROR}


def test_a_sif_that_nobody_can_make_is_unknown(built):
    manifest = read(WHOLE.replace(b"ghcr.io/lab/apptainer@sha256:" + b"a" * 64, b""), "image.toml")
    results, _, _ = built(good(), manifest)
    assert results["sif"].outcome is Outcome.UNKNOWN
    assert "apptainer" in results["sif"].reason


def test_a_sif_by_the_tools_of_debian_is_asked_for(built):
    manifest = read(WHOLE.replace(b"ghcr.io/lab/apptainer@sha256:" + b"a" * 64, b"debian"), "image.toml")
    results, engine, out = built(good(mksquashfs=Ended(0, files={"/reports/image.sif": b"SIF"})), manifest)
    assert {results[f"sif-linux-{name}"].outcome for name in ("amd64", "arm64")} == {Outcome.PASSED}
    assert (out / "sif-linux-arm64" / "image.sif").read_bytes() == b"SIF"
    made = [c for c in engine.evaluated("sync") if "siftool new" in c and "oci:/tmp/sif" not in c]
    assert [chain.rpartition('"/reports/image.sif", "')[2][:1] for chain in made] == ["2", "4"]
    for chain in made:
        assert 'withMountedDirectory(path="/rootfs", source=' in chain
        assert "squashfs-tools siftool" in chain


@pytest.mark.service("mksquashfs", "siftool")
def test_the_script_makes_a_sif_and_the_same_one_of_the_same_files(tmp_path):
    from assaymark_pipelines.sif import MAKE, PROCESSORS

    root = tmp_path / "root"
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "tool").write_text("#!/bin/sh\n")
    words = ["sh", "-euc", MAKE, "sif", str(root), str(tmp_path / "image.sif"), str(PROCESSORS["linux/arm64"])]
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["image.sif", "root"]
    told = subprocess.run(["siftool", "list", tmp_path / "image.sif"], check=True, capture_output=True, timeout=60)
    assert b"FS (Squashfs/*System/arm64)" in told.stdout
    place = tmp_path / "part.squashfs"
    with place.open("wb") as part:
        subprocess.run(["siftool", "dump", "1", tmp_path / "image.sif"], check=True, stdout=part, timeout=60)
    unpacked = subprocess.run(["unsquashfs", "-cat", place, "bin/tool"], check=True, capture_output=True, timeout=60)
    assert unpacked.stdout == b"#!/bin/sh\n"


def test_no_secret_reaches_a_query(built):
    _, engine, _ = built(good())
    everything = "\n".join(engine.queries)
    assert "hunter2" not in everything
    assert "setSecret" not in everything
    assert "env://REGISTRY_PASSWORD" in everything
    for fetched in [chain for chain in engine.evaluated("sync") if "from(" in chain]:
        assert "@sha256:" in fetched.partition("from(")[2].partition(")")[0], fetched


def candidate(digest="d", **more):
    from assaymark_pipelines.image import Candidate
    from assaymark_pipelines.images import reference

    return Candidate(
        reference=reference("ghcr.io/lab/tool-candidate:cccccccccccc@sha256:" + digest * 64),
        platforms={"linux/amd64": "sha256:" + "1" * 64},
        **more,
    )


def promoted(play, back, found, **settings):
    """Promotes a candidate of the manifest of these tests."""

    async def go():
        from assaymark_pipelines.image import promote
        from assaymark_pipelines.registry import login_of
        from assaymark_pipelines.settings import Settings

        return await promote(MANIFEST, found, ABOUT, Settings(**settings), login_of(MANIFEST, "ada"), "once")

    return play(back, go)


def test_promotion_is_by_digest_and_builds_nothing(play):
    back = good()
    (result,), engine = promoted(play, back, candidate())
    assert result.outcome is Outcome.PASSED
    (ran,) = [argv for argv in back.ran if argv[:2] == ["sh", "-c"]]
    assert ran[3:] == [
        *("registry", "ghcr.io", "ada", "true", "sha256:" + "d" * 64),
        *("ghcr.io/lab/tool-candidate", "ghcr.io/lab/tool", "", "=1.4.2", "latest", "=1.4.2-cuda12"),
    ]
    everything = "\n".join(engine.queries)
    assert "dockerBuild" not in everything
    assert "publish" not in everything
    [chain] = engine.evaluated("sync")
    assert 'withMountedSecret(path="/run/secrets/registry-password", source=secret(uri="env://REGIS' in chain


def test_a_promotion_that_the_engine_lost_is_not_repeated(play, monkeypatch):
    from dagger_engine import Refused

    class Lost(Scripted):
        tried = 0

        def _executed(self, box, argv, given):
            if "registry" in argv:
                self.tried += 1
                raise Refused("connection reset")
            return super()._executed(box, argv, given)

    back = Lost(good().rules)
    (result,), _ = promoted(play, back, candidate(), attempts=5)
    assert (result.outcome, back.tried) == (Outcome.ERROR, 1)


def test_what_was_made_of_an_image_gets_its_tags_after_it(play):
    back, found = good(), candidate(sifs={"linux/amd64": "sha256:" + "5" * 64})
    results, _ = promoted(play, back, found)
    assert [(r.name, r.outcome.value) for r in results] == [
        ("promote", "passed"),
        ("promote-sif-linux-amd64", "passed"),
    ]
    _, ran = [argv for argv in back.ran if argv[:2] == ["sh", "-c"]]
    assert (ran[7], ran[10:]) == (
        "sha256:" + "5" * 64,
        ["sha256:" + "1" * 64, "=1.4.2-sif-amd64", "latest-sif-amd64", "=1.4.2-cuda12-sif-amd64"],
    )
    back = good(**{"--preserve-digests": Ended(9, stderr="raise the version")})
    results, _ = promoted(play, back, found)
    assert [r.name for r in results] == ["promote"]


def assessment(digest, outcomes):
    told = [{"id": f"IMG.{n}", "outcome": outcome} for n, outcome in enumerate(outcomes)]
    return json.dumps({"subject": {"digest": digest, "kind": "image"}, "subcriteria": told})


def test_only_what_was_judged_is_promoted():
    from assaymark_pipelines.image import judged

    part = "sha256:" + "1" * 64
    judged(assessment(part, ["passed", "not-applicable", "unknown"]), candidate(), "a.json")
    judged(assessment("sha256:" + "d" * 64, ["passed"]), candidate(), "a.json")
    with pytest.raises(InputError, match="not the candidate"):
        judged(assessment("sha256:" + "9" * 64, ["passed"]), candidate(), "a.json")
    with pytest.raises(InputError, match=r"not fit to be promoted: IMG\.1"):
        judged(assessment(part, ["passed", "failed"]), candidate(), "a.json")
    with pytest.raises(InputError, match="nothing about the candidate could be determined"):
        judged(assessment(part, ["unknown", "not-applicable"]), candidate(), "a.json")
    with pytest.raises(InputError, match="no assessment"):
        judged("[]", candidate(), "a.json")


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("[]", "holds no manifest"),
        ("not found", "holds no manifest"),
        ('{"manifests": [1]}', "holds no manifest"),
        ('{"manifests": [{"platform": {"os": "linux", "architecture": "amd64"}}]}', "holds no manifest"),
        (
            '{"manifests": [{"digest": "x", "size": 1, "platform": {"os": "linux", "architecture": "amd64"}}]}',
            "is no digest",
        ),
        ('{"manifests": []}', "nothing for linux/amd64, linux/arm64"),
        (json.dumps({"manifests": INDEX["manifests"][:1]}), "nothing for linux/arm64"),
    ],
)
def test_a_registry_that_holds_something_else_is_found_out(raw, told):
    from assaymark_pipelines.image import parts

    with pytest.raises(InputError, match=told):
        parts(raw, "sha256:" + "d" * 64, MANIFEST.platforms)


def test_a_candidate_is_read_back_and_damage_is_seen():
    from assaymark_pipelines.image import candidate_of

    text = candidate().to_json()
    assert candidate_of(text, "c.json") == candidate()
    made = candidate(sifs={"linux/amd64": "sha256:" + "5" * 64})
    assert candidate_of(made.to_json(), "c.json") == made
    other = candidate(sifs={"linux/arm64": "sha256:" + "5" * 64}).to_json()
    for broken in (
        other,
        "",
        "{}",
        "[]",
        text.replace("ddddd", "eeeee", 1),
        text.replace("sha256:1111", "sha256:zzzz"),
    ):
        with pytest.raises(InputError, match=r"c\.json"):
            candidate_of(broken, "c.json")


def test_the_candidate_of_another_image_is_refused(play):
    from dataclasses import replace

    from assaymark_pipelines.images import reference

    other = replace(candidate(), reference=reference("ghcr.io/lab/other:1@sha256:" + "d" * 64))

    async def go():
        from assaymark_pipelines.image import promote
        from assaymark_pipelines.settings import Settings

        with pytest.raises(InputError, match=r"no candidate of ghcr\.io/lab/tool"):
            await promote(MANIFEST, other, ABOUT, Settings(), None, "once")

    play(good(), go)
