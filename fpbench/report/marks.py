"""Which cells of a column are marked: first and second place, each only where somebody can be told apart from it."""

from __future__ import annotations

from collections.abc import Collection

from fpbench.report.data import RunData
from fpbench.report.table import Column
from fpbench.stats import separable_from_best


def places(run: RunData, column: Column, excluded: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Systems of first and of second place in a column of a run.

    First: cannot be separated from the best (paired sign-flip tests, Holm). Second: the same among the others. A set
    is empty when it would hold everybody who is left, because then nobody was separated and a mark would say nothing.

    Args:
        column: its key is ``metric.part``; only "up" and "down" columns have places.
        excluded: systems that may not win: ceilings, floors, those that fail the motion gate.
    """
    if column.direction not in ("up", "down"):
        return frozenset(), frozenset()
    metric, _, part = column.key.partition(".")
    values = {name: run.values(name, metric, part) for name in run.systems if run.measured(name, metric)}

    def leaders(out: Collection[str]) -> tuple[frozenset[str], bool]:
        found = separable_from_best(values, run.tasks, direction=column.direction, excluded=out)  # type: ignore[arg-type]
        return found.members, len(found.members) < 1 + len(found.p)

    first, told_apart = leaders(excluded)
    if not told_apart:
        return frozenset(), frozenset()
    second, told_apart = leaders({*excluded, *first})
    alone = len(values.keys() - {*excluded, *first}) == 1
    return first, second if told_apart or alone else frozenset()
