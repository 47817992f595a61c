"""Tables: readable, described, and keeping to the rules of their columns and keys."""

from __future__ import annotations

from collections.abc import Sequence

from assaymark.api import Evidence, check
from assaymark_data.checks.quality import Report, several
from assaymark_data.dataset import Dataset
from assaymark_data.table_engine import is_parquet
from assaymark_data.tables import Measured, Violation

_NONE = "there are no tables"
_SHOWN = 20
# How the columns of a file and those of its schema may differ (fieldsMatch of Table Schema).
_MAY: dict[str, tuple[str, ...]] = {
    "exact": (),
    "equal": ("order",),
    "subset": ("order", "have more"),
    "superset": ("order", "lack"),
    "partial": ("order", "lack", "have more"),
}


def _breaches(report: Report, table: Measured, found: Sequence[Violation], rules: str) -> None:
    """What breaks the rules, row by row; good when nothing does and the table could be read."""
    path = table.file.path
    if table.broken or table.unknown:
        report.open_(path, table.unknown or f"cannot be read: {table.broken}")
        return
    for violation in found:
        where = f"column {violation.column}: " if violation.column else ""
        rows = (
            f"{violation.count:,} {'row breaks' if violation.count == 1 else 'rows break'} the rule: {violation.wanted}"
        )
        places = [
            (_line(table, row), where + (f"row {row}: " if row else "") + _said(violation, value))
            for row, value in violation.examples[:_SHOWN]
        ]
        report.bad(path, where + rows, places)
    if not found:
        report.good(f"{path}: {rules} in {table.rows:,} rows")


def _said(violation: Violation, value: str) -> str:
    """What is wrong with one value."""
    if violation.rule == "required":
        return "the value is missing"
    if violation.rule in ("structure", "unique"):
        return value
    return f"{value!r} is not {violation.wanted}"


def _line(table: Measured, row: int | None) -> int | None:
    """The line of a row in a text file, where a header goes before it; a row of Parquet has none."""
    return None if row is None or is_parquet(table.file.path) else row + table.file.header


def _by_rules(
    rule: str, dataset: Dataset, tables: tuple[Measured, ...], rules: tuple[str, ...], words: str, remedy: str
) -> Evidence:
    """One criterion over all tables that state such rules."""
    report = Report(rule, dataset)
    for table in tables:
        if table.file.columns is None:
            if table.file.problem:
                report.open_(table.file.path, table.file.problem)
            continue
        _breaches(report, table, table.of(*rules), words)
        for name, why in table.unapplied:
            if name in rules:
                report.open_(table.file.path, why)
    return report.evidence("no table states such rules", remedy)


@check("data.tables-readable")
def readable(data_files: Dataset, data_tables: tuple[Measured, ...]) -> Evidence:
    """Every table can be read to its end, and every row has as many values as there are columns."""
    report = Report("tables-readable", data_files)
    for table in data_tables:
        if table.broken:
            report.bad(table.file.path, f"cannot be read: {table.broken}")
        elif table.unknown:
            report.open_(table.file.path, table.unknown)
        elif table.of("structure"):
            _breaches(report, table, table.of("structure"), "")
        elif table.rows < (table.file.rows or 1):
            report.bad(table.file.path, f"has {table.rows:,} rows, and at least {table.file.rows or 1:,} are expected")
        else:
            report.good(f"{table.file.path}: {table.rows:,} rows, {len(table.columns)} columns")
    rows = sum(t.rows for t in data_tables)
    return report.evidence(_NONE, "write the file again from its source; mend the rows that are named", {"rows": rows})


@check("data.tables-described")
def described(data_files: Dataset, data_tables: tuple[Measured, ...]) -> Evidence:
    """A schema says what the columns of every table are, and the table has these columns in this order."""
    report = Report("tables-described", data_files)
    for table in data_tables:
        path, told = table.file.path, table.file.columns
        if told is None:
            (report.open_ if table.file.problem else report.bad)(
                path, table.file.problem or "no schema says what its columns are"
            )
        elif table.broken or table.unknown:
            report.open_(path, table.unknown or f"cannot be read: {table.broken}")
        else:
            wanted, found = [c.name for c in told], [n for n, _ in table.columns]
            lacking, more = [n for n in wanted if n not in found], [n for n in found if n not in wanted]
            may = _MAY[table.file.matching]
            if may == _MAY["partial"] and len(lacking) == len(wanted):
                report.bad(path, "has none of the columns that its schema describes")
            elif lacking and "lack" not in may:
                report.bad(path, f"has no column {several(lacking)}")
            elif more and "have more" not in may:
                report.bad(path, f"has a column that nothing describes: {several(more)}")
            elif wanted != found and not may:
                report.bad(path, f"has its columns in another order: {several(found)}")
            else:
                report.good(f"{path} has the {len(found)} columns that its schema describes")
    return report.evidence(_NONE, "describe the columns: [[file.column]] in data.toml, or a Table Schema")


