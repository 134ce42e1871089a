import colorsys

import numpy as np
import pytest
from scipy import ndimage

from fpbench.metrics import measure
from fpbench.metrics.colour import colorfulness, sat_mean
from fpbench.metrics.exposure import clip_frac, contrast_rms
from fpbench.metrics.information import spatial_information, temporal_information


def test_clip_frac_counts_both_ends():
    luma = np.array([[0, 5, 6, 128], [249, 250, 255, 100]], np.uint8)
    assert clip_frac(luma) == 4 / 8


def test_luma_mean_is_the_mean_of_bt601_luma(rng):
    video = rng.integers(0, 256, (3, 20, 30, 3), dtype=np.uint8)
    found = measure([video], fps=8, metrics=["luma_mean"])["luma_mean"].values
    expected = (video @ np.array([0.299, 0.587, 0.114])).mean(axis=(1, 2))
    assert found == pytest.approx(expected, abs=0.05)  # OpenCV rounds every pixel's luma to a whole level


def test_contrast_of_a_checkerboard():
    assert contrast_rms(np.array([[0, 255], [255, 0]], np.uint8)) == 127.5


def test_colorfulness_by_the_papers_formula(rng):
    rgb = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    red, green, blue = np.moveaxis(rgb.astype(float), -1, 0)
    rg, yb = red - green, 0.5 * (red + green) - blue
    expected = np.sqrt(rg.var() + yb.var()) + 0.3 * np.sqrt(rg.mean() ** 2 + yb.mean() ** 2)
    assert colorfulness(rgb) == pytest.approx(expected, rel=1e-6)


def test_grey_has_no_colour():
    grey = np.full((8, 8, 3), 77, np.uint8)
    assert colorfulness(grey) == 0
    assert sat_mean(grey) == 0


def test_saturation_is_that_of_hsv(rng):
    rgb = rng.integers(0, 256, (6, 7, 3), dtype=np.uint8)
    expected = np.mean([colorsys.rgb_to_hsv(*(pixel / 255))[1] for pixel in rgb.reshape(-1, 3)])
    assert sat_mean(rgb) == pytest.approx(255 * expected, abs=0.5)  # OpenCV rounds to whole levels


def test_si_by_scipys_sobel(photo):
    image = photo.astype(float)
    magnitude = np.hypot(ndimage.sobel(image, 0), ndimage.sobel(image, 1))[1:-1, 1:-1]
    assert spatial_information(photo) == pytest.approx(magnitude.std(), rel=1e-6)


def test_ti_is_blind_to_a_uniform_change(photo):
    darker = photo // 2
    assert temporal_information(darker + 9, darker) == 0
    assert temporal_information(photo, darker) == pytest.approx((photo.astype(float) - darker).std())
