import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from fpbench.stats import detectable_effect, paired_power, tasks_needed, wilson


def test_power_by_simulation(rng):
    samples = rng.normal(0.5, 1, (4000, 20))
    assert paired_power(0.5, 20) == pytest.approx(np.mean(ttest_1samp(samples, 0, axis=1).pvalue <= 0.05), abs=0.02)


def test_no_effect_is_found_as_often_as_alpha_says():
    assert paired_power(0, 15) == pytest.approx(0.05)


@pytest.mark.parametrize("effect", [0.2, 0.5, 1.0, 3.0])
def test_tasks_needed_is_the_smallest_that_suffices(effect):
    tasks = tasks_needed(effect)
    assert paired_power(effect, tasks) >= 0.8
    assert tasks == 2 or paired_power(effect, tasks - 1) < 0.8
    assert tasks_needed(-effect) == tasks


@pytest.mark.parametrize("tasks", [2, 12, 512])
def test_detectable_effect_inverts_power(tasks):
    assert paired_power(detectable_effect(tasks), tasks) == pytest.approx(0.8, abs=1e-3)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (3, 12), (12, 12)])
def test_wilson_is_scipys(successes, trials):
    theirs = binomtest(successes, trials).proportion_ci(method="wilson")
    ours = wilson(successes, trials)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_impossible_plans_are_refused():
    with pytest.raises(ValueError, match="effect 0"):
        tasks_needed(0)
    with pytest.raises(ValueError, match="1 tasks"):
        paired_power(1, 1)
    with pytest.raises(ValueError, match="5 successes in 3"):
        wilson(5, 3)
    assert np.isnan(wilson(0, 0).low)
