"""One class per exit code; the numbers are an API.

====  =======================  ==================================================================
code  class                    meaning
====  =======================  ==================================================================
0     (none)                   the gate is met, or there is no gate
1     GateNotMet               the gate is not met
2     InputError               the user's input or configuration is wrong
3     Undetermined             something the gate depends on could not be determined
4     (any other exception)    a bug of ours
130   KeyboardInterrupt        interrupted
====  =======================  ==================================================================

Only ``__main__`` turns them into an exit status.
"""

from __future__ import annotations


class AssaymarkError(Exception):
    """Base of all errors meant for people: what happened, where, what to do."""

    code = 4

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  {self.hint}" if self.hint else text


class GateNotMet(AssaymarkError):
    """A known failure breaks the gate."""

    code = 1


class InputError(AssaymarkError):
    """The user's input or configuration is wrong."""

    code = 2


class Undetermined(AssaymarkError):
    """An unknown could change the gate's answer."""

    code = 3


OK = 0
BUG = 4
INTERRUPTED = 130
EXIT_CODES: dict[str, int] = {
    "gate met": OK,
    "gate not met": GateNotMet.code,
    "input wrong": InputError.code,
    "undetermined": Undetermined.code,
    "bug": BUG,
    "interrupted": INTERRUPTED,
}


def for_people(problem: Exception) -> AssaymarkError | None:
    """An error that is meant for people, also that the machine takes nothing more; None for a bug of ours."""
    if isinstance(problem, AssaymarkError):
        return problem
    return _without_room(problem) if isinstance(problem, OSError) else None


def _without_room(problem: OSError) -> InputError | None:
    """A full disk, a quota that is used up, a read-only file system."""
    import errno

    no_folder = problem.errno == errno.ENOENT and "No usable temporary directory" in str(problem)
    if not no_folder and problem.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return None
    where = str(problem.filename) if isinstance(problem.filename, str) and not no_folder else None
    return InputError(
        f"nothing can be written: {problem.strerror or problem}",
        where=where,
        hint="make room (df -h, quota), or choose other folders: --output, TMPDIR, ASSAYMARK_CACHE, ASSAYMARK_WORK",
    )


def described(problem: Exception) -> str:
    """What to tell a person of a bug of ours: the traceback, and where to go."""
    import traceback

    return (
        "".join(traceback.format_exception(problem))
        + "assaymark: this is a bug of ours, not of your project. Please report it with the lines above:\n"
        "  https://github.com/assaymark/assaymark/issues/new?template=bug.yml"
    )
