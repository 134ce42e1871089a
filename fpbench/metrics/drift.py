"""Drift of a measured series: the paper's start-end contrast and the statistics that see what it cannot.

Everything is derived from stored values; nothing is decoded or measured here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fpbench.metrics.card import Direction
from fpbench.metrics.nullfloor import null_contrasts
from fpbench.metrics.windows import (
    SHARE,
    generation_positions,
    nan_mean,
    window_length,
    window_means,
    window_starts,
)

_SLOPE_POINTS = 256
_MEDIANS = 250_000
NAN = float("nan")
_NUMBERS = ("abs", "signed", "generation", "start", "end", "floor", "p", "slope", "mid", "area", "onset")


class _Settings(TypedDict):
    """Counts and parameters a result remembers, defined even where the drift is not."""

    n: int
    window: int
    k_min: int
    share: float
    resamples: int
    seed: int


@dataclass(frozen=True)
class Drift:
    """The drift family of one metric on one clip, in the metric's unit. NaN throughout when n is too small.

    Attributes:
        abs: |M(start) - M(end)|, the paper's measure (FramePack, arXiv 2504.12626).
        signed: M(end) - M(start) in playback order.
        generation: M(made last) - M(made first); equals ``signed`` for systems that generate forwards.
        start, end: the two window means, playback order.
        floor: mean of ``abs`` over block permutations: what noise alone gives.
        p: share of permutations (the observed one included) whose contrast reaches ``abs``.
        slope: Theil-Sen slope per frame.
        mid: value of the interior window farthest from the line from start to end, minus that line.
        area: mean shortfall of the windows against the better of the first two (two-sided: mean |M - start|).
        onset: frame from which the running median stays outside the start window's 95 % band; NaN if never.
        n: defined values. window: values per window. windows: mean of each window, from start to end.
        k_min, share, resamples, seed: the parameters it was computed with.
    """

    abs: float
    signed: float
    generation: float
    start: float
    end: float
    floor: float
    p: float
    slope: float
    mid: float
    area: float
    onset: float
    n: int
    window: int
    windows: tuple[float, ...]
    k_min: int
    share: float
    resamples: int
    seed: int


def theil_sen(values: NDArray[np.float64], position: NDArray[np.float64]) -> float:
    """Median of the slopes between all pairs (Sen 1968); long series are first averaged to 256 points."""
    if len(values) > _SLOPE_POINTS:
        parts = np.linspace(0, len(values), _SLOPE_POINTS + 1).astype(np.int64)[:-1]
        counts = np.diff(np.append(parts, len(values)))
        values, position = (np.add.reduceat(series, parts) / counts for series in (values, position))
    first, second = np.triu_indices(len(values), 1)
    return float(np.median((values[second] - values[first]) / (position[second] - position[first])))


def mid_dip(windows: NDArray[np.float64], starts: NDArray[np.int64]) -> float:
    """The largest deviation of an interior window from the line joining first and last, with its sign.

    A line instead of the two ends' mean, so that steady drift, which the contrast already shows, gives 0.
    """
    if len(windows) < 3:
        return NAN
    line = np.interp(starts, starts[[0, -1]], windows[[0, -1]])
    gap = (windows - line)[1:-1]
    return float(gap[np.nanargmax(np.abs(gap))]) if np.isfinite(gap).any() else NAN


def area(windows: NDArray[np.float64], direction: Direction) -> float:
    """Mean over windows of the shortfall against the better of the first two; two-sided: mean |M - start|."""
    if direction == "two-sided":
        return float(nan_mean(np.abs(windows - windows[0])))
    sign = 1.0 if direction == "up" else -1.0
    best = np.fmax.reduce(sign * windows[:2])
    return float(nan_mean(np.fmax(0, best - sign * windows)))


def onset(values: NDArray[np.float64], length: int) -> int | None:
    """Position of the first running median (``length`` values, trailing) from which all leave the band.

    The band spans the 2.5th to the 97.5th percentile of the first ``length`` values. None when the series
    ends inside it.
    """
    low, high = np.percentile(values[:length], [2.5, 97.5])
    windows = np.lib.stride_tricks.sliding_window_view(values, length)
    rows = max(1, _MEDIANS // length)  # all windows at once would take the square of the length in memory
    medians = np.concatenate([np.median(windows[i : i + rows], axis=1) for i in range(0, len(windows), rows)])
    outside = (medians < low) | (medians > high)
    if not outside[-1]:
        return None
    inside = np.flatnonzero(~outside)
    return int(inside[-1] + 1 if len(inside) else 0) + length - 1


def family(
    values: ArrayLike,
    *,
    index: ArrayLike | None = None,
    order: Sequence[int] | None = None,
    k_min: int = 1,
    direction: Direction = "two-sided",
    share: float = SHARE,
    resamples: int = 200,
    seed: int = 0,
) -> Drift:
    """The drift family of a series.

    Start and end are its first and last max(k_min, floor(share x n)) defined values.

    Args:
        values: (n,) series in playback order; undefined values (NaN) are left out.
        index: (n,) frame each value belongs to; 0, 1, ... when left out.
        order: frame indices in the order in which they were generated; playback order when left out.
        k_min, direction: from the metric's card.
        share: share of the series in each window.
        resamples, seed: block permutations behind ``floor`` and ``p``.

    Raises:
        ValueError: ``index`` is not as long as ``values``, or ``order`` lacks or repeats a frame.
    """
    series = np.asarray(values, np.float64)
    frames = np.arange(len(series)) if index is None else np.asarray(index, np.int64)
    if frames.shape != series.shape:
        raise ValueError(f"{len(frames)} frame indices for {len(series)} values")
    defined = np.isfinite(series)
    series, frames = series[defined], frames[defined]
    made = np.arange(len(series)) if order is None else generation_positions(frames, order)
    length = window_length(len(series), k_min, share)
    settings = _Settings(n=len(series), window=length, k_min=k_min, share=share, resamples=resamples, seed=seed)
    if length == 0:
        return Drift(**dict.fromkeys(_NUMBERS, NAN), windows=(), **settings)
    windows, slope = window_means(series, length), theil_sen(series, frames.astype(np.float64))
    contrast, left = abs(float(windows[-1] - windows[0])), onset(series, length)
    null = null_contrasts(series, length, _per_value(slope, frames), resamples=resamples, seed=seed)
    return Drift(
        abs=contrast,
        signed=float(windows[-1] - windows[0]),
        generation=float(series[made[-length:]].mean() - series[made[:length]].mean()),
        start=float(windows[0]),
        end=float(windows[-1]),
        floor=float(null.mean()),
        p=float((1 + np.count_nonzero(null >= contrast * (1 - 1e-9))) / (1 + resamples)),
        slope=slope,
        mid=mid_dip(windows, window_starts(len(series), length)),
        area=area(windows, direction),
        onset=NAN if left is None else float(frames[left]),
        windows=tuple(float(value) for value in windows),
        **settings,
    )


def _per_value(slope: float, frames: NDArray[np.int64]) -> float:
    """A slope per frame as a slope per value, for series that do not have a value at every frame."""
    return slope * float(frames[-1] - frames[0]) / max(1, len(frames) - 1)


def motion_gate(
    freeze_frac: ArrayLike,
    dynamic: ArrayLike,
    reference: ArrayLike,
    *,
    freeze_limit: float = 0.8,
    percentile: float = 5,
) -> NDArray[np.bool_]:
    """Whether clips move enough for their drift to count: a still video drifts by nothing.

    Args:
        freeze_frac: (clips,) share of frozen pairs of each clip.
        dynamic: (clips,) motion of each clip (mean ``flow_top5``).
        reference: (reference clips,) their motion (the true videos); undefined values are left out.

    Returns:
        (clips,) False where a clip is frozen for more than ``freeze_limit``, or moves less than the reference's
        ``percentile``-th percentile.
    """
    known = np.asarray(reference, np.float64)
    known = known[np.isfinite(known)]
    least = np.percentile(known, percentile) if len(known) else -np.inf
    return np.asarray((np.asarray(freeze_frac) <= freeze_limit) & (np.asarray(dynamic) >= least))
