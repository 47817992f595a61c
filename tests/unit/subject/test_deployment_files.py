from __future__ import annotations

import pytest

from assaymark.subject.deployment_files import DeploymentFiles, deployment_files
from assaymark.testing import tree_of


def found(files: dict[str, str]) -> DeploymentFiles:
    return deployment_files.provide(tree_of(files))


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("docker-compose.prod.yml", "services: {}\n", "Docker Compose"),
        ("charts/tide/Chart.yaml", "name: tide\n", "Helm"),
        ("k8s/app.yaml", "apiVersion: apps/v1\nkind: Deployment\n", "Kubernetes"),
        ("deploy/site.yml", "- name: all\n  hosts: all\n", "Ansible"),
        ("infra/main.tf", 'resource "a" "b" {}\n', "Terraform"),
        ("tosca/tide.yaml", "tosca_definitions_version: tosca_simple_yaml_1_0\n", "TOSCA"),
        ("tide.def", "Bootstrap: docker\nFrom: a\n", "Apptainer"),
        ("spack/packages/tide/package.py", "from spack.package import *\n", "Spack"),
        ("recipe/meta.yaml", "package:\n  name: tide\n", "conda"),
        ("flake.nix", "{}\n", "Nix"),
        ("Dockerfile", 'FROM a\nCMD ["tide"]\n', "container image"),
        ("tide.service", "[Unit]\n", "systemd"),
    ],
)
def test_a_deployment_is_told(path: str, text: str, kind: str) -> None:
    assert [(f.kind, f.path) for f in found({path: text}).files] == [(kind, path)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tests/compose.yaml", "services: {}\n"),
        (".sqa/docker-compose.yml", "services: {}\n"),
        ("examples/k8s/app.yaml", "apiVersion: v1\nkind: Pod\n"),
        ("data/table.def", "ascii grid\n"),
        ("config/hosts.yaml", "hosts: [a, b]\n"),
        ("Dockerfile", "FROM a\nRUN make\n"),
    ],
)
def test_what_is_no_deployment(path: str, text: str) -> None:
    assert found({path: text}).files == ()


def test_images_with_their_tags() -> None:
    names = ("ghcr.io:5000/o/tide:1.2", "redis", "o/tide:${TAG}", "o/tide@sha256:ab")
    text = "services:\n" + "".join(f"  s{i}:\n    image: {name}\n" for i, name in enumerate(names))
    assert [(i.line, i.name, i.tag) for i in found({"compose.yaml": text}).images] == [
        (3, "ghcr.io:5000/o/tide", "1.2"),
        (5, "redis", ""),
        (7, "o/tide", "$"),
        (9, "o/tide", "sha256:ab"),
    ]


def test_ways_to_write_one_manager_are_one() -> None:
    seen = found(
        {"Chart.yaml": "name: a\n", "k8s/a.yaml": "apiVersion: v1\nkind: Service\n", "kustomization.yaml": "a: b\n"}
    )
    assert seen.managers == ("Kubernetes",)
    assert len(seen.kinds) == 3


def test_what_builds_from_its_own_commit() -> None:
    seen = found({"compose.yaml": "services:\n  a:\n    build: .\n", "Dockerfile": "FROM a\nCOPY src /x\nCMD x\n"})
    assert seen.from_source == ("Dockerfile", "compose.yaml")


@pytest.mark.parametrize(
    "text", ['{% set version = "1.2.0" %}\npackage:\n  name: tide\n', "package:\n  name: tide\n  version: 1.2.0\n"]
)
def test_the_version_of_a_recipe(text: str) -> None:
    assert [v.value for v in found({"recipe/meta.yaml": text}).versions] == ["1.2.0"]
