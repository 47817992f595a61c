"""Reading the catalogue: errors name file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from assaymark import catalogue
from assaymark.errors import InputError
from assaymark.model import DecidedBy, Level

CRITERION = """
id = "QC.Xyz"
title = "T"
standard = "S 1"

[[subcriterion]]
id = "QC.Xyz01"
requirement = "MUST"
text = "t"
why = "w"
remedy = "r"
decided_by = ["files"]
checks = ["a.b"]
"""
PROFILE = """
id = "p"
title = "T"
version = "1"
kind = "software"
scope = ["QC.Lic"]

[[level]]
name = "bronze"
why = "w"
require = ["QC.Lic01"]
max_not_applicable = 0
max_attested = 0
"""


def test_a_criterion_is_read() -> None:
    read = catalogue.read_criterion(CRITERION, "f", "software")
    assert (read.id, read.subcriteria[0].checks, read.subcriteria[0].criterion) == ("QC.Xyz", ("a.b",), "QC.Xyz")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"MUST"', '"SHALL"', "requirement"),
        ('text = "t"', "", "'text' must be a non-empty string"),
        ('why = "w"', 'wy = "w"', "did you mean 'why'"),
        ('["files"]', '["magic"]', "decided_by"),
        ('["files"]', '"files"', "list of strings"),
        ("[[subcriterion]]", "[subcriterion]", "tables"),
        ('id = "QC.Xyz"', 'id = "QC.Xyz', "not valid TOML"),
    ],
)
def test_mistakes_name_the_file_and_the_key(old: str, new: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        catalogue.read_criterion(CRITERION.replace(old, new, 1), "criteria/x.toml", "software")
    assert said in str(caught.value)
    assert str(caught.value).startswith("criteria/x.toml")


def test_a_profile_of_the_users_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(PROFILE)
    profile = catalogue.profile(str(file))
    assert profile.rule(Level.BRONZE).require == ("QC.Lic01",)
    assert profile.digest.startswith("sha256:")
    scoped = catalogue.load().subcriteria(profile)
    assert scoped
    assert {d.criterion for d in scoped.values()} == {"QC.Lic"}


def test_a_profile_that_is_not_there_is_the_users_error() -> None:
    with pytest.raises(InputError, match="there is no profile 'gold-plated'"):
        catalogue.profile("gold-plated")


@pytest.mark.parametrize("id", catalogue.profiles())
def test_shipped_profiles_require_only_what_exists(id: str) -> None:
    profile = catalogue.profile(id)
    known = catalogue.load().subcriteria(profile)
    required = [i for rule in profile.levels for i in rule.require]
    assert set(required) <= set(known)
    assert len(required) == len(set(required)), "levels are cumulative: each id once"


@pytest.mark.parametrize(
    ("id", "criterion"),
    [("QC.Doc06.1", "QC.Doc"), ("QC.Ver01.0", "QC.Ver"), ("QC.Doc02.X", "QC.Doc"), ("SvcQC.Sec07.5", "SvcQC.Sec")],
)
def test_criterion_of(id: str, criterion: str) -> None:
    assert catalogue.criterion_of(id) == criterion


def test_a_profile_may_extend_a_shipped_one() -> None:
    old, new = catalogue.profile("sqaaas-v2"), catalogue.profile("sqaaas-v3")
    assert old.rule(Level.GOLD).require == ("QC.Sec02", "QC.Sty01")
    assert new.rule(Level.GOLD).require == ("QC.Sec02", "QC.Sty01", "QC.Uni01")
    assert (old.rule(Level.BRONZE), old.scope, old.subcriteria) == (new.rule(Level.BRONZE), new.scope, new.subcriteria)
    assert old.digest != new.digest


@pytest.mark.parametrize("id", ["QC.Lic99", "QC.Doc06.1"])
def test_a_level_cannot_ask_for_what_does_not_exist_or_is_out_of_scope(id: str) -> None:
    profile = catalogue.read_profile(PROFILE.replace('["QC.Lic01"]', f'["{id}"]'), "mine.toml")
    with pytest.raises(InputError, match=f"bronze requires '{id}'"):
        catalogue.load().subcriteria(profile)


def test_a_profile_cannot_extend_what_is_not_shipped() -> None:
    with pytest.raises(InputError, match="'extends' names 'nope'"):
        catalogue.read_profile(PROFILE.replace("scope =", 'extends = "nope"\nscope ='), "mine.toml")


def test_gold_holds_every_must_that_files_git_and_tools_decide() -> None:
    profile = catalogue.profile("assaymark")
    required = {i for rule in profile.levels for i in rule.require}
    own = {DecidedBy.FILES, DecidedBy.GIT, DecidedBy.TOOLS}
    outside = {DecidedBy.FORGE, DecidedBy.PROBE}
    decided = {
        i
        for i, d in catalogue.load().subcriteria(profile).items()
        if d.requirement.binding and own & set(d.decided_by) and not outside & set(d.decided_by)
    }
    assert decided - required == set()


def test_gold_is_never_easier_than_that_of_sqaaas() -> None:
    same = {"QC.Acc01": "QC.Acc02", "QC.Ver01.0": "QC.Ver01"}
    theirs = {same.get(i, i) for rule in catalogue.profile("sqaaas-v3").levels for i in rule.require}
    ours = {i for rule in catalogue.profile("assaymark").levels for i in rule.require}
    assert theirs - ours == set()
