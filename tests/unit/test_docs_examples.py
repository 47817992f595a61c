"""The examples in the guides are read by the program they explain."""

from __future__ import annotations

import re
from pathlib import Path

from assaymark import catalogue, config

DOCS = Path(__file__).parents[2] / "docs"
BLOCKS = re.findall(r"```toml\n(.*?)```", (DOCS / "configuration.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_configuration_example_is_valid() -> None:
    conf = config.read(BLOCKS[0], ".assaymark.toml")
    assert conf.gate == "silver"
    assert len(conf.waivers) == len(conf.attestations) == len(conf.steps) == 1
    known = catalogue.load().subcriteria(catalogue.profile("assaymark"))
    assert {conf.waivers[0].id, conf.attestations[0].id, conf.steps[0]["criterion"]} <= set(known)


def test_the_profile_example_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    file.write_text(BLOCKS[1])
    profile = catalogue.profile(str(file))
    assert [rule.level for rule in profile.levels] == ["bronze", "silver", "gold"]
    assert set(profile.levels[0].require) <= set(catalogue.load().subcriteria(profile))


def test_the_migration_guide_explains_every_difference_that_the_benchmark_names() -> None:
    source = (DOCS.parent / "benchmarks" / "agreement.py").read_text(encoding="utf-8")
    names = set(re.findall(r'^        "([a-z-]+) ?": ', source, re.MULTILINE))
    assert len(names) > 10
    guide = (DOCS / "migration.md").read_text(encoding="utf-8")
    assert {name for name in names if f"| `{name}` |" not in guide} == set()
