"""Elo with K = 32, the paper's column, and how much of it is the order in which votes happened to arrive.

A constant K never converges: the last votes decide. It is printed for comparison with published tables; ranking and
claims come from ``rating`` and ``ranking``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.votes import RaterKind, Votes

Array = NDArray[np.float64]

K = 32.0
INITIAL = 1000.0
SCALE = 400.0
TIE_BAND = 16.0  # the paper calls differences within this a tie: half of K, one vote between equals
ORDERS = 1000
# A vote's influence on an item fades by 1 - K ln(10) / (4 SCALE) = 0.954 with each later game of that item: after 500
# games 6e-11 of it is left, so shuffles of long logs need only their last votes.
_MEMORY = 500
_RATE = math.log(10) / SCALE
_BLOCK = 4_000_000  # (steps x orders) gathered at a time


@dataclass(frozen=True, eq=False)
class EloResult:
    """Elo in recorded order and over shuffled orders of the same votes.

    Attributes:
        ratings: (items,) in recorded order.
        rank: (items,) dense rank, items within ``tie_band`` of a group's best share its rank. (The ranks printed in
            the paper follow no single such rule: 1148 appears as both 3 and 4 in one table.)
        mean, sd: (items,) over ``orders`` seeded shuffles.
        low, high: (items,) central 95 % of the shuffles.
        k, initial, scale, orders, seed, tail: parameters; ``tail`` is how many of a shuffle's last votes were played.
    """

    items: tuple[str, ...]
    ratings: Array
    rank: NDArray[np.int64]
    mean: Array
    sd: Array
    low: Array
    high: Array
    k: float
    initial: float
    scale: float
    tie_band: float
    orders: int
    seed: int
    tail: int
    votes: int
    kind: RaterKind


def elo(votes: Votes, *, k: float = K, initial: float = INITIAL, scale: float = SCALE) -> Array:
    """Elo ratings after the votes in recorded order; a tie or "both bad" is half a win.

    Returns:
        (items,) ratings; their mean stays ``initial``.
    """
    rating = [initial] * len(votes.items)
    score = ((votes.sign() + 1) / 2).tolist()
    for a, b, won in zip(votes.left.tolist(), votes.right.tolist(), score, strict=True):
        gain = k * (won - 1 / (1 + 10 ** ((rating[b] - rating[a]) / scale)))
        rating[a] += gain
        rating[b] -= gain
    return np.array(rating)


def elo_k32(votes: Votes, *, orders: int = ORDERS, seed: int = 0) -> EloResult:
    """The paper's rating, its ±16 tie rule, and its spread over ``orders`` seeded shuffles of the same votes."""
    ratings = elo(votes)
    rarest = max(int(votes.per_item().min()), 1)
    tail = min(len(votes), len(votes) * _MEMORY // rarest)
    spread = shuffled(votes, orders=orders, seed=seed, tail=tail)
    low, high = np.quantile(spread, [0.025, 0.975], axis=0)
    return EloResult(
        items=votes.items,
        ratings=ratings,
        rank=banded_rank(ratings, TIE_BAND),
        mean=spread.mean(axis=0),
        sd=spread.std(axis=0, ddof=1) if orders > 1 else np.zeros_like(ratings),
        low=low,
        high=high,
        k=K,
        initial=INITIAL,
        scale=SCALE,
        tie_band=TIE_BAND,
        orders=orders,
        seed=seed,
        tail=tail,
        votes=len(votes),
        kind=votes.kind,
    )


def banded_rank(ratings: Array, band: float) -> NDArray[np.int64]:
    """Dense ranks from 1; everything within ``band`` of a group's best shares its rank."""
    rank = np.zeros(len(ratings), np.int64)
    best, current = np.inf, 0
    for index in np.argsort(-ratings, kind="stable"):
        if best - ratings[index] > band:
            best, current = ratings[index], current + 1
        rank[index] = current
    return rank


def shuffled(votes: Votes, *, orders: int, seed: int, tail: int | None = None) -> Array:
    """(orders, items) final ratings, all orders played side by side.

    Args:
        votes: the log.
        orders: number of shuffles.
        seed: of the shuffles.
        tail: play only the last ``tail`` votes of each shuffle; None for all.
    """
    steps = len(votes) if tail is None else tail
    together = max(1, min(orders, 16 * _BLOCK // max(steps, 1)))
    rng = np.random.default_rng(seed)
    parts = []
    for first in range(0, orders, together):
        count = min(together, orders - first)
        drawn = [_last(rng, len(votes), steps) for _ in range(count)]
        parts.append(_play(votes, np.stack(drawn, axis=1)))
    return np.concatenate(parts)


def _last(rng: np.random.Generator, votes: int, steps: int) -> NDArray[np.int32]:
    """The last ``steps`` places of a random order; a short end is drawn without shuffling the rest."""
    if steps * 10 < votes:
        return rng.choice(votes, steps, replace=False).astype(np.int32)
    return rng.permutation(votes)[votes - steps :].astype(np.int32)


def _play(votes: Votes, order: NDArray[np.int32]) -> Array:
    """Play ``order`` (steps, orders): row s holds the vote every ordering plays at step s."""
    steps, count = order.shape
    offset = np.arange(count) * len(votes.items)
    rating = np.full(count * len(votes.items), INITIAL)
    score = (votes.sign() + 1) / 2
    block = max(1, _BLOCK // count)
    for first in range(0, steps, block):
        rows = order[first : first + block]
        left, right, won = votes.left[rows] + offset, votes.right[rows] + offset, K * score[rows]
        for a, b, result in zip(left, right, won, strict=True):
            of_a, of_b = rating[a], rating[b]
            gain = result - K / (1 + np.exp((of_b - of_a) * _RATE))
            rating[a] = of_a + gain
            rating[b] = of_b - gain
    return rating.reshape(count, -1)
