"""Eight ways a board can be broken, each with one probe that sees it and no other.

A probe reads a table of votes and returns flags; the thresholds are named constants with their reasons. The tests plant
each defect and require exactly its probe to trip. Following the idea of arenakit's planted boards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.anomaly import anomalies, predicted
from fpbench.preference.cells import fold
from fpbench.preference.connectivity import groups
from fpbench.preference.errors import RatingError
from fpbench.preference.rating import RatingFit, fit
from fpbench.preference.votes import Votes

ALPHA = 0.01  # family-wise per probe: a clean board trips one probe in a hundred runs at most
MIN_VOTES = 30  # below this an interval is wider than +-170 Elo
SIDE_BAND = 0.05  # log-odds of side bias that no rating notices
LOPSIDED = 3.0  # ratio of votes between the most and least shown item; intervals then differ by 1.7
POWER_SHARE = 3.0  # times an equal share of the votes
_CYCLE_VOTES = 10  # a pair with fewer votes cannot carry a majority


@dataclass(frozen=True)
class Flag:
    """A defect: which probe, about whom, the measured value and the threshold it crossed."""

    probe: str
    subject: str
    value: float
    threshold: float
    text: str


def inspect_board(votes: Votes) -> list[Flag]:
    """Run every probe."""
    return [flag for probe in PROBES.values() for flag in probe(votes)]


def too_few_votes(votes: Votes) -> list[Flag]:
    """Items that cannot be rated yet."""
    counts = votes.per_item()
    return [
        Flag(
            "too_few_votes",
            votes.items[k],
            float(counts[k]),
            MIN_VOTES,
            f"{counts[k]} votes, {MIN_VOTES} needed",
        )
        for k in np.flatnonzero(counts < MIN_VOTES)
    ]


def first_slot(votes: Votes) -> list[Flag]:
    """A side bias whose 99 % interval lies outside the equivalence band."""
    rated = _rated(votes, level=1 - ALPHA)
    if rated is None:
        return []
    beta, low, high = rated.coefficient("side")
    if low <= SIDE_BAND and high >= -SIDE_BAND:
        return []
    side = "left" if beta > 0 else "right"
    return [Flag("first_slot", side, beta, SIDE_BAND, f"the {side} side is worth {abs(beta):.2f} log-odds")]


def draw_prone(votes: Votes) -> list[Flag]:
    """Items that tie more often than a common tie parameter allows."""
    from scipy.special import ndtri

    rated = _rated(votes)
    if rated is None:
        return []
    tie = predicted(rated, votes)[:, 2]
    surplus = _per_item(votes, (votes.sign() == 0) - tie)
    z = surplus / np.sqrt(np.maximum(_per_item(votes, tie * (1 - tie)), 1e-12))
    limit = -float(ndtri(ALPHA / len(votes.items)))
    return [
        Flag(
            "draw_prone",
            votes.items[k],
            float(z[k]),
            limit,
            f"{surplus[k]:+.0f} ties more than its ratings explain",
        )
        for k in np.flatnonzero(z > limit)
    ]


def cycles(votes: Votes) -> list[Flag]:
    """A beats B beats C beats A, each majority significant by itself."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components
    from scipy.special import betainc

    n = len(votes.items)
    wins = np.zeros((n, n))
    sign = votes.sign()
    np.add.at(wins, (votes.left[sign > 0], votes.right[sign > 0]), 1)
    np.add.at(wins, (votes.right[sign < 0], votes.left[sign < 0]), 1)
    played = wins + wins.T
    limit = ALPHA / max(n * (n - 1) / 2, 1)
    chance = 2 * betainc(np.maximum(wins, 1), played - wins + 1, 0.5)  # of as many wins between equals
    sure = (played >= _CYCLE_VOTES) & (wins > 0) & (chance <= limit)
    count, label = connected_components(csr_array(sure.astype(np.int8)), connection="strong")
    loops = [np.flatnonzero(label == k) for k in range(count)]
    return [
        Flag(
            "cycles",
            ", ".join(votes.items[k] for k in loop),
            float(len(loop)),
            1.0,
            "majorities form a cycle",
        )
        for loop in loops
        if len(loop) > 1
    ]


def disconnected(votes: Votes) -> list[Flag]:
    """Groups of items that never met."""
    parts = groups(fold(votes, side=False), strong=False)
    if len(parts) < 2:
        return []
    names = " | ".join(", ".join(votes.items[k] for k in part) for part in parts)
    return [Flag("disconnected", names, float(len(parts)), 1.0, f"{len(parts)} groups share no scale")]


def lopsided_budget(votes: Votes) -> list[Flag]:
    """Some items were shown far more often than others."""
    counts = votes.per_item()
    ratio = float(counts.max() / max(counts.min(), 1))
    if ratio <= LOPSIDED:
        return []
    most, least = votes.items[int(counts.argmax())], votes.items[int(counts.argmin())]
    return [Flag("lopsided_budget", most, ratio, LOPSIDED, f"{ratio:.1f} times the votes of {least}")]


def power_voters(votes: Votes) -> list[Flag]:
    """Raters who cast several times their share."""
    if votes.rater is None or not len(votes):
        return []
    counts = np.bincount(votes.rater.codes, minlength=len(votes.rater.names))
    shares = counts / counts.mean()
    return [
        Flag(
            "power_voters",
            votes.rater.names[k],
            float(shares[k]),
            POWER_SHARE,
            f"{shares[k]:.1f} equal shares",
        )
        for k in np.flatnonzero(shares > POWER_SHARE)
    ]


def loud_annotator(votes: Votes) -> list[Flag]:
    """Raters who contradict everybody else."""
    if votes.rater is None:
        return []
    return [
        Flag(
            "loud_annotator",
            one.rater,
            one.against,
            0.0,
            f"z = {one.against:.1f} against all others' direction",
        )
        for one in anomalies(votes)
        if one.disagrees
    ]


PROBES: Mapping[str, Callable[[Votes], list[Flag]]] = {
    probe.__name__: probe
    for probe in (
        too_few_votes,
        first_slot,
        draw_prone,
        cycles,
        disconnected,
        lopsided_budget,
        power_voters,
        loud_annotator,
    )
}


def _rated(votes: Votes, *, level: float = 0.95) -> RatingFit | None:
    """The primary fit, or None where there is none: other probes say why."""
    try:
        return fit(votes, level=level)
    except RatingError:
        return None


def _per_item(votes: Votes, value: NDArray[np.float64]) -> NDArray[np.float64]:
    n = len(votes.items)
    both = np.bincount(votes.left, value, n) + np.bincount(votes.right, value, n)
    return np.asarray(both, dtype=np.float64)
