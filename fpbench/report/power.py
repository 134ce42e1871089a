"""What a run of so many tasks can find, from how much its paired differences vary. Formulas: ``fpbench.stats``."""

from __future__ import annotations

from typing import cast

import numpy as np

from fpbench.errors import FpbenchError
from fpbench.report.data import RunData
from fpbench.report.results import drift_columns, mean_column, primary_metrics
from fpbench.report.table import Column, Row, Table, Value
from fpbench.stats import compare, detectable_effect, paired_differences, tasks_needed

_MOST = 100_000
"""Tasks beyond which a difference counts as too small to plan for."""


def needed(difference: float, spread: float, *, power: float, alpha: float) -> float:
    """Tasks that find a paired difference; NaN where none do, or more than 100,000 would be needed."""
    if not (spread > 0 and abs(difference) > spread / np.sqrt(_MOST / 10)):
        return float("nan")
    return float(tasks_needed(difference / spread, power=power, alpha=alpha))


def power_table(
    run: RunData, *, difference: float | None = None, power: float = 0.8, alpha: float = 0.05, tests: int = 1
) -> Table:
    """For every system against the reference: spread of the differences, what is detectable, and tasks needed.

    Args:
        difference: to plan for, in the metric's unit; the one that was observed when left out.
        power: wanted probability of finding it. alpha: two-sided error rate of the whole family of tests.
        tests: in the family; each is planned at alpha / tests, the first step of Holm.

    Raises:
        FpbenchError: the protocol names no reference.
    """
    reference = cast("str | None", run.manifest.protocol["reference"])
    if reference is None:
        raise FpbenchError(f"{run.folder}: its protocol names no 'reference:' system to compare with")
    primary = primary_metrics(run)
    measures = [mean_column(run, primary[0]), *(drift_columns(run, name)[0] for name in reversed(primary))]
    level = alpha / tests
    columns: list[Column] = []
    cells: dict[str, dict[str, Value]] = {name: {} for name in run.systems if name != reference}
    for one in measures:
        metric, _, part = one.key.partition(".")
        columns += [
            replace_key(one, "difference", one.title, interval=True),
            replace_key(one, "spread", "SD"),
            replace_key(one, "detectable", "detectable"),
            Column(f"{one.key}.tasks", "tasks needed", "none", "", 0, interval=False),
        ]
        for name, values in cells.items():
            if not run.measured(name, metric):
                continue
            pair = run.values(name, metric, part), run.values(reference, metric, part)
            found, units = compare(*pair, run.tasks).interval, paired_differences(*pair, run.tasks)
            units = units[np.isfinite(units)]
            spread = float(units.std(ddof=1)) if len(units) > 1 else float("nan")
            detectable = spread * detectable_effect(len(units), power=power, alpha=level) if spread > 0 else np.nan
            wanted = found.estimate if difference is None else difference
            values[f"{one.key}.difference"] = Value(found.estimate, found.low, found.high)
            values[f"{one.key}.spread"] = Value(spread)
            values[f"{one.key}.detectable"] = Value(float(detectable))
            values[f"{one.key}.tasks"] = Value(needed(wanted, spread, power=power, alpha=level))
    what = "the difference that was seen" if difference is None else f"a difference of {difference:g}"
    count = len(set(run.tasks))
    notes = (
        f"Run {run.manifest.id}: system minus {reference}, {count} tasks; SD: of the differences between tasks.",
        f"Detectable: the smallest difference found with {power:.0%} power, paired and two-sided at alpha {level:.3g}.",
        f"Tasks needed: for {what}. What was seen is an estimate; plan for what matters.",
    )
    rows = tuple(Row(name, values, run.role(name)) for name, values in cells.items())
    return Table(f"{run.manifest.protocol['title']}: power", tuple(columns), rows, notes)


def replace_key(column: Column, key: str, title: str, *, interval: bool = False) -> Column:
    """A column derived from another, in its unit and never ranked."""
    return Column(f"{column.key}.{key}", title, "none", column.unit, column.digits + 1, interval=interval)
