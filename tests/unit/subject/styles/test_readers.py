from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.subject.style_config import read_style
from assaymark.subject.styles import READERS
from assaymark.subject.styles.model import StyleTool
from assaymark.subject.styles.places import explained, line_of, says_why
from assaymark.testing import tree_of


def only(path: str, text: str) -> StyleTool:
    found = read_style(tree_of({path: text})).tools
    assert len(found) == 1, found
    return found[0]


def rules(tool: StyleTool, kind: str) -> list[tuple[str, int, bool]]:
    return [(o.rule, o.line, o.reason) for o in tool.overrides if o.kind == kind]


def test_php_cs_fixer() -> None:
    tool = only(
        ".php-cs-fixer.dist.php",
        "<?php\nreturn (new PhpCsFixer\\Config())->setRules([\n    '@Symfony' => true,\n    'yoda_style' => false,\n"
        "    // as the team agreed\n    'phpdoc_order' => ['order' => ['param'], 'other_option' => true],\n"
        "    'concat_space' => true,\n]);\n",
    )
    assert tool.base == "@Symfony"
    assert rules(tool, "ignore") == [("yoda_style", 4, False)]
    assert rules(tool, "setting") == [("phpdoc_order", 6, True), ("concat_space", 7, False)]
    assert only(".php-cs-fixer.php", "<?php return new PhpCsFixer\\Config();\n").base == "PSR-12"


def test_phpcs() -> None:
    tool = only(
        "phpcs.xml",
        '<ruleset>\n<rule ref="PSR12">\n<exclude name="Generic.Files.LineLength"/>\n</rule>\n'
        '<rule ref="Squiz.Commenting.FileComment"/>\n</ruleset>\n',
    )
    assert tool.base == "PSR12"
    assert [r for r, _, _ in rules(tool, "ignore")] == ["Generic.Files.LineLength"]
    assert [r for r, _, _ in rules(tool, "setting")] == ["Squiz.Commenting.FileComment"]


def test_ruff() -> None:
    tool = only(
        "pyproject.toml",
        '[tool.ruff]\nline-length = 100\n[tool.ruff.lint]\nselect = ["E"]\nignore = [\n  "E203",\n'
        '  "B008", # calls in defaults are how it is used\n]\n'
        '[tool.ruff.lint.per-file-ignores]\n"tests/**" = ["S101"]\n"src/x.py" = ["N802"]\n'
        '[tool.ruff.format]\nquote-style = "single"\nindent-style = "space"\n',
    )
    assert rules(tool, "ignore") == [("E203", 6, False), ("B008", 7, True), ("N802", 11, False)]
    assert rules(tool, "setting") == [("quote-style", 13, False)]


def test_where_a_ban_of_the_projects_own_does_not_hold_is_no_departure() -> None:
    text = '[tool.ruff.lint.per-file-ignores]\n"src/net.py" = ["TID251", "T20"]\n'
    assert [rule for rule, _, _ in rules(only("pyproject.toml", text), "ignore")] == ["T20"]


def test_a_comment_above_a_list_holds_for_all_of_it() -> None:
    tool = only(".flake8", "[flake8]\n# black formats it otherwise\nignore = E203,\n    W503\n")
    assert [reason for _, _, reason in rules(tool, "ignore")] == [True, True]


def test_a_parameter_is_no_departure() -> None:
    tool = only("pyproject.toml", '[tool.black]\nline-length = 100\ntarget-version = ["py311"]\n')
    assert tool.overrides == ()


def test_isort_names_its_profile() -> None:
    assert (
        only(".isort.cfg", "[settings]\nprofile = black\nknown_first_party = x\nforce_single_line = true\n").base
        == "profile black"
    )


def test_pylint() -> None:
    tool = only(
        ".pylintrc", "[MESSAGES CONTROL]\ndisable=C0114, # why\n    R0903\n[BASIC]\nvariable-rgx=[a-z]+\nmethod-rgx=\n"
    )
    assert [r for r, _, _ in rules(tool, "ignore")] == ["C0114", "R0903"]
    assert [r for r, _, _ in rules(tool, "setting")] == ["variable-rgx"]


def test_clang_format_with_and_without_a_base() -> None:
    assert only(".clang-format", "BasedOnStyle: Google\nColumnLimit: 100\nSortIncludes: false\n").base == "Google"
    assert only(".clang-format", "# BasedOnStyle: LLVM\nSortIncludes: false\n").base == "LLVM"
    assert only(".clang-format", "SortIncludes: false\n").base == ""


def test_clang_tidy() -> None:
    tool = only(".clang-tidy", "Checks: >\n  -*,\n  google-*,\n  -google-runtime-int\n")
    assert [r for r, _, _ in rules(tool, "ignore")] == ["google-runtime-int"]


def test_eslint_as_data_and_as_a_program() -> None:
    data = only(
        ".eslintrc.json", '{"extends": ["eslint:recommended"], /* x */ "rules": {"semi": "off", "eqeqeq": ["error"]}}'
    )
    assert data.base == "eslint:recommended"
    assert [r for r, _, _ in rules(data, "ignore")] == ["semi"]
    program = only("eslint.config.mjs", "export default [js.configs.recommended, {rules: {'no-var': 'off'}}]\n")
    assert program.base.startswith("js.configs.recommended")
    assert [r for r, _, _ in rules(program, "ignore")] == ["no-var"]


@pytest.mark.parametrize(
    ("path", "text", "base"),
    [
        ("rustfmt.toml", "max_width = 90\nhard_tabs = true\n", "the Rust style guide"),
        (".JuliaFormatter.toml", 'style = "blue"\n', "style blue"),
        (".rubocop.yml", "Style/Documentation:\n  Enabled: false\n", "the Ruby style guide"),
        (".lintr", "linters: linters_with_defaults(line_length_linter = NULL)\n", "the tidyverse style guide"),
        (".golangci.yml", "linters:\n  disable: [errcheck]\n", "golangci-lint's linters"),
        (".prettierrc", "semi: false\n", "prettier's one style"),
        (
            "checkstyle.xml",
            "<!-- Google style --><module name='Checker'><module name='X'/></module>",
            "Google Java style",
        ),
    ],
)
def test_the_base_is_told(path: str, text: str, base: str) -> None:
    assert only(path, text).base == base


def test_a_file_that_cannot_be_read_is_a_problem() -> None:
    found = read_style(tree_of({"pyproject.toml": "[tool.ruff\n", ".clang-format": "a: [\n"}))
    assert {path for path, _ in found.problems} == {"pyproject.toml", ".clang-format"}


def test_lines_are_those_of_words_outside_comments() -> None:
    assert line_of("# E203 is off\nignore = E203\n", "E203") == 2
    assert line_of("E2031\nE203\n", "E203") == 2
    assert explained(["# for the old compiler", "x = 1"], 2)
    assert not explained(["", "x = 1"], 2)
    assert says_why("see #123")
    assert not says_why("noqa")


@given(st.text(max_size=200))
@pytest.mark.parametrize("name", sorted({names[0].replace("*", "js") for names, _ in READERS}))
def test_no_garbage_breaks_a_reader(name: str, text: str) -> None:
    for tool in read_style(tree_of({name: text})).tools:
        assert all(o.line >= 1 for o in tool.overrides)
