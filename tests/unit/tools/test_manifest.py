from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from assaymark import registry
from assaymark.errors import InputError
from assaymark.model import Severity
from assaymark.subject.languages import CODE, PROSE, by_name
from assaymark.tools import manifest as manifests
from assaymark.tools.manifest import Executes, Kind

ALL = manifests.load([folder for plugin in registry.load().plugins for folder in plugin.tools])
GOOD = """
name = "lint"
about = "A linter."
kind = "style"
languages = ["Python"]
subcriteria = ["QC.Sty01"]
command = ["lint", "{files}"]
ran = [0, 1]
format = "sarif"
executes_code = "never"
[version]
args = ["--version"]
pattern = 'lint (.*)'
"""


def test_a_small_manifest_has_sane_defaults() -> None:
    found = manifests.read(GOOD, "lint.tool.toml")
    assert found.program == "lint"
    assert found.group == "style"
    assert found.clean == (0,)
    assert found.timeout == 300
    assert not found.default
    assert found.fails_at is Severity.NOTE
    assert found.kind is Kind.STYLE
    assert found.executes_code is Executes.NEVER
    assert found.digest.startswith("sha256:")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name", "nmae", "unknown key 'nmae'\n  did you mean 'name'?"),
        ('"lint"\nabout', '"Lint!"\nabout', "'name' is 'Lint!'"),
        ('about = "A linter."', "", "'about' must be a non-empty string"),
        ('kind = "style"', 'kind = "stile"', "'kind' is 'stile'"),
        ('languages = ["Python"]', "", "'languages' or 'files'"),
        ("ran = [0, 1]", "ran = []", "'ran' must be a list of exit codes"),
        ("ran = [0, 1]", "ran = [1]", "'clean' must be among 'ran'"),
        ("ran = [0, 1]", "ran = [0, 256]", "exit codes"),
        ('format = "sarif"', 'format = "xml"', "'format' is 'xml'"),
        ('format = "sarif"', 'format = "regex"', "lacks 'pattern'"),
        ('executes_code = "never"', 'executes_code = "configuration"', "config.args"),
        ('executes_code = "never"', "", "'executes_code' must be"),
        ("[version]", "[version]\nflag = 1", "unknown key 'version.flag'"),
        ("'lint (.*)'", "'('", "'version.pattern' is no regular expression"),
        ("[version]", '[provision]\npypi = ["lint>=1"]\n[version]', "exact pins"),
        ("[version]", '[severity]\nX = "bad"\n[version]', "'severity.X' is 'bad'"),
        ("[version]", "[parser]\npattern = 'x'\n[version]", "unknown key 'pattern'"),
        ("[version]", "[canary]\nname = 'x'\n[version]", "'canary.text'"),
        ("[version]", "[unable]\nx = 'why'\n[version]", "'unable.x' is no exit code"),
        ("[version]", "timeout = true\n[version]", "'timeout' must be a whole number"),
        ("[version]", "default = 1\n[version]", "'default' must be true or false"),
        ("[version]", "cwd = 'home'\n[version]", "'cwd' is 'home'"),
        ("[version]", "[homes]\nRUSTUP_HOME = '.rustup'\n[version]", "only for a tool that executes code anyway"),
        ("[version]", "clean = ['0-300']\n[version]", "'clean' must be a list of exit codes"),
        ("[version]", "clean = ['many']\n[version]", "'clean' must be a list of exit codes"),
        ("[version]\nargs", "[version\nargs", "not valid TOML"),
        ("[version]", "config = 3\n[version]", "'config' must be a table"),
    ],
)
def test_errors_name_file_and_key(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match=re.escape(says)) as wrong:
        manifests.read(GOOD.replace(old, new, 1), "lint.tool.toml")
    assert wrong.value.where == "lint.tool.toml"


def test_silence_needs_a_proof() -> None:
    text = GOOD.replace('"sarif"', '"regex"') + "[parser]\npattern = 'x'\n"
    with pytest.raises(InputError, match="silence proves nothing"):
        manifests.read(text, "lint.tool.toml")
    assert manifests.read(text + "proof = 'done'\n", "lint.tool.toml")
    assert manifests.read(text + "[canary]\nname = 'a'\ntext = 'b'\nrule = '*'\n", "lint.tool.toml")
    lines = GOOD.replace('"sarif"', '"json"') + "[parser]\nresults = ''\nmessage = 'm'\nlines = true\n"
    with pytest.raises(InputError, match="silence proves nothing"):
        manifests.read(lines, "lint.tool.toml")


def test_a_plugin_may_bring_a_format() -> None:
    text = GOOD.replace('"sarif"', '"odd"')
    assert manifests.read(text, "x", ["odd"]).format == "odd"


def test_two_tools_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.tool.toml").write_text(GOOD)
    with pytest.raises(InputError, match="two tools called 'lint'"):
        manifests.load([tmp_path])


@pytest.mark.parametrize("tool", ALL, ids=lambda m: m.name)
def test_what_we_ship_is_sound(tool: Any) -> None:
    assert tool.about.endswith(".")
    assert tool.home.startswith("https://")
    known = CODE | PROSE | {by_name(f"x.{e}") for e in ("json", "yml", "ipynb", "toml", "css", "html", "cmake", "xml")}
    assert set(tool.languages) <= known | {"Dockerfile", "Makefile", "TeX", "CSS"}
    assert all(re.fullmatch(r"QC\.[A-Z][a-z]{2}\d\d(\.\d+)?", i) for i in tool.subcriteria)
    if "{files}" in tool.command:
        before = tool.command[tool.command.index("{files}") - 1]
        assert before == "--" or tool.command[0] not in ("ruff", "flake8", "pylint", "mypy", "bandit", "black")
    if tool.executes_code is Executes.CONFIGURATION:
        assert tool.config.drop, "what must go from its configuration?"


def test_one_default_style_tool_per_language() -> None:
    """Two linters that judge what nobody configured would contradict each other."""
    judged: dict[str, list[str]] = {}
    for tool in ALL:
        if tool.default and tool.kind in (Kind.STYLE, Kind.DOCUMENTATION_STYLE):
            for language in tool.languages:
                judged.setdefault(f"{tool.group}:{language}", []).append(tool.name)
    assert {k: v for k, v in judged.items() if len(v) > 1} == {}


def test_the_guides_example_is_a_manifest(checkout: Path) -> None:
    text = (checkout / "docs" / "adding-a-tool.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert manifests.read(example, "docs/adding-a-tool.md").name == "shellcheck"
