"""Full-reference image similarity: PSNR and SSIM of two frames. Learned distances are in `perceptual`."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_SIGMA, _RADIUS = 1.5, 5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
MSE_FLOOR = 1 / 12
"""Error variance of rounding to whole grey levels; keeps the PSNR of equal frames finite, at 58.9 dB."""


def mse(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Mean squared difference over pixels and channels, in squared grey levels."""
    return float(cv2.norm(first, second, cv2.NORM_L2SQR)) / first.size


def psnr(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """10 log10(255² / MSE) in dB, the MSE never below 1/12 so that means over frames stay finite."""
    return float(10 * np.log10(255**2 / max(mse(first, second), MSE_FLOOR)))


def _local_mean(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaussian mean (sigma 1.5, 11 taps) where the window lies inside the frame."""
    size = 2 * _RADIUS + 1
    inner = slice(_RADIUS, -_RADIUS)
    return np.asarray(cv2.GaussianBlur(image, (size, size), _SIGMA)[inner, inner])


def ssim(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Mean structural similarity (Wang et al. 2004), Gaussian window of sigma 1.5, mean over channels, -1..1.

    Equal to ``skimage.metrics.structural_similarity(..., gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False, data_range=255)``, several times faster.

    Args:
        first, second: (height, width) or (height, width, channels) uint8.

    Returns:
        NaN where a side is shorter than the window of 11.
    """
    if min(first.shape[:2]) < 2 * _RADIUS + 1:
        return float("nan")
    a, b = first.astype(np.float64), second.astype(np.float64)
    mean_a, mean_b = _local_mean(a), _local_mean(b)
    var_a, var_b = _local_mean(a * a) - mean_a**2, _local_mean(b * b) - mean_b**2
    covariance = _local_mean(a * b) - mean_a * mean_b
    structure = (2 * mean_a * mean_b + _C1) * (2 * covariance + _C2)
    return float((structure / ((mean_a**2 + mean_b**2 + _C1) * (var_a + var_b + _C2))).mean())
