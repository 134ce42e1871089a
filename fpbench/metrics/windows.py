"""Windows along a series: where they lie and what the series is worth in them. Drift itself is in `drift`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SHARE = 0.15
"""Share of a video that counts as its start and as its end (FramePack, arXiv 2504.12626)."""


def window_length(count: int, k_min: int, share: float = SHARE) -> int:
    """Values per window, max(k_min, floor(share x count)); 0 when start and end would overlap."""
    length = max(k_min, int(share * count), 1)
    return length if 2 * length <= count else 0


def window_starts(count: int, length: int) -> NDArray[np.int64]:
    """First positions of the fewest evenly spaced windows covering the series; the last ends with it."""
    return np.rint(np.linspace(0, count - length, -(-count // length))).astype(np.int64)


def nan_mean(values: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    """Mean of the defined values; NaN where there is none, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(values, axis=axis))


def window_means(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Mean of the defined values in each of `window_starts`' windows.

    For indicator series (``dyn_frac``, ``freeze_frac``) this is the metric computed on the window.
    """
    where = window_starts(len(values), length)[:, None] + np.arange(length)
    return nan_mean(values[where])


def generation_positions(index: NDArray[np.int64], order: Sequence[int]) -> NDArray[np.int64]:
    """Positions of a series sorted by when their frames were generated.

    Args:
        index: frame each value belongs to.
        order: frame indices in the order in which they were made; every frame of ``index`` exactly once.

    Raises:
        ValueError: a frame is missing from ``order`` or occurs twice.
    """
    rank = {frame: position for position, frame in enumerate(order)}
    missing = [int(frame) for frame in index if int(frame) not in rank]
    if missing or len(rank) != len(order):
        raise ValueError(f"generation order: frames missing {missing[:5]}, {len(order) - len(rank)} repeated")
    return np.argsort([rank[int(frame)] for frame in index], kind="stable")
