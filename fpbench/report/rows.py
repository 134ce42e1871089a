"""The rows of a run under given columns: values with intervals, places, flags. Columns are chosen elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from fpbench.report.data import RunData
from fpbench.report.marks import places
from fpbench.report.motion import FEWEST_TASKS, FROZEN, SLOW, motion_flags
from fpbench.report.table import Column, Row, Value
from fpbench.stats import mean_interval

LEVEL = 0.95
MARKS = (
    f"Mean over tasks ± half the {LEVEL:.0%} interval (bootstrap over tasks). Bold or *: cannot be separated"
    " from the best (paired sign-flip tests, Holm); underlined or ': from the second best. No mark where nobody can"
    " be told apart; ceilings and floors aside."
)
GATED = (
    f"{FROZEN}: most clips stand still; {SLOW}: most clips move less than the 5th percentile of the true ones."
    " A still video does not drift, so neither gets best marks."
)
DELTA = (
    "Δ: |mean of the first 15 % - mean of the last 15 %| of a clip; signed: last - first; floor: what a series"
    " without drift gives."
)
_SHOWN = 6


def rows(run: RunData, columns: Sequence[Column]) -> tuple[Row, ...]:
    """One row for each system of the run, in the order of its protocol.

    Args:
        columns: those whose key is ``metric.part``, a part being a column of ``summary.parquet``.
    """
    still = motion_flags(run)
    cells = {
        name: {
            column.key: _value(run, name, column) for column in columns if run.measured(name, column.key.split(".")[0])
        }
        for name in run.systems
    }
    excluded = {name for name in run.systems if run.role(name) != "system" or name in still}
    for column in columns:
        first, second = places(run, column, excluded)
        for name in first | second:
            cells[name][column.key] = replace(cells[name][column.key], best=name in first, second=name in second)
    flags = row_flags(run, still)
    return tuple(Row(name, cells[name], run.role(name), flags[name]) for name in run.systems)


def row_flags(run: RunData, still: Mapping[str, str] | None = None) -> dict[str, tuple[str, ...]]:
    """What a reader must know of each system: that it hardly moves, and how many of its clips failed.

    Args:
        still: the run's `motion_flags`, if they are known already.
    """
    still, failed = motion_flags(run) if still is None else still, run.failures()
    return {
        name: (*([still[name]] if name in still else []), *([f"{failed[name]} failed"] if failed[name] else []))
        for name in run.systems
    }


def _value(run: RunData, system: str, column: Column) -> Value:
    metric, _, part = column.key.partition(".")
    values = run.values(system, metric, part)
    finite = np.isfinite(values)
    if np.isposinf(values).any():
        return Value(float("inf"), coverage=float(np.mean(~np.isnan(values))))
    interval = mean_interval(values, run.tasks, level=LEVEL)
    return Value(interval.estimate, interval.low, interval.high, coverage=float(finite.mean()))


def notes(run: RunData, columns: Iterable[Column], made: Collection[Row]) -> list[str]:
    """Footer of a run's rows: its id, counts and failures, and what the reader needs to know of marks and flags."""
    counts, tasks = run.manifest.counts, len(set(run.tasks))
    seeds = len(run.units) // max(1, tasks)
    count = f"{counts.done} of {counts.cells} cells measured, {counts.failed} failed"
    lines = [f"Run {run.manifest.id}: {tasks} tasks x {seeds} seed{'s' * (seeds != 1)}, {count}.", MARKS]
    if any("drift" in column.key for column in columns):
        lines.append(DELTA)
    if tasks < FEWEST_TASKS:
        lines.append(f"With fewer than {FEWEST_TASKS} tasks no test can separate two systems.")
    if any({FROZEN, SLOW} & set(row.flags) for row in made):
        lines.append(GATED)
    return lines + rest_on(columns, made)


def rest_on(columns: Iterable[Column], made: Collection[Row]) -> list[str]:
    """A line for the footer that names values which do not rest on all clips; none where all do."""
    partial = [
        f"{row.label} {column.key} {value.coverage:.0%}"
        for column in columns
        for row in made
        if (value := row.values.get(column.key)) is not None and value.coverage < 1
    ]
    more = f", and {len(partial) - _SHOWN} more" if len(partial) > _SHOWN else ""
    return [f"Share of the clips that a value rests on: {', '.join(partial[:_SHOWN])}{more}."] if partial else []
