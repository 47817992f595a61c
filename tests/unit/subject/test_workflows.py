from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assaymark.api import Entry
from assaymark.subject.ci.github import narrow
from assaymark.subject.tree import IndexedTree
from assaymark.subject.workflows import CiFile, Workflows, workflows


def read(files: dict[str, str | bytes]) -> Workflows:
    data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    entries = [Entry(path, 0o100644, f"{i:040x}", len(data[path])) for i, path in enumerate(data)]
    found: Workflows = workflows.provide(IndexedTree(entries, lambda e, limit: data[e.path][:limit]))
    return found


def one(path: str, text: str | bytes) -> CiFile:
    (file,) = read({path: text}).files
    return file


def runs(file: CiFile) -> list[tuple[str, int]]:
    return [(step.run or step.uses, step.line) for _, step in file.steps()]


GITHUB = """\
name: CI
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    container: {image: "python:3.12"}
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - name: Tests
        run: |
          pip install .
          pytest
        continue-on-error: true
  docs:
    if: startsWith(github.ref, 'refs/tags/')
    uses: ./.github/workflows/docs.yml
"""


def test_a_github_workflow_is_read_with_its_lines() -> None:
    file = one(".github/workflows/ci.yml", GITHUB)
    assert (file.system, file.name, file.problem) == ("github-actions", "CI", None)
    assert file.triggers == {"push", "pull_request"}
    assert file.on_change
    assert file.on_request
    assert runs(file) == [("actions/checkout@v4", 8), ("pip install .\npytest\n", 12)]
    test, docs = file.jobs
    assert (test.image, test.line) == ("python:3.12", 4)
    assert test.steps[0].inputs == {"fetch-depth": "0"}
    assert test.steps[1].may_fail
    assert docs.uses == "./.github/workflows/docs.yml"
    assert not docs.on_change


@pytest.mark.parametrize(
    ("on", "triggers"),
    [
        ("on: push", {"push"}),
        ("on: [push, release]", {"push", "release"}),
        ("'on': {push: }", {"push"}),
        ("true: {push: }", {"push"}),
        ("on:\n  push:\n    tags: ['v*']", {"tag"}),
        ("on:\n  push:\n    tags: ['v*']\n    branches: [main]", {"push"}),
        ("on:\n  pull_request:\n    types: [closed]\n  schedule:\n    - cron: '0 0 * * *'", {"schedule"}),
        ("on:\n  pull_request:\n    types: [opened, labeled]", {"pull_request"}),
        ("on:\n  pull_request:\n    types: [labeled]", set()),
        ("on:\n", set()),
        ("name: x", set()),
    ],
)
def test_triggers(on: str, triggers: set[str]) -> None:
    file = one(".github/workflows/a.yaml", f"{on}\njobs:\n  a:\n    steps: [run: x]\n")
    assert file.triggers == triggers
    assert file.problem is None
    assert bool(file.jobs) == ("types" in on or bool(triggers)), "what nothing ever starts does nothing"


@pytest.mark.parametrize("here", [".", "$"])
def test_a_called_workflow_counts_as_started_by_its_caller(here: str) -> None:
    found = read(
        {
            ".github/workflows/a.yml": f"on: push\njobs:\n  b:\n    uses: {here}/.github/workflows/b.yml\n",
            ".github/workflows/b.yml": "on: workflow_call\njobs:\n  c:\n    uses: ./.github/workflows/c.yml\n",
            ".github/workflows/c.yml": "on: workflow_call\njobs:\n  t:\n    steps: [run: pytest]\n",
            ".github/workflows/d.yml": "on: workflow_call\njobs:\n  t:\n    steps: [run: other]\n",
        }
    )
    assert [f.path[-5:] for f in found.on_change()] == ["a.yml", "b.yml", "c.yml"]
    assert found.on_request() == ()
    assert [step.run for _, _, step in found.commands(on_change=True)] == ["pytest"]
    assert [step.run for _, _, step in found.commands()] == ["pytest", "other"]


@pytest.mark.parametrize("here", [".", "$"])
def test_the_steps_of_local_composite_actions_are_seen_in_their_own_file(here: str) -> None:
    found = read(
        {
            ".github/workflows/a.yml": f"on: push\njobs:\n  b:\n    steps:\n      - uses: {here}/.github/actions/go\n",
            ".github/actions/go/action.yml": (
                "runs:\n  using: composite\n  steps:\n    - run: ruff check\n      shell: bash\n"
                "    - uses: ./.github/actions/go\n"
            ),
        }
    )
    steps = [step for _, _, step in found.commands()]
    assert (steps[1].path, steps[1].line, steps[1].run) == (".github/actions/go/action.yml", 4, "ruff check")
    assert len(steps) < 20  # an action that uses itself ends


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("startsWith(github.ref, 'refs/tags/v')", True),
        ("github.event_name == 'release'", True),
        ("github.event_name == 'push' && github.ref == 'refs/heads/main'", False),
        ("github.event_name != 'schedule'", False),
        ("github.event_name == 'pull_request' || github.event_name == 'schedule'", False),
        ("", False),
    ],
)
def test_conditions_that_keep_a_job_from_changes(condition: str, expected: bool) -> None:
    assert narrow(condition) is expected


