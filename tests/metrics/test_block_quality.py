import cv2
import numpy as np
import pytest
from skimage import data

from fpbench.metrics.block_quality import piqe


@pytest.mark.parametrize("kind", ["clean", "blurred", "noisy", "coded", "odd"])
def test_equals_the_pypiqe_package(kind, rng):
    from pypiqe import piqe as reference

    luma = data.camera()[100:260, 100:308]
    if kind == "blurred":
        luma = cv2.GaussianBlur(luma, (0, 0), 2)
    elif kind == "noisy":
        luma = np.clip(luma + rng.normal(0, 20, luma.shape), 0, 255).astype(np.uint8)
    elif kind == "coded":
        luma = cv2.imdecode(cv2.imencode(".jpg", luma, [cv2.IMWRITE_JPEG_QUALITY, 10])[1], cv2.IMREAD_GRAYSCALE)
    elif kind == "odd":
        luma = luma[:151, :203]
    assert piqe(luma) == pytest.approx(reference(luma)[0], rel=1e-9)


def test_black_frames_have_no_value():
    assert np.isnan(piqe(np.zeros((32, 32), np.uint8)))
