import numpy as np
import pytest
from scipy.stats import bootstrap

from fpbench.stats import difference_interval, mean_interval, paired_differences, reduction_interval, task_means

TASKS, SEEDS = 30, 4


def clustered(rng, tasks=TASKS, seeds=SEEDS, task_sd=1.0, seed_sd=0.5):
    """Values of tasks with several seeds each, true mean 0, and the task of each."""
    values = rng.normal(0, task_sd, (tasks, 1)) + rng.normal(0, seed_sd, (tasks, seeds))
    return values.ravel(), np.repeat(np.arange(tasks), seeds)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_agrees_with_scipy_on_task_means(rng, method):
    units = rng.exponential(size=25)
    ours = mean_interval(units, method=method, resamples=20_000, expand=False)
    theirs = bootstrap(
        (units,), np.mean, method=method.upper() if method == "bca" else method, n_resamples=20_000, rng=rng
    ).confidence_interval
    assert ours.estimate == units.mean()
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=0.02)


@pytest.mark.parametrize("tasks", [12, 30])
@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_interval_covers_the_truth_on_clustered_data(method, tasks):
    rng = np.random.default_rng(1)
    hits = 0
    for trial in range(1000):
        values, names = clustered(rng, tasks)
        found = mean_interval(values, names, resamples=1000, seed=trial, method=method)
        hits += found.low <= 0 <= found.high
    assert 0.93 <= hits / 1000 <= 0.97


def test_plain_percentiles_of_few_tasks_cover_too_little():
    rng = np.random.default_rng(1)
    hits = 0
    for trial in range(1000):
        found = mean_interval(*clustered(rng, 12), resamples=500, seed=trial, method="percentile", expand=False)
        hits += found.low <= 0 <= found.high
    assert hits / 1000 < 0.92


def test_ignoring_the_clusters_would_not_cover():
    rng = np.random.default_rng(2)
    hits = 0
    for trial in range(200):
        found = mean_interval(clustered(rng)[0], resamples=400, seed=trial)
        hits += found.low <= 0 <= found.high
    assert hits / 200 < 0.85


def test_paired_difference_removes_what_the_tasks_share(rng):
    first, tasks = clustered(rng)
    second = first + 0.3 + rng.normal(0, 0.1, len(first))
    found = difference_interval(second, first, tasks)
    assert found.low < 0.3 < found.high
    assert found.high - found.low < 0.1
    assert found.tasks == TASKS


def test_same_seed_same_interval_and_the_record_says_which(rng):
    values, tasks = clustered(rng)
    first, again = (mean_interval(values, tasks, seed=5) for _ in range(2))
    assert first == again
    assert (first.seed, first.resamples, first.method, first.level) == (5, 2000, "bca", 0.95)
    assert mean_interval(values, tasks, seed=6) != first


def test_missing_tasks_are_counted_not_hidden():
    found = mean_interval([1.0, np.nan, 3.0, np.nan], ["a", "a", "b", "c"])
    assert (found.estimate, found.tasks, found.missing) == (2.0, 2, 1)


def test_fewer_than_two_tasks_have_no_interval():
    single = mean_interval([4.0])
    assert single.estimate == 4
    assert np.isnan([single.low, single.high]).all()
    assert np.isnan(mean_interval([]).estimate)


def test_equal_values_give_a_point():
    found = mean_interval([2.0] * 8)
    assert (found.low, found.high) == (2, 2)


def test_task_means_and_pairs_by_hand():
    assert task_means([1, 3, 5], ["b", "b", "a"]).tolist() == [5, 2]
    pairs = paired_differences([1, 2, np.nan], [0, 4, 1], ["a", "a", "b"])
    assert pairs[0] == -0.5
    assert np.isnan(pairs[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: task_means([[1.0]]), "one dimension"),
        (lambda: task_means([1.0, 2.0], ["a"]), "1 task names for 2 values"),
        (lambda: paired_differences([1.0], [1.0, 2.0]), "differ in shape"),
        (lambda: mean_interval([1.0, 2.0], level=95), "level 95"),
    ],
)
def test_malformed_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_reduction_is_a_ratio_of_means_with_a_covering_interval():
    rng = np.random.default_rng(4)
    hits = 0
    for trial in range(400):
        reference = rng.gamma(4, 1, 20)
        system = 0.6 * reference * rng.gamma(20, 1 / 20, 20)
        found = reduction_interval(system, reference, resamples=500, seed=trial)
        hits += found.low <= 0.4 <= found.high
    assert found.estimate == pytest.approx(1 - system.mean() / reference.mean())
    assert 0.92 <= hits / 400 <= 0.98


def test_reduction_leaves_out_incomplete_pairs_and_counts_them():
    found = reduction_interval([1.0, np.nan, 1.0], [2.0, 2.0, 2.0])
    assert (found.estimate, found.tasks, found.missing) == (0.5, 2, 1)
    assert np.isnan(reduction_interval([1.0, 1.0], [0.0, 0.0]).estimate)
