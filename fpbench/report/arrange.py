"""A layout filled with the numbers of finished runs, the paper's numbers beside ours."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from fpbench.errors import FpbenchError
from fpbench.report.data import RunData
from fpbench.report.layout import COSTS, Layout, LayoutColumn
from fpbench.report.motion import motion_flags
from fpbench.report.published import COLUMNS, FAMILIES, configuration, printed_row, strategy
from fpbench.report.results import MOTION, primary_metrics
from fpbench.report.rows import notes, rows
from fpbench.report.table import Column, Row, Table, Value

OTHERS = "Other strategies"
FRAME = "Reference points"
PUBLISHED = (
    "Published: arXiv 2504.12626 on HunyuanVideo with 512 prompts, measured by its own models; beside ours for order,"
    " not for level. No marks: the paper gives no intervals."
)
BY_NAME = "Rows of the paper's Table 2 are matched by method, because it does not print every setting."
SECOND_HAND = "Published numbers of {} are of the paper's later version, at second hand."
APART = "Marks are set within each run."


def arrange(runs: Sequence[RunData], layout: Layout) -> Table:
    """The table of one or several runs.

    Several runs stand one below the other, and nobody is compared across them: their tasks may differ.

    Raises:
        FpbenchError: a column that is not optional is measured in no run, or a run given twice.
    """
    if len({run.manifest.id for run in runs}) < len(runs):
        raise FpbenchError(f"run {runs[0].manifest.id} is given twice")
    sources = [(source, column) for source in layout.columns if (column := _column(runs, source)) is not None]
    made = [row for run in runs for row in _rows(run, layout, sources, grouped=len(runs) > 1)]
    shown = [column for source, column in sources if not source.published or _filled(made, column)]
    title = layout.title or str(runs[0].manifest.protocol["title"] if len(runs) == 1 else f"{len(runs)} runs")
    return Table(title, tuple(shown), tuple(made), tuple(_notes(runs, layout, shown, made)), layout.corner)


def _filled(made: Sequence[Row], column: Column) -> bool:
    return any(column.key in row.values for row in made)


def _column(runs: Sequence[RunData], source: LayoutColumn) -> Column | None:
    if source.published:
        title, direction, digits = COLUMNS[source.published]
        return _shaped(source, Column(f"paper.{source.published}", title, direction, "", digits, interval=False))
    if source.cost:
        title, digits = COSTS[source.cost]
        return _shaped(source, Column(f"cost.{source.cost}", title, "none", "", digits, interval=False))
    candidates = source.candidates
    if source.primary:
        candidates = dict.fromkeys((primary_metrics(run)[0 if source.primary == "quality" else -1] for run in runs), "")
        if len(candidates) > 1:
            raise FpbenchError(f"the runs declare different metrics for {source.primary}: {', '.join(candidates)}")
    for metric, title in candidates.items():
        for run in runs:
            if metric in run.manifest.metrics:
                return _shaped(source, _measured(run, metric, source.part, title or metric))
    if source.optional:
        return None
    known = sorted({name for run in runs for name in run.manifest.metrics})
    wanted = next(iter(candidates))
    near = difflib.get_close_matches(wanted, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"measured are {', '.join(known)}"
    raise FpbenchError(
        f"layout: metric {wanted!r} was not measured in {', '.join(r.manifest.id for r in runs)}; {hint}"
    )


def _measured(run: RunData, metric: str, part: str, title: str) -> Column:
    facts = run.metric(metric)
    key = f"{metric}.{part}"
    if part == "mean":
        return Column(key, title, "none" if metric in MOTION else facts.direction, facts.unit, facts.digits)
    if part == "drift_abs":
        return Column(key, f"Δ {title}", "down", facts.unit, facts.digits)
    return Column(key, f"{title} {part.replace('_', ' ')}", "none", facts.unit, facts.digits, interval=False)


def _shaped(source: LayoutColumn, column: Column) -> Column:
    digits = column.digits if source.digits is None else source.digits
    return replace(column, title=source.title or column.title, group=source.group, digits=digits)


def _rows(run: RunData, layout: Layout, sources: Sequence[tuple[LayoutColumn, Column]], *, grouped: bool) -> list[Row]:
    measured = [column for source, column in sources if not (source.published or source.cost)]
    made = [_completed(run, layout, row, sources) for row in rows(run, measured)]
    if layout.sort == "quality":
        made = _by_quality(run, made)
    if layout.families:
        made = _by_family(run, made)
    return [replace(row, group=run.manifest.id) for row in made] if grouped else made


def _completed(run: RunData, layout: Layout, row: Row, sources: Sequence[tuple[LayoutColumn, Column]]) -> Row:
    """The row with its published numbers and its costs."""
    printed = printed_row(run, row.label, layout.paper)
    card = cast("dict[str, Any]", run.manifest.systems[row.label]["card"])
    values = dict(row.values)
    for source, column in sources:
        if source.published and printed and source.published in printed.values:
            values[column.key] = Value(printed.values[source.published])
        if source.cost and source.cost in card:
            values[column.key] = Value(float(card[source.cost]))
    return replace(row, values=values)


def _by_quality(run: RunData, made: Sequence[Row]) -> list[Row]:
    metric, still = primary_metrics(run)[0], motion_flags(run)
    sign = -1.0 if run.metric(metric).direction == "up" else 1.0
    ranks = {"ceiling": 0, "system": 1, "floor": 3}

    def place(row: Row) -> tuple[float, float]:
        value = row.values.get(f"{metric}.mean")
        tier = 2 if row.role == "system" and row.label in still else ranks[row.role]
        return tier, float("inf") if value is None or math.isnan(value.mean) else sign * value.mean

    return sorted(made, key=place)


def _by_family(run: RunData, made: Sequence[Row]) -> list[Row]:
    """Rows under the paper's three families, the paper's configurations by their pack; everything else below."""
    order = [FRAME, *FAMILIES.values(), OTHERS]
    packs = [printed.variant if (printed := printed_row(run, row.label, 1)) else None for row in made]
    grouped = []
    for row, pack in zip(made, packs, strict=True):
        plain = configuration(run, row.label) is not None
        family = FAMILIES[strategy(run, row.label)["order"]] if plain else OTHERS
        name = pack if pack and packs.count(pack) == 1 else row.label
        grouped.append(replace(row, group=family if row.role == "system" else FRAME, label=name))
    return sorted(grouped, key=lambda row: order.index(row.group))


def _notes(runs: Sequence[RunData], layout: Layout, shown: Sequence[Column], made: Sequence[Row]) -> list[str]:
    lines: list[str] = []
    for run in runs:
        lines += [line for line in notes(run, shown, rows_of(run, runs, made)) if line not in lines]
    lines += [APART] if len(runs) > 1 else []
    if any(column.key.startswith("paper.") for column in shown):
        printed = [row for run in runs for name in run.systems if (row := printed_row(run, name, layout.paper))]
        later = sorted({row.variant.partition(",")[0] for row in printed if row.version != "v1"})
        lines += [PUBLISHED, *([BY_NAME] if layout.paper == 2 else [])]
        lines += [SECOND_HAND.format(", ".join(later))] if later else []
    return lines


def rows_of(run: RunData, runs: Sequence[RunData], made: Sequence[Row]) -> list[Row]:
    """The rows of one of several runs."""
    return [row for row in made if len(runs) == 1 or row.group == run.manifest.id]
