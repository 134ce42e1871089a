"""How many votes a claim needs: a closed form for planning, and a simulation of the real pipeline to check it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fpbench.preference.errors import RatingError, StudyError
from fpbench.preference.rating import ELO_PER_LOGIT, fit, t_quantile
from fpbench.preference.schedule import extras
from fpbench.preference.simulate import Crowd, simulate
from fpbench.preference.study import StudyDesign

_LATENT = np.pi**2 / 3  # variance of a logistic answer, the residual on which intraclass correlations are defined


@dataclass(frozen=True)
class Assumptions:
    """What the calculation supposes; replace the correlations, which are guesses, after a pilot.

    Attributes:
        items, raters, tasks: sizes of the study.
        icc_rater, icc_task: intraclass correlation of answers about the same pair by one rater, on one task.
        tie_rate: share of answers that carry little information on order.
        level: two-sided confidence level.
        seconds_per_trial: for the hours.
    """

    items: int
    raters: int
    tasks: int
    icc_rater: float = 0.05
    icc_task: float = 0.15
    tie_rate: float = 0.2
    level: float = 0.95
    seconds_per_trial: float = 75.0


@dataclass(frozen=True)
class Power:
    """A plan.

    Attributes:
        gap: difference, in Elo, to be told from zero with probability ``power``.
        votes_per_item, total: real trials needed.
        trials_per_rater, hours_per_rater: including catch, repeat, identical and practice trials.
        half_width: expected half-width of the interval of a difference, in Elo.
        design_effect: factor on the votes that correlation by rater and task costs.
        simulated: share of simulated studies that found the gap; None if not simulated.
    """

    assumptions: Assumptions
    gap: float
    power: float
    votes_per_item: int
    total: int
    trials_per_rater: int
    hours_per_rater: float
    half_width: float
    design_effect: float
    simulated: float | None


def votes_for_gap(gap: float, assumptions: Assumptions, *, power: float = 0.8) -> float:
    """Votes per item that tell ``gap`` Elo from zero.

    The variance of a difference of two ratings, in log-odds, is 8 (N - 1) / (N n (1 - ties)) from n independent votes
    per item in a balanced round robin of near-equal items, plus 2 s_R^2 / R + 2 s_T^2 / T from the differing views of
    R raters and T tasks, which no number of votes removes.

    Raises:
        StudyError: no number of votes suffices with so few raters and tasks.
    """
    a = assumptions
    room = (gap / (_reach(a, power) * ELO_PER_LOGIT)) ** 2 - _view_variance(a)
    if room <= 0:
        floor = _reach(a, power) * ELO_PER_LOGIT * np.sqrt(_view_variance(a))
        raise StudyError(
            f"no number of votes separates {gap:g} Elo with {a.raters} raters and {a.tasks} tasks: their differing "
            f"views hide gaps below {floor:.0f}; add raters or tasks, or aim for a larger gap"
        )
    return float(_vote_variance(a) / room)


def gap_for_votes(votes_per_item: float, assumptions: Assumptions, *, power: float = 0.8) -> float:
    """Smallest gap in Elo found with probability ``power``, given votes per item: the inverse of ``votes_for_gap``."""
    return float(_reach(assumptions, power) * _difference_sd(votes_per_item, assumptions))


def plan_power(
    gap: float, assumptions: Assumptions, *, power: float = 0.8, simulations: int = 200, seed: int = 0
) -> Power:
    """Votes, hours and expected precision for a gap, with a simulated check.

    Args:
        gap: Elo difference to detect.
        assumptions: sizes, correlations, ties.
        power: probability of detecting it.
        simulations: studies simulated and rated; 0 for none.
        seed: of the simulations.

    Raises:
        StudyError: unattainable with these raters and tasks.
    """
    a = assumptions
    per_item = votes_for_gap(gap, a, power=power)
    total = int(np.ceil(per_item * a.items / 2))
    per_rater = int(np.ceil(total / a.raters))
    trials = per_rater + _extra_trials(a, per_rater)
    independent = votes_for_gap(gap, Assumptions(a.items, a.raters, a.tasks, 0, 0, a.tie_rate, a.level), power=power)
    return Power(
        assumptions=a,
        gap=gap,
        power=power,
        votes_per_item=int(np.ceil(per_item)),
        total=total,
        trials_per_rater=trials,
        hours_per_rater=trials * a.seconds_per_trial / 3600,
        half_width=t_quantile(np.inf, a.level) * _difference_sd(per_item, a),
        design_effect=per_item / independent,
        simulated=simulated_power(gap, total, a, runs=simulations, seed=seed) if simulations else None,
    )


def simulated_power(gap: float, total: int, assumptions: Assumptions, *, runs: int, seed: int = 0) -> float:
    """Share of ``runs`` simulated studies whose clustered interval of the difference excludes zero."""
    a = assumptions
    theta = np.zeros(a.items)
    theta[:2] = gap / ELO_PER_LOGIT * np.array([0.5, -0.5])
    crowd = Crowd(a.raters, a.tasks, _view_sd(a.icc_rater), _view_sd(a.icc_task), a.tie_rate)
    found = 0
    for run in range(runs):
        try:
            rated = fit(simulate(theta, total, seed=seed + run, crowd=crowd), level=a.level)
        except RatingError:
            continue  # a board without a rating has not found the gap
        lead, error = rated.theta[0] - rated.theta[1], rated.difference_error()[0, 1]
        found += bool(lead > rated.quantile * error)
    return found / runs


def _reach(a: Assumptions, power: float) -> float:
    """Standard errors a true difference must measure to be found with probability ``power``."""
    return t_quantile(np.inf, a.level) + t_quantile(np.inf, 2 * power - 1)


def _vote_variance(a: Assumptions) -> float:
    """Variance of a difference in log-odds, times votes per item, from independent votes."""
    return 8 * (a.items - 1) / (a.items * (1 - a.tie_rate))


def _view_variance(a: Assumptions) -> float:
    return 2 * _view_sd(a.icc_rater) ** 2 / a.raters + 2 * _view_sd(a.icc_task) ** 2 / a.tasks


def _difference_sd(votes_per_item: float, a: Assumptions) -> float:
    """Standard deviation, in Elo, of the difference of two ratings."""
    return float(ELO_PER_LOGIT * np.sqrt(_vote_variance(a) / votes_per_item + _view_variance(a)))


def _view_sd(icc: float) -> float:
    """Spread, in log-odds, of one rater's view of one item when two answers about one pair correlate by ``icc``."""
    return float(np.sqrt(icc / (1 - icc) * _LATENT / 2))


def _extra_trials(a: Assumptions, per_rater: int) -> int:
    names = [tuple(f"{kind}{k}" for k in range(count)) for kind, count in (("item", a.items), ("task", a.tasks))]
    design = StudyDesign(
        study_id="power",
        seed=0,
        items=names[0],
        tasks=names[1],
        seats=a.raters,
        trials_per_seat=per_rater,
        clip_seconds=1,
    )
    return sum(extras(design))
