"""The results table of a run: quality, drift beside motion, and who cannot be separated from the best."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from fpbench.report.data import RunData
from fpbench.report.motion import FEWEST_TASKS, FROZEN, SLOW, motion_flags
from fpbench.report.table import Column, Row, Table, Value
from fpbench.stats import mean_interval, separable_from_best

MOTION = ("flow_top5", "dyn_frac", "freeze_frac")
"""Context, never ranked: more motion is not better motion."""
BESIDE_DRIFT = ("flow_top5", "freeze_frac")
"""Printed beside drift, because a still video does not drift."""
LEVEL = 0.95
MARKS = (
    f"Mean over tasks ± half the {LEVEL:.0%} interval (bootstrap over tasks). Bold or *: cannot be separated"
    " from the best (paired sign-flip tests, Holm), ceilings and floors aside."
)
GATED = (
    f"{FROZEN}: most clips stand still; {SLOW}: most clips move less than the 5th percentile of the true ones."
    " A still video does not drift, so neither gets best marks."
)
DELTA = (
    "Δ: |mean of the first 15 % - mean of the last 15 %| of a clip; signed: last - first; floor: what a series"
    " without drift gives."
)


def results_table(run: RunData, *, everything: bool = False) -> Table:
    """The table of a run.

    Args:
        everything: every metric with its drift instead of the columns of the protocol.
    """
    still = motion_flags(run)
    columns = _all_columns(run) if everything else _protocol_columns(run)
    return Table(
        title=str(run.manifest.protocol["title"]),
        columns=tuple(columns),
        rows=_rows(run, columns, still),
        notes=_notes(run, any_still=bool(still)),
    )


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


def _rows(run: RunData, columns: Sequence[Column], still: Mapping[str, str]) -> tuple[Row, ...]:
    cells = {name: {column.key: _value(run, name, column) for column in columns} for name in run.systems}
    excluded = {name for name in run.systems if run.role(name) != "system" or name in still}
    for column in columns:
        for name in _best(run, column, excluded):
            cells[name][column.key] = replace(cells[name][column.key], best=True)
    failures = run.failures()
    rows = []
    for name in run.systems:
        flags = [still[name]] if name in still else []
        flags += [f"{failures[name]} failed"] if failures[name] else []
        shown = {key: value for key, value in cells[name].items() if run.measured(name, key.split(".")[0])}
        rows.append(Row(name, shown, run.role(name), tuple(flags)))
    return tuple(rows)


def _value(run: RunData, system: str, column: Column) -> Value:
    metric, _, part = column.key.partition(".")
    values = run.values(system, metric, part)
    finite = np.isfinite(values)
    if np.isposinf(values).any():
        return Value(float("inf"), coverage=float(np.mean(~np.isnan(values))))
    interval = mean_interval(values, run.tasks, level=LEVEL)
    return Value(interval.estimate, interval.low, interval.high, coverage=float(finite.mean()))


def _best(run: RunData, column: Column, excluded: Collection[str]) -> frozenset[str]:
    if column.direction not in ("up", "down"):
        return frozenset()
    metric, _, part = column.key.partition(".")
    values = {name: run.values(name, metric, part) for name in run.systems if run.measured(name, metric)}
    found = separable_from_best(values, run.tasks, direction=column.direction, excluded=excluded)
    return found.members


def _notes(run: RunData, *, any_still: bool) -> tuple[str, ...]:
    counts, tasks = run.manifest.counts, len(set(run.tasks))
    seeds = len(run.units) // max(1, tasks)
    count = f"{counts.done} of {counts.cells} cells measured, {counts.failed} failed"
    notes = [f"Run {run.manifest.id}: {tasks} tasks x {seeds} seeds, {count}.", MARKS, DELTA]
    if tasks < FEWEST_TASKS:
        notes.append(f"With fewer than {FEWEST_TASKS} tasks no test can separate two systems.")
    if any_still:
        notes.append(GATED)
    return tuple(notes)
