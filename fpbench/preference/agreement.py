"""Do raters agree with each other, with themselves, and with the mirror? Agreement and side bias of a study.

Answers are coded by the system preferred, never by side. Krippendorff's alpha comes from evalica, which takes the
missing cells every real study has; Fleiss' kappa would need equal raters on every pair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from fpbench.preference.rating import RatingFit, t_quantile
from fpbench.preference.records import VoteRecord
from fpbench.preference.study import Criterion, Role
from fpbench.preference.votes import Outcome, RaterKind
from fpbench.stats import wilson

Verdict = Literal["immaterial", "biased", "undecided"]


@dataclass(frozen=True)
class Proportion:
    """``hits`` of ``total`` with a Wilson interval; all NaN where ``total`` is 0."""

    hits: int
    total: int
    share: float
    low: float
    high: float
    level: float


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's nominal alpha with a bootstrap interval, and raw agreement of rater pairs.

    Attributes:
        alpha, low, high: NaN where fewer than two raters saw a common unit.
        units, raters: units seen by at least two raters, and the raters who saw them.
        raw: share of pairs of answers to one unit that are equal.
        ties: whether ties took part; without them only answers that prefer a side are compared.
        level, resamples, seed: of the bootstrap.
    """

    alpha: float
    low: float
    high: float
    raw: float
    units: int
    raters: int
    ties: bool
    level: float
    resamples: int
    seed: int


@dataclass(frozen=True)
class SideBias:
    """Side bias, from the fit and from identical pairs.

    Attributes:
        beta, low, high: log-odds advantage of the left with its interval.
        band: half-width inside which a bias is called immaterial.
        verdict: "immaterial" when the 90 % interval lies inside the band (two one-sided 5 % tests), "biased" when the
            95 % interval lies outside zero and the estimate outside the band, else "undecided".
        left, right, p_value: answers to identical pairs and the exact binomial test of an even split.
    """

    beta: float
    low: float
    high: float
    band: float
    verdict: Verdict
    left: int
    right: int
    p_value: float


def proportion(hits: int, total: int, *, level: float = 0.95) -> Proportion:
    """A share with Wilson's interval."""
    interval = wilson(hits, total, level=level)
    return Proportion(hits, total, interval.estimate, interval.low, interval.high, level)


def with_self(records: Sequence[VoteRecord], *, criterion: Criterion = Criterion.OVERALL) -> Proportion:
    """How often a swapped repeat gets the same answer, pooled over human raters: too few each to judge one by one."""
    first = {r.trial.id: r for r in _answered(records, criterion)}
    repeats = [r for r in first.values() if r.trial.role is Role.REPEAT and r.trial.repeat_of in first]
    same = sum(r.preferred == first[str(r.trial.repeat_of)].preferred for r in repeats)
    return proportion(same, len(repeats))


def between(
    records: Sequence[VoteRecord],
    *,
    criterion: Criterion = Criterion.OVERALL,
    ties: bool = True,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Agreement:
    """Agreement between human raters on the same pair and task.

    Args:
        records: standing votes.
        criterion: which question.
        ties: keep answers that prefer neither side.
        level, resamples, seed: of the bootstrap interval.
    """
    units = _units(records, criterion, ties=ties)
    raters = sorted({rater for answers in units.values() for rater in answers})
    alpha, low, high = _alpha(units, raters, level, resamples, seed)
    pairs = [a == b for answers in units.values() for a, b in combinations(answers.values(), 2)]
    raw = float(np.mean(pairs)) if pairs else np.nan
    return Agreement(alpha, low, high, raw, len(units), len(raters), ties, level, resamples, seed)


def side_bias(rated: RatingFit, records: Sequence[VoteRecord], *, band: float) -> SideBias:
    """Is being shown left worth anything?

    Args:
        rated: a fit with the side term.
        records: standing votes, for the identical pairs.
        band: equivalence half-width in log-odds, from the study file.

    Raises:
        RatingError: ``rated`` has no side term.
    """
    from scipy.special import bdtr

    beta, low, high = rated.coefficient("side")
    half = (high - beta) / rated.quantile * t_quantile(rated.df, 0.9)
    verdict: Verdict = "undecided"
    if abs(beta) + half < band:
        verdict = "immaterial"
    elif low * high > 0 and abs(beta) > band:
        verdict = "biased"
    same = [r.outcome for r in _answered(records, Criterion.OVERALL) if r.trial.role is Role.IDENTICAL]
    left, right = same.count(Outcome.LEFT), same.count(Outcome.RIGHT)
    p_value = min(1.0, 2 * float(bdtr(min(left, right), left + right, 0.5)))
    return SideBias(beta, low, high, band, verdict, left, right, p_value)


def _answered(records: Sequence[VoteRecord], criterion: Criterion) -> list[VoteRecord]:
    human = [r for r in records if r.rater_kind is RaterKind.HUMAN and r.criterion is criterion]
    return [r for r in human if r.outcome is not Outcome.CANNOT_PLAY]


def _units(
    records: Sequence[VoteRecord], criterion: Criterion, *, ties: bool
) -> dict[tuple[object, ...], dict[str, str]]:
    """(pair, task) -> rater -> answer, for units at least two raters answered; a rater's first answer counts."""
    units: dict[tuple[object, ...], dict[str, str]] = defaultdict(dict)
    for record in _answered(records, criterion):
        decided = record.outcome in {Outcome.LEFT, Outcome.RIGHT}
        if record.trial.role is Role.REAL and (ties or decided):
            units[(*record.pair, record.trial.task)].setdefault(record.rater, record.preferred)
    return {unit: answers for unit, answers in units.items() if len(answers) > 1}


def _alpha(
    units: dict[tuple[object, ...], dict[str, str]],
    raters: list[str],
    level: float,
    resamples: int,
    seed: int,
) -> tuple[float, float, float]:
    """Alpha and its bounds. Answers are coded first, second, tie, bad: the same four codes in every unit."""
    if len(raters) < 2:
        return np.nan, np.nan, np.nan
    import evalica
    import pandas as pd

    def code(unit: tuple[object, ...], answer: str) -> int:
        return [*unit[:2], Outcome.TIE.value, Outcome.BOTH_BAD.value].index(answer)

    grid = np.full((len(raters), len(units)), np.nan)
    for column, (unit, answers) in enumerate(units.items()):
        for rater, answer in answers.items():
            grid[raters.index(rater), column] = code(unit, answer)
    if len(np.unique(grid[~np.isnan(grid)])) < 2:
        return (
            np.nan,
            np.nan,
            np.nan,
        )  # everybody gave one and the same answer: there is no variation to agree on
    result = evalica.alpha_bootstrap(
        pd.DataFrame(grid),
        distance="nominal",
        n_resamples=resamples,
        confidence_level=level,
        random_state=seed,
    )
    return float(result.alpha), float(result.low), float(result.high)
