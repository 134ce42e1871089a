"""The drift curve: a metric over time with its band, the windows whose difference is the drift, the section borders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from dashboard.theme import Ink, Look
from fpbench.report.curves import WINDOW_SHARE, Curve

HEIGHT = 440
MOST_POINTS = 240
"""Of a line; a screen shows little more, and every one of them travels to the browser."""
FEW = 4
"""Up to so many bands can be told apart; of more systems, only a picked one shows its band."""
LABEL_GAP = 17
"""Pixels between two names at the ends of lines."""
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
        part = part.dropna(subset=["mean"]).sort_values("time")
        parts.append(part.iloc[:: max(1, -(-len(part) // MOST_POINTS))])
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
    present = set(table["system"])
    names = [name for name in looks if name in present]
    picked = alt.selection_point(fields=["system"], on="click", name="picked")
    alone: Any = {"param": "picked", "empty": False}
    scale = alt.Scale(domain=names, range=[looks[name].colour for name in names])
    colour = alt.Color("system:N", scale=scale, legend=None)
    dash = alt.StrokeDash(
        "system:N", scale=alt.Scale(domain=names, range=[list(looks[name].dash) for name in names]), legend=None
    )
    low, high = _extent(table)
    x = alt.X(
        "time:Q",
        title=axis.title,
        scale=alt.Scale(domain=[0, axis.last], nice=False),
        axis=alt.Axis(tickCount=10, grid=not borders),  # upright lines are section borders and nothing else
    )
    vertical = alt.Scale(domain=[low, high], nice=False, zero=False)
    base = alt.Chart(table)
    band = base.mark_area(clip=True).encode(
        x=x,
        y=alt.Y("low:Q", title=ylabel, scale=vertical),
        y2="high:Q",
        color=colour,
        fillOpacity=alt.condition(alone, alt.value(0.2), alt.value(0.12 if len(names) <= FEW else 0.0)),
    )
    line = base.mark_line(strokeWidth=2).encode(
        x=x,
        y=alt.Y("mean:Q", title=ylabel, scale=vertical),
        color=colour,
        strokeDash=dash,
        opacity=alt.condition(picked, alt.value(1.0), alt.value(0.12)),
        tooltip=_tooltip(),
    )
    layers = [_windows(axis, ink), *_borders(borders, ink), band, line]
    layers += _labels(table, names, axis, (low, high), picked, colour, ink)
    return plain(alt.layer(*layers).properties(height=max(HEIGHT, LABEL_GAP * len(names) + 40)), ink)


def _extent(table: pd.DataFrame) -> tuple[float, float]:
    """Range of the vertical axis with a margin; a constant gets one unit."""
    columns = table[["mean", "low", "high"]].to_numpy(float)
    finite = columns[np.isfinite(columns)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    margin = 0.04 * (high - low) or 0.5
    return low - margin, high + margin


def _labels(
    table: pd.DataFrame,
    names: Sequence[str],
    axis: Axis,
    extent: tuple[float, float],
    picked: Any,
    colour: Any,
    ink: Ink,
) -> list[Any]:
    """Names at the right ends of the lines, moved apart where they would touch; a click singles one out."""
    ends = table.groupby("system", sort=False).last()
    height = max(HEIGHT, LABEL_GAP * len(names) + 40)
    gap = LABEL_GAP / (height - 60) * (extent[1] - extent[0])
    order = sorted(names, key=lambda name: float(ends["mean"][name]))
    places = apart([float(ends["mean"][name]) for name in order], gap, *extent)
    labels = pd.DataFrame(
        {"system": order, "end": [float(ends["mean"][name]) for name in order], "place": places,
         "from": axis.last, "to": axis.last * 1.012, "at": axis.last * 1.017}
    )  # fmt: skip
    base = alt.Chart(labels)
    vertical = alt.Scale(domain=list(extent), nice=False, zero=False)
    faded = alt.condition(picked, alt.value(1.0), alt.value(0.35))
    leaders = base.mark_rule(clip=False, strokeWidth=1).encode(
        x="from:Q", x2="to:Q", y=alt.Y("end:Q", scale=vertical), y2="place:Q", color=colour, opacity=faded
    )
    dots = base.mark_point(clip=False, filled=True, size=45, opacity=1).encode(
        x="to:Q", y=alt.Y("place:Q", scale=vertical), color=colour
    )
    text = base.mark_text(align="left", dx=6, fontSize=12.5, color=ink.text, clip=False, cursor="pointer").encode(
        x="at:Q", y=alt.Y("place:Q", scale=vertical), text="system:N", opacity=faded
    )
    return [leaders, dots, text.add_params(picked)]


def apart(values: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places at least ``gap`` from each other, inside the range, as near to ascending ``values`` as that allows.

    Least squares: with k gaps taken off the k-th value, the places only have to ascend (isotonic regression).
    """
    if not len(values):
        return []
    steps = gap * np.arange(len(values))
    ascending = isotonic_regression(np.asarray(values) - steps).x
    return [float(place) for place in np.clip(ascending, low, max(low, high - steps[-1])) + steps]


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
