"""Writes the generated pages; with ``--check`` only says (exit status 1) which of them is not current.

``criteria.md`` comes from the catalogue, ``commands.md`` from the help of the command line, ``rules/`` from the rules
of the validators and their examples.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import unified_diff
from itertools import islice
from pathlib import Path

import click

from assaymark import catalogue, cli
from assaymark.api import Rule
from assaymark.model import Criterion, DecidedBy, Level, Profile, Subcriterion

FOLDER = Path(__file__).parent
EXAMPLES = FOLDER.parent / "plugins" / "workflows" / "tests" / "rules"
LONGEST_EXAMPLE = 4_000
HEAD = """\
<!-- Written by docs/generate.py from {source}. Edit that, then run: uv run python docs/generate.py -->

# {title}

"""
DECIDED_BY = {
    DecidedBy.FILES: "the files",
    DecidedBy.GIT: "the Git history",
    DecidedBy.FORGE: "the forge (`--forge`)",
    DecidedBy.PROBE: "a network request that you allow",
    DecidedBy.TOOLS: "tools and their reports",
    DecidedBy.TRIAL: "trying it where it will run (`assaymark smoke`)",
    DecidedBy.ATTESTED: "a person's dated word",
}


def criteria() -> str:
    """The page of criteria."""
    found = catalogue.load()
    profiles = [catalogue.profile(name) for name in catalogue.profiles()]
    asks = levels_by_id(profiles)
    lines = [*overview(found), *levels(profiles)]
    for criterion in found.criteria.values():
        lines += section(criterion, asks)
    return HEAD.format(source="criteria/", title="Criteria") + "\n".join(lines).rstrip("\n") + "\n"


def levels_by_id(profiles: Sequence[Profile]) -> dict[str, list[str]]:
    """Sub-criterion id -> where it is required, such as ``assaymark silver``."""
    asks: dict[str, list[str]] = {}
    for profile in profiles:
        for rule in profile.levels:
            for id in rule.require:
                asks.setdefault(id, []).append(f"`{profile.id}` {rule.level}")
    return asks


def overview(found: catalogue.Catalogue) -> Iterator[str]:
    """How much there is, and a table of the criteria."""
    everything = [s for c in found.criteria.values() for s in c.subcriteria]
    attested = sum(s.decided_by == (DecidedBy.ATTESTED,) for s in everything)
    yield f"{len(everything)} sub-criteria; {attested} of them rest on a person's word alone."
    yield "`assaymark criteria show ID` prints one of them, `assaymark explain ID` what to do about it."
    yield ""
    yield "| criterion | title | standard | sub-criteria | MUST |"
    yield "| --- | --- | --- | --- | --- |"
    for c in found.criteria.values():
        link = f"[{c.id}](#{anchor(f'{c.id}: {c.title}')})"
        must = sum(s.requirement.binding for s in c.subcriteria)
        yield f"| {link} | {c.title} | {c.standard} | {len(c.subcriteria)} | {must} |"
    yield ""


def levels(profiles: Sequence[Profile]) -> Iterator[str]:
    """What each level of each profile asks for, and why."""
    yield "## Levels"
    yield ""
    yield "A level includes the ones below it."
    yield ""
    for profile in profiles:
        yield f"### Profile `{profile.id}`: {profile.title}"
        yield ""
        for rule in sorted(profile.levels, key=lambda r: r.level.rank):
            if rule.level is not Level.NONE:
                yield f"- **{rule.level}** asks for {', '.join(rule.require) or 'nothing more'}. {flat(rule.why)}"
        yield ""


def section(criterion: Criterion, asks: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """One criterion."""
    yield f"## {criterion.id}: {criterion.title}"
    yield ""
    for s in criterion.subcriteria:
        yield from item(s, asks.get(s.id, ()))


def item(s: Subcriterion, asked_by: Sequence[str]) -> Iterator[str]:
    """One sub-criterion."""
    yield f"### {s.id}"
    yield ""
    yield f"**{s.requirement}** {flat(s.text)}" if s.requirement.value != "NONE" else flat(s.text)
    yield ""
    yield f"- Why: {flat(s.why)}"
    yield f"- What to do: {flat(s.remedy)}"
    decided = " and ".join(DECIDED_BY[d] for d in s.decided_by)
    checks = f" ({', '.join(f'`{c}`' for c in s.checks)})" if s.checks else ""
    yield f"- Decided by {decided}{checks}."
    if asked_by:
        yield f"- Required for {', '.join(asked_by)}."
    if s.references:
        yield f"- See {', '.join(f'<{r}>' if r.startswith('https://') else r for r in s.references)}."
    yield ""


def flat(text: str) -> str:
    """Running text in one line."""
    return " ".join(text.split())


def anchor(heading: str) -> str:
    """The fragment that forges give a heading."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def commands() -> str:
    """The page of commands: what ``--help`` prints."""
    lines = [
        "Results go to standard output, talk goes to standard error; [exit-codes.md](exit-codes.md) lists what the",
        "exit status means.",
        "",
    ]
    for path, text in helps(cli.main, None, "assaymark"):
        lines += [f"## {path}", "", "```text", text.rstrip(), "```", ""]
    return HEAD.format(source="the help of src/assaymark/cli", title="Commands") + "\n".join(lines).rstrip("\n") + "\n"


