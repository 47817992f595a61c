"""Tools that behave well, and tools that do not: only what really ran may pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assaymark.api import Evidence, Outcome, Severity
from assaymark.subject.tree import IndexedTree
from assaymark.tools import sanitise
from assaymark.tools.manifest import Manifest
from assaymark.tools.run import Job, Session, run_tool
from assaymark.tools.workspace import Workspace

CLEAN = """echo '{"findings": []}'"""
FILES = {"a.py": "x = 1\n", "b.py": "y = 2\n"}
Judge = Callable[..., Evidence]


@pytest.fixture
def judge(tree: Callable[..., IndexedTree], on_disk: Callable[..., Path]) -> Judge:
    def run(manifest: Manifest, files: Any = FILES, *, disk: bool = True, **job: Any) -> Evidence:
        found = tree(files)
        root = on_disk(files) if disk else None
        chosen = tuple(e for e in found if e.path.endswith(".py"))
        job.setdefault("configuration", sanitise.find(found, manifest.config.files, manifest.config.mentions))
        return run_tool(Job(**({"manifest": manifest, "files": chosen} | job)), Workspace(found, root))

    return run


def test_a_clean_run_passes_and_says_on_how_much(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    program(CLEAN)
    found = judge(lint())
    assert found.outcome is Outcome.PASSED
    assert found.message == "lint found nothing in 2 files"
    assert found.tool is not None
    assert found.tool.version == "1.2.3"
    assert found.digest


def test_findings_fail_with_place_and_remedy(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    item = '{"file": "./b.py", "line": 3, "rule": "R1", "message": "bad", "severity": "error"}'
    program(f"echo '{{\"findings\": [{item}]}}'; exit 1")
    found = judge(lint())
    assert found.outcome is Outcome.FAILED
    [finding] = found.findings
    assert (finding.rule, finding.severity) == ("lint/R1", Severity.ERROR)
    assert finding.location is not None
    assert (finding.location.path, finding.location.line) == ("b.py", 3)
    assert "b.py:3" in (found.remedy or "")


def test_milder_findings_are_shown_and_do_not_fail(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    program("""echo '{"findings": [{"file": "a.py", "rule": "R", "message": "m", "severity": "note"}]}'; exit 1""")
    found = judge(lint(fails_at="warning"))
    assert found.outcome is Outcome.PASSED
    assert len(found.findings) == 1
    assert "1 milder" in found.message


def test_files_that_could_not_be_read_leave_it_open(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    program("""echo '{"findings": [], "skipped": [{"file": "a.py", "why": "syntax error"}]}'""")
    found = judge(lint())
    assert found.outcome is Outcome.UNKNOWN
    assert "a.py: syntax error" in found.message


def test_a_missing_tool_is_unknown_and_says_how_to_get_it(lint: Any, judge: Judge) -> None:
    found = judge(lint())
    assert found.outcome is Outcome.UNKNOWN
    assert "lint is not installed" in found.message
    assert "assaymark ingest FILE --for QC.Sty01" in (found.remedy or "")


@pytest.mark.parametrize(
    ("script", "outcome", "says"),
    [
        ("sleep 300", Outcome.UNKNOWN, "did not end within 1 s"),
        ("kill -9 $$", Outcome.UNKNOWN, "killed (signal 9)"),
        ("exit 137", Outcome.UNKNOWN, "killed (signal 9)"),
        ("kill -SEGV $$", Outcome.UNKNOWN, "killed (signal 11)"),
        ("exit 0", Outcome.ERROR, "it is empty"),
        ("""printf '{"findings": ['""", Outcome.ERROR, "not whole JSON"),
        ("""echo '{"findings": []}' | head -c 14""", Outcome.ERROR, "not whole JSON"),
        ("echo '[]'", Outcome.ERROR, "lacks 'findings'"),
        ("echo '{}'", Outcome.ERROR, "lacks 'findings'"),
        ("""echo '{"findings": null}'""", Outcome.ERROR, "list"),
        ("echo Traceback >&2; echo 'ImportError: no module' >&2; exit 2", Outcome.ERROR, "ImportError: no module"),
        ("echo 'usage: lint' >&2; exit 64", Outcome.ERROR, "exit code 64: usage: lint"),
        ("echo 'all good!'", Outcome.ERROR, "not whole JSON"),
        ("""echo '{"findings": []}'; exit 1""", Outcome.ERROR, "exit code 1 says that something was found"),
        ("exec head -c 1000000000 /dev/zero", Outcome.UNKNOWN, "wrote more than can be read"),
        ("exec head -c 1000000000 /dev/zero >&2", Outcome.UNKNOWN, "wrote more than can be read"),
    ],
)
def test_a_tool_that_breaks_never_passes(
    script: str, outcome: Outcome, says: str, program: Callable[..., Path], lint: Any, judge: Judge
) -> None:
    program(script)
    started = time.monotonic()
    found = judge(lint(timeout=1 if "sleep" in script else 20))
    assert found.outcome is outcome, found.message
    assert says in found.message
    assert found.remedy, "a verdict without a way out"
    assert time.monotonic() - started < 15


def test_a_program_of_the_same_name_is_not_the_tool(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    program(CLEAN, version="something else")
    found = judge(lint())
    assert found.outcome is Outcome.ERROR
    assert "does not answer with its version" in found.message


def test_the_version_may_be_told_by_a_program_beside_it(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    program(CLEAN, version=None)
    manifest = replace(lint(), version_program="kit")
    found = judge(manifest)
    assert found.outcome is Outcome.UNKNOWN
    assert "kit is not beside it" in found.message
    program("exit 1", name="kit", version="lint 4.5.6")
    found = judge(manifest)
    assert found.outcome is Outcome.PASSED, found.message
    assert found.tool
    assert found.tool.version == "4.5.6"


def test_what_it_says_is_made_harmless(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    program(r"""printf '::error::x\n\033[2J\033]0;title\007 evil \r\n' >&2; exit 3""")
    found = judge(lint())
    assert "\x1b" not in found.message
    assert "\r" not in found.message
    assert "\n" not in found.message


def test_files_of_odd_names_are_given_as_they_are(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    names = ["-rf.py", "a b.py", "$(touch pwned).py", "new\nline.py", "é.py", "\udcff.py", "'q\".py"]
    program('for f in "$@"; do [ -f "$f" ] || { echo "no $f" >&2; exit 9; }; done; [ $# = 7 ] || exit 8\n' + CLEAN)
    files = dict.fromkeys(names, "x = 1\n")
    found = judge(lint(), files)
    assert found.outcome is Outcome.PASSED, found.message


def test_many_files_become_several_calls(program: Callable[..., Path], lint: Any, judge: Judge, tmp_path: Path) -> None:
    program(f'echo $# >> {tmp_path}/calls; for f in "$@"; do [ -f "$f" ] || exit 9; done\n' + CLEAN)
    files = {f"{'d' * 100}/{n:05}.py": "" for n in range(3000)}
    found = judge(lint(), files)
    assert found.outcome is Outcome.PASSED, found.message
    calls = [int(n) for n in (tmp_path / "calls").read_text().split()]
    assert sum(calls) == 3000
    assert len(calls) > 1


def test_a_list_of_files_is_one_call(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    program('[ "$(cat "$1")" = "a.py\nb.py" ] || exit 9\n' + CLEAN)
    assert judge(lint(command=["lint", "{list}"])).outcome is Outcome.PASSED


def test_a_report_file_is_read_instead_of_the_output(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    program("""echo noise; echo '{"findings": []}' > "$1" """)
    assert judge(lint(command=["lint", "{report}", "{files}"])).outcome is Outcome.PASSED
    program("echo no report for you")
    found = judge(lint(command=["lint", "{report}", "{files}", "again"]))
    assert found.outcome is Outcome.ERROR
    assert "wrote no report" in found.message


def test_a_subject_without_files_on_disk_is_laid_out_for_it(
    program: Callable[..., Path], lint: Any, judge: Judge
) -> None:
    program('[ "$(cat a.py)" = "x = 1" ] || exit 9\n' + CLEAN)
    assert judge(lint(), disk=False).outcome is Outcome.PASSED


def test_an_isolated_tool_sees_only_its_files(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    program("[ -f a.py ] && [ ! -e secret.txt ] || exit 9\n" + CLEAN)
    assert judge(lint(isolate=True), FILES | {"secret.txt": "x"}).outcome is Outcome.PASSED


def test_a_file_behind_a_link_is_not_given(
    program: Callable[..., Path], lint: Any, tree: Any, on_disk: Any, tmp_path: Path
) -> None:
    program("[ $# = 1 ] || exit 9\n" + CLEAN)
    files = {"a.py": "x = 1\n", "d/b.py": "y = 2\n"}
    root = on_disk(files)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.py").write_text("secret")
    (root / "d" / "b.py").unlink()
    (root / "d").rmdir()
    (root / "d").symlink_to(tmp_path / "outside")
    found = run_tool(Job(manifest=lint(), files=tuple(tree(files))), Workspace(tree(files), root))
    assert found.outcome is Outcome.UNKNOWN
    assert "d/b.py: lies behind a link" in found.message


def test_a_tool_inside_the_checkout_is_not_run(lint: Any, judge: Judge, on_disk: Any, monkeypatch: Any) -> None:
    root = on_disk({".venv/bin/lint": f"#!/bin/sh\ntouch {on_disk({})}/PWNED\necho lint 1.0\n"})
    (root / ".venv/bin/lint").chmod(0o755)
    monkeypatch.setenv("PATH", f"{root}/.venv/bin:/usr/bin:/bin")
    found = judge(lint())
    assert found.outcome is Outcome.UNKNOWN
    assert not (root / "PWNED").exists()


def test_with_trust_the_projects_own_tool_is_run(lint: Any, judge: Judge, on_disk: Any) -> None:
    script = f'#!/bin/sh\nif [ "$1" = --version ]; then echo lint 9.9; exit; fi\n{CLEAN}\n'
    root = on_disk({".venv/bin/lint": script})
    (root / ".venv/bin/lint").chmod(0o755)
    found = judge(lint(), trusted=True)
    assert found.outcome is Outcome.PASSED
    assert found.tool is not None
    assert found.tool.version == "9.9"


def test_a_tool_that_executes_the_repository_needs_consent(
    program: Callable[..., Path], lint: Any, judge: Judge
) -> None:
    program(CLEAN)
    found = judge(lint(executes_code="always"))
    assert found.outcome is Outcome.UNKNOWN
    assert "--trust-repository" in found.message
    assert judge(lint(executes_code="always"), trusted=True).outcome is Outcome.PASSED


CONFIG = """
[config]
files = ["lint.ini", "setup.cfg#lint"]
args = ["--config={config}"]
absent = ["--isolated"]
drop = ["plugin", "[lint:plugins]"]
"""
SHOW = """
for a in "$@"; do
  case $a in --config=*) cat "${a#--config=}" >&2;; --isolated) echo isolated >&2;; esac
