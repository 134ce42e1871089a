"""The trade-off: drift against quality or forgetting, motion as size, and curves over one parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fpbench.report.curves import system_styles
from fpbench.report.data import RunData
from fpbench.report.families import families, setting
from fpbench.report.labels import LETTER, place
from fpbench.report.motion import motion_flags
from fpbench.report.results import drift_columns, mean_column, primary_metrics
from fpbench.report.rows import rows
from fpbench.report.style import FAINT, MARKERS, MUTED, OKABE_ITO, PAGE_INCHES, Factory, place_legend
from fpbench.report.table import Column, Row
from fpbench.report.text import heading

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOTION, _WIDEST = "flow_top5", 7.0
_FONT = 5.5
"""Points of the font of settings."""


def series(names: list[str]) -> dict[str, list[str]]:
    """Points of one matrix by what they share: ``df[sigma=0.1]`` and ``df[sigma=0.5]`` under ``df``."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(setting(name)[0] or name, []).append(name)
    return {base: members for base, members in found.items() if len(members) > 1}


def run_tradeoff(
    make: Factory, run: RunData, metric: str | None = None, against: str | None = None, width: float = PAGE_INCHES
) -> Figure:
    """Drift (across) against quality (up), both with intervals; hollow points fail the motion gate.

    The area of a point grows with motion where a run measured it.

    Args:
        metric: whose drift is shown; by default that of the protocol's quality metric.
        against: whose mean goes up, such as a revisit error; by default the protocol's quality metric.
    """
    quality = primary_metrics(run)[0]
    across, up = drift_columns(run, metric or quality)[0], mean_column(run, against or quality)
    made = {row.label: row for row in rows(run, (across, up))}
    styles, still = system_styles(run), motion_flags(run)
    figure = make(figsize=(width, 2.9 if width >= PAGE_INCHES else 3.3))
    axes = figure.add_subplot()
    shown = {
        name: row
        for name, row in made.items()
        if run.role(name) != "ceiling" and {across.key, up.key} <= row.values.keys()
    }
    joined = series(list(shown))
    colours = {name: styles[members[0]]["color"] for members in joined.values() for name in members}
    markers, sizes = _markers(run), _sizes(run, list(shown))
    of = families(run, list(shown))
    colours |= {name: OKABE_ITO[k % len(OKABE_ITO)] for k, members in enumerate(of.values()) for name in members}
    markers |= {name: MARKERS[k % len(MARKERS)] for k, members in enumerate(of.values()) for name in members}
    labels = {name: name for name in shown if not of or run.role(name) != "system"}
    labels |= {members[0]: name for name, members in of.items()}
    for base, members in joined.items():
        points = [shown[name].values for name in members]
        axes.plot(
            [point[across.key].mean for point in points],
            [point[up.key].mean for point in points],
            color=colours[members[0]],
            linewidth=1,
            zorder=1,
            label=None if of else base,
        )
    for name, row in shown.items():
        member = any(name in members for members in joined.values())
        colour = colours.get(name, styles[name]["color"])
        look: dict[str, Any] = {"marker": markers[name], "markersize": sizes[name]}
        label = labels.get(name) if of or not member else None
        _point(axes, row, (across, up), colour, hollow=name in still, label=label, faint=bool(of), **look)
    axes.set_xlabel(heading(across))
    axes.set_ylabel(heading(up))
    axes.grid(color=FAINT, linewidth=0.4)
    axes.set_axisbelow(True)
    notes = ["hollow: fails the motion gate"] if still.keys() & shown.keys() else []
    notes += [f"area: {_MOTION}"] if len({*sizes.values()}) > 1 else []
    title = "; ".join(notes) or None
    place_legend(figure, width, title)
    if up.direction == "down":
        axes.invert_yaxis()  # better is up and to the left, whatever the metric
    axes.invert_xaxis()
    axes.annotate("better ↗", (0.99, 0.985), xycoords="axes fraction", ha="right", va="top", color=MUTED)
    at = {name: (row.values[across.key].mean, row.values[up.key].mean) for name, row in shown.items()}
    _name(figure, axes, at, sizes, list(joined.values()))
    return figure


def _markers(run: RunData) -> dict[str, str]:
    """A marker for every system, another one when the colours start again; a square for the floor."""
    ranked = [name for name in run.systems if run.role(name) == "system"]
    turns = {name: MARKERS[position // len(OKABE_ITO) % len(MARKERS)] for position, name in enumerate(ranked)}
    return {name: turns.get(name, "s") for name in run.systems}


def _sizes(run: RunData, names: list[str]) -> dict[str, float]:
    """Width of a system's marker in points: its area follows the system's mean motion."""
    if _MOTION not in run.manifest.metrics:
        return dict.fromkeys(names, _WIDEST * 0.7)
    means = {name: values[np.isfinite(values)].mean() for name in names if len(values := run.values(name, _MOTION))}
    most = max(means.values(), default=0.0) or 1.0
    return {name: _WIDEST * max(0.3, float(np.sqrt(means.get(name, 0.0) / most))) for name in names}


def _point(
    axes: Axes, row: Row, columns: tuple[Column, Column], colour: str, *, hollow: bool, faint: bool, **look: Any
) -> None:
    x, y = (row.values[column.key] for column in columns)
    _, _, whiskers = axes.errorbar(
        x.mean,
        y.mean,
        xerr=None if x.low is None or x.high is None else [[x.mean - x.low], [x.high - x.mean]],
        yerr=None if y.low is None or y.high is None else [[y.mean - y.low], [y.high - y.mean]],
        linestyle="none",
        color=colour,
        markerfacecolor="white" if hollow else colour,
        elinewidth=0.5,
        zorder=2,
        **look,
    )
    for whisker in whiskers:
        whisker.set_alpha(0.3 if faint else 1.0)


def _name(
    figure: Figure, axes: Axes, at: dict[str, tuple[float, float]], sizes: dict[str, float], joined: list[list[str]]
) -> None:
    """Write settings beside the points of curves, both ends first; what finds no room lies between two that did."""
    from matplotlib.patheffects import withStroke

    figure.draw_without_rendering()  # only now is it known where the points are
    letter = _FONT / LETTER  # points for a pixel of `place`
    unit = figure.dpi / 72 * letter  # pixels
    frame = axes.get_window_extent()
    x, y = ((axes.transData.transform(list(at.values())) - frame.min) / unit).T
    names, height = list(at), frame.height / unit
    texts = [setting(name)[1] for name in names]
    ends = [name for members in joined for name in (members[0], members[-1])]
    order = [names.index(name) for name in (*ends, *(n for members in joined for n in members if n not in ends))]
    radius = np.array([sizes[name] for name in names]) / 2 / letter
    clear = [withStroke(linewidth=1.5, foreground="white")]  # of the whiskers behind it
    look: dict[str, Any] = {"va": "center", "fontsize": _FONT, "color": MUTED, "path_effects": clear, "zorder": 4}
    for k, found in place(texts, x, height - y, radius, (frame.width / unit, height), order).items():
        off = (found.dx * letter, -found.dy * letter)
        axes.annotate(texts[k], at[names[k]], off, textcoords="offset points", ha=found.align, **look)
