"""``assaymark action VERB``: what our composite Actions call, so that they hold no logic of their own.

The inputs of the Action come as one JSON object in ``INPUTS`` and become options of the verb; its results go where
GitHub looks for them. While the verb runs, no line of the log can be a workflow command.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assaymark.cli._common import say
from assaymark.errors import BUG, OK, InputError

if TYPE_CHECKING:
    from assaymark.github.actions import Ended
    from assaymark.github.answers import Answer
    from assaymark.model import Assessment

# Inputs that are about the Action itself; all others are options (or the argument) of the verb.
OWN = ("plugins", "artifact", "token")
# Verbs that write to where they are told, not into a folder of reports.
OF_THEIR_OWN = ("badge issue", "step")
# The input that says which part of the repository it is about, and how the artifact is called unless it is given.
PARTS = {
    "assess": ("path", "assaymark"),
    "data": ("subject", "assaymark-data"),
    "model": ("manifest", "assaymark-model"),
    "service": ("manifest", "assaymark-service"),
    "smoke": ("image", "assaymark-smoke"),
    "validate": ("paths", "assaymark-validation"),
}


@click.command(epilog='\b\nExample:\n  INPUTS=\'{"gate": "silver"}\' assaymark action assess')
@click.argument("verb")
def command(verb: str) -> int:
    """Run a verb for a GitHub Action: inputs from INPUTS, results as outputs, summary and annotations."""
    from assaymark.github.actions import Ended
    from assaymark.github.workflow_commands import pause

    hold, resume = pause()
    scratch = Path(os.environ.get("RUNNER_TEMP", "."), "assaymark")
    folder = _folder(scratch / "reports")
    _log(hold)
    try:
        verb, inputs, more = _adapted(verb, _inputs(os.environ.pop("INPUTS", "{}")), scratch)
        target = _command(verb)
        if verb not in OF_THEIR_OWN and any("--output" in p.opts for p in target.params):
            folder = _emptied(Path(inputs.setdefault("output", str(folder))))
        _hand_over(inputs)
        code, message = _run([*verb.split(), *words(target, inputs)])
    except InputError as problem:
        inputs, more, code, message = {}, _nothing, problem.code, str(problem)
        say(f"assaymark: {message}")
    finally:
        _log(resume)
    place = Path(inputs.get("path") or ".")
    ended = Ended(code, message, folder, place, _assessment(folder), _answers(inputs))
    _publish(verb, ended, _artifact(verb, inputs) | more(ended))
    return code


def _nothing(ended: Ended) -> dict[str, str]:
    return {}


def _artifact(verb: str, inputs: Mapping[str, str]) -> dict[str, str]:
    """What the artifact is to be called: the legs of a matrix over several projects do not overwrite each other's."""
    from assaymark.github.parts import artifact_of, permitted

    given = inputs.get("artifact")
    if not given or verb not in PARTS:
        return {}
    about, usual = PARTS[verb]
    lines = [line.removeprefix(f"{Path.cwd()}/") for line in _lines(inputs.get(about, ""))]
    return {"artifact": artifact_of(usual, lines[0]) if given == usual and len(lines) == 1 else permitted(given)}


def _adapted(
    verb: str, inputs: dict[str, str], scratch: Path
) -> tuple[str, dict[str, str], Callable[[Ended], dict[str, str]]]:
    """The verb behind an action, its inputs, and what gives outputs beyond the usual ones."""
    if verb == "sqaaas-assessment":
        from assaymark.cli import _sqaaas

        return "assess", _sqaaas.inputs_of(inputs, scratch), lambda ended: _sqaaas.outputs_of(ended.folder)
    inputs = {name.replace("_", "-"): value for name, value in inputs.items() if value}
    if verb == "step":
        inputs.setdefault("output", ".")
        return verb, inputs, lambda _: _step(inputs)
    if verb == "badge issue":
        return verb, inputs, lambda _: _issued(Path(inputs.get("folder", ".")))
    if verb == "release build":
        inputs["checked"] = str(_folder(scratch / "checked"))
        return verb, inputs, lambda _: _checked(Path(inputs["checked"]))
    if verb == "model":
        return verb, inputs, _state
    if verb in ("assess", "badge publish"):
        return verb, inputs, lambda ended: _badges(verb, inputs, ended)
    return verb, inputs, _nothing


def _badges(verb: str, inputs: Mapping[str, str], ended: Ended) -> dict[str, str]:
    """Where the badge is, or will be; of several that are published at once, one per line."""
    from assaymark.github.actions import badge_url
    from assaymark.github.parts import place_of

    if verb == "assess":
        subjects = [ended.assessment.subject] if ended.assessment else []
    else:
        from assaymark.cli._badge_publish import reports

        subjects = [a.subject for _, a in reports(Path(inputs.get("folder", ".")))] if ended.code == OK else []
    given = inputs.get("prefix")
    places = [place_of(subject) if given is None else given for subject in subjects]
    urls = [badge_url(os.environ, place, inputs.get("repository"), inputs.get("branch")) for place in places]
    return {"badge-url": "\n".join(urls)} if all(urls) else {}