done
exit 9"""


def configured(lint: Any, **keys: Any) -> Manifest:
    made: Manifest = lint(CONFIG, executes_code="configuration", command=["lint", "{config}", "{files}"], **keys)
    return made


def test_the_configuration_is_passed_without_what_executes(
    program: Callable[..., Path], lint: Any, judge: Judge
) -> None:
    program(SHOW)
    ini = "[lint]\nlength = 99\nplugin = evil\n[lint:plugins]\nx = evil:run\n"
    said = judge(configured(lint), FILES | {"lint.ini": ini}).message
    assert "length = 99" in said
    assert "evil" not in said


def test_without_a_configuration_it_is_told_so(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    program(SHOW)
    assert "isolated" in judge(configured(lint)).message


def test_a_broken_configuration_is_unknown(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    program(CLEAN)
    found = judge(configured(lint), FILES | {"lint.ini": "no section\n[\n"})
    assert found.outcome is Outcome.UNKNOWN
    assert "lint.ini cannot be read" in found.message


CANARY = """
[canary]
name = "canary.py"
text = "!"
rule = "E9*"
"""


def test_a_canary_that_is_not_reported_proves_that_it_did_not_look(
    program: Callable[..., Path], lint: Any, judge: Judge
) -> None:
    program(CLEAN)
    found = judge(lint(CANARY))
    assert found.outcome is Outcome.ERROR
    assert "planted" in found.message


def test_a_canary_that_is_reported_is_not_held_against_anyone(
    program: Callable[..., Path], lint: Any, judge: Judge
) -> None:
    program(
        'for f in "$@"; do last="$f"; done; [ "$(cat "$last")" = "!" ] || exit 9\n'
        """printf '{"findings": [{"file": "%s", "rule": "E999", "message": "m"}]}' "$last"; exit 1"""
    )
    found = judge(lint(CANARY))
    assert found.outcome is Outcome.PASSED, found.message
    assert found.findings == ()


def test_an_unchanged_subject_is_not_looked_at_twice(
    program: Callable[..., Path], lint: Any, judge: Judge, tmp_path: Path
) -> None:
    item = '{"file": "b.py", "line": 3, "rule": "R1", "message": "bad"}'
    script = f"echo x >> {tmp_path}/calls\necho '{{\"findings\": [{item}]}}'; exit 1"
    file = program(script)
    first = judge(lint())
    assert judge(lint()) == first
    assert (tmp_path / "calls").read_text() == "x\n"
    judge(lint(), FILES | {"a.py": "changed = 1\n"})
    judge(lint(timeout=21))
    judge(lint(), remember=False)
    assert len((tmp_path / "calls").read_text().split()) == 4
    file.write_text(file.read_text() + "# new version\n")
    judge(lint())
    assert len((tmp_path / "calls").read_text().split()) == 5


def test_trouble_is_not_remembered(program: Callable[..., Path], lint: Any, judge: Judge, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    program(f"if [ -e {flag} ]; then {CLEAN}; else exit 9; fi")
    assert judge(lint()).outcome is Outcome.ERROR
    flag.touch()
    assert judge(lint()).outcome is Outcome.PASSED


JUNIT = '<testsuite tests="1"><testcase name="t"/></testsuite>'
TESTER = {"kind": "tests", "format": "junit", "executes_code": "always", "command": ["lint", "{report}"]}


def test_a_tool_finds_no_way_out(program: Callable[..., Path], lint: Any, judge: Judge, tmp_path: Path) -> None:
    program(f"env > {tmp_path}/seen; echo '{{\"findings\": []}}'")
    assert judge(lint()).outcome is Outcome.PASSED
    assert "https_proxy=http://127.0.0.1:9" in (tmp_path / "seen").read_text().splitlines()


def test_tests_run_only_with_consent(program: Callable[..., Path], lint: Any, judge: Judge, tmp_path: Path) -> None:
    program(f"touch {tmp_path}/ran; echo '{JUNIT}' > $1")
    assert judge(lint(**TESTER)).outcome is Outcome.UNKNOWN
    assert not (tmp_path / "ran").exists()
    found = judge(lint(**TESTER), run_tests=True)
    assert found.outcome is Outcome.PASSED, found.message
    assert found.grade == "self-reported"


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        ('<testsuite><testcase name="t"><failure message="no"/></testcase></testsuite>', Outcome.FAILED),
        ('<testsuite><testcase name="t"><error message="no"/></testcase></testsuite>', Outcome.ERROR),
        ('<testsuite><testcase name="t"><skipped/></testcase></testsuite>', Outcome.UNKNOWN),
        ("<testsuite/>", Outcome.UNKNOWN),
        ('<testsuite tests="3"><testcase name="t"/></testsuite>', Outcome.ERROR),
    ],
)
def test_only_tests_that_ran_and_passed_pass(
    report: str, outcome: Outcome, program: Callable[..., Path], lint: Any, judge: Judge
) -> None:
    program(f"echo '{report}' > $1")
    assert judge(lint(**TESTER), run_tests=True).outcome is outcome


def test_exit_codes_may_mean_that_it_was_unable(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    program("echo 'ModuleNotFoundError: numpy'; exit 5")
    found = judge(lint('[unable]\n5 = "no tests were found"', **TESTER), run_tests=True)
    assert found.outcome is Outcome.UNKNOWN
    assert "no tests were found (ModuleNotFoundError: numpy)" in found.message


def test_two_tools_share_one_run(
    program: Callable[..., Path], lint: Any, tree: Any, on_disk: Any, tmp_path: Path
) -> None:
    tests = lint(**TESTER | {"wrapped": ["cover", "run", "{tmp}/data", "{report}"]})
    cover = replace(
        lint(
            kind="coverage",
            format="cobertura",
            executes_code="always",
            command=["cover", "xml", "{tmp}/data", "{report}"],
        ),
        name="cover",
        after="lint",
        minimum=70,
    )
    program("exit 9")
    xml = '<coverage lines-covered="8" lines-valid="10"/>'
    program(
        f"[ $1 = run ] || exec cp $2 $3\necho x >> {tmp_path}/runs; echo '{JUNIT}' > $3; echo '{xml}' > $2",
        name="cover",
    )
    workspace = Workspace(tree(FILES), on_disk(FILES))
    leader = Job(manifest=tests, files=(), run_tests=True)
    session = Session(leader)
    found = run_tool(Job(manifest=cover, files=(), run_tests=True, session=session), workspace)
    assert found.outcome is Outcome.PASSED, found.message
    assert found.metrics["coverage"] == 80.0
    assert run_tool(replace(leader, session=session), workspace).outcome is Outcome.PASSED
    assert (tmp_path / "runs").read_text() == "x\n"


def test_without_a_run_there_is_no_coverage(program: Callable[..., Path], lint: Any, tree: Any, on_disk: Any) -> None:
    cover = replace(
        lint(kind="coverage", format="cobertura", executes_code="always", command=["cover", "{report}"]),
        name="cover",
        after="lint",
        minimum=70,
    )
    program("echo broken >&2; exit 9")
    session = Session(Job(manifest=lint(**TESTER), files=(), run_tests=True))
    found = run_tool(
        Job(manifest=cover, files=(), run_tests=True, session=session), Workspace(tree(FILES), on_disk(FILES))
    )
    assert found.outcome is Outcome.UNKNOWN
    assert "lint gave no result" in found.message


def test_long_lists_are_cut_and_counted(program: Callable[..., Path], lint: Any, judge: Judge) -> None:
    one = '{"file": "a.py", "rule": "R", "message": "m", "severity": "%s"}'
    items = ",".join([one % "note"] * 500 + [one % "error"] * 1500)
    program(f"echo '{{\"findings\": [{items}]}}'; exit 1")
    found = judge(lint(fails_at="error"))
    assert (found.metrics["findings"], found.metrics["milder"]) == (1500, 500)
    assert [f.severity for f in found.findings] == [Severity.ERROR] * 1000 + [Severity.NOTE] * 100
