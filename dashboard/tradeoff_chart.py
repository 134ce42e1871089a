"""Trade-offs as a scatter: two measures against each other with their intervals, motion as size, sweeps as lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.drift_chart import plain
from dashboard.theme import Ink, Look, look
from fpbench.report import labels
from fpbench.report.families import MANY, OTHER, setting
from fpbench.report.table import Column, Table
from fpbench.report.text import heading

HEIGHT = 560
PLOT = (620.0, 470.0)
"""Width and height in pixels that a plot has at least; names keep clear of each other on it."""
AREAS = (50.0, 520.0)
"""Of the smallest and of the largest mark, in square pixels."""


def to_frame(table: Table, across: str, up: str, size: str, thumbnails: Mapping[str, str]) -> pd.DataFrame:
    """One row per system: x and y with interval ends, size, its sweep, and whether it moves."""
    rows = []
    for row in table.rows:
        x, y, motion = (row.values.get(key) for key in (across, up, size))
        if x is None or y is None:
            continue
        name, _ = setting(row.label)
        rows.append(
            {
                "system": row.label,
                "x": x.mean,
                "x_low": x.low,
                "x_high": x.high,
                "y": y.mean,
                "y_low": y.low,
                "y_high": y.high,
                "motion": motion.mean if motion else 0.0,
                "sweep": name,
                "state": "frozen" if "frozen" in row.flags else row.role,
                "image": thumbnails.get(row.label, ""),
            }
        )
    return pd.DataFrame(rows).replace([float("inf"), float("-inf")], float("nan")).dropna(subset=["x", "y"])


def off_scale(frame: pd.DataFrame) -> list[str]:
    """Ceilings that lie so far from everybody else that drawing them would crowd all others into a corner."""
    ceiling = (frame["state"] == "ceiling").to_numpy(bool)
    if ceiling.all():
        return []
    far = np.zeros(len(frame), bool)
    for axis in ("x", "y"):
        values = frame[axis].to_numpy(float)
        low, high = values[~ceiling].min(), values[~ceiling].max()
        far |= np.maximum(low - values, values - high) > high - low
    return [str(name) for name in frame["system"][ceiling & far]]


def draw(
    frame: pd.DataFrame, columns: Mapping[str, Column], looks: Mapping[str, Look], families: Mapping[str, str], ink: Ink
) -> tuple[Any, int]:
    """The chart, and how many names found no room in it.

    Args:
        columns: the table's columns for "x", "y" and, where measured, "motion".
        families: of every system, by which many are coloured.
    """
    many = len(frame) > MANY and len({families[name] for name in frame["system"]}) > 1
    frame = frame.assign(family=[families[name] for name in frame["system"]])
    colour, fill = _colours(frame, "family" if many else "system", looks, ink)
    frame, unnamed = _named(frame, columns)
    axis = alt.Axis(tickCount=8)
    x = alt.X("x:Q", title=heading(columns["x"]), scale=_scale(frame, "x"), axis=axis)
    y = alt.Y("y:Q", title=heading(columns["y"]), scale=_scale(frame, "y"), axis=axis)
    base = alt.Chart(frame)
    halo = {"color": ink.page, "stroke": ink.page, "strokeWidth": 4, "opacity": 0.85}  # names stay clear of whiskers
    whiskers: dict[str, Any] = {"strokeWidth": 1.2, "opacity": 0.2 if many else 0.55}
    placed: dict[str, Any] = {name: {"expr": f"datum.{name}"} for name in ("dx", "dy", "align")}
    layers = [
        base.mark_rule(**whiskers).encode(
            x=alt.X("x_low:Q", title=heading(columns["x"])), x2="x_high:Q", y=y, color=colour
        ),
        base.mark_rule(**whiskers).encode(
            y=alt.Y("y_low:Q", title=heading(columns["y"])), y2="y_high:Q", x=x, color=colour
        ),
        base.transform_filter("datum.sweep != ''")
        .mark_line(color=ink.shade, strokeDash=[4, 3], strokeWidth=1.2)
        .encode(x=x, y=y, detail="sweep:N"),
        base.mark_point(strokeWidth=2, opacity=0.85 if many else 1).encode(
            x=x, y=y, color=colour, fill=fill, size=_size(columns.get("motion"), ink), tooltip=_tooltip(columns)
        ),
        *(
            base.transform_filter("datum.label != ''")
            .mark_text(fontSize=labels.LETTER, baseline="middle", **placed, **look)
            .encode(x=x, y=y, text="label:N")
            for look in (halo, {"color": ink.text})
        ),
    ]
    return plain(alt.layer(*layers).properties(height=HEIGHT), ink), unnamed


def _scale(frame: pd.DataFrame, axis: str) -> alt.Scale:
    """From the least to the greatest end of an interval, with room for a mark."""
    low, high = _range(frame, axis)
    return alt.Scale(domain=[low, high], nice=False, zero=False)


def _range(frame: pd.DataFrame, axis: str) -> tuple[float, float]:
    ends = frame[[axis, f"{axis}_low", f"{axis}_high"]].to_numpy(float)
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    margin = 0.05 * (high - low) or 0.5
    return low - margin, high + margin


def _named(frame: pd.DataFrame, columns: Mapping[str, Column]) -> tuple[pd.DataFrame, int]:
    """With the place of every name that has one, those nobody beats first; and how many have none."""
    shares, signs = [], []
    for axis in ("x", "y"):
        low, high = _range(frame, axis)
        shares.append((frame[axis].to_numpy(float) - low) / (high - low))
        signs.append(-1.0 if columns[axis].direction == "up" else 1.0)
    best = labels.front(signs[0] * shares[0], signs[1] * shares[1])
    order = np.lexsort((-shares[1], ~best & (frame["state"] == "system").to_numpy(bool)))
    names = [str(name) for name in frame["system"]]
    found = labels.place(names, shares[0] * PLOT[0], (1 - shares[1]) * PLOT[1], _radius(frame), PLOT, order)
    nowhere = labels.Label(0.0, 0.0, "left")
    at = [found.get(k, nowhere) for k in range(len(frame))]
    texts = [name if k in found else "" for k, name in enumerate(names)]
    placed = frame.assign(
        label=texts, dx=[one.dx for one in at], dy=[one.dy for one in at], align=[one.align for one in at]
    )
    return placed, len(frame) - len(found)


def _radius(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Of the marks in pixels, as their areas follow from motion."""
    motion = frame["motion"].to_numpy(float)
    spread = float(motion.max()) or 1.0
    return np.asarray(np.sqrt((AREAS[0] + (AREAS[1] - AREAS[0]) * motion / spread) / np.pi) + 2)


