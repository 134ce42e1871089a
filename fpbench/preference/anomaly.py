"""Raters whose votes do not look like everybody else's. A flag for a person to look at, never an automatic exclusion.

Each rater is predicted by a Davidson fit of all others, and two standardised sums of residuals are tested: along the
predicted direction (a rater who inverts or ignores quality) and along the side (one who prefers left or right). A test
on ranks of answers, as public arenas use, has no power here: with three possible answers and mild consensus no single
vote is rare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.choice import Davidson
from fpbench.preference.errors import RatingError
from fpbench.preference.rating import RatingFit, fit
from fpbench.preference.votes import Votes

ALPHA = 0.001  # family-wise, over raters and both tests: a false flag accuses a person
MIN_VOTES = 10  # below this the normal approximation of a sum of three-valued residuals is poor


@dataclass(frozen=True)
class Anomaly:
    """One rater against the rest.

    Attributes:
        votes: how many real votes were compared.
        against: z of agreement with the others' direction; very negative for an inverted or random rater.
        sided: z of a preference for the left (positive) or right beyond everybody's.
        disagrees, one_sided: whether the tests reject at the family-wise level.
    """

    rater: str
    votes: int
    against: float
    sided: float
    disagrees: bool
    one_sided: bool


def anomalies(votes: Votes, *, alpha: float = ALPHA) -> list[Anomaly]:
    """Test every rater with enough votes; Bonferroni over raters and tests.

    The most extreme rater is set aside before the others are tested again, so that one outlier neither hides another
    nor makes honest raters look odd.

    Raises:
        RatingError: the log does not name raters.
    """
    from scipy.special import ndtri

    if votes.rater is None:
        raise RatingError("raters cannot be compared: the log does not name them")
    names, codes = votes.rater.names, votes.rater.codes
    counts, kept = np.bincount(codes, minlength=len(names)), np.ones(len(votes), bool)
    waiting = [int(k) for k in np.flatnonzero(counts >= MIN_VOTES)]
    limit = -float(ndtri(alpha / max(3 * len(waiting), 1)))  # one one-sided and one two-sided test each
    found: list[Anomaly] = []
    while True:
        tested = {k: _scores(votes.take(codes == k), votes.take(kept & (codes != k))) for k in waiting}
        judged = [_judge(names[k], int(counts[k]), score, limit) for k, score in tested.items() if score is not None]
        worst = max(judged, key=lambda one: max(-one.against, abs(one.sided)), default=None)
        if worst is None or not (worst.disagrees or worst.one_sided):
            return sorted([*found, *judged], key=lambda one: names.index(one.rater))
        found.append(worst)
        aside = names.index(worst.rater)
        waiting.remove(aside)
        kept &= codes != aside


def _judge(name: str, votes: int, scores: tuple[float, float], limit: float) -> Anomaly:
    against, sided = scores
    return Anomaly(name, votes, against, sided, against < -limit, abs(sided) > limit)


def _scores(own: Votes, others: Votes) -> tuple[float, float] | None:
    """(along the predicted direction, along the side), or None where the others alone cannot be rated."""
    try:
        rated = fit(others, cluster=False)
    except RatingError:
        return None
    left, right, _ = np.moveaxis(predicted(rated, own), -1, 0)
    lead = left - right
    # the others' prediction is itself an estimate; its variance adds about the ratio of the two vote counts
    inflation = 1 + len(own) / len(others)
    residual, variance = own.sign() - lead, (left + right - lead**2) * inflation
    return _standardised(residual, variance, lead), _standardised(residual, variance, np.ones_like(lead))


def predicted(rated: RatingFit, votes: Votes) -> NDArray[np.float64]:
    """(votes, 3) probabilities of left, right, tie under a Davidson fit with the side term."""
    eta = rated.theta[votes.left] - rated.theta[votes.right] + rated.coefficient("side")[0]
    return Davidson().probabilities(eta, -np.inf if rated.tau is None else rated.tau)


def _standardised(residual: NDArray[np.float64], variance: NDArray[np.float64], along: NDArray[np.float64]) -> float:
    spread = float(np.sqrt((along**2 * variance).sum()))
    return float((along * residual).sum()) / spread if spread > 0 else 0.0


def unusual(found: Sequence[Anomaly]) -> list[Anomaly]:
    """Those to look at."""
    return [one for one in found if one.disagrees or one.one_sided]
