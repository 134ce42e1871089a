"""What is remembered by lag: a line for every system, an axis for every family of metrics that is measured by lag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fpbench.report.by_lag import lag_table
from fpbench.report.curves import looks
from fpbench.report.data import RunData
from fpbench.report.families import families
from fpbench.report.motion import motion_flags
from fpbench.report.style import FAINT, PAGE_INCHES, Factory, place_legend
from fpbench.report.table import Column, Row
from fpbench.report.text import ARROWS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SPREAD = 0.4
"""Of the step between two lags, over which the systems stand side by side so that their intervals do."""


def run_lag(make: Factory, run: RunData, width: float = PAGE_INCHES) -> Figure:
    """Means with intervals at every lag; hollow points fail the motion gate.

    Raises:
        FpbenchError: nothing was measured by lag.
    """
    table, still = lag_table(run), motion_flags(run)
    styles, labels = looks(run, kin := families(run, [row.label for row in table.rows]))
    groups: dict[str, list[Column]] = {}
    for column in table.columns:
        groups.setdefault(column.group, []).append(column)
    below = width < PAGE_INCHES
    legend = below * 0.13 * ((len(kin) or len(table.rows)) // 2 + 1)
    figure = make(figsize=(width, 2.6 * len(groups) + legend))
    shifts = np.linspace(-_SPREAD / 2, _SPREAD / 2, len(table.rows))
    for k, (group, columns) in enumerate(groups.items()):
        axes = figure.add_subplot(len(groups), 1, k + 1)
        for row, shift in zip(table.rows, shifts, strict=True):
            look = styles[row.label] | {"label": labels.get(row.label, row.label)}
            _line(axes, row, columns, float(shift), hollow=row.label in still, **look)
        axes.set_xticks(range(len(columns)), [column.title for column in columns])
        axes.set_title(f"{group} {ARROWS[columns[0].direction]}")
        axes.grid(axis="y", color=FAINT, linewidth=0.4)
        axes.set_axisbelow(True)
    place_legend(figure, width, "hollow: fails the motion gate" if still else None)
    return figure


def _line(axes: Axes, row: Row, columns: list[Column], shift: float, *, hollow: bool, color: str, **look: Any) -> None:
    found = [(k, row.values[column.key]) for k, column in enumerate(columns) if column.key in row.values]
    reach = [
        [value.mean - value.low, value.high - value.mean]
        if value.low is not None and value.high is not None
        else [0, 0]
        for _, value in found
    ]
    axes.errorbar(
        [k + shift for k, _ in found],
        [value.mean for _, value in found],
        yerr=np.array(reach, float).reshape(-1, 2).T,
        color=color,
        linewidth=0.8,
        elinewidth=0.6,
        marker="o",
        markersize=2.5,
        markerfacecolor="white" if hollow else color,
        **look,
    )
