import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage import data, measure

from fpbench.metrics.sharpness import blur_effect, lap_var_norm, tenengrad


@pytest.mark.parametrize("size", [(96, 64), (97, 63), (128, 128), (40, 12)])
def test_blur_effect_is_scikit_images(size):
    luma = cv2.resize(data.camera(), size, interpolation=cv2.INTER_AREA)
    assert blur_effect(luma) == pytest.approx(measure.blur_effect(luma), abs=2e-6)


def test_blur_effect_orders_blur(photo):
    values = [blur_effect(cv2.GaussianBlur(photo, (0, 0), sigma)) for sigma in (0.5, 1, 2, 4)]
    assert values == sorted(values)


def test_blur_effect_of_a_flat_frame_is_finite():
    assert 0 <= blur_effect(np.full((64, 96), 90, np.uint8)) <= 1


def test_lap_var_norm_ignores_exposure(photo):
    assert lap_var_norm(photo // 2 * 2) == pytest.approx(lap_var_norm(photo // 2), rel=1e-5)
    laplace = ndimage.laplace(photo.astype(float), mode="mirror")
    assert lap_var_norm(photo) == pytest.approx(laplace.var() / photo.var(), rel=1e-5)
    assert np.isnan(lap_var_norm(np.full((64, 96), 90, np.uint8)))


def test_tenengrad_of_a_ramp():
    ramp = np.tile(np.arange(0, 192, 2, dtype=np.uint8), (64, 1))
    inner = tenengrad(ramp[:, :])
    assert inner == pytest.approx((8 * 2) ** 2 * 94 / 96)  # Sobel sums 8x the slope; 0 on the mirrored border


@pytest.mark.parametrize("size", [(96, 64), (97, 63)])
def test_tenengrad_is_scipys_sobel_squared(size):
    luma = cv2.resize(data.camera(), size, interpolation=cv2.INTER_AREA)
    responses = [ndimage.sobel(luma.astype(float), axis, mode="mirror") for axis in (0, 1)]
    assert tenengrad(luma) == pytest.approx(sum((one**2).mean() for one in responses), rel=1e-12)
