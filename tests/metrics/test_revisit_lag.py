"""Forgetting by lag: remembered, forgotten, and never seen again."""

import numpy as np
import pytest

from fpbench.metrics import measure
from fpbench.metrics.frame import CameraPath
from fpbench.metrics.revisit_lag import LAGS, STRIDE, measured_revisits
from fpbench.metrics.specimens import FPS, specimens, walks

NAMES = [f"revisit_lag{lag}" for lag in LAGS]


@pytest.fixture(scope="module")
def walk():
    """A slide of 49 frames and its way back: frame t shows what frame 96 - t shows."""
    (clip,), camera = walks(1)
    return clip, camera


def forgetting(clip, camera, chunks=1):
    return measure(np.array_split(clip, chunks), fps=FPS, metrics=NAMES, camera=camera)


def test_a_true_return_is_remembered_at_every_lag(walk):
    clip, camera = walk
    found = forgetting(clip, camera, chunks=7)
    for name, low, high in zip(NAMES, LAGS, (*LAGS[1:], 97), strict=True):
        lags = [2 * int(t) - 96 for t in found[name].index]
        every = [lag for lag in range(2, 97, 2) if low <= lag < high]
        assert lags == every[::STRIDE]
        assert found[name].mean < -0.1


def test_what_is_compared_is_one_pose_twice_and_another_place(walk):
    _, camera = walk
    for low, high in zip(LAGS, (*LAGS[1:], float("inf")), strict=True):
        pairs, others = measured_revisits(camera, low, high)
        assert np.array_equal(camera.poses[pairs[:, 0]], camera.poses[pairs[:, 1]])
        assert np.array_equal(others[:, 1], pairs[:, 1])
        assert np.all(np.abs(camera.poses[others[:, 0], 0] - camera.poses[others[:, 1], 0]) >= 16 * camera.unit)


def test_a_view_that_was_replaced_is_forgotten_from_its_lag_on(walk):
    """The last frames, which return after the longest lags, show something else."""
    clip, camera = walk
    forgot = clip.copy()
    forgot[81:] = specimens(2)[1][0]
    whole, found = forgetting(clip, camera), forgetting(forgot, camera)
    assert found["revisit_lag2"].mean == pytest.approx(whole["revisit_lag2"].mean)
    assert found["revisit_lag75"].mean > whole["revisit_lag75"].mean + 0.1


def test_a_still_clip_has_nothing_to_remember(walk):
    clip, camera = walk
    still = np.repeat(clip[:1], len(clip), axis=0)
    assert forgetting(still, camera)["revisit_lag15"].mean == pytest.approx(0, abs=1e-6)


def test_a_walk_that_never_returns_has_no_value(walk):
    clip, camera = walk
    onward = CameraPath(camera.poses[:49], camera.unit, camera.focal)
    assert len(forgetting(clip[:49], onward)["revisit_lag2"].values) == 0