def test_a_broken_file_is_told_and_the_others_are_read() -> None:
    found = read(
        {
            ".github/workflows/bad.yml": "on: push\njobs:\n\ta: b\n",
            ".github/workflows/list.yml": "- a\n",
            ".github/workflows/none.yml": "",
            ".github/workflows/shape.yml": "on: push\njobs: [1, 2]\n",
            ".github/workflows/steps.yml": "on: push\njobs: {a: {steps: 3}, b: [], c: {steps: [1, {run: [x]}]}}\n",
            ".github/workflows/good.yml": GITHUB,
            ".travis.yml": b"\xff\xfe\x00",
        }
    )
    by_name = {f.path.rpartition("/")[2]: f for f in found.files}
    assert by_name["good.yml"].problem is None
    assert by_name["steps.yml"].problem is None
    assert list(by_name["steps.yml"].steps()) == []
    assert {f.path.rpartition("/")[2] for f in found.problems} == {
        "bad.yml",
        "list.yml",
        "none.yml",
        "shape.yml",
        ".travis.yml",
    }
    assert "line 3" in (by_name["bad.yml"].problem or "")


GITLAB = """\
include:
  - local: /ci/more.yml
  - template: Security/SAST.gitlab-ci.yml
default:
  before_script: [pip install tox]
.base:
  image: python:3.12
  script:
    - tox -e lint
lint:
  extends: .base
  before_script: []
test:
  extends: [.base, .unit]
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
release:
  script: twine upload dist/*
  only: [tags]
click:
  script: make deploy
  when: manual
"""


def test_gitlab_inherits_includes_and_knows_when_jobs_run() -> None:
    more = ".unit:\n  script:\n    - !reference [.setup, script]\n    - pytest\n.setup:\n  script: [echo hi]\n"
    found = read({".gitlab-ci.yml": GITLAB, "ci/more.yml": more})
    main = next(f for f in found.files if f.path == ".gitlab-ci.yml")
    assert main.triggers == {"push", "pull_request"}
    assert main.includes == ("template: Security/SAST.gitlab-ci.yml",)
    jobs = {job.name: job for job in main.jobs}
    assert [s.run for s in jobs["lint"].steps] == ["tox -e lint"]
    assert [(s.path, s.line, s.run) for s in jobs["test"].steps] == [
        (".gitlab-ci.yml", 5, "pip install tox"),
        ("ci/more.yml", 6, "echo hi"),
        ("ci/more.yml", 4, "pytest"),
    ]
    assert jobs["lint"].image == "python:3.12"
    assert [name for name, job in jobs.items() if job.on_change] == ["lint", "test"]


def test_gitlab_loops_end() -> None:
    main = "include: {local: '**.yml'}\na: {extends: b, script: x}\nb: {extends: [a, b, b, b, b, b, b]}\n"
    assert read({".gitlab-ci.yml": main, "x/y.yml": "include: '/.gitlab-ci.yml'"}).files


def test_gitlab_reads_a_pipeline_behind_its_inputs() -> None:
    file = one(".gitlab-ci.yml", "spec:\n  inputs: {a: {}}\n---\ntest:\n  script: pytest\n")
    assert [s.run for _, s in file.steps()] == ["pytest"]


def test_circleci() -> None:
    text = """\
version: 2.1
orbs: {codecov: codecov/codecov@4.0.1}
commands:
  setup: {steps: [{run: pip install .}]}
jobs:
  test:
    docker: [{image: x}]
    steps:
      - checkout
      - setup
      - run: {name: Tests, command: pytest}
      - when: {condition: x, steps: [run: ruff check]}
      - codecov/upload
workflows:
  all: {jobs: [test, {node/test: {x: 1}}]}
"""
    file = one(".circleci/config.yml", text)
    assert [s.run or s.uses for _, s in file.steps()] == [
        "checkout",
        "pip install .",
        "pytest",
        "ruff check",
        "codecov/upload",
    ]
    assert file.includes == ("codecov/codecov@4.0.1",)
    assert file.jobs[-1].uses == "node/test"


def test_travis() -> None:
    text = "language: python\nscript:\n  - pytest\ndeploy: {provider: pypi}\n"
    text += "jobs:\n  include:\n    - {name: lint, script: flake8}\n"
    assert runs(one(".travis.yml", text)) == [("pytest", 3), ("deploy/pypi", 4), ("flake8", 7)]


