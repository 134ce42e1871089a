import cv2
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from fpbench.metrics import measure, skipped
from fpbench.metrics.similarity import psnr, ssim
from fpbench.metrics.truth import NearestFrame, thumbnail

OPTIONS = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}


@pytest.mark.parametrize("shape", [(64, 96, 3), (63, 97, 3), (40, 50), (11, 11)])
def test_psnr_and_ssim_are_scikit_images(rng, shape):
    first = rng.integers(0, 256, shape, dtype=np.uint8)
    second = np.clip(first + rng.normal(0, 20, shape), 0, 255).astype(np.uint8)
    axis = 2 if len(shape) == 3 else None
    assert ssim(first, second) == pytest.approx(
        structural_similarity(first, second, channel_axis=axis, **OPTIONS), abs=1e-10
    )
    assert psnr(first, second) == pytest.approx(peak_signal_noise_ratio(first, second, data_range=255))


def test_equal_frames_have_a_finite_psnr(photo):
    assert psnr(photo, photo) == pytest.approx(10 * np.log10(255**2 * 12))


def test_given_frames_are_not_scored(clip):
    series = measure([clip], fps=8, metrics=["truth"], truth=clip, given=3)
    assert all(one.index[0] == 3 and len(one.values) == 21 for one in series.values())


def test_sharpness_ratio_is_the_ratio_of_contrasts(clip):
    half = (clip // 4) * 2
    ratio = measure([half // 2], fps=8, metrics=["sharpness_ratio"], truth=half)["sharpness_ratio"]
    assert ratio.mean == pytest.approx(0.5, abs=0.01)


def test_blur_costs_sharpness(clip):
    soft = np.stack([cv2.GaussianBlur(frame, (0, 0), 1.0) for frame in clip])
    assert measure([soft], fps=8, metrics=["sharpness_ratio"], truth=clip)["sharpness_ratio"].mean < 0.9


def test_nearest_frame_by_brute_force(clip, rng):
    query = np.clip(clip[7] + rng.normal(0, 3, clip[7].shape), 0, 255).astype(np.uint8)
    brute = min(np.sqrt(np.mean((query.astype(float) - frame) ** 2)) for frame in clip)
    assert NearestFrame(clip)(thumbnail(query)[None]) == pytest.approx(brute, rel=1e-5)
    assert NearestFrame(clip)(thumbnail(clip[11])[None]) == 0


def test_nearest_frame_of_large_frames_uses_thumbnails(make_pan):
    large = make_pan(3, 480, 832, zoom=0.5)
    assert NearestFrame(large)(thumbnail(large[1])[None]) == 0
    assert NearestFrame(large)(thumbnail(255 - large[1])[None]) > 20


def test_without_a_truth_the_series_are_empty_and_the_reason_is_given(clip):
    series = measure([clip], fps=8, metrics=["truth"])
    assert all(len(one.values) == 0 and np.isnan(one.mean) for one in series.values())
    assert set(skipped(["truth", "si"], truth=False)) == set(series)
