import numpy as np
import pytest

from fpbench.metrics import measure
from fpbench.metrics.frame import Clip
from fpbench.metrics.motion import top5


@pytest.mark.parametrize(("height", "width"), [(64, 96), (240, 416)])
def test_dis_recovers_a_known_shift(make_pan, height, width):
    video = make_pan(2, height, width, step=4.0, zoom=1.0)
    clip = Clip(height, width, fps=8)
    for index, rgb in enumerate(video):
        frame = clip.add(rgb, index)
    flow = frame.flow(1)
    assert np.median(flow[..., 0]) == pytest.approx(-4.0, abs=0.05)  # the camera goes right, the picture left
    assert np.median(flow[..., 1]) == pytest.approx(0.0, abs=0.05)
    assert np.median(frame.flow(1, backward=True)[..., 0]) == pytest.approx(4.0, abs=0.05)


def test_top5_by_sorting(rng):
    flow = rng.normal(size=(64, 96, 2)).astype(np.float32)
    lengths = np.sort(np.linalg.norm(flow, axis=-1).ravel())[::-1]
    assert top5(flow) == pytest.approx(lengths[: int(0.05 * lengths.size)].mean(), rel=1e-6)


@pytest.mark.parametrize("fps", [8.0, 16.0, 24.0, 30.0])
def test_motion_is_per_eighth_of_a_second_whatever_the_frame_rate(make_pan, fps):
    speed = 16.0  # px per second
    video = make_pan(2 * round(fps), step=speed / fps)
    flow = measure([video], fps=fps, metrics=["flow_top5"])["flow_top5"]
    assert np.all(flow.index % max(1, round(fps / 8)) == 0)
    assert np.median(flow.values) == pytest.approx(speed / 8 / (64 / 256), rel=0.1)


def test_moving_and_frozen_pairs_are_told_apart(make_pan):
    moving = make_pan(6, step=3.0)
    video = np.concatenate([moving, np.repeat(moving[-1:], 4, axis=0)])
    series = measure([video], fps=8, metrics=["dyn_frac", "freeze_frac"])
    assert series["dyn_frac"].values.tolist() == [1] * 5 + [0] * 4
    assert series["freeze_frac"].values.tolist() == [0] * 5 + [1] * 4


def test_frames_too_small_for_flow_have_none_instead_of_failing():
    video = np.zeros((3, 8, 8, 3), np.uint8)
    series = measure([video], fps=8, metrics=["flow_top5", "freeze_frac", "vfi_gain", "warp_err"])
    assert all(np.isnan(one.values).all() for one in series.values())
