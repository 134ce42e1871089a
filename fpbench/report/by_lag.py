"""A run's numbers by lag: forgetting beside likeness, which a camera that moves lowers for everybody."""

from __future__ import annotations

import re
from dataclasses import replace

from fpbench.errors import FpbenchError
from fpbench.report.data import RunData
from fpbench.report.results import mean_column
from fpbench.report.rows import notes, rows
from fpbench.report.table import Column, Table

_LAG = re.compile(r"^(revisit_lag|likeness_)(\d+)s?$")
_GROUPS = {"revisit_lag": "Revisit excess from a lag of … frames", "likeness_": "Likeness at a lag of … s"}

LEGEND = (
    "Revisit excess: LPIPS of the second view of a pose to the first, minus that to a view of another pose.",
    "It is negative while the view is remembered, and 0 once it is as good as any other.",
    "Likeness falls by rightful motion too: read it beside the truth's.",
)


def lag_table(run: RunData) -> Table:
    """Every metric that is measured at several lags, shortest lag first.

    Raises:
        FpbenchError: none was measured.
    """
    found = sorted(
        (list(_GROUPS).index(match[1]), int(match[2]), name)
        for name in run.manifest.metrics
        if (match := _LAG.match(name))
    )
    if not found:
        raise FpbenchError(f"{run.folder}: nothing was measured by lag; measure the groups forgetting or lag")
    columns = [_column(run, name, list(_GROUPS)[group], lag) for group, lag, name in found]
    made = rows(run, columns)
    said = (*LEGEND, *notes(run, columns, made))
    return Table(f"{run.manifest.protocol['title']}: by lag", tuple(columns), made, said)


def _column(run: RunData, name: str, group: str, lag: int) -> Column:
    return replace(mean_column(run, name), title=str(lag), group=_GROUPS[group])
