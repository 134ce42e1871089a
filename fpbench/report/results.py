"""The results table of a run: quality, drift beside motion, and who cannot be separated from the best."""

from __future__ import annotations

from typing import cast

from fpbench.report.data import RunData
from fpbench.report.rows import notes, rows
from fpbench.report.table import Column, Table

MOTION = ("flow_top5", "dyn_frac", "freeze_frac")
"""Context, never ranked: more motion is not better motion."""
BESIDE_DRIFT = ("flow_top5", "freeze_frac")
"""Printed beside drift, because a still video does not drift."""
RESTS_ON = {"identity_dlib": "face_coverage"}
"""Printed beside a metric that is undefined on part of a clip: how large a part it saw."""


def results_table(run: RunData, *, everything: bool = False) -> Table:
    """The table of a run.

    Args:
        everything: every metric with its drift instead of the columns of the protocol.
    """
    columns = _all_columns(run) if everything else _protocol_columns(run)
    made = rows(run, columns)
    return Table(str(run.manifest.protocol["title"]), tuple(columns), made, tuple(notes(run, columns, made)))


def primary_metrics(run: RunData) -> list[str]:
    """The metrics declared before looking: the one for quality, then the one for drift."""
    primary = cast("dict[str, str]", run.manifest.protocol["primary"])
    return list(dict.fromkeys([primary["quality"], primary["drift"]]))


def _all_columns(run: RunData) -> list[Column]:
    return [column for name in run.manifest.metrics for column in (mean_column(run, name), *drift_columns(run, name))]


def _protocol_columns(run: RunData) -> list[Column]:
    extra = cast("list[str]", run.manifest.protocol["columns"])
    primary = primary_metrics(run)
    quality = list(dict.fromkeys([primary[0], *extra]))
    companions = {name: RESTS_ON[name] for name in quality if RESTS_ON.get(name) in run.manifest.metrics}
    quality = list(dict.fromkeys(one for name in quality for one in (name, companions.get(name, name))))
    motion = [name for name in BESIDE_DRIFT if name in run.manifest.metrics and name not in quality]
    columns = [mean_column(run, name) for name in quality]
    columns += [column for name in reversed(primary) for column in drift_columns(run, name)]
    return columns + [mean_column(run, name) for name in motion]


def mean_column(run: RunData, metric: str) -> Column:
    """The column of clip means of a metric."""
    facts = run.metric(metric)
    direction = "none" if metric in MOTION else facts.direction
    return Column(f"{metric}.mean", metric, direction, facts.unit, facts.digits)


def drift_columns(run: RunData, metric: str) -> list[Column]:
    """The start-end contrast of a metric, its sign, and the contrast that noise alone gives."""
    facts = run.metric(metric)
    return [
        Column(f"{metric}.drift_abs", f"Δ {metric}", "down", facts.unit, facts.digits),
        Column(f"{metric}.drift_signed", "signed", "none", facts.unit, facts.digits, interval=False),
        Column(f"{metric}.drift_floor", "floor", "none", facts.unit, facts.digits, interval=False),
    ]
