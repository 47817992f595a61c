"""The catalogue is whole: every id of the standard once and in its order, every check named exists and is used."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from assaymark import catalogue, registry
from assaymark.data import folder
from assaymark.model import Criterion, DecidedBy, Level, Profile, Requirement, Subcriterion

BASELINE: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("baseline_4_1.toml").read_text(encoding="utf-8")
)
SOFTWARE = "software"
# What `assaymark.assessment` lays before the facts.
GIVEN = {"exclude", "opened", "options", "settings", "subject", "tree", "validation"}
PLACEHOLDER = re.compile(r"[{}]|\b(?:TODO|FIXME|TBD|XXX|lorem)\b")


def software() -> dict[str, Criterion]:
    return {c.id: c for c in catalogue.load().criteria.values() if c.kind == SOFTWARE}


def profiles() -> list[Profile]:
    return [catalogue.profile(name) for name in catalogue.profiles()]


def definitions() -> list[tuple[str, Subcriterion]]:
    """All definitions with where they stand, those that a profile brings included."""
    found = [(c.id, s) for c in catalogue.load().criteria.values() for s in c.subcriteria]
    return found + [(f"profile {p.id}", s) for p in profiles() for s in p.subcriteria]


def order(id: str) -> tuple[str, list[int]]:
    """``QC.Doc06.1`` -> (``QC.Doc``, [6, 1]): letters first, then numbers as numbers."""
    letters = re.match(r"[A-Za-z.]*[A-Za-z]", id)
    assert letters, id
    return letters[0], [int(n) for n in re.findall(r"\d+", id[letters.end() :])]


def test_the_baseline_has_93_items() -> None:
    ids = [id for family in BASELINE.values() for id in family]
    assert len(ids) == len(set(ids)) == 93


@pytest.mark.parametrize("criterion", BASELINE)
def test_every_item_of_the_baseline_stands_in_its_order(criterion: str) -> None:
    found = software().get(criterion)
    assert found, f"criteria/{SOFTWARE}/{criterion}.toml is missing"
    assert [s.id for s in found.subcriteria] == list(BASELINE[criterion])
    assert {s.id: str(s.requirement) for s in found.subcriteria} == BASELINE[criterion]
    assert found.standard == "SQA Baseline 4.1"


def test_no_criterion_is_invented() -> None:
    assert set(software()) == set(BASELINE)


def test_a_file_is_named_after_its_criterion() -> None:
    names = [f.name for f in folder("criteria").joinpath(SOFTWARE).iterdir() if not f.name.startswith(".")]
    assert sorted(names) == sorted(f"{id}.toml" for id in software())


def test_no_id_is_defined_twice() -> None:
    ids = [s.id for c in catalogue.load().criteria.values() for s in c.subcriteria]
    assert sorted(ids) == sorted(set(ids))
    for profile in profiles():
        own = [s.id for s in profile.subcriteria]
        assert sorted(own) == sorted(set(own)), profile.id


@pytest.mark.parametrize("criterion", BASELINE)
def test_ids_are_sorted(criterion: str) -> None:
    ids = [s.id for s in software()[criterion].subcriteria]
    assert ids == sorted(ids, key=order)
    assert all(id.startswith(criterion) for id in ids)


def test_every_check_that_is_named_exists() -> None:
    known = registry.load().checks
    missing = [f"{where}: {s.id}: {check}" for where, s in definitions() for check in s.checks if check not in known]
    assert missing == []


def test_every_built_in_check_is_used() -> None:
    named = {check for _, s in definitions() for check in s.checks}
    idle = [c.id for c in registry.load().checks.values() if not c.subcriteria and c.id not in named]
    assert sorted(idle) == []


def test_checks_that_software_is_not_asked_for_wait_in_parts() -> None:
    """Every assessment of a repository would load them otherwise."""
    asked = {check for d in catalogue.load().subcriteria(catalogue.profile("assaymark")).values() for check in d.checks}
    idle = [c.id for plugin in registry.plugins() for c in plugin.checks if not c.subcriteria and c.id not in asked]
    assert idle == []
    assert registry.load_for(asked) is registry.at_hand()


def test_every_check_has_a_help_page_and_known_facts() -> None:
    found = registry.load()
    for check in found.checks.values():
        assert len(check.help) > 20, f"{check.id} needs a docstring"
        assert set(check.needs) <= GIVEN | set(found.facts), check.id


def test_a_fact_needs_only_facts_that_exist() -> None:
    found = registry.load()
    lacking = {f.name: sorted(set(f.needs) - GIVEN - set(found.facts)) for f in found.facts.values()}
    assert {name: needs for name, needs in lacking.items() if needs} == {}


def test_texts_say_something() -> None:
    thin = []
    for where, s in definitions():
        for key, text, least in (("text", s.text, 20), ("why", s.why, 30), ("remedy", s.remedy, 30)):
            if len(text) < least or PLACEHOLDER.search(text):
                thin.append(f"{where}: {s.id}: {key}: {text!r}")
        if len({s.text, s.why, s.remedy}) < 3:
            thin.append(f"{where}: {s.id}: text, why and remedy repeat one another")
    assert thin == []


def test_no_two_items_share_a_text() -> None:
    texts = [s.text for c in software().values() for s in c.subcriteria]
    assert sorted({t for t in texts if texts.count(t) > 1}) == []


def test_what_is_said_to_decide_agrees_with_the_checks() -> None:
    wrong = []
    for where, s in definitions():
        attested = s.decided_by == (DecidedBy.ATTESTED,)
        tools_only = DecidedBy.TOOLS in s.decided_by
        if attested and s.checks:
            wrong.append(f"{where}: {s.id}: attested, yet checks are named")
        if not attested and not tools_only and not s.checks:
            wrong.append(f"{where}: {s.id}: decided by {', '.join(s.decided_by)}, yet no check is named")
    assert wrong == []


def test_references_are_addresses_or_known_prefixes() -> None:
    known = ("https://", "EVERSE:", "FRSM-", "OpenSSF:", "RSQKit:", "CWE-")
    wrong = [f"{s.id}: {r}" for _, s in definitions() for r in s.references if not r.startswith(known)]
    assert wrong == []


# The indicators of EVERSE, state of 2026-11; each is ``https://w3id.org/everse/i/indicators/<name>``.
EVERSE = """
    archived_in_scholarly_repository archived_in_software_heritage code_churn_ok code_documentation_coverage_ok
    code_duplication_ok code_smells_ok codemeta_completeness coupling_between_objects_ok cyclomatic_complexity_ok
    dependency_management descriptive_metadata functional_correctness has_active_communication_channels
    has_active_contributors has_ci-tests has_contribution_guidelines has_no_binary_artifacts has_no_linting_issues
    has_published_package has_releases human_code_review_requirement internal_cohesion_ok lines_of_code_ok
    listed_in_registry maintainability_index_ok metadata_is_up_to_date no_critical_vulnerability
    no_leaked_credentials passed_tests_ok persistent_and_unique_identifier project_is_active repository_workflows
    requirements_specified response_timeframe_ok software_has_citation software_has_documentation
    software_has_license software_has_license_for_file_types software_has_tests software_is_containerized
    software_test_coverage static_analysis_common_vulnerabilities support_issue_tracking uses_fuzzing
    uses_tool_for_warnings_and_mistakes version_control_use versioning_standards_use
