import itertools

import cv2
import numpy as np
import pytest
from skimage.metrics import structural_similarity

from fpbench.metrics import measure


def vbench_temporal_flickering(video):
    """The published rule: mean absolute difference of neighbouring BGR frames, then (255 - mean) / 255."""
    bgr = [cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) for frame in video]
    errors = [np.mean(cv2.absdiff(a, b)) for a, b in itertools.pairwise(bgr)]
    return (255.0 - np.mean(errors)) / 255.0


def test_flicker_mae_is_vbenchs_to_twelve_digits(rng):
    video = rng.integers(0, 256, (7, 33, 47, 3), dtype=np.uint8)
    ours = measure([video], fps=8, metrics=["flicker_mae"])["flicker_mae"].mean
    assert ours == pytest.approx(vbench_temporal_flickering(video), abs=1e-12)


def test_lowfreq_flicker_sees_alternation_and_not_a_ramp():
    ramp = np.arange(10, 50, 5)
    alternating = ramp + np.array([0, 4] * 4)
    for levels, expected in ((ramp, 0), (alternating, 64)):
        video = np.broadcast_to(levels[:, None, None, None], (8, 16, 16, 3)).astype(np.uint8)
        series = measure([video], fps=8, metrics=["lowfreq_flicker"])["lowfreq_flicker"]
        assert series.values == pytest.approx(expected)
        assert series.index.tolist() == [1, 2, 3, 4, 5, 6]


def test_likeness_to_the_first_frame(clip):
    series = measure([clip], fps=8, metrics=["first_hist", "first_ssim"])
    luma = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip]
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    assert series["first_ssim"].values[4] == pytest.approx(structural_similarity(luma[0], luma[5], **options))
    edges = [np.arange(0, 257, 32)] * 3
    first, fifth = (np.histogramdd(frame.reshape(-1, 3), edges)[0] / (64 * 96) for frame in clip[[0, 5]])
    assert series["first_hist"].values[4] == pytest.approx(np.minimum(first, fifth).sum(), rel=1e-6)
