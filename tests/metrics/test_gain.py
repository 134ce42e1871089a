import numpy as np
import pytest

from fpbench.metrics.gain import antidrift_gain, motion_matches


def test_gain_counts_only_cells_that_move_alike(rng):
    reference = rng.uniform(1, 2, 40)
    drift = np.where(np.arange(40) < 20, 0.5 * reference, 0.0)
    motion = np.where(np.arange(40) < 20, 5.0, 0.1)  # the second half froze, and does not drift
    gain = antidrift_gain(drift, reference, motion, np.full(40, 5.5))
    assert gain.interval.estimate == pytest.approx(0.5)
    assert (gain.matched, gain.interval.tasks) == (0.5, 20)


def test_a_frozen_system_gains_nothing():
    gain = antidrift_gain(np.zeros(8), np.ones(8), np.zeros(8), np.ones(8))
    assert gain.matched == 0
    assert np.isnan(gain.interval.estimate)


def test_match_is_symmetric_and_strict_about_the_undefined():
    first, second = np.array([1.0, 3.0, 0.0, np.nan]), np.array([1.5, 1.0, 0.0, 1.0])
    assert motion_matches(first, second).tolist() == [True, False, False, False]
    assert np.array_equal(motion_matches(first, second), motion_matches(second, first))
