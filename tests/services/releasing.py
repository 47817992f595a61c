"""What the tests of releases share: a sample project, a folder made by hand, and scissors for connections."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assaymark.release import folder
from assaymark.release.folder import Release

COMMIT = "c" * 40
SDIST = "tide-1.2.0.tar.gz"
SAMPLE = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "tide"
version = "1.2.0"
description = "Tides of a small harbour"
requires-python = ">=3.11"
license = "Apache-2.0"
license-files = ["LICENSE"]
dependencies = ["click>=8"]
""",
    "src/tide/__init__.py": '"""Tides."""\n\n__version__ = "1.2.0"\n',
    "Dockerfile": "FROM scratch\nCOPY tide /tide\n",
    "README.md": "# Tide\n\nTides of a small harbour: `pip install tide==1.2.0`.\n",
    "requirements.txt": "",  # filled in: the click that is installed
    "CHANGELOG.md": "# Changelog\n\n## [1.2.0] - 2026-11-20\n\n### Added\n\n- High water.\n\n## [1.1.0] - 2026-01-02\n",
    "CITATION.cff": """\
cff-version: 1.2.0
message: Please cite it.
title: Tide
abstract: Tides of a small harbour.
type: software
authors:
  - family-names: Carberry
    given-names: Josiah
    orcid: https://orcid.org/0000-0002-1825-0097
version: 1.2.0
license: Apache-2.0
""",
    "codemeta.json": """\
{
  "@context": "https://w3id.org/codemeta/3.0",
  "@type": "SoftwareSourceCode",
  "name": "tide",
  "version": "1.2.0",
  "license": "https://spdx.org/licenses/Apache-2.0"
}
""",
}


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def listed(place: Path, **more: Any) -> Release:
    """Write the list and the sums of a folder."""
    told: dict[str, Any] = {
        "name": "tide",
        "version": "1.2.0",
        "tag": "v1.2.0",
        "commit": COMMIT,
        "repository": "github.com/lab/tide",
        "prerelease": False,
        "level": "silver",
        "gate": "silver",
        "licence": "Apache-2.0",
        "files": folder.described(place, {}),
    }
    release = Release(**told | more)
    (place / folder.MANIFEST).write_text(folder.render(release), encoding="utf-8")
    (place / folder.SUMS).write_text(folder.sums(place), encoding="utf-8")
    return release


class Scissors:
    """Counts the requests to a fake server and does something to one of them, or to all from then on.

    ``before``: the request is not done; ``after``: it is, but nobody is told. ``for_good``: nor is any later one
    answered. ``action`` is called instead of cutting the connection.
    """

    def __init__(
        self, server: Any, at: int, *, after: bool = False, for_good: bool = False, status: int = 0,
        action: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip # one item a line says less
        self.seen = itertools.count()
        self.cuts = 0
        self._server, self._answer = server, server._answer
        self._how = (at, after, for_good, status, action)
        server._answer = self._cut

    def _cut(self, request: Any) -> Any:
        from werkzeug.wrappers import Response

        at, after, for_good, status, action = self._how
        number = next(self.seen)
        if number < at or (number > at and not for_good):
            return self._answer(request)
        self.cuts += 1
        request.get_data()
        if after and number == at:
            self._answer(request)
        if action:
            action()
        elif status:
            return Response(b'{"message": "Server Error"}', status, {"Content-Type": "application/json"})
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return Response(b"")

    def away(self) -> None:
        """The server answers again."""
        self._server._answer = self._answer


def assaymark(*words: str | Path, cwd: Path, code: int = 0, **extra: str) -> str:
    """Run the program as a person does; gives both its streams."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "assaymark", *map(str, words)],
        cwd=cwd, env=os.environ | extra, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300,
    )  # fmt: skip # one item a line says less
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr
