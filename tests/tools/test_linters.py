"""Each tool of the linters plugin for real: a clean project passes, a dirty one fails, at the right places.

``<tool>/clean`` and ``<tool>/dirty`` hold the files of a small project; they carry ``.sample`` behind their names so
that no tool takes them for files of ours, and ``@AWS@`` stands for a key that no scanner of ours shall find.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from assaymark.api import Evidence, Outcome
from assaymark.subject.checkout import open_subject
from assaymark.subject.languages import languages
from assaymark.tools import manifest as manifests
from assaymark.tools.locate import locate
from assaymark.tools.plan import choose
from assaymark.tools.run import Job, run_tool
from assaymark.tools.workspace import Workspace
from assaymark_linters import PLUGIN

HERE = Path(__file__).parent
EXPECTED: Mapping[str, list[str]] = tomllib.loads((HERE / "expected.toml").read_text())
MANIFESTS = {m.name: m for m in manifests.load(PLUGIN.tools)}
# No package brings them to CI: they were run by hand, and are wherever they are installed.
BY_HAND = {"gosec", "golangci-lint"}
STRICT = os.environ.get("ASSAYMARK_CI") == "1"
KEY = "AKIA" + "Q3EGRV5CDNW7YHZT"


def project(source: Path, target: Path) -> Path:
    """The files of a sample project under their real names."""
    for file in sorted(source.rglob("*.sample")):
        real = target / file.relative_to(source).with_suffix("")
        real.parent.mkdir(parents=True, exist_ok=True)
        real.write_text(file.read_text().replace("@AWS@", KEY))
    return target


def judge(name: str, root: Path) -> Evidence:
    """What one tool says about a folder, as it would be chosen in an assessment."""
    tree = open_subject(str(root), None).tree
    chosen = {c.manifest.name: c for c in choose(tuple(MANIFESTS.values()), languages.provide(tree), tree)}
    assert name in chosen, f"{name} is not chosen for {sorted(e.path for e in tree)}"
    one = chosen[name]
    job = Job(
        manifest=one.manifest, files=one.files, configuration=one.configuration, trusted=_trusted(name), remember=False
    )
    return run_tool(job, Workspace(tree, root))


def _trusted(name: str) -> bool:
    return str(MANIFESTS[name].executes_code) == "always"


def places(evidence: Evidence) -> Iterator[str]:
    """``path:line rule`` of each finding, without the tool's name."""
    for found in evidence.findings:
        at = found.location
        assert at is not None
        line = f":{at.line}" if at.line else ""
        yield f"{at.path}{line} {found.rule.partition('/')[2]}"


