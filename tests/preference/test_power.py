"""The calculator against published numbers and against the pipeline it plans."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fpbench.preference.errors import StudyError
from fpbench.preference.power import Assumptions, gap_for_votes, plan_power, simulated_power, votes_for_gap
from fpbench.preference.rating import ELO_PER_LOGIT, fit
from fpbench.preference.simulate import Crowd, simulate

INDEPENDENT = Assumptions(7, 12, 40, icc_rater=0, icc_task=0, tie_rate=0)
LAB = Assumptions(7, 12, 40)


@pytest.mark.parametrize(("gap", "votes"), [(16, 6345), (25, 2599), (50, 650), (100, 162), (200, 41)])
def test_balanced_round_robin_of_seven(gap: float, votes: int) -> None:
    assert votes_for_gap(gap, INDEPENDENT) == pytest.approx(votes, abs=0.7)


def test_closed_form_standard_error_matches_the_fit() -> None:
    votes = simulate(np.zeros(7), 7 * 400 // 2, seed=0, crowd=Crowd(tie=0))
    error = fit(votes, side=False, cluster=False).difference_error()[0, 1] * ELO_PER_LOGIT
    assert gap_for_votes(400, INDEPENDENT) / 2.8016 == pytest.approx(error, rel=0.05)


def test_simulated_power_agrees_with_the_closed_form() -> None:
    plan = plan_power(120, replace(INDEPENDENT, tie_rate=0.2), simulations=100)
    assert plan.simulated is not None
    assert 0.65 <= plan.simulated <= 0.9
    assert simulated_power(0.0, plan.total, INDEPENDENT, runs=60) <= 0.07


def test_inverse_and_direction() -> None:
    assert gap_for_votes(votes_for_gap(110, LAB), LAB) == pytest.approx(110)
    assert votes_for_gap(110, LAB) > votes_for_gap(110, replace(LAB, raters=40, tasks=200))
    assert votes_for_gap(110, LAB, power=0.9) > votes_for_gap(110, LAB)


def test_views_set_a_floor_that_votes_cannot_lift() -> None:
    with pytest.raises(StudyError, match="hide gaps below"):
        votes_for_gap(50, LAB)
    plan = plan_power(100, LAB, simulations=0)
    assert plan.design_effect > 2
    assert plan.simulated is None
    assert plan.trials_per_rater > plan.total / LAB.raters
