"""The error boundary: the only place that turns an error into an exit status."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status (table in `assaymark.errors`)."""
    words = sys.argv[1:] if arguments is None else arguments
    if words == ["--version"]:
        from assaymark import __version__

        sys.stdout.write(f"assaymark {__version__}\n")
        return 0
    return _guarded(words)


def program() -> NoReturn:
    """The command ``assaymark``: run the command line and leave, without taking the interpreter apart object by object.

    What modules registered for the end is still done; a thread that must not be cut off is still waited for.
    """
    import atexit
    import threading

    status = main()
    others = [t for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]
    if not others:
        atexit._run_exitfuncs()
        # Where something cannot be written any more, the interpreter says so in its own way.
        with contextlib.suppress(OSError, ValueError):
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
            os._exit(status)
    sys.exit(status)


def _guarded(words: list[str]) -> int:
    from assaymark.errors import BUG, INTERRUPTED, described, for_people

    # Nearly all that a run makes it keeps: looking for garbage every 700 objects takes a tenth of the time.
    gc.set_threshold(500_000)
    try:
        _end_on_request()
        with _remembering_expressions():
            from assaymark.cli import run

        return run(words)
    except KeyboardInterrupt:
        _say("assaymark: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away (| head): nothing is left to tell anyone, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as problem:
        told = for_people(problem)
        _say(f"assaymark: {told}" if told else described(problem))
        return told.code if told else BUG
    finally:
        _stop_children()
        _keep_expressions()
        # The interpreter would look through everything once more before it ends.
        gc.freeze()


def _end_on_request() -> None:
    """A CI host that cancels a job sends SIGTERM: it ends like Ctrl-C, with all children."""
    import signal
    import threading

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, interrupt)


def _stop_children() -> None:
    # Only when something was started: importing the module just to stop nothing costs start-up time.
    proc = sys.modules.get("assaymark.proc")
    if proc is not None:
        proc.kill_all()


def _remembering_expressions() -> AbstractContextManager[None]:
    """Takes expressions from earlier runs from now on, and as long as it is entered, those of libraries, too."""
    from assaymark import patterns
    from assaymark.expressions import kept

    patterns.compile_with(kept().compiled)
    return patterns.of_library()


def _keep_expressions() -> None:
    expressions = sys.modules.get("assaymark.expressions")
    if expressions is not None:
        expressions.kept().keep()


def _say(text: str) -> None:
    sys.stderr.write(text.rstrip("\n").encode("utf-8", "backslashreplace").decode() + "\n")


if __name__ == "__main__":
    program()
