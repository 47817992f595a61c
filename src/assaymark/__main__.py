"""The error boundary: the only place that turns an error into an exit status."""

from __future__ import annotations

import gc
import os
import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status (table in `assaymark.errors`)."""
    words = sys.argv[1:] if arguments is None else arguments
    if words == ["--version"]:
        from assaymark import __version__

        sys.stdout.write(f"assaymark {__version__}\n")
        return 0
    return _guarded(words)


def _guarded(words: list[str]) -> int:
    from assaymark.errors import BUG, INTERRUPTED, AssaymarkError, described

    # Nearly all that a run makes it keeps: looking for garbage every 700 objects takes a tenth of the time.
    gc.set_threshold(500_000)
    try:
        _end_on_request()
        from assaymark.cli import run

        return run(words)
    except AssaymarkError as problem:
        _say(f"assaymark: {problem}")
        return problem.code
    except KeyboardInterrupt:
        _say("assaymark: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away (| head): nothing is left to tell anyone, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as problem:
        _say(described(problem))
        return BUG
    finally:
        _stop_children()
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


def _say(text: str) -> None:
    sys.stderr.write(text.rstrip("\n").encode("utf-8", "backslashreplace").decode() + "\n")


if __name__ == "__main__":
    sys.exit(main())
