from __future__ import annotations

import time

import pytest

from assaymark.subject.security_files import SecurityFiles, security_files
from assaymark.testing import Blob, tree_of


def found(files: dict[str, str | Blob]) -> SecurityFiles:
    return security_files.provide(tree_of(files))


@pytest.mark.parametrize(
    "line",
    [
        "RUN chmod 777 /var/log/tide",
        "RUN chmod -R 0666 /etc/tide",
        "RUN chmod a+w /etc/tide.conf",
        "RUN chmod ugo+rw /etc/tide.conf",
        "RUN chmod o=rwx /etc/tide",
        "RUN install -m 666 a /etc/a",
        "RUN mkdir -m 777 /data",
        "COPY --chmod=777 a /a",
    ],
)
def test_writable_for_everyone(line: str) -> None:
    seen = found({"Dockerfile": f"FROM a\n{line}\n"}).writable
    assert [(w.path, w.line) for w in seen] == [("Dockerfile", 2)]


@pytest.mark.parametrize(
    "line",
    [
        "RUN chmod 755 /usr/bin/tide",
        "RUN chmod +x /usr/bin/tide",
        "RUN chmod u+w /etc/tide.conf",
        "RUN chmod g+rwX /data",
        "RUN chmod 1777 /tmp",
        "RUN chmod a+rwxt /tmp",
        "# RUN chmod 777 /data",
        "RUN mkdir -m 1777 /scratch",
        "RUN umask 022",
    ],
)
def test_not_writable_for_everyone(line: str) -> None:
    assert found({"Dockerfile": f"FROM a\n{line}\n"}).writable == ()


@pytest.mark.parametrize(
    ("text", "lines"), [("umask 000\n", [1]), ("umask 0002\n", []), ("umask 027\n", []), ("umask 0\n", [1])]
)
def test_masks(text: str, lines: list[int]) -> None:
    assert [w.line for w in found({"run.sh": text}).writable] == lines


@pytest.mark.parametrize(
    ("mode", "lines"), [("'0666'", [3]), ('"u=rw,o=w"', [3]), ('"u=rwx,o=rx"', []), ("0644", []), ("a+w", [3])]
)
def test_modes_of_playbooks(mode: str, lines: list[int]) -> None:
    assert [
        w.line for w in found({"deploy/site.yml": f"- copy:\n    dest: /etc/a\n    mode: {mode}\n"}).writable
    ] == lines


def test_modes_of_an_archive() -> None:
    assert [w.path for w in found({"etc/a.conf": Blob("x", 0o100666)}).writable] == ["etc/a.conf"]


def test_machines_of_the_tests_do_not_count() -> None:
    assert found({"tests/run.sh": "chmod 777 x\n", ".github/workflows/a.yml": "run: chmod 777 x\n"}).writable == ()


def test_the_policy_and_its_contact() -> None:
    policy = found({".github/SECURITY.md": "# Security\n\nWrite to security@example.org.\n"}).policy
    assert policy is not None
    assert (policy.path, policy.contact) == (".github/SECURITY.md", 3)
    silent = found({"SECURITY.md": "# Security\n\nWe care.\n"}).policy
    assert silent is not None
    assert silent.contact is None


def test_services_that_watch() -> None:
    seen = found({".github/dependabot.yml": "version: 2\nupdates: []\n", "renovate.json": '{"extends": ["x"]}'})
    assert [name for name, _ in seen.watchers] == ["Dependabot", "Renovate"]


def test_a_hostile_file_takes_no_time() -> None:
    started = time.perf_counter()
    found(
        {"a.sh": "chmod " + "-R " * 10_000 + "\nmode" + " " * 50_000, "SECURITY.md": "a" * 60_000 + "." + "-" * 5_000}
    )
    assert time.perf_counter() - started < 2
