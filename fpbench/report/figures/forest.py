"""The forest: estimates with their intervals, one line per system, one panel per measure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

from fpbench.report.data import RunData
from fpbench.report.elo import RATING, elo_table
from fpbench.report.motion import motion_flags
from fpbench.report.paired import paired_table
from fpbench.report.style import FAINT, INK, MUTED, OKABE_ITO, PAGE_INCHES, Factory
from fpbench.report.table import Table, Value
from fpbench.report.text import ARROWS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fpbench.preference import EloReport

ALPHA = 0.05
_ROW, _FRAME = 0.17, 0.5
"""Inches for a row, and for title and axis."""


@dataclass(frozen=True)
class _Line:
    label: str
    value: Value
    sure: bool
    note: str


def run_forest(make: Factory, run: RunData, width: float = PAGE_INCHES) -> Figure:
    """Paired differences of every system to the reference of the protocol; filled where Holm's p is below 5 %.

    Raises:
        FpbenchError: the protocol names no reference.
    """
    table, still = paired_table(run), motion_flags(run)
    panels = [column for column in table.columns if not column.key.endswith(".p")]
    labels = [row.label for row in table.rows if run.role(row.label) == "system"]
    across = len(panels) if width >= PAGE_INCHES else 1  # side by side on a page, one below the other in a column
    down = -(-len(panels) // across)
    figure = make(figsize=(width, 0.2 + down * (_FRAME + _ROW * len(labels))))
    for position, column in enumerate(panels):
        axes = figure.add_subplot(down, across, position + 1)
        _panel(axes, _differences(table, column.key, labels), names=position % across == 0)
        unit = f" ({column.unit})" if column.unit and len(column.unit) < 6 else ""
        axes.set_title(f"{column.title}{unit} {ARROWS[column.direction]}")
        axes.axvline(0, color=MUTED, linewidth=0.6, zorder=0)
        if position % across == 0:
            axes.set_yticks(range(len(labels)), [f"{label} ○" if label in still else label for label in labels])
    gated = "; ○: fails the motion gate" if still.keys() & set(labels) else ""
    reference = run.manifest.protocol["reference"]
    below = f"difference to {reference}, 95 % intervals; filled: p < {ALPHA} (Holm){gated}"
    figure.supxlabel(fill(below, width=int(20 * width)), fontsize=6.5, color=MUTED)
    return figure


def votes_forest(make: Factory, report: EloReport, width: float = PAGE_INCHES) -> Figure:
    """Ratings of a preference study with their intervals, best first; filled for those nobody is known to beat."""
    table = elo_table(report)
    rated = [row for row in table.rows if RATING.key in row.values]
    lines = [_Line(row.label, row.values[RATING.key], row.values[RATING.key].best, "") for row in rated]
    figure = make(figsize=(width, _FRAME + _ROW * max(1, len(lines))))
    axes = figure.add_subplot()
    _panel(axes, lines, names=True)
    axes.set_xlabel("rating (Elo scale), intervals of the fitted model; filled: nothing is known to beat it")
    axes.set_title(table.title)
    return figure


def _differences(table: Table, key: str, labels: Sequence[str]) -> list[_Line]:
    rows = {row.label: row.values for row in table.rows}
    lines = []
    for label in labels:
        p = rows[label].get(f"{key}.p", Value(math.nan)).mean
        value = rows[label].get(key, Value(math.nan))
        lines.append(_Line(label, value, p < ALPHA, "" if math.isnan(p) else _p(p)))
    return lines


def _p(p: float) -> str:
    return "p < .001" if p < 0.001 else f"p {p:.3f}".replace(" 0", " ")


def _panel(axes: Axes, lines: Sequence[_Line], *, names: bool) -> None:
    for y, line in enumerate(lines):
        if y % 2:
            axes.axhspan(y - 0.5, y + 0.5, color="0.965", linewidth=0, zorder=-1)
        if not math.isfinite(line.value.mean):
            continue
        if line.value.low is not None and line.value.high is not None:
            axes.plot([line.value.low, line.value.high], [y, y], color=OKABE_ITO[0], linewidth=1.1)
        face = OKABE_ITO[0] if line.sure else "white"
        axes.plot(line.value.mean, y, "o", markersize=4, markerfacecolor=face, markeredgecolor=OKABE_ITO[0])
        if line.note:
            axes.annotate(
                line.note,
                (1.02, y),
                xycoords=("axes fraction", "data"),
                ha="left",
                va="center",
                fontsize=5.5,
                color=INK if line.sure else MUTED,
            )
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_yticks(range(len(lines)), [line.label for line in lines] if names else [""] * len(lines))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.08)
    axes.grid(axis="x", color=FAINT, linewidth=0.4)
    axes.set_axisbelow(True)