@pytest.fixture(autouse=True)
def toolchain_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests have a home of their own, and a Rust that rustup installed lies in the real one."""
    real = Path(pwd.getpwuid(os.getuid()).pw_dir, ".rustup")
    if real.is_dir():
        monkeypatch.setenv("RUSTUP_HOME", str(real))


def test_every_tool_has_a_sample() -> None:
    assert set(EXPECTED) == set(MANIFESTS)
    assert {p.name for p in HERE.iterdir() if p.is_dir() and p.name != "__pycache__"} >= set(EXPECTED)


# What no package that .ci/run may install brings: where the program is there, it is tested.
TESTED = sorted(n for n in EXPECTED if n not in BY_HAND or locate(MANIFESTS[n].program, None) is not None)


@pytest.fixture(params=TESTED)
def name(request: pytest.FixtureRequest) -> str:
    program = MANIFESTS[request.param].program
    if locate(program, None) is None:
        missing(program)
    return str(request.param)


def missing(program: str) -> None:
    """Skip on a bare machine; in CI everything that is tested here is installed."""
    if STRICT:
        pytest.fail(f"{program} is not installed; .ci/run must install it", pytrace=False)
    pytest.skip(f"{program} is not installed")


def test_a_clean_project_passes(name: str, tmp_path: Path) -> None:
    evidence = judge(name, project(HERE / name / "clean", tmp_path / "clean"))
    assert evidence.outcome is Outcome.PASSED, evidence.message
    assert evidence.tool
    assert evidence.tool.version


def test_a_dirty_project_fails_at_the_right_places(name: str, tmp_path: Path) -> None:
    evidence = judge(name, project(HERE / name / "dirty", tmp_path / "dirty"))
    assert evidence.outcome is Outcome.FAILED, evidence.message
    assert set(EXPECTED[name]) <= set(places(evidence))


def test_a_file_that_cannot_be_read_never_passes(name: str, tmp_path: Path) -> None:
    root = project(HERE / name / "clean", tmp_path / "clean")
    configuration = {".clang-format", "eslint.config.mjs", ".oxlintrc.json", "go.mod"}
    for file in root.rglob("*"):
        if file.is_file() and file.name not in configuration:
            file.write_bytes(b'\xc3\x28 {{{[[[(((\x00\x01 \x27\x27\x27 """\n\tx: [\n')
    if name == "gitleaks":  # no file is unreadable to it
        pytest.skip("any bytes can be searched for keys")
    assert judge(name, root).outcome is not Outcome.PASSED


def test_names_of_files_are_no_options(name: str, tmp_path: Path) -> None:
    if "{files}" not in MANIFESTS[name].command:
        pytest.skip("it is given no names")
    source = project(HERE / name / "dirty", tmp_path / "dirty")
    for file in [f for f in source.rglob("*") if f.is_file()]:
        if file.name[0] != "." and file.suffix and file.name != "eslint.config.mjs":
            shutil.copy(file, file.with_name(f"-v {file.name}"))
            shutil.copy(file, file.with_name(f"--help{file.suffix}"))
    assert judge(name, source).outcome is Outcome.FAILED


def test_a_name_with_a_line_break_does_not_hide_what_is_found(tmp_path: Path) -> None:
    for name in ("shellcheck", "yamllint", "hadolint", "rumdl", "zizmor", "gitleaks"):
        if locate(MANIFESTS[name].program, None) is None:
            continue
        root = project(HERE / name / "dirty", tmp_path / name)
        for file in [f for f in root.rglob("*") if f.is_file()]:
            file.rename(file.with_name("a\n::error::b " + file.name if name != "hadolint" else file.name))
        assert judge(name, root).outcome in (Outcome.FAILED, Outcome.ERROR), name


def test_the_configuration_of_the_project_counts(tmp_path: Path) -> None:
    """A linter that is configured judges by that configuration, also where ours would be milder or stricter."""
    samples = {
        "yamllint": {".yamllint": "rules: {line-length: {max: 5}}\n", "a.yaml": "key: value\n"},
        "rumdl": {".markdownlint.json": '{"default": false, "MD040": true}\n', "a.md": "# a\n\n```\nb\n```\n"},
        "shellcheck": {".shellcheckrc": "disable=SC2068\n", "a.sh": "#!/bin/sh\nrm $@\n"},
        "hadolint": {".hadolint.yaml": "ignored: [DL3004]\n", "Dockerfile": "FROM a:1\nRUN sudo b\n"},
        "fortitude": {
            "fpm.toml": '[extra.fortitude.check]\nselect = ["S101"]\n',
            "a.f90": "program a\nend program a \n",
        },
        "zizmor": {
            ".github/zizmor.yml": "rules: {template-injection: {ignore: [ci.yml]}}\n",
            ".github/workflows/ci.yml": (HERE / "zizmor/dirty/.github/workflows/ci.yml.sample").read_text(),
        },
        "gitleaks": {".gitleaks.toml": "[extend]\nuseDefault = true\n", "tests/a.py": f'key = "{KEY}"\n'},
    }
    fails = {"yamllint", "rumdl", "fortitude", "gitleaks"}
    for name, files in samples.items():
        if locate(MANIFESTS[name].program, None) is None:
            continue
        for path, text in files.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        evidence = judge(name, tmp_path / name)
        assert evidence.outcome is (Outcome.FAILED if name in fails else Outcome.PASSED), evidence.message


def test_code_blocks_of_a_document_are_given_to_no_program(tmp_path: Path) -> None:
    """rumdl can run any program on code blocks; the project's configuration must not be able to ask for it."""
    program = locate("rumdl", None)
    if program is None:
        pytest.skip("rumdl is not installed")
    root, mark = tmp_path / "p", tmp_path / "mark"
    root.mkdir()
    (root / ".rumdl.toml").write_text(
        '[code-block-tools]\nenabled = true\n[code-block-tools.languages]\nshell = {lint = ["evil"]}\n'
        f'[code-block-tools.tools.evil]\ncommand = ["touch", "{mark}"]\n'
    )
    (root / "a.md").write_text("# A\n\n```sh\ntrue\n```\n")
    subprocess.run([program.path, "check", "--no-cache", "a.md"], cwd=root, capture_output=True, check=False)
    assert mark.exists(), "this test proves nothing: rumdl no longer understands the configuration"
    mark.unlink()
    assert judge("rumdl", root).outcome is Outcome.PASSED
    assert not mark.exists()


def test_r_reads_no_profile_of_the_repository(tmp_path: Path) -> None:
    """R runs a .Rprofile where it starts, and lintr's own configuration is R code."""
    if locate("Rscript", None) is None:
        pytest.skip("R is not installed")
    root, mark = project(HERE / "lintr-basic" / "clean", tmp_path / "p"), tmp_path / "mark"
    evil = f'file.create("{mark}")\n'
    (root / ".Rprofile").write_text(evil)
    (root / ".Renviron").write_text(f"R_PROFILE_USER={root}/.Rprofile\n")
    subprocess.run(["Rscript", "-e", "1"], cwd=root, capture_output=True, check=False)
    assert mark.exists(), "this test proves nothing: R no longer reads the profile"
    mark.unlink()
    assert judge("lintr-basic", root).outcome is Outcome.PASSED
    assert not mark.exists()
    (root / ".lintr").write_text(f'linters: {{file.create("{mark}"); lintr::linters_with_defaults()}}\n')
    tree = open_subject(str(root), None).tree
    [chosen] = [c for c in choose(tuple(MANIFESTS.values()), languages.provide(tree), tree) if "R" in c.languages]
    untrusted = Job(manifest=chosen.manifest, files=chosen.files, configuration=chosen.configuration, remember=False)
    found = run_tool(untrusted, Workspace(tree, root))
    assert (chosen.manifest.name, found.outcome) == ("lintr", Outcome.UNKNOWN)
    assert not mark.exists()
