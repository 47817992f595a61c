"""An image at rest: a good one passes everywhere, and a broken twin fails at the right criterion and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import images
import pytest
from images import CONFIG, File, Made

from assaymark.api import Evidence, FactUnavailable, Image, Outcome, image_of
from assaymark.testing import evidence_of
from assaymark_hpc import facts, resting
from assaymark_hpc.asked import Manifest

GOOD = Made(
    [
        {
            "bin/tool": File(b"x" * 1000, 0o755),
            "tmp": File(folder=True, mode=0o1777),
            "usr/share/sbom.spdx.json": File(b"{}"),
            "etc/.npmrc": File(b"registry=https://example.org\n"),
        }
    ]
)


def config(**changed: Any) -> Mapping[str, Any]:
    return {**CONFIG, **changed}


def label(name: str, value: str | None) -> Mapping[str, Any]:
    labels = {**CONFIG["Labels"], f"org.opencontainers.image.{name}": value}
    return config(Labels={k: v for k, v in labels.items() if v is not None})


def layer(path: str, file: File) -> Made:
    return replace(GOOD, layers=[{**GOOD.layers[0], path: file}])


def without(path: str) -> Made:
    return replace(GOOD, layers=[{p: f for p, f in GOOD.layers[0].items() if p != path}])


@dataclass(frozen=True)
class Twin:
    check: str
    made: Made
    says: str


KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\n"
TWINS = {
    "no label": Twin("image.labels", replace(GOOD, config=label("licenses", None)), "licenses"),
    "an empty label": Twin("image.labels", replace(GOOD, config=label("source", " ")), "source"),
    "no base": Twin("image.base", replace(GOOD, config=label("base.digest", None)), "built on"),
    "a base by tag": Twin("image.base", replace(GOOD, config=label("base.digest", "debian:12")), "debian:12"),
    "another processor": Twin("image.architecture", replace(GOOD, architecture="arm64"), "linux/arm64"),
    "no bill of materials": Twin("image.sbom", without("usr/share/sbom.spdx.json"), "bill of materials"),
    "an empty bill of materials": Twin("image.sbom", layer("usr/share/sbom.spdx.json", File()), "bill of materials"),
    "a key": Twin("image.secrets", layer("home/u/.ssh/id_ed25519", File(KEY)), "id_ed25519 holds a private key"),
    "a token of npm": Twin("image.secrets", layer("root/.npmrc", File(b"//r/:_authToken=abc\n")), ".npmrc"),
    "a password": Twin("image.secrets", layer("root/.netrc", File(b"machine h login u password p\n")), ".netrc"),
    "a removed key": Twin(
        "image.secrets",
        replace(GOOD, layers=[{**GOOD.layers[0], "k.pem": File(KEY)}, {".wh.k.pem": File()}]),
        "only hides",
    ),
    "a secret variable": Twin("image.secrets", replace(GOOD, config=config(Env=["API_TOKEN=abcdef12"])), "API_TOKEN"),
    "a secret argument": Twin(
        "image.secrets", replace(GOOD, history=["RUN |1 PASSWORD=hunter22 /bin/sh -c make"]), "PASSWORD"
    ),
    "setuid": Twin("image.setuid", layer("usr/bin/su", File(b"x", 0o4755)), "/usr/bin/su"),
    "setgid": Twin("image.setuid", layer("usr/bin/wall", File(b"x", 0o2755)), "/usr/bin/wall"),
    "a file for all": Twin("image.world_writable", layer("etc/conf", File(b"x", 0o666)), "/etc/conf"),
    "a folder for all": Twin("image.world_writable", layer("data", File(folder=True, mode=0o777)), "/data"),
    "no user": Twin("image.user", replace(GOOD, config=config(User="")), "root"),
    "root by number": Twin("image.user", replace(GOOD, config=config(User="0:0")), "0"),
    "root by name": Twin("image.user", replace(GOOD, config=config(User="root")), "root"),
    "nothing to start": Twin("image.entry_point", replace(GOOD, config=config(Cmd=None)), "nothing"),
    "no such program": Twin("image.entry_point", replace(GOOD, config=config(Cmd=["/bin/none"])), "/bin/none"),
    "not in PATH": Twin("image.entry_point", replace(GOOD, config=config(Cmd=["none"])), "none"),
    "not executable": Twin("image.entry_point", layer("bin/tool", File(b"x" * 1000, 0o644)), "executed"),
    "of its owner only": Twin("image.entry_point", layer("bin/tool", File(b"x" * 1000, 0o700)), "owner"),
    "a dead link": Twin("image.entry_point", layer("bin/tool", File(link="/none")), "not in the image"),
    "too large": Twin("image.size", layer("data/x", File(b"x" * 20_000)), "are allowed"),
    "waste": Twin("image.waste", replace(GOOD, layers=[*GOOD.layers, {"bin/tool": File(b"y", 0o755)}]), "replaced"),
}

Made_ = Callable[[Made], Image]


@pytest.fixture
def image_from(tmp_path: Path) -> Made_:
    return lambda made: image_of(images.docker_archive(made, tmp_path / "image.tar"))


def all_of(image: Image, asked: Manifest) -> dict[str, Evidence]:
    return {c.id: evidence_of(c, image=image, smoke_manifest=asked) for c in resting.CHECKS}


def asked(image: Image) -> Manifest:
    return Manifest(image=image.path, max_size=10_000)


def test_a_good_image_passes(image_from: Made_) -> None:
    image = image_from(GOOD)
    found = all_of(image, asked(image))
    assert {id: e.message for id, e in found.items() if e.outcome is not Outcome.PASSED} == {}


@pytest.mark.parametrize("name", TWINS)
def test_a_broken_twin_fails_at_the_right_one(name: str, image_from: Made_) -> None:
    twin = TWINS[name]
    image = image_from(twin.made)
    found = all_of(image, asked(image))
    failing = {id for id, e in found.items() if e.outcome is not Outcome.PASSED}
    assert failing == {twin.check}
    assert found[twin.check].outcome is Outcome.FAILED
    assert twin.says in found[twin.check].message
    assert found[twin.check].remedy


def test_every_check_has_a_twin() -> None:
    assert {t.check for t in TWINS.values()} == {c.id for c in resting.CHECKS}


def test_what_the_manifest_allows_is_allowed(image_from: Made_) -> None:
    image = image_from(TWINS["setuid"].made)
    allowed = Manifest(image=image.path, setuid=("/usr/bin/su",))
    assert evidence_of(resting.setuid, image=image, smoke_manifest=allowed).outcome is Outcome.PASSED


def test_a_secret_is_never_repeated(image_from: Made_) -> None:
    for name in ("a token of npm", "a password", "a secret variable", "a secret argument"):
        found = evidence_of(resting.secrets, image=image_from(TWINS[name].made))
        text = f"{found.message} {found.remedy} {[f.message for f in found.findings]}"
        assert not [word for word in ("abcdef12", "hunter22", "=abc", "password p") if word in text], name


def test_without_the_verb_everything_is_unknown() -> None:
    for fact in facts.FACTS:
        with pytest.raises(FactUnavailable):
            fact.provide()
    for check in resting.CHECKS:
        assert evidence_of(check).outcome is Outcome.UNKNOWN


def test_an_image_without_files_wastes_nothing(image_from: Made_) -> None:
    assert evidence_of(resting.waste, image=image_from(Made([{}]))).outcome is Outcome.NOT_APPLICABLE


def test_what_is_not_said_is_unknown(image_from: Made_) -> None:
    image = image_from(replace(GOOD, architecture=""))
    found = evidence_of(resting.architecture, image=image, smoke_manifest=asked(image))
    assert found.outcome is Outcome.UNKNOWN
