import numpy as np
import pytest

from fpbench.metrics import measure
from fpbench.metrics.interpolation import interpolation_errors, warp
from fpbench.metrics.warping import consistent, warp_error


def shift(height, width, dx, dy=0.0):
    return np.full((height, width, 2), (dx, dy), np.float32)


def test_warp_by_whole_pixels_is_a_copy(rng):
    image = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    assert np.array_equal(warp(image, shift(20, 30, 3, 2))[:-2, :-3], image[2:, 3:])


def test_interpolation_with_the_true_flow_is_exact_inside(rng):
    scene = rng.integers(0, 256, (20, 60, 3), dtype=np.uint8)
    before, middle, after = (scene[:, k : k + 40] for k in (4, 2, 0))  # the picture moves right by 2 px
    along, blend = interpolation_errors(before, middle, after, shift(20, 40, 4), shift(20, 40, -4))
    inside = slice(2, -2)
    halfway = (warp(before, shift(20, 40, -2)).astype(float) + warp(after, shift(20, 40, 2))) / 2
    assert np.array_equal(halfway[:, inside], middle[:, inside])
    assert along == pytest.approx(np.abs(halfway - middle).mean())
    assert blend == pytest.approx(np.abs((before.astype(float) + after) / 2 - middle).mean())


def test_smooth_motion_is_explained_and_a_frozen_clip_gains_nothing(clip):
    moving = measure([clip], fps=8, metrics=["vfi_dis", "vfi_gain"])
    frozen = measure([np.repeat(clip[:1], 9, axis=0)], fps=8, metrics=["vfi_dis", "vfi_gain"])
    assert moving["vfi_gain"].mean > 0.7
    assert moving["vfi_dis"].index.tolist() == list(range(1, 23, 2))  # VBench's odd frames
    assert frozen["vfi_dis"].mean == 1
    assert frozen["vfi_gain"].coverage == 0


def test_warp_error_of_a_brightness_step_is_its_square(clip):
    flow = shift(64, 96, -2)
    dark = clip // 2
    assert warp_error(dark[0] + 7, dark[0], shift(64, 96, 0), shift(64, 96, 0)) == pytest.approx(49)
    still, brighter = warp_error(dark[1], dark[0], flow, -flow), warp_error(dark[1] + 9, dark[0], flow, -flow)
    assert still < 1
    assert brighter == pytest.approx(81, rel=0.05)


def test_only_mutually_consistent_vectors_inside_the_frame_count():
    forward, backward = shift(10, 20, 5), shift(10, 20, -5)
    assert np.array_equal(consistent(forward, backward), np.tile(np.arange(20) >= 5, (10, 1)))
    assert not consistent(forward, forward).any()
    assert np.isnan(warp_error(*np.zeros((2, 10, 20, 3), np.uint8), forward, forward))
