"""Votes from a known truth, for power calculations and to check that intervals cover. Never mixed with real ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.choice import Davidson
from fpbench.preference.votes import LEFT, RIGHT, TIE, Labels, Votes


@dataclass(frozen=True)
class Crowd:
    """Who votes on what.

    Attributes:
        raters, tasks: how many of each; votes are spread evenly over both.
        rater_sd, task_sd: spread, in log-odds, of each rater's or task's own view of each item. These views correlate
            votes and are what clustered intervals are for.
        tie: share of ties between equals, in [0, 1).
        side: log-odds advantage of being shown left.
    """

    raters: int = 12
    tasks: int = 40
    rater_sd: float = 0.0
    task_sd: float = 0.0
    tie: float = 0.2
    side: float = 0.0


def simulate(theta: NDArray[np.float64], votes: int, *, seed: int, crowd: Crowd | None = None) -> Votes:
    """Davidson votes on uniformly drawn pairs.

    Args:
        theta: (items,) true log-odds.
        votes: how many.
        seed: determines everything.
        crowd: raters, tasks and their effects; the default has no effects.
    """
    crowd = crowd or Crowd()
    rng = np.random.default_rng(seed)
    n, rows = len(theta), np.arange(votes)
    left = rng.integers(0, n, votes)
    right = (left + rng.integers(1, n, votes)) % n
    rater, task = rng.permutation(rows % crowd.raters), rng.permutation(rows % crowd.tasks)
    view = rng.normal(0, crowd.rater_sd, (crowd.raters, n))[rater]
    view = theta + view + rng.normal(0, crowd.task_sd, (crowd.tasks, n))[task]
    eta = view[rows, left] - view[rows, right] + crowd.side
    model = Davidson()
    mass = model.probabilities(eta, model.start(crowd.tie) if crowd.tie else -np.inf)
    draw = rng.random(votes)
    outcome = np.where(draw < mass[:, 0], LEFT, np.where(draw < mass[:, 0] + mass[:, 1], RIGHT, TIE))
    return Votes(
        items=tuple(f"item{k:02d}" for k in range(n)),
        left=left.astype(np.int32),
        right=right.astype(np.int32),
        outcome=outcome.astype(np.int8),
        rater=Labels(tuple(f"rater{k}" for k in range(crowd.raters)), rater.astype(np.int32)),
        task=Labels(tuple(f"task{k}" for k in range(crowd.tasks)), task.astype(np.int32)),
    )
