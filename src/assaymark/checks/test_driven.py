"""QC.Tdd: requirements that became automated tests."""

from __future__ import annotations

from assaymark.api import Evidence, Finding, Location, check, failed, passed, unknown
from assaymark.subject.automation import Automation, named
from assaymark.subject.purposes import SCENARIOS, TEST
from assaymark.subject.requirements import Requirements
from assaymark.subject.testing_layout import TestsFound

_SHOWN = 50


@check("tests.requirements")
def requirements_tested(requirements: Requirements, tests_found: TestsFound, automation: Automation) -> Evidence:
    """Each requirement has an automated test.

    Two ways are recognised. Requirements written as executable scenarios (Gherkin ``.feature``, Robot Framework) that a
    job runs. Or identifiers: the policy ``requirements`` (a table with ``prefix`` and ``documents``) says where
    requirements are listed and how their identifiers begin, and each identifier must stand in a test.
    """
    if requirements.problem:
        return unknown(
            requirements.problem,
            remedy='mend the policy \'requirements\': prefix = "REQ-", documents = ["docs/requirements.md"]',
        )
    if requirements.listed:
        open_ones = [r for r in requirements.listed if r.id not in requirements.tested]
        metrics = {"requirements": len(requirements.listed), "without a test": len(open_ones)}
        if open_ones:
            return failed(
                f"{len(open_ones)} of {len(requirements.listed)} requirements have no test",
                findings=[
                    Finding(
                        rule="untested-requirement",
                        message=f"no test names {r.id}",
                        location=Location(path=r.path, line=r.line),
                    )
                    for r in open_ones[:_SHOWN]
                ],
                remedy=f"write a test that names {open_ones[0].id}",
                metrics=metrics,
            )
        return passed(f"each of {len(requirements.listed)} requirements is named by a test", metrics=metrics)
    if tests_found.requirements:
        direct = automation.doing(SCENARIOS)
        if direct:
            return passed(
                f"{len(tests_found.requirements)} files of executable scenarios, run by {named(SCENARIOS, direct)}"
            )
        runs = automation.doing(TEST)
        if runs and requirements.runner:
            by = f"{named(TEST, runs)} with the library that {requirements.runner} names"
            return passed(f"{len(tests_found.requirements)} files of executable scenarios, run by {by}")
        if blind := automation.blind():
            return unknown(f"no job that runs the scenarios was found, but {blind}", remedy="attest how they are run")
        return failed(
            f"{len(tests_found.requirements)} files of executable scenarios, and no job that runs them",
            findings=[
                Finding(rule="scenario-not-run", message="nothing runs these scenarios", location=Location(path=p))
                for p in tests_found.requirements[:_SHOWN]
            ],
            remedy="run the scenarios in a job on pull_request",
        )
    return unknown(
        "where the requirements are listed is not declared",
        remedy="list requirements with identifiers and declare them in the policy 'requirements', or attest "
        "how they become tests",
    )
