"""``assaymark step NAME``: write down a test step of the project, in the shape that SQAaaS exchanges."""

from __future__ import annotations

from pathlib import Path

import click

from assaymark.cli._common import say, write

TOOLS = ("commands", "pytest", "tox")
EPILOG = """\b
Examples:
  assaymark step unit --tool pytest --test-path tests/unit
  assaymark step build --tool commands --commands "make" --commands "make check" --container lab/build:2
"""


@click.command(epilog=EPILOG)
@click.argument("name")
@click.option("--tool", type=click.Choice(TOOLS), required=True, help="What runs the tests.")
@click.option("--container", default="", metavar="IMAGE", help="Image to run it in; none unless given.")
@click.option("--commands", multiple=True, metavar="LINE", help="A line of shell (tool commands); may be repeated.")
@click.option("--test-path", default="", metavar="PATH", help="File or folder with the tests (tool pytest).")
@click.option("--tox-env", default="", metavar="ENV", help="Environment of tox (tool tox).")
@click.option("--output", default=".", type=click.Path(path_type=Path), metavar="DIR", help="Folder to write it into.")
def command(
    name: str, tool: str, container: str, commands: tuple[str, ...], test_path: str, tox_env: str, output: Path
) -> None:
    """Write NAME.json. Nothing is run: the action sqaaas-assessment runs it when its input qc_uni_steps names it."""
    from assaymark.tools.stepfile import check_name, document

    value = {"commands": "\n".join(commands), "pytest": test_path, "tox": tox_env}[tool]
    written = write(output, f"{check_name(name)}.json", document(tool, container=container, value=value))
    say(f"wrote {written}")
