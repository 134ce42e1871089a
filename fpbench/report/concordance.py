"""Metrics against people's votes as a table; the numbers are made in ``fpbench.preference.concordance``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fpbench.errors import FpbenchError
from fpbench.report.data import RunData
from fpbench.report.table import Column, Row, Table, Value

if TYPE_CHECKING:
    from fpbench.preference.records import VoteRecord

COLUMNS = (
    Column("agreement", "same preference", "none", "", 3),
    Column("votes", "decided votes", digits=0, interval=False),
    Column("tasks", "tasks", digits=0, interval=False),
    Column("tau", "Kendall's tau of systems", digits=2, interval=False),
)
NOTES = (
    "same preference: share of the decided votes in which the metric prefers the same clip; 0.5 is chance",
    "intervals: 95 %, clustered by task",
    "votes of people only, after the exclusions of the study file",
)


def clip_scores(run: RunData, metric: str) -> tuple[dict[str, float], bool]:
    """Score of every clip of a run by content address, and whether higher is better.

    Raises:
        FpbenchError: the run was not measured by that metric, or it has no better direction.
    """
    scores, direction = run.clip_values(metric), run.metric(metric).direction
    if direction == "two-sided":
        raise FpbenchError(f"metric {metric!r} has no better direction; it cannot prefer a clip")
    return scores, direction == "up"


def concordance_table(run: RunData, records: Sequence[VoteRecord], metrics: Sequence[str] = ()) -> Table:
    """One row per metric, best predictor first; by default every metric of the run that has a better direction."""
    from fpbench.preference.concordance import concordance

    named = list(metrics) or [name for name in run.manifest.metrics if run.metric(name).direction != "two-sided"]
    rows = []
    for name in named:
        scores, up = clip_scores(run, name)
        found = concordance(records, scores, higher_is_better=up)
        agreement = Value(found.agreement, found.low, found.high)
        others = {"votes": Value(float(found.decided)), "tasks": Value(float(found.tasks)), "tau": Value(found.tau)}
        rows.append(Row(name, {"agreement": agreement, **others}))
    rows.sort(key=lambda row: -row.values["agreement"].mean if row.values["votes"].mean else 0.0)
    return Table("metrics and people", COLUMNS, tuple(rows), NOTES, corner="metric")
