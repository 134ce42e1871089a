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
from fpbench.preference.fit import RatingFit, fit
from fpbench.preference.votes import Votes

ALPHA = 0.01  # family-wise, over raters and both tests
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

    Raises:
        RatingError: the log does not name raters.
    """
    from scipy.special import ndtri

    if votes.rater is None:
        raise RatingError("raters cannot be compared: the log does not name them")
    counts = np.bincount(votes.rater.codes, minlength=len(votes.rater.names))
    tested = [k for k in range(len(counts)) if counts[k] >= MIN_VOTES]
    limit = -float(ndtri(alpha / max(3 * len(tested), 1)))  # one one-sided and one two-sided test each
    found = []
    for k in tested:
        scores = _scores(votes, votes.rater.codes == k)
        if scores is not None:
            against, sided = scores
            found.append(
                Anomaly(
                    votes.rater.names[k], int(counts[k]), against, sided, against < -limit, abs(sided) > limit
                )
            )
    return found


def _scores(votes: Votes, mine: NDArray[np.bool_]) -> tuple[float, float] | None:
    """(along the predicted direction, along the side), or None where the others alone cannot be rated."""
    try:
        others = fit(votes.take(~mine), cluster=False)
    except RatingError:
        return None
    own = votes.take(mine)
    left, right, _ = np.moveaxis(predicted(others, own), -1, 0)
    lead = left - right
    residual, variance = own.sign() - lead, left + right - lead**2
    return _standardised(residual, variance, lead), _standardised(residual, variance, np.ones_like(lead))


def predicted(rated: RatingFit, votes: Votes) -> NDArray[np.float64]:
    """(votes, 3) probabilities of left, right, tie under a Davidson fit with the side term."""
    eta = rated.theta[votes.left] - rated.theta[votes.right] + rated.coefficient("side")[0]
    return Davidson().probabilities(eta, -np.inf if rated.tau is None else rated.tau)


def _standardised(
    residual: NDArray[np.float64], variance: NDArray[np.float64], along: NDArray[np.float64]
) -> float:
    spread = float(np.sqrt((along**2 * variance).sum()))
    return float((along * residual).sum()) / spread if spread > 0 else 0.0


def unusual(found: Sequence[Anomaly]) -> list[Anomaly]:
    """Those to look at."""
    return [one for one in found if one.disagrees or one.one_sided]
