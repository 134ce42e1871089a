"""A mean over tasks and training seeds at once: both are samples, and both belong into its interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from fpbench.stats.results import Interval


def crossed_interval(values: ArrayLike, *, level: float = 0.95) -> tuple[Interval, float]:
    """Grand mean with an interval for new tasks and new training seeds, and the p-value of "it is 0".

    The variance of the mean is that over tasks (seeds averaged) plus that over seeds (tasks averaged), with
    Satterthwaite's degrees of freedom. Noise that belongs to neither is counted in both, which errs on the wide side.

    Args:
        values: (seeds, tasks), one difference per training seed and task; tasks undefined for a seed are left out.

    Raises:
        ValueError: not two dimensions, or fewer than two seeds or complete tasks.
    """
    data = np.asarray(values, np.float64)
    if data.ndim != 2:
        raise ValueError(f"values: expected (seeds, tasks), got shape {data.shape}")
    complete = np.isfinite(data).all(0)
    kept = data[:, complete]
    seeds, tasks = kept.shape
    if seeds < 2 or tasks < 2:
        raise ValueError(f"{seeds} seeds and {tasks} complete tasks: needs at least 2 of both")
    by_task, by_seed = kept.mean(0).var(ddof=1) / tasks, kept.mean(1).var(ddof=1) / seeds
    variance = by_task + by_seed
    mean = float(kept.mean())
    missing = int((~complete).sum())
    if variance == 0:
        return Interval(mean, mean, mean, level, tasks, missing, "satterthwaite", 0, 0), float(mean == 0)
    freedom = variance**2 / (by_task**2 / (tasks - 1) + by_seed**2 / (seeds - 1))
    error = float(np.sqrt(variance))
    reach = float(t.ppf((1 + level) / 2, freedom)) * error
    p = float(2 * t.sf(abs(mean) / error, freedom))
    return Interval(mean, mean - reach, mean + reach, level, tasks, missing, "satterthwaite", 0, 0), p
