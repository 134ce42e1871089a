"""Tests of paired differences with the task as unit, and corrections for making several of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import cache
from math import isnan

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest, false_discovery_control

from fpbench.stats.bootstrap import mean_interval
from fpbench.stats.clusters import paired_differences
from fpbench.stats.results import Method, Paired

EXACT_TASKS = 14
"""Up to this many tasks all sign patterns are enumerated (2^14 = 16384)."""


@cache
def _sign_patterns(count: int) -> NDArray[np.float64]:
    return np.array(list(itertools.product((1.0, -1.0), repeat=count)))


def sign_flip_p(differences: ArrayLike, *, resamples: int = 10_000, seed: int = 0) -> tuple[float, bool]:
    """Two-sided p-value of "the differences are symmetric about 0", and whether it is exact.

    Signs are flipped task by task; exact enumeration for at most 14 tasks, otherwise Monte Carlo with the
    observed pattern counted (Phipson & Smyth 2010), so that p is never 0. NaN without tasks.

    Args:
        differences: (tasks,) one paired difference per task; undefined ones are left out.
    """
    units = _defined(differences)
    return float(_sign_flips(units[:, None], resamples, seed)[0]), len(units) <= EXACT_TASKS


def sign_flip_ps(differences: Mapping[str, ArrayLike], *, resamples: int = 10_000, seed: int = 0) -> dict[str, float]:
    """``sign_flip_p`` of many systems, in the order given; those with equally many tasks share their flips."""
    defined = {name: _defined(values) for name, values in differences.items()}
    p = dict.fromkeys(defined, float("nan"))
    for count in {len(units) for units in defined.values()}:
        names = [name for name, units in defined.items() if len(units) == count]
        found = _sign_flips(np.stack([defined[name] for name in names], axis=1), resamples, seed)
        p.update(zip(names, map(float, found), strict=True))
    return p


def _defined(differences: ArrayLike) -> NDArray[np.float64]:
    units = np.asarray(differences, np.float64)
    return units[np.isfinite(units)]


def _sign_flips(units: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    """(systems,) p-values of (tasks, systems) differences."""
    tasks, systems = units.shape
    if tasks == 0:
        return np.full(systems, np.nan)
    reach = np.abs(units.sum(0)) * (1 - 1e-12)
    if tasks <= EXACT_TASKS:
        return np.asarray(np.mean(np.abs(_sign_patterns(tasks) @ units) >= reach, axis=0))
    rng = np.random.default_rng(seed)
    signs = (rng.integers(0, 2, (resamples, tasks), dtype=np.int8) * 2 - 1).astype(np.float64)
    hits = np.count_nonzero(np.abs(signs @ units) >= reach, axis=0)
    return np.asarray((1 + hits) / (1 + resamples))


def compare(
    first: ArrayLike,
    second: ArrayLike,
    tasks: ArrayLike | None = None,
    *,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
    method: Method = "bca",
) -> Paired:
    """Paired comparison of two systems: interval, sign-flip p-value and effect size of first - second.

    Args and errors as in `fpbench.stats.difference_interval`.
    """
    units = paired_differences(first, second, tasks)
    interval = mean_interval(units, level=level, resamples=resamples, seed=seed, method=method)
    p, exact = sign_flip_p(units, seed=seed)
    units = units[np.isfinite(units)]
    spread = float(units.std(ddof=1)) if len(units) > 1 else 0.0
    d_z = float(units.mean()) / spread if spread > 0 else float("nan")
    return Paired(interval, p, d_z, exact)


def mcnemar_p(first: ArrayLike, second: ArrayLike) -> float:
    """Exact McNemar p-value for paired yes/no outcomes; 1 when no pair disagrees.

    Args:
        first, second: (tasks,) booleans of the same tasks.
    """
    a, b = np.asarray(first, bool), np.asarray(second, bool)
    only_first, only_second = int(np.sum(a & ~b)), int(np.sum(~a & b))
    discordant = only_first + only_second
    return float(binomtest(only_first, discordant).pvalue) if discordant else 1.0


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Holm-adjusted p-values (1979), keyed and ordered as given; undefined ones stay NaN and do not count."""
    known = sorted((p, name) for name, p in p_values.items() if not isnan(p))
    adjusted, running = {}, 0.0
    for rank, (p, name) in enumerate(known):
        running = max(running, min(1.0, p * (len(known) - rank)))
        adjusted[name] = running
    return {name: adjusted.get(name, float("nan")) for name in p_values}


def benjamini_hochberg(p_values: Mapping[str, float]) -> dict[str, float]:
    """False-discovery-rate adjusted p-values (1995), for exploration; undefined ones stay NaN."""
    known = {name: p for name, p in p_values.items() if not isnan(p)}
    if not known:
        return dict(p_values)
    adjusted = false_discovery_control(list(known.values()))
    found = dict(zip(known, map(float, adjusted), strict=True))
    return {name: found.get(name, float("nan")) for name in p_values}
