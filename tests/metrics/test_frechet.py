import numpy as np
import pytest
from scipy.linalg import sqrtm

from fpbench.metrics.clip_sets import Pair
from fpbench.metrics.frechet import FD_EFFICIENTNET, FID, frechet_distance


def by_matrix_root(first, second):
    """The formula as printed, with SciPy's matrix square root."""
    a, b = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = sqrtm(a @ b)
    return np.sum((first.mean(0) - second.mean(0)) ** 2) + np.trace(a + b) - 2 * np.trace(root).real


def mixed(rng, count, dimensions):
    return (rng.normal(size=(count, dimensions)) @ rng.normal(size=(dimensions, dimensions)) + 1).astype(np.float32)


@pytest.mark.parametrize("counts", [(40, 60), (6, 60), (60, 6)])
def test_it_equals_the_matrix_root_also_without_full_rank(counts, rng):
    first, second = (mixed(rng, count, 9) for count in counts)
    assert frechet_distance(first, second) == pytest.approx(
        by_matrix_root(first.astype(np.float64), second.astype(np.float64)), rel=1e-4, abs=1e-4
    )


def test_of_normal_samples_it_tends_to_the_closed_form(rng):
    first, second = rng.normal(0, 1, (200_000, 1)), rng.normal(2, 3, (200_000, 1))
    assert frechet_distance(first, second) == pytest.approx(2**2 + (3 - 1) ** 2, rel=0.02)


def test_equal_sets_have_none(rng):
    features = mixed(rng, 30, 9)
    assert frechet_distance(features, features[::-1]) == pytest.approx(0, abs=1e-9 * np.trace(np.cov(features.T)))


def test_fewer_frames_than_dimensions_or_fewer_than_eight_tasks_are_not_enough():
    def pair(tasks, frames):
        return Pair([np.zeros((frames, 2))] * tasks, [np.zeros((frames, 2))] * tasks)

    assert (FD_EFFICIENTNET.card.k_min, FID.card.k_min) == (1281, 2049)
    assert FD_EFFICIENTNET.enough(pair(8, 161))
    assert not FD_EFFICIENTNET.enough(pair(8, 160))
    assert not FD_EFFICIENTNET.enough(pair(7, 1000))


def test_distance_takes_all_frames_together_and_change_is_late_minus_early(rng):
    early, late = (Pair([mixed(rng, 20, 3) for _ in range(3)], [mixed(rng, 20, 3) for _ in range(3)]) for _ in "ab")
    expected = [frechet_distance(*(np.concatenate(clips) for clips in pair)) for pair in (early, late)]
    assert FID.distance(early).estimate == expected[0]
    assert FID.change(early, late).estimate == pytest.approx(expected[1] - expected[0])
    assert np.isnan(FID.distance(early).low)