def helps(command: click.Command, parent: click.Context | None, name: str) -> Iterator[tuple[str, str]]:
    """A command's path and help, then those of the commands below it."""
    # The width is fixed: the page must not depend on the terminal of whoever writes it.
    context = click.Context(command, parent, info_name=name, terminal_width=100, max_content_width=100)
    context.help_option_names = ["-h", "--help"]
    yield context.command_path, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    if isinstance(command, click.Group):
        for verb in command.list_commands(context):
            below = command.get_command(context, verb)
            if below is not None and not below.hidden:
                yield from helps(below, context, verb)


def rules() -> dict[str, str]:
    """Path -> page of every rule of the validators, and of their index."""
    from assaymark.validation import rules as rule_files
    from assaymark.validity import validators

    found = rule_files.load(validators())
    names = {v.id: v.title for v in validators()}
    lines = [
        "What `assaymark validate` can say. `assaymark explain ID` prints one of these pages.",
        "",
        f"{len(found)} rules; formats: {', '.join(sorted(names.values()))}.",
        "",
        "| rule | severity | what it finds |",
        "| --- | --- | --- |",
        *(f"| [{r.id}]({r.id}.md) | {r.severity.value} | {flat(r.title)} |" for r in sorted(found.values(), key=_id)),
    ]
    head = HEAD.replace("Edit that, then", "Edit those, then")
    pages = {
        "rules/README.md": head.format(source="the rules.toml of each format", title="Rules") + "\n".join(lines) + "\n"
    }
    for rule in found.values():
        text = "\n".join(rule_page(rule)).rstrip("\n") + "\n"
        pages[f"rules/{rule.id}.md"] = head.format(source="rules.toml", title=f"{rule.id}: {flat(rule.title)}") + text
    return pages


def _id(rule: Rule) -> str:
    return rule.id


def rule_page(rule: Rule) -> Iterator[str]:
    """One rule with an example that fails and one that passes."""
    yield f"Severity: **{rule.severity.value}**"
    yield ""
    yield f"- Why: {flat(rule.why)}"
    yield f"- What to do: {flat(rule.remedy)}"
    folder = EXAMPLES / rule.id
    for kind, title in (("fail", "This fails"), ("pass", "This passes")):
        example = next(iter(sorted(p for p in folder.glob(f"{kind}*") if not p.name.endswith(".expected.txt"))), None)
        if example is not None:
            yield ""
            yield f"## {title}"
            yield from shown(example)


def shown(example: Path) -> Iterator[str]:
    """The files of an example, each in a block, as far as they are short text."""
    files = sorted(p for p in example.rglob("*") if p.is_file()) if example.is_dir() else [example]
    for file in files:
        if file.name == "expected.txt" or file.stat().st_size > LONGEST_EXAMPLE:
            continue
        try:
            text = file.read_text(encoding="utf-8").rstrip("\n")
        except UnicodeDecodeError:
            continue
        name = file.relative_to(example).as_posix() if example.is_dir() else file.name
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
        yield ""
        yield f"`{name}`:"
        yield ""
        yield f"{fence}text"
        yield from ("".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line) for line in text.split("\n"))
        yield fence


PAGES: Mapping[str, Callable[[], str]] = {"commands.md": commands, "criteria.md": criteria}


def difference(page: Path, text: str) -> Iterator[str]:
    """The first lines in which a page is not what it should be."""
    had = page.read_text(encoding="utf-8") if page.is_file() else ""
    lines = unified_diff(had.splitlines(), text.splitlines(), page.name, "generated", n=1, lineterm="")
    return (f"{line}\n" for line in islice(lines, 20))


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Write the pages, or compare them; the exit status."""
    stale = False
    pages = {name: render() for name, render in PAGES.items()} | rules()
    for old in sorted((folder / "rules").glob("*.md")):
        if f"rules/{old.name}" not in pages:
            sys.stderr.write(f"{old} is about a rule that does not exist\n")
            if "--check" in arguments:
                stale = True
            else:
                old.unlink()
    for name, text in pages.items():
        page = folder / name
        if "--check" not in arguments:
            page.parent.mkdir(exist_ok=True)
            page.write_text(text, encoding="utf-8")
        elif not page.is_file() or page.read_text(encoding="utf-8") != text:
            sys.stderr.write(f"{page} is not current; run: uv run python docs/generate.py\n")
            sys.stderr.writelines(difference(page, text))
            stale = True
    return int(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
