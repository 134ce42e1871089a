"""Two runs against each other: the systems that both have, task by task. What differs between them is ``headers``."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fpbench.errors import FpbenchError
from fpbench.report.data import RunData
from fpbench.report.motion import FEWEST_TASKS
from fpbench.report.results import drift_columns, mean_column, primary_metrics
from fpbench.report.rows import LEVEL
from fpbench.report.table import Column, Row, Table, Value
from fpbench.stats import compare, holm

_TASK = ("world", "tasks.frames", "tasks.seed")
"""Where protocols must agree for a task of the same name to be the same task."""


def versus(first: RunData, second: RunData) -> Table:
    """Second minus first, mean over the tasks that both have measured, for every system of the same name.

    Metrics whose version differs are left out and named in a note.

    Raises:
        FpbenchError: nothing that could be paired: other tasks, or no system or primary metric in common.
    """
    shared = [name for name in first.systems if name in second.systems]
    units = [unit for unit in first.units if unit in second.units]
    for place in _TASK:
        one, other = _at(first, place), _at(second, place)
        if one != other:
            raise FpbenchError(f"not comparable: {place} is {one!r} in the first run and {other!r} in the second")
    if not shared or not units:
        what = "task" if shared else "system"
        raise FpbenchError(f"not comparable: {first.manifest.id} and {second.manifest.id} share no {what}")
    metrics, stale = _metrics(first, second)
    if not metrics:
        raise FpbenchError(
            f"not comparable: of the primary metrics of {first.manifest.id}, {second.manifest.id} measured none"
            + (f" in the same version ({', '.join(stale)})" if stale else "")
        )
    tasks = np.array([task for task, _ in units])
    columns: list[Column] = []
    cells: dict[str, dict[str, Value]] = {name: {} for name in shared}
    for column in (column for name in metrics for column in (mean_column(first, name), drift_columns(first, name)[0])):
        columns += [column, Column(f"{column.key}.p", "p", "none", "", 4, interval=False)]
        for key, name, value in _differences(first, second, column, shared, units, tasks):
            cells[name][key] = value
    pair, count = f"{second.manifest.id} minus {first.manifest.id}", len(set(tasks))
    notes = [
        f"{pair}: mean over {count} tasks that both have, ± half the {LEVEL:.0%} interval.",
        "p: two-sided paired sign-flip test, Holm within its column, ceilings and floors aside.",
        *([f"With fewer than {FEWEST_TASKS} tasks no test can separate two systems."] * (count < FEWEST_TASKS)),
        *([f"Left out, measured in different versions: {', '.join(stale)}."] if stale else []),
    ]
    rows = tuple(Row(name, cells[name], first.role(name)) for name in shared)
    return Table(f"{second.manifest.id} against {first.manifest.id}", tuple(columns), rows, tuple(notes))


def _at(run: RunData, place: str) -> object:
    found: object = run.manifest.protocol
    for key in place.split("."):
        found = found[key]  # type: ignore[index]
    return found


def _metrics(first: RunData, second: RunData) -> tuple[list[str], list[str]]:
    """Primary metrics of the first run that the second measured alike, and those of another version."""
    known = [name for name in primary_metrics(first) if name in second.manifest.metrics]
    alike = [n for n in known if first.manifest.metrics[n]["version"] == second.manifest.metrics[n]["version"]]
    return alike, [name for name in known if name not in alike]


def _differences(
    first: RunData,
    second: RunData,
    column: Column,
    shared: list[str],
    units: list[tuple[str, int]],
    tasks: NDArray[np.str_],
) -> Iterator[tuple[str, str, Value]]:
    metric, _, part = column.key.partition(".")
    here, there = ([run.units[unit] for unit in units] for run in (first, second))
    found = {
        name: compare(second.values(name, metric, part)[there], first.values(name, metric, part)[here], tasks)
        for name in shared
        if first.measured(name, metric) and second.measured(name, metric)
    }
    p = holm({name: pair.p for name, pair in found.items() if first.role(name) == "system"})
    for name, pair in found.items():
        interval = pair.interval
        yield column.key, name, Value(interval.estimate, interval.low, interval.high)
        if name in p:
            yield f"{column.key}.p", name, Value(p[name])