def test_azure() -> None:
    text = """\
pr: none
stages:
  - stage: a
    jobs:
      - job: t
        steps:
          - script: pytest
          - task: Bash@3
            inputs: {script: "make"}
      - template: ci/t.yml
"""
    found = read({"azure-pipelines.yml": text, ".azure-pipelines/t.yml": "parameters: {}\nsteps: [bash: x]\n"})
    main = next(f for f in found.files if f.path == "azure-pipelines.yml")
    assert main.triggers == {"push"}
    assert main.includes == ("ci/t.yml",)
    assert [(s.run, s.uses) for _, s in main.steps()] == [("pytest", ""), ("make", "Bash@3")]
    assert [f.triggers for f in found.files if f is not main] == [{"workflow_call"}]


def test_small_systems() -> None:
    found = read(
        {
            "appveyor.yml": "test_script:\n  - cmd: pytest\n  - ps: x\n",
            ".cirrus.yml": "lint_task:\n  lint_script: ruff check\ntask:\n  - name: t\n    script: [a, b]\n",
            "bitbucket-pipelines.yml": (
                "pipelines:\n  default:\n    - step: {script: [make]}\n"
                "  pull-requests:\n    '**':\n      - parallel: [step: {script: pytest}]\n"
            ),
            ".woodpecker/a.yml": "when: [{event: pull_request}]\nsteps:\n  - {name: t, image: py, commands: [tox]}\n",
            ".drone.yml": "steps:\n  - {name: t, commands: [go test]}\n",
        }
    )
    by_system = {f.system: f for f in found.files}
    assert {system: [s.run for _, s in f.steps()] for system, f in by_system.items()} == {
        "appveyor": ["pytest", "x"],
        "cirrus": ["ruff check", "a", "b"],
        "bitbucket": ["make", "pytest"],
        "woodpecker": ["tox"],
        "drone": ["go test"],
    }
    assert by_system["woodpecker"].triggers == {"pull_request"}
    assert by_system["bitbucket"].triggers == {"push", "pull_request"}


JENKINS = '''\
// sh 'not this'
pipeline { stages {
  stage('Test') { steps {
    sh "pytest \\"a b\\""
    echo "sh 'nor this'"
    sh(returnStatus: true, script: """
      tox
      make
    """)
  } }
  stage("Docs") { when { changeRequest() } steps { sh 'sphinx-build' } }
} } /* sh 'x' */
'''


def test_jenkins_is_scanned() -> None:
    file = one("Jenkinsfile", JENKINS)
    assert [(j.name, [s.run for s in j.steps]) for j in file.jobs] == [
        ("Test", ['pytest \\"a b\\"', "tox\n      make"]),
        ("Docs", ["sphinx-build"]),
    ]
    assert file.jobs[1].steps[0].line == 11
    assert file.triggers == {"push", "pull_request"}


def test_the_pipeline_library_configuration_is_read_where_a_jenkinsfile_names_it() -> None:
    config = "sqa_criteria:\n  qc_style:\n    repos:\n      me:\n        commands: [flake8]\n"
    config += "        tox: {testenv: [style]}\n"
    found = read(
        {
            "Jenkinsfile": "pipelineConfig(configFile: './.sqa/a.yml')",
            ".sqa/a.yml": config,
            ".sqa/docker-compose.yml": "services: {}",
        }
    )
    assert [f.path for f in found.on_request()] == [".sqa/a.yml", "Jenkinsfile"]
    assert [s.run for _, _, s in found.commands(on_change=True)] == ["flake8", "tox -e style"]


@pytest.mark.parametrize("opener", ["sh '", 'sh """', "/*", "//", "stage(", "'", "sh(" + "x" * 50, "sh\t"])
def test_no_text_makes_the_jenkins_scan_slow(opener: str) -> None:
    started = time.perf_counter()
    one("Jenkinsfile", opener * (300_000 // len(opener)))
    assert time.perf_counter() - started < 4


def test_templates_of_other_projects_are_not_our_ci() -> None:
    paths = ["inst/templates/Jenkinsfile", "a/.github/workflows/x.yml", "sub/.travis.yml", ".github/ci.yml"]
    assert read(dict.fromkeys(paths, GITHUB)).files == ()


PATHS = [
    ".github/workflows/a.yml",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    ".travis.yml",
    "azure-pipelines.yml",
    "appveyor.yml",
    ".cirrus.yml",
    "bitbucket-pipelines.yml",
    ".woodpecker.yml",
    "Jenkinsfile",
]
KEYS = ["on", "jobs", "steps", "run", "uses", "script", "include", "stages", "extends", "pipelines", "task", "commands"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(path=st.sampled_from(PATHS), value=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_no_shape_breaks_a_reader(path: str, value: dict[str, object]) -> None:
    import yaml

    file = next(f for f in read({path: yaml.safe_dump(value)}).files if f.path == path)
    assert all(isinstance(step.run, str) and step.line >= 1 for _, step in file.steps())
