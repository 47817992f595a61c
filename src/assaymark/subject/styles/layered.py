"""Style tools with formats of their own: lintr, Checkstyle, Spotless, ShellCheck, scalafmt, Fortran formatters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assaymark.patterns import late
from assaymark.subject.parsing import load_xml
from assaymark.subject.styles.model import StyleTool
from assaymark.subject.styles.places import ignored, own

_OFF_IN_R = late(r"(?<![\w.])([\w.]{1,80}_linter)[ \t]*=[ \t]*NULL")
_PAIR = late(r"^[ \t]*([A-Za-z][\w.-]*)[ \t]*=", re.MULTILINE)


def lintr(path: str, text: str) -> Iterator[StyleTool]:
    """lintr starts from the tidyverse style guide unless the linters are listed one by one."""
    listed = (
        "linters_with_defaults" in text
        or "with_defaults" in text
        or "linters:" not in text
        or "linters_with_tags" in text
    )
    yield StyleTool(
        name="lintr",
        path=path,
        line=1,
        base="the tidyverse style guide" if listed else "",
        overrides=tuple(ignored(path, text, _OFF_IN_R.findall(text))),
    )


def checkstyle(path: str, text: str) -> Iterator[StyleTool]:
    """A set of modules; its base is named in its comments when it is the one of Google or Sun."""
    root = load_xml(re.sub(r"<!DOCTYPE[^>]*>", "", text))
    modules = [m.get("name", "") for m in root.iter("module")][1:]
    base = next(
        (f"{name} Java style" for name in ("Google", "Sun") if re.search(rf"\b{name}\b", text, re.IGNORECASE)), ""
    )
    yield StyleTool(
        name="checkstyle",
        path=path,
        line=1,
        base=base,
        overrides=() if base else tuple(own(path, text, dict.fromkeys(filter(None, modules)))),
    )


_SPOTLESS = late(r"spotless-maven-plugin|com\.diffplug\.spotless|\bspotless\s*\{")
_FORMATTERS = (
    ("googleJavaFormat", "Google Java style"),
    ("palantirJavaFormat", "Palantir Java style"),
    ("ktlint", "the Kotlin style guide"),
    ("ktfmt", "ktfmt's one style"),
    ("scalafmt", "scalafmt's default style"),
    ("eclipse", ""),
)


def spotless(path: str, text: str) -> Iterator[StyleTool]:
    """Spotless in a build of Maven or Gradle hands the files to formatters of one style each."""
    found = _SPOTLESS.search(text)
    if found is None:
        return
    used = [base for word, base in _FORMATTERS if re.search(rf"\b{word}\b", text[found.start() :])]
    yield StyleTool(
        name="spotless",
        path=path,
        line=text.count("\n", 0, found.start()) + 1,
        base=", ".join(dict.fromkeys(filter(None, used))),
    )


def shellcheck(path: str, text: str) -> Iterator[StyleTool]:
    """.shellcheckrc."""
    off = [rule for found in re.findall(r"^[ \t]*disable=([\w,]+)", text, re.MULTILINE) for rule in found.split(",")]
    yield StyleTool(
        name="shellcheck", path=path, line=1, base="ShellCheck's rules", overrides=tuple(ignored(path, text, off))
    )


def scalafmt(path: str, text: str) -> Iterator[StyleTool]:
    """.scalafmt.conf."""
    changed = [k for k in _PAIR.findall(text) if k not in ("version", "runner.dialect", "maxColumn", "preset")]
    yield StyleTool(
        name="scalafmt", path=path, line=1, base="scalafmt's default style", overrides=tuple(own(path, text, changed))
    )


def fortran(path: str, text: str) -> Iterator[StyleTool]:
    """fprettify and fortitude format and check by rules of their own."""
    name = "fortitude" if "fortitude" in path else "fprettify"
    changed = [
        k for k in _PAIR.findall(text) if k not in ("indent", "line-length", "exclude", "select", "file-extensions")
    ]
    yield StyleTool(name=name, path=path, line=1, base=f"{name}'s defaults", overrides=tuple(own(path, text, changed)))
