"""The configuration file: every mistake is named with its place, nothing in it can grant execution."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from assaymark import config
from assaymark.data import schema
from assaymark.errors import InputError
from assaymark.testing import tree_of

GOOD = """
profile = "sqaaas-v3"
gate = "silver"
select = ["QC.Doc"]
exclude = ["vendor/**"]

[[waiver]]
id = "QC.Sty01"
reason = "the old solver is rewritten by spring"
until = 2027-03-31
path = "legacy/**"

[[attestation]]
id = "QC.Rev03"
by = "Ada Lovelace"
on = 2026-11-01
until = 2027-11-01
statement = "we agreed on a review etiquette"
link = "https://example.org/etiquette"

[[step]]
name = "unit"
criterion = "QC.Uni01"
command = ["make test"]
timeout = 60
"""


def test_everything_is_read() -> None:
    conf = config.read(GOOD, ".assaymark.toml")
    assert (conf.profile, conf.gate, conf.select, conf.exclude) == ("sqaaas-v3", "silver", ("QC.Doc",), ("vendor/**",))
    assert conf.waivers[0].until == date(2027, 3, 31)
    assert conf.attestations[0].by == "Ada Lovelace"
    assert conf.steps[0]["command"] == ("make test",)


def test_the_published_schema_accepts_the_same() -> None:
    import tomllib

    data = json.loads(json.dumps(tomllib.loads(GOOD), default=str))
    jsonschema.Draft202012Validator(json.loads(schema("config").read_text())).validate(data)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profil = 'x'", "unknown key profil|did you mean 'profile'"),
        ("profile = 3", "profile must be a non-empty string"),
        ("select = 'QC.Doc'", "select must be a list of strings"),
        ("[waiver]\nid = 'x'", r"waiver must be one or more \[\[waiver\]\] tables"),
        ("[[waiver]]\nid = 'x'\nuntil = 2027-01-01", r"waiver\[0\].reason is missing"),
        ("[[waiver]]\nid = 'x'\nreason = 'too old'\nuntil = 2027-01-01", "at least 10 characters"),
        ("[[waiver]]\nid = 'x'\nreason = 'long enough text'\nuntil = 'soon'", "must be a date"),
        ("[[step]]\nname = 'a'\ncriterion = 'b'\ncommand = []", "at least one line"),
        ("[[step]]\nname = 'a'\ncriterion = 'b'\ncommand = ['x']\ntimeout = 0", "whole number of seconds"),
        ("policy = 3", "policy must be a table"),
        ("[policy]\nnonsense-key = 1", "unknown key policy.nonsense-key"),
        ("profile = ", "not valid TOML"),
        ("run-tests = true", "unknown key run-tests"),
    ],
)
def test_mistakes_are_named(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        config.read(text, ".assaymark.toml")
    for part in said.split("|"):
        assert re.search(part, str(caught.value))
    assert str(caught.value).startswith(".assaymark.toml")


def test_the_line_is_named() -> None:
    with pytest.raises(InputError, match=re.escape(".assaymark.toml:3: unknown key gaet")):
        config.read("profile = 'assaymark'\n\ngaet = 'x'\n", ".assaymark.toml")


def test_pyproject_is_read_and_its_errors_carry_the_full_key() -> None:
    tree = tree_of({"pyproject.toml": "[tool.assaymark]\nprofile = 'sqaaas-v2'\n"})
    assert config.from_tree(tree).profile == "sqaaas-v2"
    with pytest.raises(InputError, match=r"tool\.assaymark\.gaet"):
        config.from_tree(tree_of({"pyproject.toml": "[tool.assaymark]\ngaet = 'x'\n"}))


def test_its_own_file_wins_and_no_file_is_fine() -> None:
    both = {"pyproject.toml": "[tool.assaymark]\nprofile = 'a'\n", ".assaymark.toml": "profile = 'b'\n"}
    assert config.from_tree(tree_of(both)).profile == "b"
    assert config.from_tree(tree_of({"README.md": "x"})).source is None


def test_the_digest_is_that_of_the_meaning() -> None:
    one = config.read("profile = 'a'\ngate = 'gold'\n", "x")
    two = config.read("# why\ngate = 'gold'\nprofile = 'a'\n", "y")
    assert one.digest == two.digest != config.read("profile = 'a'\n", "x").digest


def test_a_pull_request_is_judged_by_the_configuration_of_its_base() -> None:
    base = tree_of({".assaymark.toml": "gate = 'gold'\n"})
    head = tree_of({".assaymark.toml": "gate = 'bronze'\n"})
    conf, (notice,) = config.from_base(base, head, "")
    assert conf.gate == "gold"
    assert notice.rule == "assaymark/config-changed"
    assert config.from_base(base, base, "")[1] == ()


def test_a_base_that_is_not_there_means_defaults_and_says_so() -> None:
    conf, (notice,) = config.from_base(None, tree_of({".assaymark.toml": "gate = 'bronze'\n"}), "the clone is shallow")
    assert conf.gate is None
    assert "the clone is shallow" in notice.message


def test_a_change_that_breaks_the_configuration_is_judged_by_the_old_one() -> None:
    conf, (notice,) = config.from_base(
        tree_of({".assaymark.toml": "gate = 'gold'\n"}), tree_of({".assaymark.toml": "x"}), ""
    )
    assert conf.gate == "gold"
    assert "not valid TOML" in notice.message


def test_policy_values_are_checked_by_the_published_schema(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rules: dict[str, Any] = {
        "limit": {"type": "integer"},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "docs": {"type": "object", "additionalProperties": False, "properties": {"user": {"type": "string"}}},
        "names": {"type": "array", "items": {"type": "string"}},
    }
    file = tmp_path / "config.schema.json"
    file.write_text(json.dumps({"properties": {"policy": {"properties": rules}}}))
    monkeypatch.setattr(config, "schema", lambda name: file)
    assert config.read("[policy]\nlimit = 3\nkind = 'a'\nnames = ['x']\n", "f").policy["limit"] == 3
    for bad in ("limit = true", "limit = 'x'", "kind = 'c'", "names = [1]", "[policy.docs]\nusre = 'x'"):
        with pytest.raises(InputError):
            config.read(f"[policy]\n{bad}\n", "f")


def test_a_given_file_that_cannot_be_read_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        config.from_file(tmp_path / "none.toml")


@pytest.mark.parametrize("prefix", ["", "tool.assaymark."])
def test_exceptions_and_words_know_their_line(prefix: str) -> None:
    waiver = 'id = "QC.Sec02"\nreason = "the scanner is too old"\nuntil = 2027-01-01\n'
    word = (
        'id = "QC.Doc05"\nby = "Ada"\non = 2026-01-01\nuntil = 2027-01-01\nstatement = "all of it was read"\n'
        'link = "https://example.org"\n'
    )
    text = f"[[{prefix}waiver]]\n{waiver}[[ {prefix}attestation ]]\n{word}\n[[{prefix}waiver]]\n{waiver}"
    name = "pyproject.toml" if prefix else ".assaymark.toml"
    found = config.from_tree(tree_of({name: text}))
    assert [w.line for w in found.waivers] == [1, 13]
    assert [a.line for a in found.attestations] == [5]


def test_exceptions_in_one_line_have_none_of_their_own() -> None:
    text = 'waiver = [{ id = "QC.Sec02", reason = "the scanner is too old", until = 2027-01-01 }]\n'
    assert [w.line for w in config.read(text, "c.toml").waivers] == [None]
