"""What may be claimed about an order: simultaneous comparisons, rank ranges, groups that cannot be separated.

Intervals of single ratings do not answer it: the test is on differences, with their covariance, corrected jointly for
all pairs by the distribution of the largest |t| (Hothorn, Bretz, Westfall 2008).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.rating import RatingFit

_DRAWS = 20_000  # Monte Carlo error of a 95 % quantile of max |t| is then about 0.01
_CHUNK = 2_000_000  # differences held at a time


@dataclass(frozen=True, eq=False)
class Separation:
    """Joint comparison of all pairs at one level.

    Attributes:
        order: (items,) indices from best to worst.
        critical: the quantile of max |t| that a difference must exceed.
        better: (items, items) bool, i is better than j beyond doubt.
        best_rank, worst_rank: (items,) ranks compatible with ``better``, from 1.
        groups: runs of neighbours in ``order`` in which no pair is separated; maximal, best first.
        level, draws, seed: how it was computed.
    """

    items: tuple[str, ...]
    order: NDArray[np.int64]
    critical: float
    better: NDArray[np.bool_]
    best_rank: NDArray[np.int64]
    worst_rank: NDArray[np.int64]
    groups: tuple[tuple[str, ...], ...]
    level: float
    draws: int
    seed: int

    @property
    def leaders(self) -> tuple[str, ...]:
        """Items that nothing is known to beat."""
        return tuple(self.items[k] for k in self.order if not self.better[:, k].any())


def separate(fit: RatingFit, *, seed: int = 0, draws: int = _DRAWS) -> Separation:
    """Compare all pairs jointly at ``fit.level``; deterministic for a seed."""
    error = fit.difference_error()
    critical = max_t(fit, seed=seed, draws=draws)
    lead = fit.theta[:, None] - fit.theta[None, :]
    better = lead > critical * np.where(error > 0, error, np.inf)
    order = np.argsort(-fit.theta, kind="stable")
    return Separation(
        items=fit.items,
        order=order,
        critical=critical,
        better=better,
        best_rank=1 + better.sum(axis=0),
        worst_rank=len(order) - better.sum(axis=1),
        groups=tuple(tuple(fit.items[k] for k in run) for run in _runs(better, order)),
        level=fit.level,
        draws=draws,
        seed=seed,
    )


def max_t(fit: RatingFit, *, seed: int = 0, draws: int = _DRAWS) -> float:
    """Quantile at ``fit.level`` of the largest |t| over all pairs when all items are equal."""
    n = len(fit.items)
    value, vector = np.linalg.eigh(fit.covariance[:n, :n])
    root = vector * np.sqrt(np.maximum(value, 0))
    i, j = np.triu_indices(n, 1)
    error = fit.difference_error()[i, j]
    usable = error > 1e-9 * max(error.max(), 1e-300)
    i, j, error = i[usable], j[usable], error[usable]
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((draws, n)) @ root.T
    if np.isfinite(fit.df):
        noise /= np.sqrt(rng.chisquare(fit.df, draws) / fit.df)[:, None]
    step = max(1, _CHUNK // len(i))
    largest = [
        np.abs((noise[k : k + step, i] - noise[k : k + step, j]) / error).max(axis=1) for k in range(0, draws, step)
    ]
    return float(np.quantile(np.concatenate(largest), fit.level))


def _runs(better: NDArray[np.bool_], order: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Maximal stretches of ``order`` without a separated pair."""
    apart = (better | better.T)[np.ix_(order, order)]
    runs: list[NDArray[np.int64]] = []
    reached = 0
    for start in range(len(order)):
        end = start + 1
        while end < len(order) and not apart[start:end, end].any():
            end += 1
        if end > reached:
            runs.append(order[start:end])
            reached = end
    return runs
