"""The drift curve: a metric over time with its band, the windows whose difference is the drift, the section borders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.theme import Ink, Look
from fpbench.report.curves import WINDOW_SHARE, Curve

HEIGHT = 420
MAX_BORDERS = 60
"""More section borders than this are a grey wall, so none is drawn."""


@dataclass(frozen=True)
class Axis:
    """The horizontal axis: seconds of playback, or of what had been generated."""

    title: str
    last: float


def to_frame(curves: Mapping[str, Curve], orders: Mapping[str, Sequence[int]], fps: float) -> pd.DataFrame:
    """Rows (system, frame, time, mean, low, high).

    Args:
        orders: by system, the frames in the order in which they were generated; playback order where missing.
    """
    parts = []
    for name, one in curves.items():
        values = {"mean": one.mean, "low": one.low, "high": one.high}
        time = positions(one.frames, orders.get(name)) / fps
        part = pd.DataFrame({"system": name, "frame": one.frames, "time": time, **values})
        parts.append(part.dropna(subset=["mean"]).sort_values("time"))
    return pd.concat(parts) if parts else pd.DataFrame(columns=["system", "frame", "time", "mean", "low", "high"])


def positions(frames: NDArray[np.int64], order: Sequence[int] | None) -> NDArray[np.int64]:
    """When each frame was made, counted in frames: its own number unless an order says else."""
    if order is None:
        return frames
    made = np.empty(len(order), np.int64)
    made[np.asarray(order)] = np.arange(len(order))
    return made[frames]


def draw(
    table: pd.DataFrame, looks: Mapping[str, Look], axis: Axis, ylabel: str, borders: Sequence[float], ink: Ink
) -> Any:
    """The chart; a click in the legend singles out a system."""
    names = [name for name in looks if name in set(table["system"])]
    picked = alt.selection_point(fields=["system"], bind="legend")
    colour = alt.Color(
        "system:N",
        scale=alt.Scale(domain=names, range=[looks[name].colour for name in names]),
        legend=alt.Legend(
            title=None, orient="bottom", columns=4, symbolType="stroke", symbolStrokeWidth=3, labelLimit=260
        ),
    )
    dash = alt.StrokeDash(
        "system:N", scale=alt.Scale(domain=names, range=[list(looks[name].dash) for name in names]), legend=None
    )
    x = alt.X("time:Q", title=axis.title, scale=alt.Scale(domain=[0, axis.last], nice=False))
    y = alt.Y("mean:Q", title=ylabel, scale=alt.Scale(zero=False))
    base = alt.Chart(table)
    band = base.mark_area(opacity=1).encode(
        x=x,
        y=alt.Y("low:Q", title=ylabel),
        y2="high:Q",
        color=colour,
        fillOpacity=alt.condition(picked, alt.value(0.14), alt.value(0.02)),
    )
    line = base.mark_line(strokeWidth=2).encode(
        x=x,
        y=y,
        color=colour,
        strokeDash=dash,
        opacity=alt.condition(picked, alt.value(1.0), alt.value(0.12)),
        tooltip=_tooltip(),
    )
    layers = [_windows(axis, ink), *_borders(borders, ink), band, line.add_params(picked)]
    return plain(alt.layer(*layers).properties(height=HEIGHT), ink)


def plain(chart: Any, ink: Ink) -> Any:
    """The chart with axes and legend in our own neutral colours, which keep their contrast."""
    axis = {"labelColor": ink.muted, "titleColor": ink.muted, "gridColor": ink.line, "gridOpacity": 0.5}
    return chart.configure_axis(**axis, labelFontSize=12, titleFontSize=12.5).configure_legend(
        labelColor=ink.text, titleColor=ink.muted, labelFontSize=12.5
    )


def _tooltip() -> list[Any]:
    numbers = [alt.Tooltip(f"{name}:Q", format=".4g") for name in ("mean", "low", "high")]
    return [
        alt.Tooltip("system:N"),
        alt.Tooltip("frame:Q"),
        alt.Tooltip("time:Q", format=".2f", title="seconds"),
        *numbers,
    ]


def _windows(axis: Axis, ink: Ink) -> Any:
    spans = [(0.0, WINDOW_SHARE * axis.last, "start"), ((1 - WINDOW_SHARE) * axis.last, axis.last, "end")]
    table = pd.DataFrame(spans, columns=["from", "to", "window"])
    return alt.Chart(table).mark_rect(color=ink.shade, opacity=0.13).encode(x="from:Q", x2="to:Q")


def _borders(borders: Sequence[float], ink: Ink) -> list[Any]:
    if not borders or len(borders) > MAX_BORDERS:
        return []
    table = pd.DataFrame({"border": list(borders)})
    return [alt.Chart(table).mark_rule(color=ink.line, strokeWidth=1).encode(x="border:Q")]
