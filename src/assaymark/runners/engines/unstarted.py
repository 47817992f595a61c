"""How a job finds out that its engine never came to run the command: then nothing is known of the image.

That the image lacks the program, or may not start it, is the image's own: both forms know the engine's words for that.
"""

from __future__ import annotations

from collections.abc import Sequence

from assaymark.runners.folder import WORK

# An engine whose first words cannot be told from the command's is believed only where nothing else was written at all.
_BY_WORDS = (
    '[ -s "$1/err" ] && [ ! -s "$1/out" ] || exit 0; grep -Evq "$2" "$1/err" || grep -Eq "$3" "$1/err" || echo refused'
)
_BY_STATE = (
    'run=$1 lacking=$2; shift 2; said=$("$@" 2> /dev/null) || said=gone; case $said in true*) echo out-of-memory ;; '
    'gone | *\' 0001-\'*) { [ -n "$lacking" ] && grep -Eq "$lacking" "$run/err"; } || echo refused ;; esac'
)


def by_words(own: str, lacking: str) -> tuple[str, ...]:
    """For `Wrapped.examine`: every line of the error stream is the engine's ``own``, and none says ``lacking``."""
    return ("/bin/sh", "-c", _BY_WORDS, "examine", f"{WORK}/..", own, lacking)


def by_state(asked: Sequence[str], lacking: str) -> tuple[str, ...]:
    """The same by what the engine says: ``asked`` prints whether memory ended the container, and when it was started.

    In the words of Go: never is the year 1. A container that the engine no longer knows was taken away by somebody.
    """
    return ("/bin/sh", "-c", _BY_STATE, "examine", f"{WORK}/..", lacking, *asked)
