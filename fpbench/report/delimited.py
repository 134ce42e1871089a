"""CSV for machines: full precision, one column per number, notes left out."""

from __future__ import annotations

import csv
import io
import math

from fpbench.report.table import Table, Value


def render(table: Table) -> str:
    r"""The table as CSV (RFC 4180, ``\\n``): per column its number, low, high, best, second, coverage; NaN as nan."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    parts = ("", "_low", "_high", "_best", "_second", "_coverage")
    numbers = [f"{column.key}{part}" for column in table.columns for part in parts]
    grouped = any(row.group for row in table.rows)
    writer.writerow([*(["group"] if grouped else []), table.corner, "role", "flags", *numbers])
    for row in table.rows:
        cells = [cell for column in table.columns for cell in _cells(row.values.get(column.key))]
        writer.writerow([*([row.group] if grouped else []), row.label, row.role, " ".join(row.flags), *cells])
    return buffer.getvalue()


def _cells(value: Value | None) -> list[str]:
    if value is None:
        return [""] * 6
    return [
        _exact(value.mean),
        _exact(value.low),
        _exact(value.high),
        str(int(value.best)),
        str(int(value.second)),
        _exact(value.coverage),
    ]


def _exact(number: float | None) -> str:
    if number is None:
        return ""
    return "nan" if math.isnan(number) else repr(number + 0.0)  # adding 0.0 turns a negative zero into zero
