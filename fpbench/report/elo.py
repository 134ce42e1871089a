"""A rated board of preference votes as tables. The ratings are made in ``fpbench.preference``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fpbench.errors import FpbenchError
from fpbench.preference.report import CONVENTIONS, EloReport
from fpbench.preference.votes import WATERMARK
from fpbench.report.table import Column, Row, Table, Value

RATING = Column("rating", "rating", "up", "Elo", 0)
COLUMNS = (
    RATING,
    Column("rank_best", "rank from", digits=0, interval=False),
    Column("rank_worst", "to", digits=0, interval=False),
    Column("votes", "votes", digits=0, interval=False),
    Column("elo_k32", "Elo K=32", digits=0, interval=False),
    Column("elo_k32_sd", "sd over orders", digits=0, interval=False),
    Column("elo_k32_rank", "its rank", digits=0, interval=False),
)
MARKS = "Bold or *: nothing is known to beat it (all pairs compared jointly). Rank from-to: compatible with the votes."


def elo_table(report: EloReport) -> Table:
    """Ratings with intervals, rank ranges, and the K=32 Elo of the paper beside its noise; best first."""
    leaders = report.separation.leaders if report.separation else ()
    rows = [_row(report, k, leaders) for k in _order(report)]
    return Table(_title(report, "preference"), COLUMNS, tuple(rows), (*report.notes, *([MARKS] if leaders else [])))


def conventions_table(report: EloReport) -> Table:
    """Ratings under every model and way of treating ties; a system without a finite rating has no value."""
    columns = tuple(Column(name, name, "none", "Elo", 0, interval=False) for name in CONVENTIONS)
    rows = []
    for k in _order(report):
        item = report.votes.items[k]
        found = {name: ratings[item] for name, ratings in report.conventions.items() if item in ratings}
        rows.append(Row(item, {name: Value(value) for name, value in found.items()}, flags=_flags(report)))
    return Table(_title(report, "preference, by model and tie convention"), columns, tuple(rows), report.notes)


LAYOUTS: dict[str, Callable[[EloReport], Table]] = {"ratings": elo_table, "conventions": conventions_table}


def board(report: EloReport, layout: str) -> Table:
    """One of ``LAYOUTS``.

    Raises:
        FpbenchError: no such layout.
    """
    if layout not in LAYOUTS:
        raise FpbenchError(f"layout {layout!r}: known are {', '.join(LAYOUTS)}")
    return LAYOUTS[layout](report)


def _order(report: EloReport) -> list[int]:
    strength = report.elo.mean if report.fit is None else report.fit.theta
    return [int(k) for k in np.argsort(-strength, kind="stable")]


def _row(report: EloReport, k: int, leaders: tuple[str, ...]) -> Row:
    item, elo = report.votes.items[k], report.elo
    values = {
        "votes": Value(float(report.votes.per_item()[k])),
        "elo_k32": Value(float(elo.ratings[k]), float(elo.low[k]), float(elo.high[k])),
        "elo_k32_sd": Value(float(elo.sd[k])),
        "elo_k32_rank": Value(float(elo.rank[k])),
    }
    if report.fit is not None and report.separation is not None:
        low, high = map(float, report.fit.interval()[k])
        values[RATING.key] = Value(float(report.fit.elo[k]), low, high, best=item in leaders)
        values["rank_best"] = Value(float(report.separation.best_rank[k]))
        values["rank_worst"] = Value(float(report.separation.worst_rank[k]))
    return Row(item, values, flags=_flags(report))


def _title(report: EloReport, title: str) -> str:
    mark = WATERMARK[report.votes.kind]
    return f"{title} ({mark})" if mark else title


def _flags(report: EloReport) -> tuple[str, ...]:
    """The watermark again in every row: formats for machines leave title and notes out."""
    return ("automatic judge",) if WATERMARK[report.votes.kind] else ()
