"""Claims about order: joint error control and readable groups."""

from __future__ import annotations

import numpy as np
import pytest

from fpbench.preference.ranking import max_t, separate
from fpbench.preference.rating import fit, t_quantile
from fpbench.preference.simulate import Crowd, simulate


def test_two_items_need_no_correction() -> None:
    rated = fit(simulate(np.zeros(2), 400, seed=0))
    assert max_t(rated, draws=200_000) == pytest.approx(t_quantile(rated.df, 0.95), rel=0.02)


def test_equal_items_are_seldom_separated() -> None:
    """The family-wise error over all 15 pairs, not the error per pair, is 5 %."""
    claims = [
        separate(fit(simulate(np.zeros(6), 600, seed=seed, crowd=Crowd(task_sd=0.5))), draws=2000).better.any()
        for seed in range(120)
    ]
    assert np.mean(claims) <= 0.10


def test_distant_items_are_ranked_and_neighbours_bracketed() -> None:
    theta = np.array([-2.0, -2.0, 0.0, 2.0])
    result = separate(fit(simulate(theta, 1500, seed=1)))
    assert result.groups == (("item03",), ("item02",), result.groups[2])
    assert set(result.groups[2]) == {"item00", "item01"}
    assert list(result.best_rank[2:]) == [2, 1]
    assert list(result.worst_rank[2:]) == [2, 1]
    assert sorted(result.best_rank[:2]) == [3, 3]
    assert result.leaders == ("item03",)


def test_rank_ranges_contain_the_estimated_rank() -> None:
    result = separate(fit(simulate(np.linspace(-0.3, 0.3, 9), 900, seed=2)))
    rank = np.empty(9, int)
    rank[result.order] = np.arange(1, 10)
    assert (result.best_rank <= rank).all()
    assert (rank <= result.worst_rank).all()
    assert {item for group in result.groups for item in group} == set(result.items)


def test_same_seed_same_answer() -> None:
    rated = fit(simulate(np.zeros(4), 300, seed=3))
    assert max_t(rated, seed=5) == max_t(rated, seed=5)
    assert max_t(rated, seed=5) != max_t(rated, seed=6)