def _colours(frame: pd.DataFrame, by: str, looks: Mapping[str, Look], ink: Ink) -> tuple[Any, Any]:
    """Colour by system or by family, and fill: those that move are filled, all others are rings."""
    if by == "system":
        present = set(frame["system"])
        names = [name for name in looks if name in present]
        scale, legend = alt.Scale(domain=names, range=[looks[name].colour for name in names]), None
    else:
        moving = frame[frame["state"] == "system"]
        names = list(dict.fromkeys(moving["family"])) + ([OTHER] if OTHER not in set(moving["family"]) else [])
        colours = [ink.shade if name == OTHER else look(k).colour for k, name in enumerate(names)]
        scale = alt.Scale(domain=names, range=colours)
        legend = alt.Legend(
            title=None, orient="top", symbolType="circle", symbolSize=110, symbolOpacity=1, columns=6, labelLimit=260
        )
    colour = alt.Color(f"{by}:N", scale=scale, legend=legend)
    filled = alt.Color(f"{by}:N", scale=scale, legend=None)
    return colour, alt.condition("datum.state == 'system'", filled, alt.value("transparent"))


def _size(motion: Column | None, ink: Ink) -> Any:
    if motion is None:
        return alt.value(140)
    legend = alt.Legend(
        title=f"{heading(motion)}:",
        orient="bottom",
        titleOrient="left",
        symbolStrokeColor=ink.shade,
        tickCount=3,
        titleLimit=300,
    )
    return alt.Size("motion:Q", scale=alt.Scale(range=list(AREAS), zero=True), legend=legend)


def _tooltip(columns: Mapping[str, Column]) -> list[Any]:
    shown = [alt.Tooltip("image:N"), alt.Tooltip("system:N"), alt.Tooltip("state:N")]
    return shown + [
        alt.Tooltip(f"{name}:Q", title=heading(column), format=f".{column.digits}f") for name, column in columns.items()
    ]
