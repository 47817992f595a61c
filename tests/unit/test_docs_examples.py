"""The examples in the guides are read by the program they explain."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from assaymark import catalogue, config
from assaymark.badges import svg
from assaymark.badges.model import Badge, Kind, State

DOCS = Path(__file__).parents[2] / "docs"
BLOCKS = re.findall(r"```toml\n(.*?)```", (DOCS / "configuration.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_configuration_example_is_valid() -> None:
    conf = config.read(BLOCKS[0], ".assaymark.toml")
    assert conf.gate == "silver"
    assert len(conf.waivers) == len(conf.attestations) == len(conf.steps) == 1
    known = catalogue.load().subcriteria(catalogue.profile("assaymark"))
    assert {conf.waivers[0].id, conf.attestations[0].id, conf.steps[0]["criterion"]} <= set(known)


def test_each_configuration_in_the_guide_can_be_read() -> None:
    blocks = [b for b in BLOCKS if b.startswith("# .assaymark.toml")]
    assert [config.read(b, ".assaymark.toml").policy for b in blocks[1:]]


def test_the_profile_example_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    [block] = [b for b in BLOCKS if b.startswith("# lab.toml")]
    file.write_text(block)
    profile = catalogue.profile(str(file))
    assert [rule.level for rule in profile.levels] == ["bronze", "silver", "gold"]
    assert set(profile.levels[0].require) <= set(catalogue.load().subcriteria(profile))


def test_the_migration_guide_explains_every_difference_that_the_benchmark_names() -> None:
    source = (DOCS.parent / "benchmarks" / "agreement.py").read_text(encoding="utf-8")
    names = set(re.findall(r'^        "([a-z-]+) ?": ', source, re.MULTILINE))
    assert len(names) > 10
    guide = (DOCS / "migration.md").read_text(encoding="utf-8")
    assert {name for name in names if f"| `{name}` |" not in guide} == set()


def test_the_step_in_the_readme_is_one_that_the_action_takes() -> None:
    text = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    [step] = yaml.safe_load(block.replace("<commit>", "0" * 40))
    path, _, commit = step["uses"].removeprefix("assaymark/assaymark/").partition("@")
    action = yaml.safe_load((DOCS.parent / path / "action.yml").read_text(encoding="utf-8"))
    assert commit == "0" * 40
    assert set(step["with"]) <= set(action["inputs"])
    assert step["with"]["gate"] in ("bronze", "silver", "gold")


def test_the_badge_in_the_readme_is_what_we_draw() -> None:
    text = (DOCS / "badge.svg").read_text(encoding="utf-8")
    [title] = re.findall("<title>(.*)</title>", text)
    assert "github.com/interTwin-eu/itwinai at c175f9a" in title
    drawn = Badge(
        kind=Kind.LEVEL,
        state=State.ASSESSED,
        label="assaymark",
        message="silver",
        title=title,
        metal="silver",
        commit="c175f9ada2624e902dc9de3221753ff85b314ef1",
    )
    assert svg.render(drawn) == text
