"""Overview: the leaderboard, with intervals, with marks for those who share first place, drift beside motion."""

from __future__ import annotations

import streamlit as st

from dashboard import address, caches, leaderboard
from dashboard.selection import Selection
from dashboard.theme import DARK, ink
from dashboard.views.parts import note, readable
from fpbench.errors import FpbenchError
from fpbench.report.results import primary_metrics
from fpbench.report.table import Row, Table
from fpbench.report.text import heading

MOST_ROWS = 50
"""Shown unless the reader asks for all."""


def show(selection: Selection) -> None:
    """Draw the page."""
    reading = readable(selection, "Overview")
    if reading is None:
        return
    if not reading.data.summary["system"]:
        st.info("No clip of this selection is measured yet.", icon=":material/hourglass_empty:")
        return
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        layout = address.choose(st.segmented_control, "Preset", caches.PRESETS, "results", "preset")
    try:
        table = caches.preset(selection, reading, layout)
    except (FpbenchError, ValueError) as error:
        st.error(f"The table cannot be made: {error}", icon=":material/report:")
        return
    with right:
        key = _rank_by(table, f"{primary_metrics(reading.data)[0]}.mean")
    neutral = ink()
    best = "#56B4E9" if neutral is DARK else "#0068A3"
    rows = _first(leaderboard.ranked(table, key))
    st.html(leaderboard.render(table, rows, selection.looks or {}, neutral, best=best))
    _notes(table)


def _first(rows: list[Row]) -> list[Row]:
    """All rows, or where they are many those that lead, since every cell costs a browser time."""
    count = sum(row.role == "system" for row in rows)
    if count <= MOST_ROWS:
        return rows
    sizes = {"leaders": f"Leading {MOST_ROWS}", "all": f"All {count}"}
    asked = address.choose(st.segmented_control, "Systems", sizes, "leaders", "rows")
    return rows if asked == "all" else leaderboard.best_of(rows, MOST_ROWS)


def _rank_by(table: Table, default: str) -> str:
    ranking = {column.key: heading(column) for column in table.columns if column.direction in ("up", "down")}
    ranking = ranking or {column.key: column.key for column in table.columns}
    return address.choose(
        st.selectbox, "Rank by", ranking, default if default in ranking else next(iter(ranking)), "rank"
    )


def _notes(table: Table) -> None:
    mark = f"{leaderboard.BEST} and bold: cannot be separated from the best of its column."
    lines = [mark, *(line.replace("Bold or *: cannot", "Best: cannot") for line in table.notes)]
    note(*lines)
