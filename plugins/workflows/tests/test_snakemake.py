"""What Snakemake reads over is read over here as well."""

from __future__ import annotations

from pathlib import Path

import assaymark


def said(folder: Path, text: str) -> list[tuple[str, str, int]]:
    (folder / "Snakefile").write_text(text, encoding="utf-8")
    found = assaymark.validate(folder, only=("snakemake",), cache=False).problems
    return [
        (p.finding.rule, p.finding.severity.value, p.finding.location.line or 0) for p in found if p.finding.location
    ]


def test_comments_hold_no_files_and_no_wildcards(tmp_path: Path) -> None:
    text = """\
rule a:
    input: "{name}.in"
    output: "{name}.out"  # not '{other}.out'
    # message: 'from {input[0]} to {output}'
    log: "{name}.log"
    # script: "gone.py"
    shell:
        'grep "#" {input} > {output}'
"""
    assert said(tmp_path, text) == []


def test_a_mark_in_a_string_begins_no_comment(tmp_path: Path) -> None:
    text = 'rule a:\n    input: "#{other}.in"\n    output: "{name}.out"\n    shell: "true"\n'
    assert said(tmp_path, text) == [("SMK-X002", "error", 2)]


def test_an_environment_that_is_not_there_only_harms_who_asks_for_it(tmp_path: Path) -> None:
    text = 'rule a:\n    output: "x"\n    conda: "envs/a.yaml"\n    shell: "true"\n'
    assert said(tmp_path, text) == [("SMK-R001", "warning", 3)]


def test_a_rule_may_stand_in_either_branch(tmp_path: Path) -> None:
    rule = "    rule a:\n        output: 'x'\n        shell: 'touch x'\n"
    assert said(tmp_path, f"if config:\n{rule}else:\n{rule}") == []


def test_only_what_a_rule_runs_cannot_be_given_twice(tmp_path: Path) -> None:
    head = "rule a:\n    output: 'x'\n"
    assert said(tmp_path, f"{head}    params: 1\n    params: 2\n    shell: 'a'\n") == [("SMK-S003", "warning", 4)]
    assert said(tmp_path, f"{head}    shell: 'a'\n    shell: 'b'\n") == [("SMK-S003", "error", 4)]


def test_what_python_cannot_read_is_told_where_it_begins(tmp_path: Path) -> None:
    rule = "rule a:\n    output: 'x'\n    shell: 'a'\n"
    assert said(tmp_path, f"FILES = [\n    'a',\n\n{rule}") == [("SMK-Y001", "error", 1)]
    assert said(tmp_path, f'''{rule}TEXT = """never\nends\n''')[-1] == ("SMK-Y001", "error", 4)
    assert said(tmp_path, f"{rule}if x:\n        y = 1\n    z = 2\n")[-1] == ("SMK-Y001", "error", 6)


def test_a_null_byte_is_told_where_it_is(tmp_path: Path) -> None:
    assert said(tmp_path, "rule all:\n    input: 'a\0b'\n") == [("SMK-Y001", "error", 2)]
