"""How uses of test doubles look in each language, as data that anyone can review.

``words`` are searched for first; where one stands, the line must match ``expression``: its group ``a`` or ``b`` is a
library or a call of one, ``c`` the name of a class that is called a double. The first word is the commonest library.
Most files hold no double. Where a language has ``hints``, one of them or of the ``plain`` words is in each that does:
to look for them takes less time than for all words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

from assaymark.patterns import late, ready
from assaymark.values import dataclass

_CLASS = rb"(?:Fake|Stub|Mock|Dummy)[A-Z]\w*|\w+(?:Mock|Stub|Fake)\b"


@dataclass(frozen=True)
class Doubles:
    """One language; its expression is compiled when the language is met."""

    names: str
    source: bytes
    plain: str = ""
    hints: tuple[re.Pattern[bytes], ...] = ()

    def may_be_in(self, data: bytes) -> bool:
        """False when no line that has one of the words matches."""
        return any(word in data for word in self._plain) or any(hint.search(data) for hint in self.hints)

    @cached_property
    def _plain(self) -> tuple[bytes, ...]:
        return tuple(word.encode() for word in self.plain.split("|")) if self.hints else self.words

    @cached_property
    def words(self) -> tuple[bytes, ...]:
        """What is searched for."""
        return tuple(name.encode() for name in self.names.split("|"))

    @cached_property
    def expression(self) -> re.Pattern[bytes]:
        """What the line must match."""
        return ready(self.source)


_IMPORTED = rb"[ \t]+(?:responses|httpretty|respx|flexmock|vcr|moto|fakeredis|pyfakefs|freezegun)"
_PYTHON = Doubles(
    "mock|monkeypatch|responses|httpretty|respx|flexmock|vcr|moto|fakeredis|pyfakefs|freezegun|Fake|Stub|Dummy",
    rb"^[ \t]*(?:from|import)[ \t]+(?P<a>unittest\.mock|unittest import mock|mock\b|responses|httpretty|respx|"
    rb"requests_mock|flexmock|vcr|moto|fakeredis|pyfakefs|mockito|freezegun)"
    rb"|(?P<b>\bmonkeypatch\.(?:setattr|setenv|delenv|setitem|delattr|chdir)|\bmocker\.(?:patch|Mock|MagicMock|spy|stub)|"
    rb"\brequests_mock\.|\bhttpx_mock\.)|^[ \t]*class[ \t]+(?P<c>" + _CLASS + rb")",
    plain="mock|monkeypatch",
    hints=(late(rb"import" + _IMPORTED), late(rb"from" + _IMPORTED), late(rb"class[ \t]+\w*(?:Fake|Stub|Dummy|Mock)")),
)
_JAVA = Doubles(
    "mock|easymock|MockBean",
    rb"^import (?:static )?(?P<a>[\w.]*(?:mockito|wiremock|easymock|powermock|mockk|jmockit|mockserver|MockBean)"
    rb"[\w.*]*)",
)
_JAVASCRIPT = Doubles(
    "jest.|sinon|vi.|nock|msw|cy.intercept|testdouble|createSpy|Mock|proxyquire",
    rb"(?P<a>jest\.(?:mock|fn|spyOn)|\bvi\.(?:mock|fn|spyOn)|\bsinon\b|\bfrom ['\"]msw|cy\.intercept|"
    rb"jasmine\.createSpy\w*|require\(['\"](?:nock|sinon|testdouble|proxyquire)['\"]\)|"
    rb"from ['\"](?:nock|testdouble|ng-mocks|ts-mockito|vitest-mock-extended))"
    rb"|^(?:export )?class (?P<c>(?:Fake|Stub|Mock)[A-Z]\w*|\w+(?:Mock|Stub)\b)",
)
_GO = Doubles(
    "mock|httptest|gock|/fake|Mock|fake|stub",
    rb"\"(?P<a>[\w./-]*(?:testify/mock|gomock|go-sqlmock|net/http/httptest|httpmock|gock|/fake|minimock|mockery)"
    rb"[\w./-]*)\""
    rb"|^type (?P<c>(?:[Ff]ake|[Ss]tub|[Mm]ock)\w*|\w+(?:Mock|Stub|Fake)) struct",
)
_CPP = Doubles(
    "mock|MOCK_METHOD|trompeloeil|fakeit|class Fake|class Mock|class Stub|struct Mock|struct Fake",
    rb"#include\s*[<\"](?P<a>[\w/]*(?:gmock|trompeloeil|fakeit|hippomocks|cmock|fff)[\w/.]*)"
    rb"|(?P<b>\bMOCK_(?:CONST_)?METHOD\d*)|^(?:class|struct) (?P<c>(?:Fake|Mock|Stub)\w+)",
)
_OTHERS = {
    "Rust": Doubles(
        "mock|struct Fake|struct Mock|struct Stub",
        rb"\b(?P<a>mockall|mockito|wiremock|httpmock)::|^[ \t]*(?:pub )?struct (?P<c>(?:Fake|Mock|Stub)\w*)",
    ),
    "R": Doubles(
        "mock|httptest|vcr",
        rb"\b(?P<a>mockery::|local_mocked_bindings|with_mock(?:ed_bindings)?|webmockr|httptest2?::|with_mock_api|vcr::|"
        rb"mockthat|library\((?:mockery|webmockr|httptest2?|vcr)\))",
    ),
    "Julia": Doubles(
        "Mock|@patch|struct Fake|struct Stub|struct Dummy",
        rb"\b(?P<a>using (?:Mocking|SimpleMock))|(?P<b>@patch)|"
        rb"^[ \t]*(?:mutable )?struct (?P<c>(?:Mock|Fake|Stub|Dummy)\w*)",
    ),
    "Ruby": Doubles(
        "webmock|WebMock|double(|vcr|mocha|allow(",
        rb"\b(?P<a>instance_double\(|double\(|webmock|WebMock|mocha|allow\([^)]*\)\.to receive)",
    ),
    "Fortran": Doubles(
        "mock|Mock|stub|fake",
        rb"(?i)^\s*(?:type\b[^\n]*::|module|subroutine|function)\s*(?P<c>\w*(?:mock|stub|fake)\w*)",
    ),
    "C#": Doubles("Moq|NSubstitute|FakeItEasy", rb"^using (?P<a>Moq|NSubstitute|FakeItEasy)"),
}
DOUBLES: Mapping[str, Doubles] = MappingProxyType(
    {
        **_OTHERS,
        **dict.fromkeys(("Python", "Cython"), _PYTHON),
        **dict.fromkeys(("Java", "Kotlin", "Groovy", "Scala"), _JAVA),
        **dict.fromkeys(("JavaScript", "TypeScript", "Vue"), _JAVASCRIPT),
        **dict.fromkeys(("C", "C++", "CUDA"), _CPP),
        "Go": _GO,
    }
)
