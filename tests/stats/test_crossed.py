"""Intervals over tasks and training seeds at once."""

import numpy as np
import pytest
from scipy.stats import t

from fpbench.stats import crossed_interval


def test_without_a_difference_between_seeds_it_is_the_interval_over_tasks() -> None:
    units = np.random.default_rng(0).normal(1, 1, 20)
    interval, p = crossed_interval([units, units])
    reach = t.ppf(0.975, 19) * units.std(ddof=1) / np.sqrt(20)
    assert (interval.low, interval.high) == pytest.approx((units.mean() - reach, units.mean() + reach))
    assert p < 0.05


def test_seeds_that_disagree_widen_it() -> None:
    units = np.random.default_rng(0).normal(1, 0.1, 20)
    together, _ = crossed_interval([units, units])
    apart, p = crossed_interval([units - 0.8, units + 0.8])
    assert apart.estimate == pytest.approx(together.estimate)
    assert apart.low < 0 < apart.high  # two seeds at 0.2 and 1.8 prove nothing
    assert p > 0.05


def test_it_covers_the_truth_as_often_as_it_says() -> None:
    """Three seeds, 30 tasks, both effects at work; nominal 95 %, wide rather than narrow."""
    rng, hits = np.random.default_rng(1), 0
    for _ in range(400):
        data = rng.normal(0, 0.3, (3, 1)) + rng.normal(0, 1, 30) + rng.normal(0, 0.5, (3, 30))
        interval, _ = crossed_interval(data)
        hits += interval.low <= 0 <= interval.high
    assert 0.93 <= hits / 400 <= 0.995


def test_tasks_that_a_seed_lacks_are_left_out() -> None:
    data = np.array([[1.0, 2.0, np.nan, 3.0], [1.5, 2.5, 9.0, 3.5]])
    interval, _ = crossed_interval(data)
    assert (interval.tasks, interval.missing, interval.estimate) == (3, 1, 2.25)


@pytest.mark.parametrize("data", [[[1.0, 2.0]], [[1.0], [2.0]], [1.0, 2.0]])
def test_one_seed_or_one_task_has_no_interval(data: list[object]) -> None:
    with pytest.raises(ValueError, match=r"seeds"):
        crossed_interval(data)
