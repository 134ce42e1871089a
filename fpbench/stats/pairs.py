"""Means over pairs of tasks (U-statistics of order two) and their intervals. What a pair is worth is told elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from fpbench.stats.results import Interval


def pair_mean_interval(pairs: NDArray[np.float64], *, level: float = 0.95) -> Interval:
    """Mean over all pairs of different tasks, with its jackknife interval (Arvesen 1969).

    Unbiased for the expectation of a pair of independent tasks. Where that is 0 because both tasks of a pair have one
    distribution, the interval is wider than it need be (degenerate U-statistics), never narrower.

    Args:
        pairs: (n, n) symmetric, a value for each pair of tasks; the diagonal is not read.
        level: nominal coverage, by Student's t with n - 1 degrees of freedom.

    Returns:
        Estimate NaN below two tasks, ends NaN below three.

    Raises:
        ValueError: not square, or a level outside (0, 1).
    """
    count = len(pairs)
    if pairs.shape != (count, count) or not 0 < level < 1:
        raise ValueError(f"pairs of shape {pairs.shape} at level {level}: expected a square, and a level within (0, 1)")
    sums = np.where(np.eye(count, dtype=bool), 0.0, pairs).sum(1)
    total, estimate, half = float(sums.sum()), float("nan"), float("nan")
    if count >= 2:
        estimate = total / (count * (count - 1))
    if count >= 3:
        without = (total - 2 * sums) / ((count - 1) * (count - 2))
        error = np.sqrt((count - 1) * without.var())
        half = float(error * stdtrit(count - 1, (1 + level) / 2))
    return Interval(estimate, estimate - half, estimate + half, level, count, 0, "jackknife", 0, 0)