@check("data.tables-types")
def types(data_files: Dataset, data_tables: tuple[Measured, ...]) -> Evidence:
    """Every value is of the type that the schema gives its column."""
    remedy = "mend the values that are named, or the type in the schema"
    return _by_rules("tables-types", data_files, data_tables, ("type",), "all values are of their type", remedy)


@check("data.tables-missing")
def missing(data_files: Dataset, data_tables: tuple[Measured, ...]) -> Evidence:
    """No value is missing where the schema requires one."""
    remedy = "fill the values that are named, or say that the column may lack them"
    return _by_rules("tables-missing", data_files, data_tables, ("required",), "no required value is missing", remedy)


@check("data.tables-ranges")
def ranges(data_files: Dataset, data_tables: tuple[Measured, ...]) -> Evidence:
    """Values keep to the bounds, patterns, lengths and lists of the schema."""
    rules = ("range", "pattern", "enum", "length")
    remedy = "mend the values that are named, or the rule in the schema"
    return _by_rules("tables-ranges", data_files, data_tables, rules, "all values keep to their rules", remedy)


@check("data.tables-unique")
def unique(data_files: Dataset, data_tables: tuple[Measured, ...]) -> Evidence:
    """No key and no value that is to be unique occurs twice, and no key has gaps."""
    remedy = "remove the rows that are there twice, or choose another key"
    keyed = tuple(t for t in data_tables if t.file.key or any(c.unique for c in t.file.columns or ()) or t.file.problem)
    report = Report("tables-unique", data_files)
    for table in keyed:
        lost = [n for n in table.file.key if table.columns and n not in dict(table.columns)]
        if lost:
            report.bad(table.file.path, f"has no column {several(lost)}, which is in its key")
        elif table.file.problem:
            report.open_(table.file.path, table.file.problem)
        else:
            _breaches(report, table, table.of("unique"), "no key occurs twice")
    return report.evidence("no table states a key", remedy)


@check("data.tables-foreign")
def foreign(data_files: Dataset, data_tables: tuple[Measured, ...]) -> Evidence:
    """What refers to a row of another table finds it there."""
    report = Report("tables-foreign", data_files)
    for table in data_tables:
        if table.file.foreign:
            _breaches(report, table, table.of("foreign"), "all references are found")
    return report.evidence("no table refers to another", "add the rows that are missing, or mend the references")


@check("data.tables-finite")
def finite(data_files: Dataset, data_tables: tuple[Measured, ...]) -> Evidence:
    """No number is NaN or infinite: what is missing is left empty."""
    report = Report("tables-finite", data_files)
    for table in data_tables:
        _breaches(report, table, table.of("finite"), "all numbers are finite")
    return report.evidence(_NONE, "leave missing values empty, and mend what made the others")


@check("data.personal")
def personal(data_files: Dataset, data_tables: tuple[Measured, ...]) -> Evidence:
    """No column looks like personal data, unless the manifest declares that kind with a reason; these are hints."""
    report = Report("personal", data_files)
    for table in data_tables:
        path = table.file.path
        if table.broken or table.unknown:
            report.open_(path, table.unknown or f"cannot be read: {table.broken}")
            continue
        declared = [h for h in table.hints if h.kind in data_files.personal]
        for hint in (h for h in table.hints if h.kind not in data_files.personal):
            if hint.row is None:
                report.bad(path, f"column {hint.column} is called like personal data ({hint.kind})")
            else:
                text = f"column {hint.column}: {hint.values:,} values look like personal data ({hint.kind})"
                report.bad(path, text, [(_line(table, hint.row), f"{text}, the first in row {hint.row}")])
        for kind in dict.fromkeys(h.kind for h in declared):
            report.note(path, f"{kind} is declared: {data_files.personal[kind]}")
        report.good(f"{path}: no hint of personal data that is not declared, which is no proof that there are none")
    remedy = 'remove or replace them, or declare them: [personal-data] declared = [...] and reason = "..." in data.toml'
    return report.evidence(_NONE, remedy)


CHECKS = (readable, described, types, missing, ranges, unique, foreign, finite, personal)
