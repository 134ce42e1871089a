"""The drift curve: a metric over time, mean over tasks with its confidence band, one line per system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fpbench.report.data import RunData
from fpbench.report.families import families
from fpbench.report.series_rows import rows_of
from fpbench.report.style import PAGE_INCHES, Factory, drawing, line_style, place_legend, save_figure
from fpbench.report.text import ARROWS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WINDOW_SHARE = 0.15
"""Share of a clip in the start and in the end window (FramePack, arXiv 2504.12626)."""
LEVEL, RESAMPLES, SEED = 0.95, 1000, 0


@dataclass(frozen=True, eq=False)
class Curve:
    """A metric of one system over time.

    Attributes:
        frames: (n,) frame indices.
        mean, low, high: (n,) mean over tasks and the band around it; low and high equal the mean for one task.
    """

    frames: NDArray[np.int64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def read_matrix(run: RunData, system: str, metric: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Frames (n,) and values (tasks, n) of one metric of one system, averaged over seeds; NaN where undefined."""
    rows = rows_of(run.folder / "series.parquet", system, ("metric", "task", "frame", "value"))
    return to_matrix(rows.filter(pc.equal(rows["metric"], metric)))


def to_matrix(table: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Columns task, frame and value as frames (n,) and values (tasks, n), averaged over rows of the same place."""
    frames, column = np.unique(table["frame"].to_numpy(), return_inverse=True)
    tasks = table["task"].unify_dictionaries().combine_chunks()
    tasks = tasks if pa.types.is_dictionary(tasks.type) else tasks.dictionary_encode()
    rank = np.argsort(np.array(tasks.dictionary.to_pylist(), dtype=str)).argsort()
    names, row = np.unique(rank[tasks.indices.to_numpy()], return_inverse=True)
    value = table["value"].to_numpy().astype(np.float64)
    total, count = np.zeros((2, len(names), len(frames)))
    defined = np.isfinite(value)
    np.add.at(total, (row[defined], column[defined]), value[defined])
    np.add.at(count, (row[defined], column[defined]), 1)
    values = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return frames.astype(np.int64), values


def curve(frames: NDArray[np.int64], values: NDArray[np.float64]) -> Curve:
    """Mean and pointwise percentile band by resampling tasks.

    Args:
        values: (tasks, n), NaN where undefined.
    """
    known = np.isfinite(values)
    whole = bool(known.all())
    filled = values if whole else np.where(known, values, 0.0)
    draws = _draws(len(values))
    with np.errstate(invalid="ignore", divide="ignore"):  # a draw without any defined value is NaN, as it should be
        mean = filled.sum(0) / known.sum(0)
        resampled = (filled.T @ draws) / (len(values) if whole else known.T.astype(np.float64) @ draws)
    if not known.any(0).all():
        return Curve(frames, mean, mean, mean)
    percentile = np.percentile if np.isfinite(resampled).all() else np.nanpercentile  # the latter is ten times slower
    low, high = percentile(resampled, [50 * (1 - LEVEL), 50 * (1 + LEVEL)], axis=1)
    return Curve(frames, mean, low, high)


@lru_cache(maxsize=4)
def _draws(tasks: int) -> NDArray[np.float64]:
    """(tasks, RESAMPLES) how often each sample holds each task."""
    return np.random.default_rng(SEED).multinomial(tasks, np.full(tasks, 1 / tasks), RESAMPLES).T.astype(np.float64)


def curves(run: RunData, metric: str) -> dict[str, Curve]:
    """The curve of every system that was measured by ``metric``, in the order of the protocol."""
    return {name: curve(*read_matrix(run, name, metric)) for name in run.systems if run.measured(name, metric)}


def drift_figure(make: Factory, run: RunData, metric: str, width: float = PAGE_INCHES) -> Figure | None:
    """The curves of a metric with the start and end windows shaded, the legend beside them; None without a curve."""
    found = curves(run, metric)
    if not found:
        return None
    below = width < PAGE_INCHES
    kin = families(run, list(found))
    lines = len(kin) or len(found)
    figure = make(figsize=(width, 2.3 + below * 0.13 * (lines // 2 + 1)))
    axes = figure.add_subplot()
    fps = float(str(run.manifest.world["fps"]))
    last = max([1, *(int(one.frames[-1]) for one in found.values())])  # a single frame has an axis too
    for low, high in ((0.0, WINDOW_SHARE), (1 - WINDOW_SHARE, 1.0)):
        axes.axvspan(low * last / fps, high * last / fps, color="0.94", linewidth=0)
    styles, labels = looks(run, kin)
    for name, one in found.items():
        if off_scale(run, name, found):
            axes.plot([], [], label=f"{name}: {np.nanmean(one.mean):.4g}, off scale", **styles[name])
        else:
            _line(axes, one, fps, labels.get(name, name), styles[name], banded=name not in labels)
    facts = run.metric(metric)
    unit = f" ({facts.unit})" if facts.unit else ""
    axes.set_xlabel("time (s); shaded: the windows whose contrast is the drift")
    axes.set_ylabel(f"{metric}{unit} {ARROWS[facts.direction]}")
    axes.set_xlim(0, last / fps)
    place_legend(figure, width)
    return figure


def off_scale(run: RunData, name: str, found: Mapping[str, Curve]) -> bool:
    """Whether a ceiling lies so far from everything else that drawing it would flatten the curves."""
    others = [one.mean for other, one in found.items() if run.role(other) != "ceiling"]
    if run.role(name) != "ceiling" or not others:
        return False
    low, high = np.nanmin(others), np.nanmax(others)
    beyond = np.fmax(low - found[name].mean, found[name].mean - high)
    return bool(np.nanmin(beyond) > high - low)


def system_styles(run: RunData) -> dict[str, dict[str, Any]]:
    """Colour and dash of every system of a run: the same in every figure; black for the truth, grey for the floor."""
    ranked = [name for name in run.systems if run.role(name) == "system"]
    styles = {name: line_style(position) for position, name in enumerate(ranked)}
    frame = {"ceiling": {"color": "black", "linestyle": "-"}, "floor": {"color": "0.55", "linestyle": ":"}}
    return {name: styles.get(name) or frame[run.role(name)] for name in run.systems}


def looks(run: RunData, kin: Mapping[str, list[str]]) -> tuple[dict[str, dict[str, Any]], dict[str, str | None]]:
    """Styles of all systems, those of one family alike; and of members what the legend says: the family, or nothing."""
    styles = system_styles(run) | {name: line_style(k) for k, of in enumerate(kin.values()) for name in of}
    labels: dict[str, str | None] = {name: None for of in kin.values() for name in of[1:]}
    return styles, labels | {of[0]: family for family, of in kin.items()}


def _line(axes: Axes, one: Curve, fps: float, label: str | None, style: dict[str, Any], *, banded: bool) -> None:
    seconds = one.frames / fps
    axes.plot(seconds, one.mean, label=label, **(style if banded else style | {"linewidth": 0.7}))
    if banded:
        axes.fill_between(seconds, one.low, one.high, color=style["color"], alpha=0.12, linewidth=0)


def write_curves(run: RunData, metric: str, scratch: Path) -> list[Path]:
    """Draw the curves of one metric into ``figures/drift_<metric>.{pdf,png}`` of the run; the paths."""
    with drawing() as make:
        made = drift_figure(make, run, metric)
        return save_figure(made, run.folder / "figures" / f"drift_{metric}", scratch) if made else []
