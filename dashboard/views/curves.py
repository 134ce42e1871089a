"""Drift curves: how a metric changes over the length of a clip, in playback order or in the order of generation."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard import address, caches, drift_chart
from dashboard.plans import borders, frames_of, plan_of
from dashboard.reading import Reading
from dashboard.selection import Selection
from dashboard.theme import ink
from dashboard.views.parts import drawn, metric_label, note, readable, wide_chart
from fpbench.report.curves import WINDOW_SHARE, Curve, off_scale
from fpbench.report.results import primary_metrics
from fpbench.runs.clips import ClipError, load_facts
from fpbench.stats import mean_interval

ORDERS = {"playback": "Playback order", "generation": "Order of generation"}

MOST_LINES = 12
"""More lines than this nobody can follow."""


def show(selection: Selection) -> None:
    """Draw the page."""
    reading = readable(selection, "Drift curves")
    if reading is None:
        return
    measured = [m for m in reading.manifest.metrics if any(reading.data.measured(s, m) for s in reading.data.systems)]
    if not measured:
        st.info("No clip of this selection is measured yet.", icon=":material/hourglass_empty:")
        return
    metric, order = _controls(reading, measured)
    names = tuple(name for name in drawn(reading, selection, MOST_LINES) if reading.data.measured(name, metric))
    with st.spinner("Reading series …"):
        curves, problems = caches.system_curves(selection, reading, names, metric)
    for problem in problems:
        st.warning(problem, icon=":material/healing:")
    if not curves:
        st.info(
            "This run was kept without its series over time. What its summary still holds is drawn: the means of the"
            " first and of the last 15 %. The lines between them are not measured.",
            icon=":material/timeline:",
        )
        curves = {name: window_curve(reading, name, metric) for name in names}
    far = [name for name in curves if off_scale(reading.data, name, curves)]
    means = ", ".join(f"{name} {np.nanmean(curves.pop(name).mean):.4g}" for name in far)
    fps, frames = float(str(reading.manifest.world["fps"])), frames_of(reading.manifest)
    orders = {name: made for name in curves if (made := made_order(reading, name))} if order == "generation" else {}
    title = "time (s)" if order == "playback" else "time generated so far (s)"
    axis = drift_chart.Axis(title, (frames - 1) / fps)
    chart = drift_chart.draw(
        drift_chart.to_frame(curves, orders, fps),
        selection.looks or {},
        axis,
        metric_label(reading, metric),
        [border / fps for border in _borders(reading, order)],
        ink(),
    )
    wide_chart(chart, f"{metric} over time, one line per system", "curves")
    meaning = reading.data.metric(metric).doc.rstrip(".")
    note(
        f"{metric}: {meaning}. Mean over tasks with a 95 % band (bootstrap over tasks). Shaded: the first"
        f" and the last {WINDOW_SHARE:.0%}, whose difference is the drift. Vertical lines: section borders."
        " A click on a name singles it out with its band, another click shows all."
    )
    if means:
        note(f"Off the scale of the others, so not drawn: {means}.")
    if len(names) < len(reading.data.systems):
        note(f"{len(names)} of {len(reading.data.systems)} systems are drawn; choose others under Filters.")


def _controls(reading: Reading, measured: list[str]) -> tuple[str, str]:
    left, right = st.columns([1, 1], vertical_alignment="bottom")
    drift = primary_metrics(reading.data)[-1]
    with left:
        labels = {name: metric_label(reading, name) for name in measured}
        first = drift if drift in measured else measured[0]
        metric = address.choose(st.selectbox, "Metric", labels, first, "metric")
    with right:
        order = address.choose(st.segmented_control, "Horizontal axis", ORDERS, "playback", "order")
    return metric, order


def window_curve(reading: Reading, system: str, metric: str) -> Curve:
    """The means of the start and of the end window with their intervals, each over the whole of its window."""
    last = frames_of(reading.manifest) - 1
    ends = [
        mean_interval(reading.data.values(system, metric, column), reading.data.tasks)
        for column in ("drift_start", "drift_end")
    ]
    frames = np.round(np.array([0, WINDOW_SHARE, 1 - WINDOW_SHARE, 1]) * last).astype(np.int64)
    columns = (np.repeat([getattr(end, name) for end in ends], 2) for name in ("estimate", "low", "high"))
    return Curve(frames, *columns)


def made_order(reading: Reading, system: str) -> list[int] | None:
    """The order in which a system made its frames, as stored with its clips; None for playback order."""
    clip = next((clip for (name, _, _), clip in reading.clips().items() if name == system), None)
    if clip is None:
        return None
    try:
        order = load_facts(reading.store, clip).get("generation_order")
    except ClipError:
        return None
    return [int(frame) for frame in order] if order else None


def _borders(reading: Reading, order: str) -> list[int]:
    """Section borders if all planned systems share them; in generation order full sections follow each other."""
    plans = [plan for name in reading.data.systems if (plan := plan_of(reading.manifest, name))]
    found = {tuple(borders(plan)) for plan in plans}
    if len(found) != 1:
        return []
    if order == "playback":
        return list(found.pop())
    made, position = [], plans[0].given
    for section in plans[0].sections:
        made.append(position)
        position += len(section.targets)
    return made
