"""Full-reference image similarity: PSNR and SSIM of two frames. Learned distances are in `perceptual`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

_SIGMA, _RADIUS = 1.5, 5
_STRIP = 64  # rows of a map at a time, so that it stays in the cache
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
Part = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Some rows of an image and their local means."""
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


def at_ssim_scale(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luma averaged over blocks of round(shorter side / 256) px, as the authors of SSIM advise (``ssim.m``, 2003)."""
    factor = max(1, round(min(luma.shape) / 256))
    size = luma.shape[1] // factor, luma.shape[0] // factor
    return luma if factor == 1 else np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)


def ssim(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Mean structural similarity (Wang et al. 2004), Gaussian window of sigma 1.5, mean over channels, -1..1.

    Equal to ``skimage.metrics.structural_similarity(..., gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False, data_range=255)``, several times faster.

    Args:
        first, second: (height, width) or (height, width, channels) uint8.

    Returns:
        NaN where a side is shorter than the window of 11.
    """
    return ssim_to(local_means(first), second)


def local_means(image: NDArray[np.uint8]) -> Iterator[Part]:
    """What `ssim` needs of one of its images, from top to bottom; worth keeping of one that many are compared with."""
    for top in range(0, image.shape[0] - 2 * _RADIUS, _STRIP):
        part = image[top : top + _STRIP + 2 * _RADIUS].astype(np.float64)
        yield part, _local_mean(part)


def ssim_to(parts: Iterable[Part], image: NDArray[np.uint8]) -> float:
    """`ssim` of an image with the one whose `local_means` are given."""
    height, width, *channels = image.shape
    if min(height, width) <= 2 * _RADIUS:
        return float("nan")
    total = sum(float(_similarity(*pair).sum()) for pair in zip(parts, local_means(image), strict=True))
    return float(total / ((height - 2 * _RADIUS) * (width - 2 * _RADIUS) * math.prod(channels)))


def _similarity(first: Part, second: Part) -> NDArray[np.float64]:
    """The map of structural similarity where the window lies inside the frames."""
    (a, mean_a), (b, mean_b) = first, second
    covariance = _local_mean(a * b)
    variances = _local_mean(a * a + b * b)  # only their sum is needed
    similarity, squares = mean_a * mean_b, mean_a * mean_a
    squares += mean_b * mean_b
    covariance -= similarity
    variances -= squares
    similarity *= 2  # all in place: half of the time would go into new arrays
    similarity += _C1
    covariance *= 2
    covariance += _C2
    squares += _C1
    variances += _C2
    similarity *= covariance
    squares *= variances
    similarity /= squares
    return similarity
