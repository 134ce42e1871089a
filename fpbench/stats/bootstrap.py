"""Cluster bootstrap intervals of a mean and of a paired difference: tasks are resampled, never frames."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri, stdtrit

from fpbench.stats.clusters import paired_differences, task_means
from fpbench.stats.results import Interval, Method

_CHUNK = 4_000_000


def bootstrap_means(units: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    """Means of ``resamples`` samples of the units with replacement, (resamples,)."""
    if resamples * len(units) <= _CHUNK:
        return np.asarray(units[_picks(len(units), resamples, seed)].mean(1))
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // len(units))
    parts = [
        units[rng.integers(0, len(units), (min(step, resamples - done), len(units)))].mean(1)
        for done in range(0, resamples, step)
    ]
    return np.concatenate(parts)


@lru_cache(maxsize=4)
def _picks(count: int, resamples: int, seed: int) -> NDArray[np.int64]:
    """The units of each sample: the same for every column of a table, and dearer to draw than to average."""
    return np.random.default_rng(seed).integers(0, count, (resamples, count))


def _acceleration(units: NDArray[np.float64]) -> float:
    """Skewness of the jackknife means, as BCa needs it (Efron 1987, eq. 6.6)."""
    influence = units - units.mean()
    spread = float(np.square(influence).sum())
    return float((influence**3).sum() / (6 * spread**1.5)) if spread > 0 else 0.0


def _tails(count: int, level: float, expand: bool) -> NDArray[np.float64]:
    """Normal quantiles of the two ends; expanded by sqrt(n / (n - 1)) and from the t distribution."""
    upper = (1 + level) / 2
    z = np.sqrt(count / (count - 1)) * stdtrit(count - 1, upper) if expand else ndtri(upper)
    return np.array([-z, z])


def _bca_levels(
    units: NDArray[np.float64], draws: NDArray[np.float64], tails: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Percentiles (0-1) at which BCa reads the bootstrap distribution."""
    below = np.mean(draws < units.mean()) + np.mean(draws == units.mean()) / 2
    bias = ndtri(np.clip(below, 1 / len(draws), 1 - 1 / len(draws)))
    tail = bias + tails
    return np.asarray(ndtr(bias + tail / (1 - _acceleration(units) * tail)))


def mean_interval(
    values: ArrayLike,
    tasks: ArrayLike | None = None,
    *,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
    method: Method = "bca",
    expand: bool = True,
) -> Interval:
    """Mean over tasks with a cluster-bootstrap interval.

    Args:
        values: (n,) measurements, NaN where undefined; counted in ``missing`` by task.
        tasks: (n,) task each belongs to (its seeds are averaged first); each its own when left out.
        level: nominal coverage. resamples, seed: of the bootstrap.
        method: "bca" (Efron 1987) or "percentile".
        expand: widen the tails as Student's t does (Hesterberg 2015): a plain bootstrap of 12 tasks covers
            90 % where it promises 95 %.

    Raises:
        ValueError: malformed input (see `task_means`), or a level outside (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError(f"level {level}: must lie in (0, 1)")
    means = task_means(values, tasks)
    units = means[np.isfinite(means)]
    low = high = float("nan")
    if len(units) >= 2:
        draws = bootstrap_means(units, resamples, seed)
        tails = _tails(len(units), level, expand)
        levels = _bca_levels(units, draws, tails) if method == "bca" else ndtr(tails)
        low, high = (float(end) for end in np.quantile(draws, levels))
    estimate = float(units.mean()) if len(units) else float("nan")
    missing = len(means) - len(units)
    return Interval(estimate, low, high, level, len(units), missing, method, resamples, seed, expand)


def difference_interval(
    first: ArrayLike,
    second: ArrayLike,
    tasks: ArrayLike | None = None,
    *,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
    method: Method = "bca",
    expand: bool = True,
) -> Interval:
    """Mean over tasks of first - second, paired by position, with a cluster-bootstrap interval.

    Args and errors as in `mean_interval`; a pair counts when both values are defined.
    """
    units = paired_differences(first, second, tasks)
    return mean_interval(units, level=level, resamples=resamples, seed=seed, method=method, expand=expand)


def reduction_interval(
    system: ArrayLike,
    reference: ArrayLike,
    tasks: ArrayLike | None = None,
    *,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Share of the reference's mean that a system removes, 1 - mean(system) / mean(reference), paired by task.

    A ratio of means, not a mean of ratios, so that tasks on which the reference is near 0 do not dominate.
    Percentile cluster bootstrap with expanded tails.

    Args:
        system, reference: (n,) non-negative measurements of the same cells, such as drift.
        tasks: (n,) task of each pair. level, resamples, seed: as in `mean_interval`.
    """
    names = np.arange(np.size(system)) if tasks is None else tasks
    complete = np.isfinite(np.asarray(system, np.float64) - np.asarray(reference, np.float64))
    pair = [task_means(np.where(complete, values, np.nan), names) for values in (system, reference)]
    kept = np.isfinite(pair[0])
    ours, theirs = pair[0][kept], pair[1][kept]
    count, low, high = len(ours), float("nan"), float("nan")
    if count >= 2:
        picks = np.random.default_rng(seed).integers(0, count, (resamples, count))
        draws = _reduction(ours[picks].mean(1), theirs[picks].mean(1))
        low, high = (float(end) for end in np.quantile(draws, ndtr(_tails(count, level, expand=True))))
    estimate = float(_reduction(ours.mean(), theirs.mean())) if count else float("nan")
    missing = len(kept) - count
    return Interval(estimate, low, high, level, count, missing, "percentile", resamples, seed, expanded=True)


def _reduction(ours: ArrayLike, theirs: ArrayLike) -> NDArray[np.float64]:
    base = np.asarray(theirs, np.float64)
    return np.asarray(1 - np.asarray(ours, np.float64) / np.where(base > 0, base, np.nan))
