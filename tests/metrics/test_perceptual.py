import lpips as reference
import numpy as np
import pytest
import torch

from fpbench.metrics import measure
from fpbench.metrics.perceptual import LPIPS_TRUTH, lpips
from fpbench.weights.lpips import load_lpips


def test_equals_the_lpips_package_frame_by_frame(clip):
    model = load_lpips("alex")
    assert isinstance(model, reference.LPIPS)
    first, second = (reference.im2tensor(frame) for frame in clip[[0, 9]])
    with torch.inference_mode():
        expected = model(first, second).item()
    ours = lpips(clip[[0, 0, 3]], clip[[9, 0, 4]])
    assert ours[0] == pytest.approx(expected, rel=1e-5)
    assert ours[1] == 0


def test_stride_and_batch_change_which_frames_are_measured_but_not_their_values(clip):
    soft = clip // 2
    truth = measure([soft], fps=8, metrics=["lpips_truth"], truth=clip, given=1)["lpips_truth"]
    assert truth.index.tolist() == list(range(1, 24, 4))
    assert truth.values == pytest.approx(lpips(soft[1::4], clip[1::4]), rel=1e-4)


def test_weights_are_reported_as_present():
    assert LPIPS_TRUTH.missing() is None
    assert np.isfinite(LPIPS_TRUTH.card.range).all()
