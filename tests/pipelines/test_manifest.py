"""The manifest of an image: read, and wrong in every way with the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.api import InputError
from assaymark_pipelines.manifest import Test as ATest
from assaymark_pipelines.manifest import read

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

[build_args]
PYTHON = "3.13"

[labels]
"org.opencontainers.image.licenses" = "Apache-2.0"

[[test]]
name = "imports"
command = ["python", "-c", "import tool"]

[[test]]
name = "usage"
command = ["tool", "--wrong"]
status = 2
""" % (b"a" * 64)


def test_a_whole_manifest():
    found = read(WHOLE, "image.toml")
    assert (found.repository.repository, found.candidate.repository) == (
        "ghcr.io/lab/tool",
        "ghcr.io/lab/tool-candidate",
    )
    assert found.platforms == ("linux/amd64", "linux/arm64")
    assert found.tests[1] == ATest(name="usage", command=("tool", "--wrong"), status=2)
    assert found.build_args == {"PYTHON": "3.13"}
    assert found.sbom


def test_the_least():
    found = read(b'schema = 1\nrepository = "ghcr.io/lab/tool"', "image.toml")
    assert (found.dockerfile, found.platforms, found.tags, found.sif) == (
        "Dockerfile",
        ("linux/amd64",),
        ("version", "commit"),
        None,
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("schema = 2", "image.toml: schema: must be 1"),
        ('repository = "ghcr.io/lab/tool:1"', "repository: names a repository: without tag"),
        ('repository = "not one"', "repository: 'not one' is no reference"),
        ('context = "../.."', "context: '../..' lies outside"),
        ('dockerfile = "/etc/passwd"', "dockerfile: '/etc/passwd' lies outside"),
        ('platforms = ["linux/vax"]', "platforms: 'linux/vax' is not known"),
        ("platforms = []", "platforms: must name each platform once"),
        ('platform = ["linux/amd64"]', "platform: is not known\n  did you mean 'platforms'?"),
        ('tags = ["newest"]', "tags: there is no policy 'newest'"),
        ('user = "U"', "password: is missing"),
        ("build_args = {A = 1}", "build_args.A: must be a text"),
        ("test = [{name = 'a', command = []}]", "test[0].command: is empty"),
        ("test = [{name = 'a b', command = ['x']}]", "test[0].name"),
        ("test = [{name = 'a', command = ['x'], exit = 1}]", "test[0].exit: is not known"),
        ("sbom = 1", "sbom: must be a bool"),
        ("x = ", "it is no TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(line, message):
    base = {"schema": "schema = 1", "repository": 'repository = "ghcr.io/lab/tool"'}
    base.pop(line.split(" ")[0], None)
    with pytest.raises(InputError) as problem:
        read("\n".join([*base.values(), line]).encode(), "image.toml")
    assert message in str(problem.value)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: b"schema = 1\n" + t.encode("utf-8", "replace")))
def test_garbage_is_an_error_for_people(data):
    with pytest.raises(InputError):
        read(data, "image.toml")
