"""Trade-offs as a scatter: two measures against each other with their intervals, motion as size, sweeps as lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from dashboard.drift_chart import plain
from dashboard.theme import Ink, Look
from fpbench.report.table import Column, Table
from fpbench.report.text import heading

HEIGHT = 520
PLOT_WIDTH = 800
"""In pixels, about; names keep clear of each other on such a plot."""
LINE = 14
MOST_NAMES = 60
"""Of more systems none has its name beside it; each has it when pointed at."""
_SWEEP = re.compile(r"(?P<family>.+)\[(?P<setting>[^\]]+)\]")


def sweep(system: str) -> tuple[str, str]:
    """Family and setting of a row made by a matrix: ``a[sigma=0.1]`` is ("a", "sigma=0.1"), others ("", "")."""
    found = _SWEEP.fullmatch(system)
    return (found["family"], found["setting"]) if found else ("", "")


def to_frame(table: Table, across: str, up: str, size: str, thumbnails: Mapping[str, str]) -> pd.DataFrame:
    """One row per system: x and y with interval ends, size, family of a sweep, and whether it moves."""
    rows = []
    for row in table.rows:
        x, y, motion = (row.values.get(key) for key in (across, up, size))
        if x is None or y is None:
            continue
        family, _ = sweep(row.label)
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
                "family": family,
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


def draw(frame: pd.DataFrame, columns: Mapping[str, Column], looks: Mapping[str, Look], ink: Ink) -> Any:
    """The chart; ``columns`` holds the table's columns for "x", "y" and, where measured, "motion"."""
    present = set(frame["system"])
    names = [name for name in looks if name in present]
    colour = alt.Color(
        "system:N", scale=alt.Scale(domain=names, range=[looks[name].colour for name in names]), legend=None
    )
    x = alt.X("x:Q", title=heading(columns["x"]), scale=alt.Scale(zero=False, padding=24), axis=alt.Axis(tickCount=8))
    y = alt.Y("y:Q", title=heading(columns["y"]), scale=alt.Scale(zero=False, padding=24), axis=alt.Axis(tickCount=8))
    named = len(frame) <= MOST_NAMES
    frame = frame.assign(shift=shifts(frame) if named else 0)
    base = alt.Chart(frame)
    halo = {"color": ink.page, "stroke": ink.page, "strokeWidth": 4, "opacity": 0.85}  # names stay clear of whiskers
    whiskers: dict[str, Any] = {"strokeWidth": 1.2, "opacity": 0.55}
    layers = [
        base.mark_rule(**whiskers).encode(
            x=alt.X("x_low:Q", title=heading(columns["x"])), x2="x_high:Q", y=y, color=colour
        ),
        base.mark_rule(**whiskers).encode(
            y=alt.Y("y_low:Q", title=heading(columns["y"])), y2="y_high:Q", x=x, color=colour
        ),
        base.transform_filter("datum.family != ''")
        .mark_line(color=ink.shade, strokeDash=[4, 3], strokeWidth=1.2)
        .encode(x=x, y=y, detail="family:N"),
        base.mark_point(strokeWidth=2, opacity=1).encode(
            x=x,
            y=y,
            color=colour,
            fill=_fill(names, looks),
            size=_size(columns.get("motion"), ink),
            tooltip=_tooltip(columns),
        ),
        *(
            base.transform_filter(alt.datum.shift == shift)
            .mark_text(dy=shift, fontSize=12, **look)
            .encode(x=x, y=y, text="system:N")
            for look in (halo, {"color": ink.text})
            for shift in sorted(set(frame["shift"]) if named else ())
        ),
    ]
    return plain(alt.layer(*layers).properties(height=HEIGHT), ink)


def shifts(frame: pd.DataFrame) -> list[int]:
    """By how many pixels each name stands above or below its point, so that names do not cover each other."""
    spans = [
        max(float(frame[high].max() - frame[low].min()), 1e-12)
        for low, high in (("x_low", "x_high"), ("y_low", "y_high"))
    ]
    boxes: list[tuple[float, float, float]] = []  # centre and half width in pixels
    found = []
    for name, across, up in zip(frame["system"], frame["x"].to_numpy(float), frame["y"].to_numpy(float), strict=True):
        x, y, half = PLOT_WIDTH * float(across) / spans[0], HEIGHT * float(up) / spans[1], 3.6 * len(str(name))
        places = [side * (16 + 15 * step) for step in range(8) for side in (-1, 1)]
        clear = (
            shift
            for shift in places
            if all(abs(x - ox) > half + oh or abs(y - shift - oy) > LINE for ox, oy, oh in boxes)
        )
        shift = next(clear, places[0])
        boxes.append((x, y - shift, half))
        found.append(shift)
    return found


def _fill(names: list[str], looks: Mapping[str, Look]) -> Any:
    """Those that move are filled; frozen ones, floors and ceilings are rings."""
    filled = alt.Color(
        "system:N", scale=alt.Scale(domain=names, range=[looks[name].colour for name in names]), legend=None
    )
    return alt.condition("datum.state == 'system'", filled, alt.value("transparent"))


def _size(motion: Column | None, ink: Ink) -> Any:
    if motion is None:
        return alt.value(140)
    legend = alt.Legend(title=heading(motion), orient="right", symbolStrokeColor=ink.shade)
    return alt.Size("motion:Q", scale=alt.Scale(range=[50, 520]), legend=legend)


def _tooltip(columns: Mapping[str, Column]) -> list[Any]:
    shown = [alt.Tooltip("image:N"), alt.Tooltip("system:N"), alt.Tooltip("state:N")]
    return shown + [
        alt.Tooltip(f"{name}:Q", title=heading(column), format=f".{column.digits}f") for name, column in columns.items()
    ]
