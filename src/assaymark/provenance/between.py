"""What Git says of the way from one assessed commit to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assaymark.errors import InputError
from assaymark.provenance.milestones import Milestone, Move, Touched
from assaymark.records import NamedTuple
from assaymark.subject.git import GitProblem, Repository

_MOST_COMMITS = 20_000
_MOST_FILES = 2_000


class Line(NamedTuple):
    """The first parents, oldest first: what was once the head of the branch. Titles and days are by commit."""

    commits: tuple[str, ...]
    titles: dict[str, str]
    days: dict[str, str]


def repository_at(place: str) -> Repository:
    """The repository that a folder belongs to. Raises InputError."""
    from assaymark.subject.checkout import locate

    found = locate(Path(place).resolve()) if Path(place).is_dir() else None
    if found is None:
        raise InputError("there is no Git repository here", where=place)
    return found[0]


def line(repository: Repository, ref: str = "HEAD") -> Line:
    """The first parents of a ref. Raises InputError when the repository has no such ref."""
    shape = (f"--max-count={_MOST_COMMITS}", "--format=%H%x01%cs%x01%s")
    output = _asked(repository, "log", "--first-parent", "-z", *shape, "--end-of-options", ref, "--")
    titles: dict[str, str] = {}
    days: dict[str, str] = {}
    for record in output.decode("utf-8", "replace").split("\0"):
        commit, _, rest = record.strip("\n").partition("\x01")
        if commit:
            days[commit], _, titles[commit] = rest.partition("\x01")
    return Line(tuple(reversed(titles)), titles, days)


def dated(milestones: Sequence[Milestone], known: Line) -> tuple[Milestone, ...]:
    """The milestones with the days of their commits."""
    return tuple(replace(m, committed=known.days.get(m.commit)) for m in milestones)


def told(repository: Repository, moves: Sequence[Move], known: Line) -> tuple[Move, ...]:
    """The moves with the commits and files between their ends, where the repository has both."""
    place = {commit: number for number, commit in enumerate(known.commits)}
    return tuple(_told(repository, move, known, place) for move in moves)


def _told(repository: Repository, move: Move, known: Line, place: dict[str, int]) -> Move:
    start, end = place.get(move.before.commit), place.get(move.after.commit)
    if start is None or end is None or end <= start:
        return move
    commits = known.commits[start + 1 : end + 1]
    interesting = move.better or move.worse or move.rise
    return replace(
        move,
        commits=tuple((commit, known.titles[commit]) for commit in reversed(commits)),
        files=_files(repository, move.before.commit, move.after.commit) if interesting else (),
    )


def _files(repository: Repository, before: str, after: str) -> tuple[Touched, ...]:
    shape = ("--numstat", "-z", "--no-renames", "--no-ext-diff", "--no-textconv")
    try:
        output = repository.run("diff-tree", "-r", *shape, "--end-of-options", before, after)
    except GitProblem:
        return ()
    found = []
    for record in output.split(b"\0")[:_MOST_FILES]:
        added, removed, path = [*record.split(b"\t", 2), b"", b""][:3]
        if path:
            text = path.decode("utf-8", "surrogateescape")
            binary = added == b"-"
            found.append(
                Touched(path=text, added=None if binary else int(added), removed=None if binary else int(removed))
            )
    return tuple(sorted(found, key=lambda f: (-((f.added or 0) + (f.removed or 0)), f.path)))


def _asked(repository: Repository, *command: str) -> bytes:
    try:
        return repository.run(*command)
    except GitProblem as problem:
        raise InputError(f"Git cannot tell the history: {problem}", where=str(repository.git_dir)) from problem
