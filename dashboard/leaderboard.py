"""The results table as a leaderboard: every value with its interval drawn to the scale of its column."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from itertools import count

from dashboard.theme import Ink, Look
from fpbench.report.table import Column, Row, Table, Value
from fpbench.report.text import MISSING, heading, number

STRIP_WIDTH = 84
BEST = "●"
"""The mark of those who cannot be separated from the best: a shape, so that it needs no colour."""
_FRAMES = ("ceiling", "system", "floor")
_STYLE = """<style>
.fp-board{overflow-x:auto}
.fp-board table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.93rem}
.fp-board th{font-weight:600;text-align:right;padding:.45rem .48rem;border-bottom:1px solid LINE;vertical-align:bottom;
 color:MUTED}
.fp-board td{text-align:right;padding:.42rem .48rem;border-bottom:1px solid LINE;white-space:nowrap;vertical-align:top}
.fp-board th:first-child,.fp-board td:first-child{text-align:right;color:MUTED;width:1.4rem;padding-right:.2rem}
.fp-board th[scope=row]{text-align:left;color:TEXT;font-weight:550;vertical-align:top;white-space:nowrap}
.fp-board th.name{text-align:left}
.fp-board th.name,.fp-board th[scope=row]{position:sticky;left:0;background:PAGE}
.fp-board tr.frame td,.fp-board tr.frame th[scope=row]{color:MUTED;font-weight:400}
.fp-board i{display:block;width:84px;height:7px;margin:.25rem 0 .1rem auto;background:
 radial-gradient(circle 3.5px at var(--m) 50%,TEXT 3px,transparent 3.5px),
 linear-gradient(SHADE,SHADE) var(--l) 50%/var(--w) 3px no-repeat,linear-gradient(LINE,LINE) 0 50%/100% 1px no-repeat}
.fp-board .half{color:MUTED;font-size:.85em;padding-left:.25em}
.fp-board .best{color:BEST;padding-right:.3em}
.fp-board .badge{font-size:.74rem;font-weight:500;border:1px solid LINE;border-radius:.6rem;
 padding:.02rem .45rem;margin-left:.45rem;color:MUTED;white-space:nowrap}
.fp-board .swatch{display:inline-block;width:.65rem;height:.65rem;border-radius:50%;margin-right:.5rem}
.fp-board .few{color:MUTED;font-size:.8em}
@media (max-width:640px){.fp-board td,.fp-board th{padding-left:.35rem;padding-right:.35rem}
 .fp-board th[scope=row]{max-width:8.5rem;font-size:.85em;white-space:normal;overflow-wrap:anywhere}
 .fp-board .badge{margin-left:0}}
</style>"""


def ranked(table: Table, key: str) -> list[Row]:
    """Rows by a column, best first, between ceilings and floors; frozen systems come after those that move."""
    column = next(column for column in table.columns if column.key == key)
    sign = -1.0 if column.direction == "up" else 1.0

    def place(row: Row) -> tuple[int, bool, float]:
        value = row.values.get(key)
        unknown = value is None or math.isnan(value.mean)
        return (
            _FRAMES.index(row.role),
            "frozen" in row.flags,
            math.inf if unknown or value is None else sign * value.mean,
        )

    return sorted(table.rows, key=place)


def best_of(order: Sequence[Row], most: int) -> list[Row]:
    """The first systems of a ranking, with all ceilings and floors."""
    ahead = count()
    return [row for row in order if row.role != "system" or next(ahead) < most]


def render(table: Table, order: Sequence[Row], looks: Mapping[str, Look], ink: Ink, *, best: str) -> str:
    """The leaderboard as HTML.

    Args:
        order: the rows, first to last.
        looks: colour of each system, the same as in every figure.
        best: colour of the mark of those who share first place.
    """
    style = _STYLE
    for name, colour in (
        ("LINE", ink.line),
        ("MUTED", ink.muted),
        ("TEXT", ink.text),
        ("SHADE", ink.shade),
        ("BEST", best),
        ("PAGE", ink.page),
    ):
        style = style.replace(name, colour)
    scales = {column.key: _scale(table, column) for column in table.columns}
    head = "".join(f'<th scope="col">{_head(column)}</th>' for column in table.columns)
    body, position = [], 0
    for row in order:
        ranks = row.role == "system" and any(math.isfinite(value.mean) for value in row.values.values())
        position += ranks
        place = str(position) if ranks else ""
        cells = "".join(_cell(row.values.get(c.key), c, scales[c.key]) for c in table.columns)
        kind = "" if row.role == "system" else ' class="frame"'
        body.append(f'<tr{kind}><td>{place}</td><th scope="row">{_name(row, looks)}</th>{cells}</tr>')
    return (
        f'{style}<div class="fp-board" tabindex="0" role="region" aria-label="Leaderboard"><table><thead><tr>'
        f'<th scope="col" aria-label="rank"></th><th scope="col" class="name">{escape(table.corner)}</th>{head}'
        f"</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _head(column: Column) -> str:
    """The heading, whose arrow stays beside its last word."""
    return escape("\N{NO-BREAK SPACE}".join(heading(column).rsplit(" ", 1)))


def _name(row: Row, looks: Mapping[str, Look]) -> str:
    look = looks.get(row.label)
    swatch = f'<span class="swatch" style="background:{look.colour}"></span>' if look else ""
    marks = [*(() if row.role == "system" else (row.role,)), *row.flags]
    return swatch + escape(row.label) + "".join(f'<span class="badge">{escape(mark)}</span>' for mark in marks)


def _scale(table: Table, column: Column) -> tuple[float, float]:
    """Smallest and largest interval end of a column, so that its intervals can be compared by eye.

    Ceilings are left out: the truth against itself lies so far from everybody that all others would look alike.
    """
    ends = [
        end
        for row in table.rows
        if row.role != "ceiling"
        if (value := row.values.get(column.key)) is not None
        for end in (value.mean, value.low, value.high)
        if end is not None and math.isfinite(end)
    ]
    return (min(ends), max(ends)) if ends else (0.0, 0.0)


def _cell(value: Value | None, column: Column, scale: tuple[float, float]) -> str:
    if value is None:
        return f"<td>{MISSING}</td>"
    mark = f'<span class="best" title="cannot be separated from the best">{BEST}</span>' if value.best else ""
    half = value.half_width
    known = column.interval and half is not None and math.isfinite(half)
    spread = f'<span class="half">± {number(half, column.digits)}</span>' if known and half is not None else ""
    few = f' <span class="few">({value.coverage:.0%} of clips)</span>' if value.coverage < 1 else ""
    text = number(value.mean, column.digits)
    shown = f"<b>{text}</b>" if value.best else text
    return f"<td>{mark}{shown}{spread}{few}{_strip(value, scale) if known else ''}</td>"


def _strip(value: Value, scale: tuple[float, float]) -> str:
    """Interval and mean on the column's scale; nothing for what lies outside it."""
    low, high = scale
    if value.low is None or value.high is None or high <= low or not low <= value.low <= value.high <= high:
        return ""

    def at(number_: float) -> float:
        return 3 + (STRIP_WIDTH - 6) * (number_ - low) / (high - low)

    left, width = at(value.low), max(2.0, at(value.high) - at(value.low))
    return f'<i aria-hidden="true" style="--l:{left:.1f}px;--w:{width:.1f}px;--m:{at(value.mean):.1f}px"></i>'
