"""How well a metric predicts people, pair by pair and system by system. Votes of automatic judges are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fpbench.preference.errors import RatingError
from fpbench.preference.rating import fit
from fpbench.preference.records import VoteRecord, to_votes
from fpbench.preference.study import Criterion, Role
from fpbench.preference.votes import Outcome, RaterKind
from fpbench.stats import mean_interval


@dataclass(frozen=True)
class Concordance:
    """One metric against the votes.

    Attributes:
        agreement: share of decided votes in which the metric prefers the same clip; equal scores count half, so that
            0.5 is chance. NaN without votes.
        low, high: interval of it, clustered by task.
        decided, tasks: votes that prefer a side, and their tasks.
        tau: Kendall's tau-b between the systems' ratings and their mean scores; NaN where there is no finite rating.
    """

    agreement: float
    low: float
    high: float
    decided: int
    tasks: int
    tau: float


def concordance(
    records: Sequence[VoteRecord],
    scores: Mapping[str, float],
    *,
    higher_is_better: bool,
    criterion: Criterion = Criterion.OVERALL,
    level: float = 0.95,
) -> Concordance:
    """Compare a metric with the decided votes of people on real trials.

    Args:
        records: votes that count (``screening``); automatic ones and clips without a finite score are left out.
        scores: clip id -> score.
        higher_is_better: direction of the score.
        criterion: which question.
        level: of the interval.
    """
    real = [r for r in records if r.rater_kind is RaterKind.HUMAN and r.trial.role is Role.REAL]
    asked = [r for r in real if r.criterion is criterion]
    hits = {r.event_id: _hit(r, scores, 1 if higher_is_better else -1) for r in asked if _decided(r)}
    used = [r for r in asked if np.isfinite(hits.get(r.event_id, np.nan))]
    tau = _tau(asked, scores, 1 if higher_is_better else -1, criterion)
    if not used:
        return Concordance(np.nan, np.nan, np.nan, 0, 0, tau)
    tasks = [r.trial.task for r in used]
    found = mean_interval([hits[r.event_id] for r in used], tasks, level=level)
    return Concordance(found.estimate, found.low, found.high, len(used), len(set(tasks)), tau)


def _decided(record: VoteRecord) -> bool:
    return record.outcome in {Outcome.LEFT, Outcome.RIGHT}


def _hit(record: VoteRecord, scores: Mapping[str, float], sign: int) -> float:
    """1 where the metric prefers the same clip, 0 where the other, 0.5 where neither, NaN without scores."""
    left, right = (scores.get(shown.clip, np.nan) for shown in (record.trial.left, record.trial.right))
    lead = sign * (left - right) * (1 if record.outcome is Outcome.LEFT else -1)
    return float(np.nan if np.isnan(lead) else (np.sign(lead) + 1) / 2)


def _tau(records: Sequence[VoteRecord], scores: Mapping[str, float], sign: int, criterion: Criterion) -> float:
    from scipy.stats import kendalltau

    try:
        rated = fit(to_votes(records, criterion=criterion), cluster=False)
    except RatingError:
        return float("nan")
    shown: dict[str, dict[str, float]] = {item: {} for item in rated.items}
    for record in records:
        for side in (record.trial.left, record.trial.right):
            if side.item in shown:
                shown[side.item][side.clip] = scores.get(side.clip, np.nan)
    means = np.array([_mean_of_finite(list(one.values())) for one in shown.values()])
    if not np.isfinite(means).all():
        return float("nan")
    return float(kendalltau(rated.theta, sign * means).statistic)


def _mean_of_finite(values: Sequence[float]) -> float:
    finite = [value for value in values if np.isfinite(value)]
    return float(np.mean(finite)) if finite else float("nan")
