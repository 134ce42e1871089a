import numpy as np
import pytest
from skimage.restoration import estimate_sigma

from fpbench.metrics.noise import noise_sigma


@pytest.mark.parametrize("shape", [(64, 96), (65, 97), (64, 97), (5, 6)])
def test_equals_scikit_image(rng, shape):
    luma = rng.integers(0, 256, shape, dtype=np.uint8)
    assert noise_sigma(luma) == pytest.approx(estimate_sigma(luma.astype(float)), rel=1e-5)


@pytest.mark.parametrize("sigma", [3, 9, 15])
def test_recovers_the_noise_that_was_added(rng, sigma):
    luma = np.clip(128 + rng.normal(0, sigma, (128, 192)), 0, 255).astype(np.uint8)
    assert noise_sigma(luma) == pytest.approx(sigma, rel=0.05)


@pytest.mark.parametrize("level", [0, 17, 255])
def test_flat_areas_say_nothing_about_noise(rng, level):
    luma = np.clip(128 + rng.normal(0, 5, (128, 192)), 0, 255).astype(np.uint8)
    luma[:, 60:] = level
    assert noise_sigma(luma) == pytest.approx(5, rel=0.1)
    assert noise_sigma(np.full((64, 96), level, np.uint8)) == 0
