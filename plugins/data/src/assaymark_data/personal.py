"""Hints of personal data in tables: names of columns, and values that look like addresses of mail, accounts, cards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from assaymark_data.table_engine import TEXT, sql_name, sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS = 100_000
_NAMES = {
    "name": r"(?:first|last|family|given|full|maiden|sur|nach|vor|patient|person|customer|contact)_?name",
    "email": r"e_?mails?(?:_?address)?",
    "phone": r"(?:tele)?phones?(?:_?(?:number|no))?|mobile(?:_?number)?",
    "address": r"(?:home|street|postal|mailing)_?address|street(?:_?name)?|house_?number",
    "birth": r"(?:date_?of_?)?birth(?:_?(?:day|date))?|dob|birth_?date|geburtsdatum",
    "identity": r"ssn|social_?security(?:_?number)?|passport(?:_?(?:number|no))?|national_?id|tax_?id|fiscal_?code",
    "iban": r"iban|bank_?account",
    "card": r"(?:credit_?)?card_?number",
    "health": r"diagnos(?:is|es)|icd_?10|medical_?record(?:_?number)?|patient_?id",
    "ip": r"(?:client_?|remote_?)?ip_?(?:address|addr)",
}
# Expressions of RE2: they take linear time.
VALUES = {
    "email": r"\b[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63})*\.[A-Za-z]{2,24}\b",
    "iban": r"\b[A-Z]{2}\d{2}( ?[A-Z0-9]{4}){3,7}( ?[A-Z0-9]{1,3})?\b",
    "phone": r"(^|\s)\+\d{1,3}[ ./-]?\(?\d{1,4}\)?([ ./-]?\d{2,4}){2,4}(\s|$)",
    "card": r"\b\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}\b",
}


class Hint(NamedTuple):
    """A kind of personal data, the column that looks like it, the first row (None for a name), how many values."""

    kind: str
    column: str
    row: int | None
    values: int


def by_name(columns: Sequence[str]) -> Iterator[Hint]:
    """Columns whose names say that they hold personal data."""
    for column in columns:
        plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column).lower()).strip("_")
        for kind, pattern in _NAMES.items():
            if re.fullmatch(pattern, plain):
                yield Hint(kind, column, None, 0)


def is_iban(text: str) -> bool:
    """Whether the check digits of an account number are right (ISO 7064)."""
    plain = re.sub(r"\s", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", plain):
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def is_card(text: str) -> bool:
    """Whether the check digit of a card number is right (Luhn)."""
    digits = [int(c) for c in text if c.isdigit()]
    doubled = [d * 2 - 9 * (d > 4) for d in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


_CHECKED = {"iban": is_iban, "card": is_card}


def by_value(connection: DuckDBPyConnection, source: str, columns: Sequence[tuple[str, str]]) -> Iterator[Hint]:
    """Values in the first rows that look like personal data."""
    names = [n for n, kind in columns if kind in TEXT][:200]
    if not names:
        return
    asked = [(n, kind, pattern) for n in names for kind, pattern in VALUES.items()]
    counted = ", ".join(f"count(*) FILTER (WHERE regexp_matches({sql_name(n)}, {sql_text(p)}))" for n, _, p in asked)
    picked = ", ".join(sql_name(n) for n in names)
    sample = f"(SELECT {picked} FROM {source} LIMIT {ROWS})"
    row = connection.execute(f"SELECT {counted} FROM {sample}").fetchall()[0]
    for (name, kind, pattern), count in zip(asked, row, strict=True):
        if count and (first := _first_hint(connection, sample, name, kind, pattern)):
            yield Hint(kind, name, first, int(count))


def _first_hint(connection: DuckDBPyConnection, sample: str, name: str, kind: str, pattern: str) -> int | None:
    """The first row whose value is what it looks like; None when check digits say that none is."""
    query = f"SELECT row_number() OVER () AS n, {sql_name(name)} AS v FROM {sample}"
    found = connection.execute(
        f"SELECT n, v FROM ({query}) WHERE regexp_matches(v, {sql_text(pattern)}) LIMIT 200"
    ).fetchall()
    for n, value in found:
        text = re.search(pattern, str(value))
        if kind not in _CHECKED or (text and _CHECKED[kind](text[0])):
            return int(n)
    return None
