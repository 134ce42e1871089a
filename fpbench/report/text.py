"""Numbers and headings as text, the same in every format. Escaping belongs to each renderer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from fpbench.report.table import Column, Direction, Row, Table, Value

MISSING = "–"
UNDEFINED = "n/a"
LONG_UNIT = 6
"""Longer units would be wider than the numbers under them."""
ARROWS: dict[Direction, str] = {"up": "↑", "down": "↓", "two-sided": "↕", "none": ""}


def number(value: float, digits: int) -> str:
    """Fixed-point text; negative zero is zero, infinities are ``∞``, NaN is ``n/a``."""
    if math.isnan(value):
        return UNDEFINED
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def value_text(value: Value | None, column: Column, plus_minus: str = " ± ") -> str:
    """``0.123 ± 0.010``, without the interval where there is none; ``–`` for a missing value."""
    if value is None:
        return MISSING
    text = number(value.mean, column.digits)
    half = value.half_width
    if not column.interval or half is None or not math.isfinite(half):
        return text
    return f"{text}{plus_minus}{number(half, column.digits)}"


def heading(column: Column) -> str:
    """Title with arrow and unit: ``PSNR (dB) ↑``."""
    unit = f" ({column.unit})" if column.unit else ""
    arrow = ARROWS[column.direction]
    return f"{column.title}{unit}{' ' + arrow if arrow else ''}"


def label(row: Row) -> str:
    """Row label with its flags: ``repeat_i2v [frozen]``."""
    return row.label + "".join(f" [{flag}]" for flag in row.flags)


def spans(columns: Sequence[Column]) -> list[tuple[str, int]]:
    """Neighbouring columns of one group as (group, how many): the upper line of a heading; empty without groups."""
    if not any(column.group for column in columns):
        return []
    return [(group, len(list(members))) for group, members in groupby(columns, key=lambda column: column.group)]


def opens_group(rows: Sequence[Row], position: int) -> bool:
    """Whether the heading of a row group stands above this row."""
    group = rows[position].group
    return bool(group) and (position == 0 or rows[position - 1].group != group)


def compact(table: Table) -> Table:
    """The table with long units of headings told in a note instead."""
    long = [column for column in table.columns if len(column.unit) > LONG_UNIT]
    if not long:
        return table
    units = dict.fromkeys(f"{column.title.removeprefix('Δ ')} in {column.unit}" for column in long)
    columns = tuple(replace(column, unit="") if column in long else column for column in table.columns)
    return replace(table, columns=columns, notes=(*table.notes, f"Units: {', '.join(units)}."))
