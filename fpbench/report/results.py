"""The results table of a run: quality, drift beside motion, and who cannot be separated from the best."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.drift import motion_gate
from fpbench.report.data import RunData
from fpbench.report.table import Column, Row, Table, Value
from fpbench.stats import mean_interval, separable_from_best

MOTION = ("flow_top5", "dyn_frac", "freeze_frac")
"""Context, never ranked: more motion is not better motion."""
BESIDE_DRIFT = ("flow_top5", "freeze_frac")
"""Printed beside drift, because a still video does not drift."""
LEVEL = 0.95
FEWEST_TASKS = 6
"""With n tasks the smallest two-sided p of a sign-flip test is 2 / 2^n."""
MARKS = (
    f"Mean over tasks ± half the {LEVEL:.0%} interval (bootstrap over tasks). Bold or *: cannot be separated"
    " from the best (paired sign-flip tests, Holm), ceilings and floors aside."
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
    still = frozen_systems(run)
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


def frozen_systems(run: RunData) -> frozenset[str]:
    """Systems more than half of whose clips fail the motion gate; ceilings set the reference and never do."""
    if "freeze_frac" not in run.manifest.metrics or "flow_top5" not in run.manifest.metrics:
        return frozenset()
    ceilings = [run.values(name, "flow_top5") for name in run.systems if run.role(name) == "ceiling"]
    reference = ceilings[0] if ceilings else np.empty(0)
    return frozenset(
        name for name in run.systems if run.role(name) != "ceiling" and _share_still(run, name, reference) > 0.5
    )


def _share_still(run: RunData, system: str, reference: NDArray[np.float64]) -> float:
    freeze, flow = run.values(system, "freeze_frac"), run.values(system, "flow_top5")
    known = np.isfinite(freeze) & np.isfinite(flow)
    gates = [motion_gate(float(f), float(d), reference) for f, d in zip(freeze[known], flow[known], strict=True)]
    return 1 - float(np.mean(gates)) if gates else 0.0


def _rows(run: RunData, columns: Sequence[Column], still: Collection[str]) -> tuple[Row, ...]:
    cells = {name: {column.key: _value(run, name, column) for column in columns} for name in run.systems}
    excluded = {name for name in run.systems if run.role(name) != "system" or name in still}
    for column in columns:
        for name in _best(run, column, excluded):
            cells[name][column.key] = replace(cells[name][column.key], best=True)
    failures = run.failures()
    rows = []
    for name in run.systems:
        flags = ["frozen"] * (name in still) + [f"{failures[name]} failed"] * (failures[name] > 0)
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
        notes.append("frozen: most clips fail the motion gate; a still video does not drift, so no best marks.")
    return tuple(notes)
