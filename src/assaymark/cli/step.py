"""``assaymark step NAME``: write down a test step of the project, in the shape that SQAaaS exchanges."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assaymark.cli._common import out, say, talk, write
from assaymark.errors import GateNotMet, Undetermined

if TYPE_CHECKING:
    from assaymark.job import Resources

TOOLS = ("commands", "pytest", "tox")
EPILOG = """\b
Examples:
  assaymark step unit --tool pytest --test-path tests/unit
  assaymark step build --tool commands --commands "make" --commands "make check" --container lab/build:2
  assaymark step unit --tool pytest --runner slurm      and run it, as a job on this checkout
\b
Exit status with --runner: 0 it succeeded, 1 it failed, 3 no verdict came back.
"""


@click.command(epilog=EPILOG)
@click.argument("name")
@click.option("--tool", type=click.Choice(TOOLS), required=True, help="What runs the tests.")
@click.option("--container", default="", metavar="IMAGE", help="Image to run it in; none unless given.")
@click.option("--commands", multiple=True, metavar="LINE", help="A line of shell (tool commands); may be repeated.")
@click.option("--test-path", default="", metavar="PATH", help="File or folder with the tests (tool pytest).")
@click.option("--tox-env", default="", metavar="ENV", help="Environment of tox (tool tox).")
@click.option("--output", default=".", type=click.Path(path_type=Path), metavar="DIR", help="Folder to write it into.")
@click.option("--runner", metavar="R", help="Also run it now, at: local, sandbox, container, slurm, or a site.")
@click.option("--time", type=click.FloatRange(1), default=3600, show_default=True, help="Seconds for that job.")
@click.option("--queue", type=click.FloatRange(1), default=86_400, show_default=True, help="Seconds that it may wait.")
@click.option("--memory", type=click.IntRange(16), metavar="MIB", help="Memory for it (default: the site's).")
def command(
    name: str,
    tool: str,
    container: str,
    commands: tuple[str, ...],
    test_path: str,
    tox_env: str,
    output: Path,
    runner: str | None,
    time: float,
    queue: float,
    memory: int | None,
) -> None:
    """Write NAME.json. Nothing is run without --runner: the action sqaaas-assessment runs it when its input
    qc_uni_steps names it."""
    from assaymark.tools.stepfile import check_name, document, read

    value = {"commands": "\n".join(commands), "pytest": test_path, "tox": tox_env}[tool]
    text = document(tool, container=container, value=value)
    lines = read(text, check_name(name))["command"] if runner else ()
    written = write(output, f"{name}.json", text)
    say(f"wrote {written}")
    if runner:
        from assaymark.job import Resources

        _run(name, runner, lines, container, Resources(time=time, queue=queue, memory=memory))


def _run(name: str, runner: str, lines: tuple[str, ...], container: str, asks: Resources) -> None:
    from assaymark.cli._away import tried

    done = tried(runner, lines, container, asks)
    if why := done.unable:
        raise Undetermined(f"no verdict on {name} came back from {runner}: {why}", hint="assaymark runner check")
    if not talk().quiet:
        out(done.log.stdout.decode("utf-8", "replace") or "(it printed nothing)")
    if done.status.code:
        raise GateNotMet(f"{name} ended with {done.status.code} at {runner}" + (f":\n{done.said}" if done.said else ""))
    say(f"{name} succeeded at {runner}, in {done.status.took:g} s" if done.status.took else f"{name} succeeded")
