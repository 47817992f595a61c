"""Promotion by digest against a real registry on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from images import Made, busybox, digest_of, oci_layout
from registry import push

from assaymark.errors import GateNotMet, InputError
from assaymark.release.images import named_by_digest, parse, promote, refuse_collisions, tags_for
from assaymark.release.oci import KINDS, Manifest, Name, Registry
from assaymark.release.web import WebProblem

pytestmark = pytest.mark.service("docker-registry", "busybox")
INDEX, _, IMAGE, _ = KINDS


@pytest.fixture
def image(registry: str, tmp_path: Path) -> Name:
    return push(registry, "lab/tide", oci_layout(Made([busybox()]), tmp_path / "layout"))


def tags(image: Name) -> dict[str, str | None]:
    there = Registry(image, {})
    return {tag: there.digest_of(tag) for tag in ("1.2.0", "latest")}


def test_tags_are_put_on_the_very_image_that_was_tested(image: Name) -> None:
    said: list[str] = []
    promote(image, ("1.2.0", "latest"), said.append)
    assert tags(image) == {"1.2.0": image.reference, "latest": image.reference}
    assert len(said) == 2
    promote(image, ("1.2.0", "latest"), said.append)
    assert len(said) == 2, "a second run changes nothing"
    assert named_by_digest(f"{image.host}/{image.path}:1.2.0") == str(image)


def test_a_dry_run_changes_nothing(image: Name) -> None:
    said: list[str] = []
    promote(image, ("1.2.0",), said.append, dry=True)
    assert len(said) == 1
    assert tags(image) == {"1.2.0": None, "latest": None}


def test_a_version_is_never_moved_but_latest_is(image: Name, registry: str, tmp_path: Path) -> None:
    promote(image, ("1.2.0", "latest"), lambda _: None)
    other = push(registry, "lab/tide", oci_layout(Made([busybox()], architecture="arm64"), tmp_path / "other"))
    with pytest.raises(GateNotMet, match="is another image"):
        promote(other, ("1.2.0", "latest"), lambda _: None)
    with pytest.raises(GateNotMet, match="is another image"):
        promote(other, ("latest", "1.2.0"), lambda _: None)
    assert tags(image) == {"1.2.0": image.reference, "latest": image.reference}, "none moved"
    promote(other, ("1.3.0", "latest"), lambda _: None)
    assert tags(image) == {"1.2.0": image.reference, "latest": other.reference}


def test_another_repository_gets_everything_that_an_index_names(image: Name, registry: str) -> None:
    there = Registry(image, {})
    size = len(there.manifest(image.reference).content)
    entry = {"mediaType": IMAGE, "digest": image.reference, "size": size, "platform": {"os": "linux"}}
    content = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}).encode()
    there.put_manifest(Manifest(content, INDEX, digest_of(content)), digest_of(content))
    whole = Name(image.host, image.path, digest_of(content))
    target = Name(registry, "public/tide")
    promote(whole, ("1.2.0",), lambda _: None, to=target)
    copied = Registry(target, {})
    assert copied.digest_of("1.2.0") == digest_of(content)
    layer = json.loads(copied.manifest(image.reference).content)["layers"][0]["digest"]
    assert digest_of(b"".join(copied.blob(layer))) == layer


def test_another_registry_gets_the_layers_sent(image: Name, registry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Registry, "mount", lambda *_: False)
    target = Name(registry, "far/tide")
    sent: list[str] = []
    promote(image, ("1.2.0",), sent.append, to=target)
    assert Registry(target, {}).digest_of("1.2.0") == image.reference
    assert any(s.startswith("send sha256:") for s in sent)


def test_cut_off_anywhere_it_goes_on(image: Name, registry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Registry._once
    for at in range(100):
        target = Name(registry, f"cut/tide{at}")
        left = [at]

        def once(self: Registry, verb: str, url: str, left: list[int] = left, **how: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                raise WebProblem("the registry did not answer", uncertain=True)
            return real(self, verb, url, **how)

        monkeypatch.setattr("time.sleep", lambda _: None)
        monkeypatch.setattr(Registry, "_once", once)
        try:
            promote(image, ("1.2.0",), lambda _: None, to=target)
        except WebProblem:
            done = False
        else:
            done = True
        monkeypatch.setattr(Registry, "_once", real)
        promote(image, ("1.2.0",), lambda _: None, to=target)
        assert Registry(target, {}).digest_of("1.2.0") == image.reference
        if done:
            break
    assert at > 5


def test_what_is_not_there_and_what_is_not_an_image(image: Name) -> None:
    absent = image._replace(reference="sha256:" + "0" * 64)
    with pytest.raises(WebProblem, match="HTTP 404"):
        promote(absent, ("1.2.0",), lambda _: None)
    with pytest.raises(InputError, match="is not named by its digest"):
        promote(image._replace(reference="latest"), ("1.2.0",), lambda _: None)


@pytest.mark.parametrize(
    "text", ["tide", "lab/tide", "ghcr.io/", "ghcr.io/Lab/tide", "ghcr.io/a/b@sha256:12", "a.b/../c"]
)
def test_names_that_are_none(text: str) -> None:
    with pytest.raises(InputError, match="is no image"):
        parse(text)


def test_two_images_are_not_given_the_same_tags() -> None:
    one, two = parse("ghcr.io/lab/tide@sha256:" + "1" * 64), parse("ghcr.io/lab/ebb@sha256:" + "2" * 64)
    refuse_collisions([one, two], None)
    refuse_collisions([one], parse("ghcr.io/lab/public"))
    for named, to in (([one, two], parse("ghcr.io/lab/public")), ([one, one._replace(reference="x")], None)):
        with pytest.raises(InputError, match="would get the same tags"):
            refuse_collisions(named, to)


def test_names_and_tags() -> None:
    assert str(parse("localhost:5000/lab/tide:1.2")) == "localhost:5000/lab/tide:1.2"
    assert tags_for("1.2.0", prerelease=False) == ("1.2.0", "latest")
    assert tags_for("1.2.0rc1+x", prerelease=True) == ("1.2.0rc1-x",)
