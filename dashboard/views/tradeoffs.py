"""Trade-offs: drift against quality with motion beside it, because the best at one is often the worst at another."""

from __future__ import annotations

import streamlit as st

from dashboard import address, caches, tradeoff_chart
from dashboard.clips import strip_url
from dashboard.reading import Reading
from dashboard.selection import Selection
from dashboard.theme import ink
from dashboard.views.parts import note, readable, wide_chart
from fpbench.report.families import family
from fpbench.report.results import BESIDE_DRIFT, primary_metrics
from fpbench.report.table import Column, Table
from fpbench.report.text import heading

MOTION = f"{BESIDE_DRIFT[0]}.mean"


def show(selection: Selection) -> None:
    """Draw the page."""
    reading = readable(selection, "Trade-offs")
    if reading is None:
        return
    if not reading.data.summary["system"]:
        st.info("No clip of this selection is measured yet.", icon=":material/hourglass_empty:")
        return
    table = caches.table(selection, reading, "all")
    columns = {column.key: column for column in table.columns if column.interval}
    quality, drift = primary_metrics(reading.data)[0], primary_metrics(reading.data)[-1]
    left, right = st.columns(2)
    with left:
        across = _axis("Horizontal", columns, f"{drift}.drift_abs", "x")
    with right:
        up = _axis("Vertical", columns, f"{quality}.mean", "y")
    shown = {"x": columns[across], "y": columns[up]} | ({"motion": columns[MOTION]} if MOTION in columns else {})
    frame = tradeoff_chart.to_frame(table, across, up, MOTION, _thumbnails(reading))
    far = frame[frame["system"].isin(tradeoff_chart.off_scale(frame))]
    off = [f"{row.system} at ({row.x:.4g}, {row.y:.4g})" for row in far.itertuples()]
    frame = frame.drop(far.index)
    families = {name: family(reading.data, name) for name in frame["system"]}
    chart, unnamed = tradeoff_chart.draw(frame, shown, selection.looks or {}, families, ink())
    wide_chart(chart, f"{heading(columns[up])} against {heading(columns[across])}", "tradeoffs")
    note(
        "Whiskers: 95 % intervals over tasks. Size: motion. Rings: frozen systems, floors and ceilings, whose drift"
        " is no merit. Dashed: settings of one system. Pointing at a mark shows its numbers and frames of a clip"
        + (f"; {unnamed} names found no room." if unnamed else "."),
        *([f"Off the scale of the others, so not drawn: {', '.join(off)}."] if off else []),
        *_left_out(table, len(frame) + len(off)),
    )


def _axis(label: str, columns: dict[str, Column], default: str, key: str) -> str:
    labels = {name: heading(column) for name, column in columns.items()}
    return address.choose(st.selectbox, label, labels, default if default in labels else next(iter(labels)), key)


def _left_out(table: Table, drawn: int) -> list[str]:
    missing = len(table.rows) - drawn
    return (
        [f"{missing} of {len(table.rows)} systems have no value on one of the axes and are not drawn."]
        if missing
        else []
    )


def _thumbnails(reading: Reading) -> dict[str, str]:
    """The strip of the first clip of every system, where the clip is there."""
    first: dict[str, str] = {}
    for (system, _, _), clip in reading.clips().items():
        first.setdefault(system, clip)
    return {name: strip_url(clip) for name, clip in first.items() if reading.store.preview(clip).is_file()}