def _state(ended: Ended) -> dict[str, str]:
    file = ended.folder / "state.txt"
    return {"state": file.read_text(encoding="utf-8").strip()} if file.is_file() else {}


def _checked(folder: Path) -> dict[str, str]:
    return {"checked": str(folder.resolve())} if folder.is_dir() else {}


def _step(inputs: Mapping[str, str]) -> dict[str, str]:
    file = Path(inputs.get("output", "."), f"{inputs.get('name')}.json")
    if not file.is_file():
        return {}
    return {"step": file.read_text(encoding="utf-8"), "step-path": str(file.resolve())}


def _issued(folder: Path) -> dict[str, str]:
    files = {"badge": folder / "badge.svg", "credential": folder / "credential.jwt"}
    return {name: str(file.resolve()) for name, file in files.items() if file.is_file()}


def words(target: click.Command, inputs: Mapping[str, str]) -> list[str]:
    """The inputs as command-line words; an input is an option of the same name, or the argument.

    An empty input is not given. A switch takes true or false; a repeatable option one value per line.
    Raises InputError for an input that the verb does not know.
    """
    options = {name: p for p in target.params if isinstance(p, click.Option) for name in p.opts}
    arguments = {(p.name or "").replace("_", "-"): p for p in target.params if isinstance(p, click.Argument)}
    made: list[str] = []
    last: list[str] = []
    for name, value in inputs.items():
        option = options.get(f"--{name}")
        if option is None and name in OWN:
            continue
        if option is not None:
            made += _option(name, option, value)
        elif name in arguments:
            last += _lines(value) if arguments[name].nargs != 1 else [value]
        else:
            raise InputError(f"assaymark {target.name} takes no input {name!r}")
    return [*made, "--", *filter(None, last)]


def _option(name: str, option: click.Option, value: str) -> Iterator[str]:
    if option.is_flag:
        if value not in ("true", "false", ""):
            raise InputError(f"the input {name!r} is {value!r}", hint="write true or false")
        off = option.secondary_opts[0] if option.secondary_opts else ""
        yield from filter(None, [f"--{name}" if value == "true" else off if value == "false" else ""])
    elif option.multiple:
        yield from (f"--{name}={line}" for line in _lines(value))
    elif value:
        yield f"--{name}={value}"


def _lines(value: str) -> list[str]:
    return [line.strip() for line in value.splitlines() if line.strip()]


def _inputs(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InputError(f"INPUTS is not JSON: {problem}") from problem
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise InputError("INPUTS is no JSON object of texts")
    return found


def _command(verb: str) -> click.Command:
    from assaymark.cli import main

    path = verb.split()
    found = main.get_command(click.Context(main), path[0]) if path else None
    for name in path[1:]:
        found = found.get_command(click.Context(found), name) if isinstance(found, click.Group) else None
    if found is None:
        raise InputError(f"there is no command {verb!r}")
    return found


def _hand_over(inputs: Mapping[str, str]) -> None:
    """The token goes to where the verbs that need one look; external programs never see the environment."""
    if inputs.get("token"):
        os.environ["GITHUB_TOKEN"] = inputs["token"]


def _folder(base: Path) -> Path:
    """A folder for the reports of this step, apart from those of earlier steps of the job."""
    return next(place for number in range(1, 10_000) if not (place := base / str(number)).exists())


def _emptied(folder: Path) -> Path:
    """The folder for the reports, without what somebody else left there under the names of ours.

    Raises InputError when a link of the checkout leads it elsewhere.
    """
    from assaymark.github.actions import FILES

    place = Path(os.path.normpath(Path.cwd() / folder))
    if place.is_relative_to(Path.cwd()) and place.resolve() != place:
        raise InputError("the folder for the reports is, or lies in, a link", where=str(folder))
    for name in FILES.values():
        try:
            (place / name).unlink(missing_ok=True)
        except OSError as problem:
            raise InputError(f"cannot be written anew: {problem.strerror}", where=str(folder / name)) from problem
    return folder


def _run(arguments: list[str]) -> tuple[int, str]:
    """Run a command line; its exit status and, when that is not 0, what it had to say."""
    from assaymark.cli import run
    from assaymark.errors import described, for_people

    try:
        return run(arguments), ""
    except Exception as problem:
        told = for_people(problem)
        say(f"assaymark: {told}" if told else described(problem))
        return (told.code if told else BUG), str(told or problem) or type(problem).__name__


def _assessment(folder: Path) -> Assessment | None:
    from assaymark.github.actions import FILES

    file = folder / FILES["report-json"]
    if not file.is_file():
        return None
    from assaymark.reports.json import from_own

    return from_own(file.read_text(encoding="utf-8"))


def _answers(inputs: Mapping[str, str]) -> tuple[Answer, ...]:
    if "checked" not in inputs:
        return ()
    from assaymark.github import answers

    return answers.read(Path(inputs["checked"]))


def _publish(verb: str, ended: Ended, more: Mapping[str, str]) -> None:
    from assaymark.github.actions import publish

    for line in publish(verb, ended, os.environ, more):
        _log(line)


def _log(line: str) -> None:
    sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()
