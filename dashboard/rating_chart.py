"""Charts of a rated board: forest, wins by pair, and how far K = 32 Elo depends on the order of the votes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard.boards import Board, Rated
from dashboard.drift_chart import plain
from dashboard.theme import Ink

ROW, CELL = 24, 30
WORSE, BETTER = "#D55E00", "#0072B2"
SHARES, DARK_SHARES = ("#F0935A", "#E8EAEC", "#6DB6E3"), ("#9A4200", "#3A424A", "#005F99")
"""From losing to winning: colour-blind readers tell the ends apart, and digits keep their contrast on all of them."""
TICKS = alt.Axis(tickCount=8, format="d")
MOST_DIGITS = 16
"""Of more systems the cells are too narrow for their numbers."""


def forest(rows: Sequence[Rated], watermark: str, ink: Ink) -> Any:
    """Ratings with intervals, best on top; those with a best rank of 1 are filled."""
    table = pd.DataFrame(
        {"system": row.system, "rating": row.rating, "low": row.low, "high": row.high, "votes": row.votes,
         "ranks": ranks(row), "leader": row.best_rank == 1} for row in rows
    )  # fmt: skip
    y = _names(table)
    scale = alt.Scale(zero=False, padding=16)
    base = alt.Chart(table)
    tooltip = [
        "system:N",
        "ranks:N",
        "votes:Q",
        *(alt.Tooltip(f"{n}:Q", format=".0f") for n in ("rating", "low", "high")),
    ]
    layers = [
        *_watermark(watermark, ink),
        _rule([1000.0], ink),
        base.mark_rule(strokeWidth=2.5, color=ink.shade).encode(
            y=y, x=alt.X("low:Q", scale=scale, title="Rating (Davidson, Elo scale, mean 1000)", axis=TICKS), x2="high:Q"
        ),
        base.mark_point(size=90, strokeWidth=2, opacity=1, color=BETTER).encode(
            y=y,
            x=alt.X("rating:Q", scale=scale),
            fill=alt.condition("datum.leader", alt.value(BETTER), alt.value(ink.page)),
            tooltip=tooltip,
        ),
    ]
    return plain(alt.layer(*layers).properties(height=alt.Step(ROW)), ink)


def wins(board: Board, shown: Sequence[int], ink: Ink) -> Any:
    """Share of points that the row's system took from the column's, with the number in the cell."""
    names = [board.rows[k].system for k in shown]
    cells = [
        {"row": board.rows[i].system, "column": board.rows[j].system, "share": share, "votes": board.met[i][j]}
        for i in shown for j in shown if (share := board.wins[i][j]) is not None
    ]  # fmt: skip
    table = pd.DataFrame(cells, columns=["row", "column", "share", "votes"])
    across = alt.Axis(labelAngle=-40, orient="top", labelLimit=220, labelOverlap=False, labelFlush=False)
    x = alt.X("column:N", sort=names, title=None, axis=across)
    y = alt.Y("row:N", sort=names, title=None, axis=alt.Axis(labelLimit=260, labelOverlap=False, labelFlush=False))
    shares = SHARES if ink.page == "#FFFFFF" else DARK_SHARES
    scale = alt.Scale(domain=[0, 0.5, 1], range=list(shares), interpolate="rgb")
    base = alt.Chart(table)
    tooltip = ["row:N", "column:N", alt.Tooltip("share:Q", format=".1%"), "votes:Q"]
    squares = base.mark_rect(stroke=ink.page, strokeWidth=1.5).encode(
        x=x, y=y, color=alt.Color("share:Q", scale=scale, legend=None), tooltip=tooltip
    )
    digits = base.mark_text(fontSize=11, color=ink.text).encode(x=x, y=y, text=alt.Text("share:Q", format=".0%"))
    layers = [squares, digits] if len(names) <= MOST_DIGITS else [squares]
    return plain(alt.layer(*layers).properties(height=alt.Step(CELL if len(names) <= MOST_DIGITS else ROW)), ink)


def order_noise(rows: Sequence[Rated], ink: Ink) -> Any:
    """The central 95 % of K = 32 Elo over shuffles of the very same votes, and where the recorded order ended."""
    table = pd.DataFrame(
        {"system": row.system, "recorded": row.k32, "mean": row.k32_mean, "low": row.k32_low, "high": row.k32_high}
        for row in rows
    )
    y = _names(table)
    scale = alt.Scale(zero=False, padding=16)
    base = alt.Chart(table)
    numbers = [alt.Tooltip(f"{name}:Q", format=".0f") for name in ("recorded", "mean", "low", "high")]
    layers = [
        base.mark_bar(height=9, cornerRadius=4, color=ink.shade, opacity=0.45).encode(
            y=y,
            x=alt.X("low:Q", scale=scale, title="Elo, K = 32", axis=TICKS),
            x2="high:Q",
            tooltip=["system:N", *numbers],
        ),
        base.mark_tick(thickness=2, height=14, color=ink.text).encode(y=y, x=alt.X("mean:Q", scale=scale)),
        base.mark_point(shape="diamond", size=90, filled=True, opacity=1, color=WORSE).encode(
            y=y, x=alt.X("recorded:Q", scale=scale), tooltip=["system:N", *numbers]
        ),
    ]
    return plain(alt.layer(*layers).properties(height=alt.Step(ROW)), ink)


def _names(table: pd.DataFrame) -> Any:
    """One line for every system, none of whose names is left out."""
    axis = alt.Axis(labelLimit=260, labelOverlap=False, labelFlush=False)
    return alt.Y("system:N", sort=list(table["system"]), title=None, axis=axis)


def ranks(row: Rated) -> str:
    """The ranks that are not excluded: "2–4"; a dash where there is no finite rating."""
    if row.best_rank is None:
        return "—"
    return str(row.best_rank) if row.best_rank == row.worst_rank else f"{row.best_rank}–{row.worst_rank}"


def _rule(at: Sequence[float], ink: Ink) -> Any:
    return alt.Chart(pd.DataFrame({"at": list(at)})).mark_rule(color=ink.line, strokeDash=[3, 3]).encode(x="at:Q")


def _watermark(text: str, ink: Ink) -> list[Any]:
    """Across the middle of the chart, so that a screenshot carries it."""
    if not text:
        return []
    mark: dict[str, Any] = {"fontSize": 26, "fontWeight": 700, "angle": 345, "opacity": 0.16, "color": ink.text}
    mark |= {"x": {"expr": "width / 2"}, "y": {"expr": "height / 2"}}
    return [alt.Chart(pd.DataFrame({"text": [text]})).mark_text(**mark).encode(text="text:N")]
