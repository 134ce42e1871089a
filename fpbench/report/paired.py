"""Every system against the reference of the protocol, task by task: the primary metrics and their drift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from fpbench.errors import FpbenchError
from fpbench.report.data import RunData
from fpbench.report.results import drift_columns, mean_column, primary_metrics
from fpbench.report.rows import LEVEL
from fpbench.report.table import Column, Row, Table, Value
from fpbench.stats import compare, holm


def paired_table(run: RunData) -> Table:
    """Mean paired differences to the reference with their intervals, and p-values of sign-flip tests after Holm.

    Raises:
        FpbenchError: the protocol names no reference.
    """
    reference = cast("str | None", run.manifest.protocol["reference"])
    if reference is None:
        raise FpbenchError(f"{run.folder}: its protocol names no 'reference:' system to compare with")
    found = [_compared(run, reference, column) for column in _measures(run)]
    columns = tuple(column for pair, _ in found for column in pair)
    rows = tuple(
        Row(name, {key: value for _, values in found for key, value in values.get(name, {}).items()}, run.role(name))
        for name in run.systems
        if name != reference
    )
    notes = (
        f"Run {run.manifest.id}: system minus {reference}, mean over tasks ± half the {LEVEL:.0%} interval.",
        "p: two-sided paired sign-flip test, Holm within its column, ceilings and floors aside.",
    )
    return Table(f"{run.manifest.protocol['title']}: against {reference}", columns, rows, notes)


def _measures(run: RunData) -> list[Column]:
    quality, *_ = primary = primary_metrics(run)
    return [mean_column(run, quality), *(drift_columns(run, name)[0] for name in reversed(primary))]


def _compared(
    run: RunData, reference: str, column: Column
) -> tuple[tuple[Column, Column], Mapping[str, Mapping[str, Value]]]:
    metric, _, part = column.key.partition(".")
    base = run.values(reference, metric, part)
    others = [name for name in run.systems if name != reference and run.measured(name, metric)]
    pairs = {name: compare(run.values(name, metric, part), base, run.tasks, level=LEVEL) for name in others}
    p = holm({name: pair.p for name, pair in pairs.items() if run.role(name) == "system"})
    differences = {
        name: Value(pair.interval.estimate, pair.interval.low, pair.interval.high) for name, pair in pairs.items()
    }
    # the direction stays in the heading, but no best marks: a difference is not a rank
    heads = (
        Column(column.key, column.title, column.direction, column.unit, column.digits),
        Column(f"{column.key}.p", "p", "none", "", 4, interval=False),
    )
    values = {
        name: {heads[0].key: value, **({heads[1].key: Value(p[name])} if name in p else {})}
        for name, value in differences.items()
    }
    return heads, values