"""


def test_indicators_of_everse_exist() -> None:
    named = {r.removeprefix("EVERSE:") for _, s in definitions() for r in s.references if r.startswith("EVERSE:")}
    assert sorted(named - set(EVERSE.split())) == []
    assert len(named) >= 15


def test_the_default_profile_exists() -> None:
    assert {"assaymark", "sqaaas-v2", "sqaaas-v3"} <= set(catalogue.profiles())


@pytest.mark.parametrize("name", catalogue.profiles())
def test_a_profile_names_only_what_exists(name: str) -> None:
    profile = catalogue.profile(name)
    known = catalogue.load().subcriteria(profile)
    assert profile.id == name
    assert [r.level for r in profile.levels] == [Level.BRONZE, Level.SILVER, Level.GOLD]
    for rule in profile.levels:
        assert set(rule.require) <= set(known), rule.level
        assert len(rule.require) == len(set(rule.require)), rule.level
        assert len(rule.why) > 30, rule.level


def test_gold_asks_for_every_must_that_a_machine_can_decide() -> None:
    profile = catalogue.profile("assaymark")
    gold = {id for rule in profile.levels for id in rule.require}
    by_machine = {DecidedBy.FILES, DecidedBy.GIT, DecidedBy.TOOLS}
    must = {
        s.id
        for c in software().values()
        for s in c.subcriteria
        if s.requirement in (Requirement.MUST, Requirement.MUST_NOT) and set(s.decided_by) <= by_machine
    }
    assert sorted(must - gold) == []
