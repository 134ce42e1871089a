import numpy as np
import pytest

from fpbench.stats.pairs import pair_mean_interval


def symmetric(rng, count):
    pairs = rng.normal(size=(count, count))
    return pairs + pairs.T


def off_diagonal_mean(pairs):
    count = len(pairs)
    return np.mean([pairs[i, j] for i in range(count) for j in range(count) if i != j])


def test_mean_and_error_equal_loops_that_leave_tasks_out(rng):
    pairs = symmetric(rng, 7)
    found = pair_mean_interval(pairs)
    without = [off_diagonal_mean(np.delete(np.delete(pairs, i, 0), i, 1)) for i in range(7)]
    error = np.sqrt(6 / 7 * np.sum((np.array(without) - np.mean(without)) ** 2))
    assert found.estimate == pytest.approx(off_diagonal_mean(pairs), rel=1e-12)
    assert found.high - found.estimate == pytest.approx(2.446912 * error, rel=1e-6)  # t, 6 degrees of freedom
    assert (found.tasks, found.method) == (7, "jackknife")


def test_the_diagonal_does_not_matter(rng):
    pairs = symmetric(rng, 5)
    other = pairs + np.diag(rng.normal(size=5))
    assert pair_mean_interval(pairs) == pair_mean_interval(other)


@pytest.mark.parametrize("shift", [1.0, 0.0])
def test_the_interval_covers_what_it_promises_and_errs_on_the_wide_side_where_degenerate(shift, rng):
    draws = rng.normal(shift, 1, (600, 20, 2))
    covered = [
        (one := pair_mean_interval(draw @ draw.T)).low <= 2 * shift**2 <= one.high for draw in draws
    ]  # E a · b = |mean|², and the kernel is degenerate at mean 0
    assert 0.92 <= np.mean(covered) <= (1 if shift == 0 else 0.98)


def test_too_few_tasks_have_no_interval_and_one_has_no_mean():
    two = pair_mean_interval(np.array([[9.0, 3.0], [3.0, 9.0]]))
    assert two.estimate == 3
    assert np.isnan([two.low, two.high, pair_mean_interval(np.ones((1, 1))).estimate]).all()


def test_what_is_no_square_is_refused():
    with pytest.raises(ValueError, match="expected a square"):
        pair_mean_interval(np.ones((2, 3)))
