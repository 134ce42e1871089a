"""Numbers and headings as text, the same in every format. Escaping belongs to each renderer."""

from __future__ import annotations

import math

from fpbench.report.table import Column, Direction, Row, Value

MISSING = "–"
UNDEFINED = "n/a"
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
