"""``assaymark service``: judge a service by a manifest, or as far as its address alone tells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark.api import Case, InputError, answer, answer_options

if TYPE_CHECKING:
    from assaymark_services.manifest import Manifest
    from assaymark_services.observe import Observed

EPILOG = """\b
Examples:
  assaymark service service.toml
  assaymark service service.toml --allow-host tides.example.org --gate silver --output out
  assaymark service service.toml --deploy here --allow-writes    also deploy, and call what may change something
  assaymark service https://127.0.0.1:8443                       what the address alone tells
\b
Exit status: 0 gate met or no gate, 1 gate not met, 2 wrong input, 3 the gate could not be determined.
"""


@click.command(epilog=EPILOG)
@click.argument("manifest")
@click.option("--allow-host", "hosts", multiple=True, metavar="HOST", help="Contact this host too, if it is named.")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False), metavar="FILE", help="Trust these authorities too.")
@click.option("--allow-writes", is_flag=True, help="Also send POST, PUT, PATCH and DELETE.")
@click.option(
    "--deploy", metavar="WHERE", help="Run the deployment: here, local, container, slurm; not run unless given."
)
@click.option("--engine", metavar="E", help="Container engine of the deployment.")
@click.option(
    "--requests", type=click.IntRange(1, 100_000), default=2000, show_default=True, help="At most so many requests."
)
@click.option(
    "--time", type=click.FloatRange(1, 86_400), default=300.0, show_default=True, help="Seconds for all of it."
)
@click.option("--timeout", type=click.FloatRange(0.1, 600), default=10.0, show_default=True, help="Seconds for each.")
@answer_options
def command(
    manifest: str,
    hosts: tuple[str, ...],
    ca: str | None,
    allow_writes: bool,
    deploy: str | None,
    engine: str | None,
    requests: int,
    time: float,
    timeout: float,
    **wanted: Any,
) -> None:
    """Judge a service by a MANIFEST (TOML), or as far as its URL tells, against the Service QA Baseline.

    Only what the manifest names is contacted, on this machine unless --allow-host names the host. Requests and time are
    bounded, no redirect to another host is followed, and credentials come from the environment.
    """
    from assaymark_services.manifest import for_address, load
    from assaymark_services.observe import Permitted, observe

    if engine and not deploy:
        raise InputError("--engine needs a --deploy")
    asked = for_address(manifest) if "://" in manifest else load(Path(manifest))
    permitted = Permitted(
        hosts=frozenset(_host(h) for h in hosts),
        ca=ca,
        writes=allow_writes,
        requests=requests,
        seconds=time,
        timeout=timeout,
        deploy=deploy,
        engine=engine,
    )
    answer(case_of(asked, observe(asked, permitted)), wanted)


def _host(text: str) -> str:
    """A host as it stands in addresses. Raises InputError for an address or a pattern."""
    bare = text.strip().strip("[]").lower().rstrip(".")
    try:
        name = bare.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if not name or any(c in name for c in "/*@ ") or ("://" in text):
        raise InputError(
            f"--allow-host {text!r} is no host", hint="give a name or number: --allow-host tides.example.org"
        )
    return name


def case_of(manifest: Manifest, seen: Observed | None) -> Case:
    """What is handed to the core to be judged; without anything seen, all but the files stays unknown."""
    facts: dict[str, object] = {"service_manifest": manifest}
    return Case(
        kind="service",
        name=manifest.path.name if manifest.path else manifest.name,
        digest=manifest.digest_of_all(),
        profile="service",
        folder=manifest.path.parent if manifest.path else None,
        file=manifest.path is not None,
        facts=facts if seen is None else facts | {"service_observed": seen},
        run={} if seen is None else {"requests": str(seen.requests)},
    )


def case_at(path: Path) -> Case | None:
    """The case of a file that is a manifest of a service; nothing is contacted. Raises InputError when it is wrong."""
    if path.name != "service.toml" and not path.name.endswith(".service.toml"):
        return None  # before anything is loaded: every TOML file of every repository is asked about
    from assaymark_services.manifest import is_one, load

    if not is_one(path):
        return None
    return case_of(load(path), None)
