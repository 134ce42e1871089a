import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from fpbench.metrics import measure
from fpbench.metrics.interpolation import Triple, interpolation_errors, sample, targets
from fpbench.metrics.warping import consistent, warp_error


def shift(height, width, dx, dy=0.0):
    return np.full((height, width, 2), (dx, dy), np.float32)


def test_warp_by_whole_pixels_is_a_copy(rng):
    image = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    assert np.array_equal(sample(image, targets(shift(20, 30, 3, 2), 1))[:-2, :-3], image[2:, 3:])


def test_interpolation_with_the_true_flow_is_exact_inside(rng):
    scene = rng.integers(0, 256, (20, 60, 3), dtype=np.uint8)
    before, middle, after = (scene[:, k : k + 40] for k in (4, 2, 0))  # the picture moves right by 2 px
    along, blend = interpolation_errors(Triple(before, middle, after, shift(20, 40, 4), shift(20, 40, -4)))
    inside = slice(2, -2)
    moved = (sample(image, targets(shift(20, 40, dx), 1)) for image, dx in ((before, -2), (after, 2)))
    halfway = np.mean(np.stack(list(moved)).astype(float), axis=0)
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


def still(before, middle):
    """A triple without motion."""
    return Triple(before, middle, before, shift(*before.shape[:2], 0), shift(*before.shape[:2], 0))


def test_warp_error_of_a_brightness_step_is_its_square(clip):
    dark = clip // 2
    assert warp_error(still(dark[0], dark[0] + 7)) == pytest.approx(49)
    flows = shift(64, 96, -4), shift(64, 96, 4)  # 2 px a frame, two frames
    moved = warp_error(Triple(dark[0], dark[1], dark[2], *flows))
    brighter = warp_error(Triple(dark[0], dark[1] + 9, dark[2], *flows))
    assert moved < 1
    assert brighter == pytest.approx(81, rel=0.05)


def test_warp_error_by_scipys_interpolation(rng):
    before, middle = rng.integers(0, 256, (2, 20, 30, 3), dtype=np.uint8)
    flow = shift(20, 30, 3.0, -1.0) + rng.normal(0, 0.2, (20, 30, 2)).astype(np.float32)
    rows, columns = np.indices((20, 30), float)
    place = np.stack([rows - flow[..., 1] / 2, columns - flow[..., 0] / 2])
    moved = np.stack(
        [map_coordinates(before[..., c].astype(float), place, order=1, mode="nearest") for c in range(3)], -1
    )
    inside = (place >= 0).all(0) & (place[0] <= 19) & (place[1] <= 29)
    expected = np.square(moved - middle)[inside].mean()
    found = warp_error(Triple(before, middle, before, flow, -flow))
    assert found == pytest.approx(expected, rel=0.01)  # OpenCV samples at 1/32 px and rounds to whole levels


def test_only_mutually_consistent_vectors_inside_the_frame_count():
    pictures, forward, backward = np.zeros((3, 10, 20, 3), np.uint8), shift(10, 20, 6), shift(10, 20, -6)
    assert np.array_equal(consistent(Triple(*pictures, forward, backward)), np.tile(np.arange(20) >= 3, (10, 1)))
    torn = Triple(*pictures, forward, forward)
    assert not consistent(torn).any()
    assert np.isnan(warp_error(torn))


@pytest.mark.parametrize(("fps", "ends"), [(8, [2, 4, 6, 8]), (16, [4, 8]), (24, [6]), (34, [8])])
def test_triples_end_on_even_frames_about_four_times_a_second(clip, fps, ends):
    series = measure([clip[:10]], fps=fps, metrics=["vfi_dis", "warp_err"])
    assert [one.index.tolist() for one in series.values()] == [[t - 1 for t in ends]] * 2
