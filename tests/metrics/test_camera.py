import numpy as np
import pytest

from fpbench.metrics import CameraPath, ClipError, measure, skipped
from fpbench.metrics.camera import turn_of
from fpbench.metrics.specimens import FPS, specimens, there_and_back

FOCAL = 53.3


def flow_of(turn, ahead, depth, height=40, width=60):
    """Exact flow of a pinhole camera that turns left by ``turn`` rad or moves ahead, by small angles."""
    u = np.arange(width) - (width - 1) / 2
    flow = np.zeros((height, width, 2), np.float32)
    flow[..., 0] = turn * (FOCAL + u * u / FOCAL) + u * ahead / depth
    return flow


@pytest.mark.parametrize("turn", [-0.2, 0.0, 0.05])
@pytest.mark.parametrize("ahead", [0.0, 0.3])
def test_the_turn_is_read_whatever_the_camera_moves_ahead(turn, ahead):
    assert turn_of(flow_of(turn, ahead, depth=2.0), FOCAL) == pytest.approx(turn, abs=1e-6)


def test_a_near_object_does_not_deceive(rng):
    flow = flow_of(0.1, 0.0, depth=1.0)
    flow[:15, 10:30] = 25
    assert turn_of(flow, FOCAL) == pytest.approx(0.1, abs=1e-6)


@pytest.mark.parametrize("fps", [8, 24])
def test_a_camera_that_goes_as_told_errs_little_and_one_told_otherwise_by_the_difference(make_pan, fps):
    video = make_pan(16, step=16.0 / fps)  # 2 px per 1/8 s
    heading = -np.arange(16) * 16.0 / fps / 1000
    told = CameraPath(np.stack([heading] * 3 + [heading], axis=1), 1.0, 1000.0)
    other = CameraPath(np.stack([heading] * 3 + [heading + 0.01 * np.arange(16) * 8 / fps], axis=1), 1.0, 1000.0)
    right, wrong = (measure([video], fps=fps, metrics=["turn_err"], camera=path)["turn_err"] for path in (told, other))
    assert right.index.tolist() == list(range(fps // 8, 16, fps // 8))
    assert right.mean < 0.01
    assert wrong.mean == pytest.approx(np.degrees(0.01), rel=0.05)


def test_a_frozen_clip_owes_the_whole_turn():
    (video,), camera = there_and_back(specimens(1))
    frozen = measure([np.repeat(video[:1], len(video), axis=0)], fps=FPS, metrics=["turn_err"], camera=camera)
    assert frozen["turn_err"].mean == pytest.approx(np.degrees(2 / 1000))


def test_headings_that_pass_a_full_turn_are_no_jump(make_pan):
    video = make_pan(4)
    heading = np.array([3.139, 3.141, -3.1402, -3.1382]) - 0.004 * np.arange(4)
    path = CameraPath(np.stack([heading] * 4, axis=1), 1.0, 1000.0)
    assert measure([video], fps=8, metrics=["turn_err"], camera=path)["turn_err"].mean < 0.05


def test_without_a_path_there_is_no_value_and_the_reason_is_said(clip):
    assert len(measure([clip], fps=8, metrics=["turn_err"])["turn_err"].values) == 0
    assert "path of the camera" in skipped(["turn_err"], truth=True)["turn_err"]
    assert not skipped(["forgetting"], truth=False, camera=True)


@pytest.mark.parametrize(("poses", "message"), [(3, "goes on after the 3 poses"), (30, "its camera path 30 poses")])
def test_a_path_of_another_length_is_refused(clip, poses, message):
    with pytest.raises(ClipError, match=message):
        measure([clip], fps=8, metrics=["si"], camera=CameraPath(np.zeros((poses, 4)), 1.0, 50.0))
