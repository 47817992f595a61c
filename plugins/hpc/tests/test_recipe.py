"""What images are built from: each rule on a recipe that breaks it and on one that keeps it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.api import Evidence, Outcome
from assaymark.testing import evidence_of
from assaymark_hpc.asked import Manifest
from assaymark_hpc.linter import Linted, Problem, lint, read
from assaymark_hpc.recipe import definition, dockerfile, recipe, wrong

PIN = "@sha256:" + "a" * 64
GOOD = f"""# syntax=docker/dockerfile:1
ARG BASE=debian:12{PIN}
FROM ${{BASE}} AS build
RUN apt-get update \\
    # a comment in between
    && apt-get install -y --no-install-recommends gcc
ADD --checksum=sha256:{"b" * 64} https://example.org/a.tar /a.tar
RUN --mount=type=secret,id=token curl -fsS https://example.org/x -o x && echo "{"c" * 64}  x" | sha256sum -c && sh x
RUN <<EOF
chmod a+rX /opt
EOF
FROM build
FROM scratch
COPY --from=build /opt /opt
ENV TOKEN_FILE=/run/token
ARG PASSWORD
USER 1000
"""
DEFINITION = f"""Bootstrap: docker
From: debian:12{PIN}

%post
    apt-get update
    apt-get install -y gcc
%environment
    export LC_ALL=C
%runscript
    curl https://example.org/x | sh
"""
BAD = {
    "recipe.base": ["FROM debian:12\n", "ARG V=12\nFROM debian:$V\n", "FROM --platform=linux/amd64 debian AS b\n"],
    "recipe.piped": [
        "RUN curl -fsS https://example.org/x | sh\n",
        "RUN wget -qO- https://example.org/x \\\n  | sudo bash -s -- -y\n",
        'RUN bash -c "$(curl -fsSL https://example.org/x)"\n',
        "RUN <<EOF\ncurl https://example.org/x | python3 -\nwget -O - https://example.org/x | /bin/bash\nEOF\n",
    ],
    "recipe.unchecked": [
        "RUN curl -fsSk https://example.org/x -o x\n",
        "RUN wget --no-check-certificate https://example.org/x\n",
        "RUN pip install --trusted-host example.org a\n",
    ],
    "recipe.open": ["RUN chmod -R 777 /opt\n", "RUN mkdir /d && chmod a+rwx /d\n"],
    "recipe.update": ["RUN apt-get update\n", "RUN apt update -y && rm -rf /tmp/x\n"],
    "recipe.secret": ["ENV API_TOKEN=abcdef12\n", "ARG DB_PASSWORD=hunter22\n", "ENV MY_SECRET hunter22\n"],
    "recipe.added": ["ADD https://example.org/a.tar /a\n"],
}
BAD_DEFINITIONS = {
    "recipe.base": "Bootstrap: docker\nFrom: debian:12\n",
    "recipe.piped": f"{DEFINITION}%post\n  curl https://example.org/x \\\n  | bash\n",
    "recipe.secret": f"{DEFINITION}%environment\n  export API_TOKEN=abcdef12\n",
}


def judged(text: str, linted: Linted | None = None) -> Evidence:
    asked = Manifest(image="i.tar", recipe=("Dockerfile", text))
    return evidence_of(recipe, smoke_manifest=asked, image_linted=linted or Linted())


def rules(text: str) -> set[str]:
    return {each.rule for each in wrong(dockerfile(text))}


@pytest.mark.parametrize("text", [GOOD, DEFINITION])
def test_a_good_recipe_passes(text: str) -> None:
    found = judged(text)
    assert (found.outcome, found.message) == (Outcome.PASSED, found.message)


@pytest.mark.parametrize(("rule", "line"), [(rule, line) for rule, lines in BAD.items() for line in lines])
def test_what_is_wrong_is_found_and_nothing_else(rule: str, line: str) -> None:
    text = line if rule == "recipe.base" else f"FROM debian:12{PIN}\n{line}"
    assert rules(text) == {rule}
    found = judged(text)
    assert found.outcome is Outcome.FAILED
    assert found.remedy
    assert found.findings[0].location is not None
    assert found.findings[0].location.path == "Dockerfile"


@pytest.mark.parametrize("rule", BAD_DEFINITIONS)
def test_a_definition_of_apptainer_is_judged_too(rule: str) -> None:
    text = BAD_DEFINITIONS[rule]
    assert {each.rule for each in wrong(definition(text))} == {rule}
    assert judged(text, Linted(problem="it is not installed")).outcome is Outcome.FAILED


def test_the_line_is_that_of_the_file() -> None:
    found = judged(f"FROM debian:12{PIN}\n\n# more\nRUN a \\\n  && b\nRUN curl x | sh\n")
    assert [f.location.line for f in found.findings if f.location] == [6]


def test_without_a_recipe_there_is_nothing_to_judge() -> None:
    asked = Manifest(image="i.tar")
    assert evidence_of(recipe, smoke_manifest=asked, image_linted=Linted()).outcome is Outcome.NOT_APPLICABLE
    assert judged("# nothing\n").outcome is Outcome.UNKNOWN


def test_without_hadolint_nothing_found_is_unknown() -> None:
    gone = Linted(problem="it is not installed")
    assert judged(GOOD, gone).outcome is Outcome.UNKNOWN
    assert judged(DEFINITION, gone).outcome is Outcome.PASSED
    assert judged("FROM debian:12\n", gone).outcome is Outcome.FAILED


def test_what_hadolint_calls_an_error_fails_and_its_warnings_are_listed() -> None:
    warning, error = Problem("DL3008", "warning", 2, "pin"), Problem("DL3004", "error", 3, "no sudo")
    found = judged(GOOD, Linted((warning,)))
    assert found.outcome is Outcome.PASSED
    assert [f.rule for f in found.findings] == ["hadolint.DL3008"]
    found = judged(GOOD, Linted((warning, error)))
    assert found.outcome is Outcome.FAILED
    assert "sudo" in found.message


@pytest.mark.service("hadolint")
def test_the_real_hadolint_is_asked() -> None:
    found = lint(f"FROM debian:12{PIN}\nRUN sudo make\n")
    assert found.problem is None
    assert ("DL3004", 2) in {(each.rule, each.line) for each in found.problems}
    assert "cannot read" in (lint("FROM debian\nRUNN x\n").problem or "")


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b'[{"code": 1}]', b'[{"code": "a", "level": "b", "line": "x"}]'])
def test_rubbish_is_no_answer(text: bytes) -> None:
    assert read(text).problem is not None or read(text).problems == ()


@given(st.text(alphabet=st.sampled_from("FROMRUN \\\n<EOF%post:#$curl|sh")))
def test_no_text_does_any_harm(text: str) -> None:
    for steps in (dockerfile(text), definition(text)):
        assert all(each.line >= 1 for each in wrong(steps))
