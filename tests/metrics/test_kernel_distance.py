import numpy as np
import pytest
from torch_fidelity.metric_kid import kernel_poly, mmd2

from fpbench.metrics.clip_sets import Pair
from fpbench.metrics.kernel_distance import KID, task_pairs


def clips(rng, count, frames, dimensions=4, shift=0.0):
    """Clips whose frames resemble each other: each has a centre of its own."""
    centres = rng.normal(shift, 1, (count, 1, dimensions))
    return [clip.astype(np.float32) for clip in centres + rng.normal(0, 0.3, (count, frames, dimensions))]


def kernel(a, b):
    return np.mean([(float(x @ y) / len(x) + 1) ** 3 for x in a.astype(float) for y in b.astype(float)])


def test_pairs_of_clips_equal_a_loop_over_frames(rng):
    made = [rng.normal(size=(length, 4)).astype(np.float32) for length in (2, 3, 1)]
    real = [rng.normal(size=(length, 4)).astype(np.float32) for length in (1, 2, 4)]
    found = task_pairs(made, real)
    for i in range(3):
        for j in range(3):
            expected = kernel(made[i], made[j]) + kernel(real[i], real[j])
            expected -= kernel(made[i], real[j]) + kernel(made[j], real[i])
            assert found[i, j] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_on_clips_of_one_frame_it_is_the_u_statistic_of_torch_fidelity(rng):
    x, y = rng.normal(0, 1, (30, 6)), rng.normal(0.4, 1.2, (30, 6))
    options = {"kid_kernel_poly_degree": 3, "kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1}
    kernels = [kernel_poly(a, b, **options) for a, b in ((x, x), (x, y), (y, y))]
    found = KID.distance(Pair(list(x[:, None]), list(y[:, None])))
    assert found.estimate == pytest.approx(mmd2(*kernels, mmd_est="u-statistic"), rel=1e-9)


def test_it_is_unbiased_where_frames_taken_for_independent_mislead(rng):
    """Sets of one distribution: the mean over many draws is 0; with pairs within a clip it is far above."""
    ours, naive = [], []
    for _ in range(300):
        made, real = clips(rng, 8, 5), clips(rng, 8, 5)
        ours.append(KID.distance(Pair(made, real)).estimate)
        x, y = (np.concatenate(one).astype(np.float64) for one in (made, real))
        naive.append(mmd2(*((a @ b.T / 4 + 1) ** 3 for a, b in ((x, x), (x, y), (y, y)))))
    error = np.std(ours) / np.sqrt(len(ours))
    assert abs(np.mean(ours)) < 3 * error
    assert np.mean(naive) > 3 * error


def test_growth_is_the_difference_with_an_interval_that_pairs_tasks(rng):
    real, early, late = (clips(rng, 12, 5, shift=shift) for shift in (0, 0.0, 1.0))
    first, second = Pair(early, real), Pair(late, real)
    found = KID.change(first, second)
    assert found.estimate == pytest.approx(KID.distance(second).estimate - KID.distance(first).estimate)
    assert found.low > 0
    assert KID.change(first, first).high == 0
