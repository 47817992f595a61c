"""The commit that is to be released, and what its files say about themselves. Nothing of it is executed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from assaymark.api import FactUnavailable, Tree
from assaymark.errors import InputError
from assaymark.patterns import late
from assaymark.subject.metadata import Declared, Metadata, metadata
from assaymark.subject.releases import Releases, Version, parse_version, releases

if TYPE_CHECKING:
    from assaymark.subject.checkout import Opened
    from assaymark.subject.history import Commit, History

LIMIT = 2_000_000
_VERSION = late(r"""__version__(?:\s*:\s*\w+)?\s*=\s*(["'])(?P<version>[^"'\n]{1,60})\1""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A commit ready to be looked at; ``root`` is the checkout on disk."""

    opened: Opened
    root: Path
    commit: str
    history: History
    releases: Releases
    metadata: Metadata

    @property
    def tree(self) -> Tree:
        """The files of the commit."""
        return self.opened.tree

    @property
    def package(self) -> Declared | None:
        """What a package manager reads, the first that has a version; None where there is none."""
        packages = self.metadata.packages
        return next((d for d in packages if d.version), packages[0] if packages else None)

    @property
    def name(self) -> str:
        """The name under which it is released: that of the package, else of the repository."""
        package = self.package
        repository = self.opened.subject.repository or self.root.name
        return (package.name if package else "") or repository.rpartition("/")[2]

    @property
    def version(self) -> Version | None:
        """The version that the files declare: of the package, else of any other metadata."""
        given = [d.version for d in (self.package, *self.metadata.declared) if d and d.version]
        given += [said for _, _, said in self.module_versions()]
        return next((v for text in given if (v := parse_version(text))), None)

    @property
    def licence(self) -> str:
        """The declared licence, as an SPDX expression where the file has one."""
        return next((d.licence for d in (self.package, *self.metadata.declared) if d and d.licence), "")

    @property
    def tag(self) -> str:
        """The tag of the declared version, written as the project's earlier tags are. Raises InputError."""
        version = self.version
        if version is None:
            raise InputError("no file declares a version", hint="write it into pyproject.toml or CITATION.cff")
        return self.tag_of(version.text.removeprefix("v"))

    def tag_of(self, version: str) -> str:
        """The tag for a version: with the prefix of the newest tag of the project, else ``v``."""
        newest = self.releases.latest
        prefix = newest.tag.removesuffix(newest.version.text.lstrip("vV")) if newest else "v"
        return prefix + version

    @property
    def time(self) -> int:
        """When the commit was made, in seconds since 1970: what a build takes as the time."""
        return self.history.commits[0].time

    def text(self, *names: str) -> tuple[str, str] | None:
        """Path and text of the first of some files that the commit has; None when it has none."""
        for name in names:
            entry = self.tree.get(name)
            if entry is not None and entry.size <= LIMIT:
                return name, self.tree.read(name, LIMIT).decode("utf-8", "replace")
        return None

    @property
    def pyproject(self) -> dict[str, Any]:
        """``pyproject.toml`` as a table, empty where there is none. Raises InputError when it is not TOML."""
        from assaymark.subject.parsing import ParseProblem, load_toml

        found = self.text("pyproject.toml")
        try:
            return load_toml(found[1]) if found else {}
        except ParseProblem as problem:
            raise InputError(f"is not TOML: {problem}", where="pyproject.toml") from problem

    def module_versions(self, folder: str = ".", name: str = "") -> Iterator[tuple[str, int, str]]:
        """``__version__`` of the module of the package in ``folder``: file, line and what stands there."""
        module = (name or self.name).replace("-", "_").lower()
        before = "" if folder == "." else f"{folder}/"
        for path in (f"{before}src/{module}/__init__.py", f"{before}{module}/__init__.py"):
            found = self.text(path)
            for number, line in enumerate(found[1].splitlines() if found else (), 1):
                if len(line) < 200 and (match := _VERSION.match(line)):
                    yield path, number, match["version"]

    def since_last(self) -> Iterator[Commit]:
        """The commits after the newest final release in this history, newest first."""
        last = self.releases.latest_here
        before = _reached(self.history, last.commit) if last else frozenset()
        yield from (c for c in self.history.commits if c.id not in before)


def open_source(path: str | Path) -> Source:
    """Open the root of a Git checkout. Raises InputError when it is none, or has no commit."""
    from assaymark.subject.checkout import open_subject
    from assaymark.subject.history import history

    opened = open_subject(path)
    if opened.root is None or opened.repository is None or opened.prefix or opened.subject.commit is None:
        raise InputError("is not the root of a Git checkout with a commit", where=str(path))
    try:
        known = history.provide(opened)
    except FactUnavailable as problem:
        raise InputError(problem.reason, where=str(path), hint=problem.remedy) from problem
    return Source(
        opened=opened,
        root=opened.root,
        commit=opened.subject.commit,
        history=known,
        releases=releases.provide(known),
        metadata=metadata.provide(opened.tree),
    )


def members(source: Source) -> tuple[str, ...]:
    """The folders of the packages that are released together: the root, and the members of a uv workspace."""
    table = source.pyproject
    folders = ["."] if "project" in table or "build-system" in table else []
    workspace = table.get("tool", {}).get("uv", {}).get("workspace", {})
    for pattern in workspace.get("members", []) if isinstance(workspace, dict) else []:
        wanted = str(pattern).strip("/") + "/pyproject.toml"
        entries = (e.path for e in source.tree if PurePosixPath(e.path).match(wanted))
        folders += [p.removesuffix("/pyproject.toml") for p in sorted(entries) if p.count("/") == wanted.count("/")]
    excluded = {str(p).strip("/") for p in workspace.get("exclude", [])} if isinstance(workspace, dict) else set()
    return tuple(dict.fromkeys(f for f in folders if f not in excluded))


def _reached(history: History, commit: str) -> frozenset[str]:
    """The commits that a commit contains, itself among them."""
    parents = {c.id: c.parents for c in history.commits}
    seen: set[str] = set()
    waiting = [commit]
    while waiting:
        id = waiting.pop()
        if id not in seen:
            seen.add(id)
            waiting += parents.get(id, ())
    return frozenset(seen)
