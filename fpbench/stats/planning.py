"""How many tasks a comparison needs, and intervals of proportions."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import nct, t

from fpbench.stats.results import Interval


def paired_power(effect: float, tasks: int, *, alpha: float = 0.05) -> float:
    """Power of a two-sided paired test of a mean, by the noncentral t distribution.

    Args:
        effect: mean difference / standard deviation of the task-level differences (d_z).
        tasks: number of tasks, at least 2.
    """
    if tasks < 2:
        raise ValueError(f"{tasks} tasks: a paired test needs at least 2")
    freedom, shift = tasks - 1, abs(effect) * sqrt(tasks)
    critical = t.ppf(1 - alpha / 2, freedom)
    # SciPy gives NaN far from the critical value, where one tail holds everything.
    far, near = nct.cdf(-critical, freedom, shift), nct.sf(critical, freedom, shift)
    return float(np.nan_to_num(near, nan=1.0) + np.nan_to_num(far, nan=0.0))


def tasks_needed(effect: float, *, power: float = 0.8, alpha: float = 0.05) -> int:
    """Fewest tasks with which a paired test finds an effect of size d_z with the given power.

    Raises:
        ValueError: an effect of 0 is never found.
    """
    if effect == 0:
        raise ValueError("effect 0: no number of tasks finds it")
    tasks = max(2, ceil(((ndtri(1 - alpha / 2) + ndtri(power)) / effect) ** 2))
    while paired_power(effect, tasks, alpha=alpha) < power:
        tasks += 1
    return tasks


def detectable_effect(tasks: int, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Smallest d_z a paired test with this many tasks finds with the given power."""
    return float(brentq(lambda effect: paired_power(effect, tasks, alpha=alpha) - power, 1e-9, 100))


def wilson(successes: int, trials: int, *, level: float = 0.95) -> Interval:
    """Wilson score interval of a proportion (1927); NaN without trials.

    Raises:
        ValueError: successes outside 0..trials.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials")
    if trials == 0:
        return Interval(float("nan"), float("nan"), float("nan"), level, 0, 0, "wilson", 0, 0)
    z, share = float(ndtri((1 + level) / 2)), successes / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * sqrt(share * (1 - share) / trials + z * z / (4 * trials**2))
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half), level, trials, 0, "wilson", 0, 0)
