import numpy as np
import pytest
from scipy.stats import false_discovery_control, permutation_test

from fpbench.stats import benjamini_hochberg, compare, holm, mcnemar_p, separable_from_best, sign_flip_p


def test_exact_p_is_scipys(rng):
    differences = rng.normal(0.4, 1, 10)
    theirs = permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    ).pvalue
    p, exact = sign_flip_p(differences)
    assert exact
    assert p == pytest.approx(theirs)


def test_monte_carlo_p_is_close_to_the_exact_one(rng):
    differences = rng.normal(0.3, 1, 13)
    exact, _ = sign_flip_p(differences)
    padded, enumerated = sign_flip_p(np.r_[differences, 0.0, 0.0])  # zeros change nothing but the number of tasks
    assert not enumerated
    assert padded == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("tasks", [12, 30])
def test_rejects_four_to_six_percent_under_the_null_on_clustered_data(tasks):
    rng = np.random.default_rng(3)
    trials, rejected = 3000 if tasks > 14 else 1500, 0
    for trial in range(trials):
        shared = rng.normal(size=(tasks, 1))
        first, second = (shared + rng.normal(0, 0.5, (tasks, 3)) for _ in range(2))
        rejected += sign_flip_p((first - second).mean(1), resamples=400, seed=trial)[0] <= 0.05
    assert 0.04 <= rejected / trials <= 0.06


def test_p_is_never_zero_and_undefined_without_tasks():
    assert sign_flip_p(np.full(40, 3.0))[0] > 0
    assert np.isnan(sign_flip_p([np.nan])[0])


def test_compare_reports_size_interval_and_p_together(rng):
    base = rng.normal(size=20)
    found = compare(base + 1 + rng.normal(0, 0.5, 20), base)
    assert found.interval.low < 1 < found.interval.high
    assert found.p < 0.001
    assert found.d_z == pytest.approx(2, rel=0.5)
    assert not found.exact
    assert np.isnan(compare([1.0, 1.0], [0.0, 0.0]).d_z)


def test_mcnemar_by_the_binomial():
    first = [True] * 9 + [False] * 1 + [True] * 5
    second = [False] * 9 + [True] * 1 + [True] * 5
    assert mcnemar_p(first, second) == pytest.approx(2 * (1 + 10) / 2**10)
    assert mcnemar_p([True], [True]) == 1


def test_holm_by_hand():
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": float("nan")})
    assert [adjusted[name] for name in "abc"] == pytest.approx([0.03, 0.06, 0.06])
    assert np.isnan(adjusted["d"])


def test_holm_keeps_the_family_wise_error_rate(rng):
    trials = rng.uniform(size=(2000, 8))
    wrong = [min(holm(dict(enumerate(trial))).values()) <= 0.05 for trial in trials]
    assert np.mean(wrong) <= 0.06


def test_benjamini_hochberg_is_scipys(rng):
    p = dict(enumerate(rng.uniform(size=9)))
    assert list(benjamini_hochberg(p).values()) == pytest.approx(false_discovery_control(list(p.values())))
    assert np.isnan(benjamini_hochberg({"a": float("nan")})["a"])


def test_the_best_set_holds_those_who_cannot_be_told_apart(rng):
    tasks = rng.normal(size=24)
    values = {
        "best": tasks + rng.normal(0, 0.2, 24),
        "twin": tasks + rng.normal(0, 0.2, 24),
        "worse": tasks - 1 + rng.normal(0, 0.2, 24),
        "ceiling": tasks + 9,
    }
    found = separable_from_best(values, direction="up", excluded=["ceiling"])
    assert found.members == {"best", "twin"}
    assert found.leader in found.members
    assert separable_from_best(values, direction="down", excluded=["ceiling"]).members == {"worse"}
    assert separable_from_best({"a": [np.nan]}, direction="up").leader is None
    with pytest.raises(ValueError, match="two-sided"):
        separable_from_best(values, direction="two-sided")


def test_a_system_without_a_common_task_cannot_be_separated():
    found = separable_from_best({"a": [1.0, np.nan], "b": [np.nan, 0.0]}, direction="up")
    assert found.members == {"a", "b"}
