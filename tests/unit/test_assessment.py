"""What an assessment says of its run."""

from __future__ import annotations

import platform
from pathlib import Path

from assaymark import __version__, assess


def test_the_run_names_host_and_interpreter(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Name\n")
    run = assess(tmp_path, tools=False, cache=False).run
    assert (run.host, run.python, run.assaymark) == (platform.node(), platform.python_version(), __version__)
