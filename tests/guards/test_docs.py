"""The generated page is current, its generator notices when not, and no page points nowhere."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from assaymark import catalogue


@pytest.fixture(scope="module")
def generate(checkout: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", checkout / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_current(checkout: Path) -> None:
    # In a process of its own: a command that another test called on its own keeps the names of its help option.
    program = [sys.executable, str(checkout / "docs" / "generate.py"), "--check"]
    done = subprocess.run(program, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["commands.md", "criteria.md"])
def test_a_stale_page_is_noticed(
    name: str, generate: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main(["--check"], tmp_path) == 1
    assert generate.main([], tmp_path) == 0
    assert generate.main(["--check"], tmp_path) == 0
    (tmp_path / name).write_text("# Something else\n", encoding="utf-8")
    assert generate.main(["--check"], tmp_path) == 1
    assert f"{name} is not current" in capsys.readouterr().err


def test_the_terminal_of_the_writer_does_not_matter(generate: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    before = generate.commands()
    monkeypatch.setenv("COLUMNS", "40")
    assert generate.commands() == before


def test_every_verb_is_on_the_page_of_commands(checkout: Path) -> None:
    page = (checkout / "docs" / "commands.md").read_text(encoding="utf-8")
    verbs = [p.stem.replace("_", "-") for p in (checkout / "src/assaymark/cli").glob("[!_]*.py")]
    assert [verb for verb in verbs if f"\n## assaymark {verb}\n" not in page] == []


def test_the_page_tells_all_of_every_item(checkout: Path) -> None:
    page = (checkout / "docs" / "criteria.md").read_text(encoding="utf-8")
    for s in catalogue.load().subcriteria().values():
        assert f"\n### {s.id}\n" in page
        for text in (s.text, s.why, s.remedy, *s.checks, *s.references):
            assert " ".join(text.split()) in page, s.id


def pages(checkout: Path) -> list[Path]:
    at_root = list(checkout.glob("*.md"))
    folders = ("actions", "badges", "benchmarks", "docs", "pipelines", "plugins")
    return sorted(at_root + [f for folder in folders for f in (checkout / folder).rglob("*.md")])


def fragments(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def test_links_between_pages_lead_somewhere(checkout: Path) -> None:
    dead = []
    for page in pages(checkout):
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            path, _, fragment = target.partition("#")
            if "://" in target:
                continue
            to = (page.parent / path).resolve() if path else page
            if not to.exists() or (fragment and fragment not in fragments(to)):
                dead.append(f"{page.relative_to(checkout)}: {target}")
    assert dead == []


@pytest.mark.parametrize("folder", ["docs", "docs/decisions"])
def test_every_page_is_in_the_index_of_its_folder(folder: str, checkout: Path) -> None:
    index = (checkout / folder / "README.md").read_text(encoding="utf-8")
    others = [p.name for p in (checkout / folder).glob("*.md") if p.name != "README.md"]
    assert others
    assert [name for name in others if f"({name})" not in index] == []


def test_one_version_everywhere(checkout: Path) -> None:
    version = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    citation = yaml.safe_load((checkout / "CITATION.cff").read_text(encoding="utf-8"))
    codemeta = json.loads((checkout / "codemeta.json").read_text(encoding="utf-8"))
    newest = re.search(r"^## \[(\d.+?)\]", (checkout / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest
    assert {str(citation["version"]), codemeta["version"], newest[1]} == {version}
