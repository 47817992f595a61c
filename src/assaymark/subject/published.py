"""Whether the very bytes of a file are committed, and whether a remote has them as far as the clone knows."""

from __future__ import annotations

from pathlib import Path

from assaymark.api import Published
from assaymark.subject.checkout import locate
from assaymark.subject.git import GitProblem, Repository

LIMIT = 10_000_000
MOST_REFS = 1_000


def published(place: Path) -> Published | None:
    """What the repository in which a file lies knows of it; None when it lies in no checkout. Raises InputError."""
    place = place.resolve()
    found = locate(place.parent)
    if found is None or found[0].work_tree is None:
        return None
    repository, path = found[0], found[1] + place.name
    if "\n" in path or not _is_committed(repository, path, place):
        return Published(committed=False)
    return Published(committed=True, pushed=_is_pushed(repository, path))


def _is_committed(repository: Repository, path: str, place: Path) -> bool:
    try:
        return repository.run("cat-file", "blob", f"HEAD:{path}", limit=LIMIT + 1) == place.read_bytes()
    except (GitProblem, OSError):
        return False


def _is_pushed(repository: Repository, path: str) -> bool | None:
    """Whether a remote-tracking branch has the commit, or the same file in its last one."""
    try:
        asked = ("for-each-ref", f"--count={MOST_REFS}", "--format=%(refname)")
        listed = repository.run(*asked, "refs/remotes").decode("utf-8", "surrogateescape").split()
        if not listed:
            return None
        if repository.run(*asked, "--contains", "HEAD", "refs/remotes").strip():
            return True
        own = repository.run("rev-parse", f"HEAD:{path}").strip()
        return any(a.stdout.strip() == own for a in repository.ask(*_of(listed, path)))
    except GitProblem:
        return None


def _of(refs: list[str], path: str) -> list[tuple[str, ...]]:
    """Commands that tell the file of each branch; of a few branches, since each is a process."""
    return [("rev-parse", "--verify", "--quiet", f"{ref}:{path}") for ref in refs[:20]]
