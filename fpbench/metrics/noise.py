"""Noise without weights: the companion every sharpness number needs, since noise passes for detail."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.meter import PerFrame

_ROUNDING = 1e-3
_NORMAL_Q75 = 0.6744897501960817


@cache
def _high_pass() -> NDArray[np.float32]:
    """The four taps of the Daubechies-2 wavelet's analysis high-pass filter, in order of application."""
    root3 = np.sqrt(3.0)
    low = np.array([1 + root3, 3 + root3, 3 - root3, 1 - root3]) / (4 * np.sqrt(2.0))
    return np.asarray(low[::-1] * [1, -1, 1, -1], np.float32)


def _detail(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Finest diagonal details: high-pass along both axes, every second sample kept, mirrored at the ends."""
    padded = cv2.copyMakeBorder(luma, 0, 3, 0, 3, cv2.BORDER_REFLECT)  # the last taps reach that far
    taps = _high_pass()
    detail = cv2.sepFilter2D(padded, cv2.CV_32F, taps, taps, anchor=(2, 2), borderType=cv2.BORDER_REFLECT)
    rows, columns = ((side + 3) // 2 * 2 for side in luma.shape)
    return np.asarray(detail[:rows:2, :columns:2], np.float32)


def noise_sigma(luma: NDArray[np.uint8]) -> float:
    """Standard deviation of white noise in grey levels: median |finest diagonal wavelet detail| / 0.6745.

    Donoho & Johnstone 1994 (section 4.2) with the Daubechies-2 wavelet, as in
    ``skimage.restoration.estimate_sigma``. Flat areas, such as clipped ones, are left out: details there
    are rounding errors, which scikit-image drops only when exactly zero, so only where the area is black.
    A frame without any detail gives 0.

    Args:
        luma: (height, width) uint8, both at least 4.
    """
    detail = np.abs(_detail(luma)).ravel()
    flat = int(np.count_nonzero(detail <= _ROUNDING))
    return _median_but(detail, flat) / _NORMAL_Q75 if flat < detail.size else 0.0


def _median_but(values: NDArray[np.float32], smallest: int) -> float:
    """``np.median`` of values without NaN and without the smallest few, at an eighth of its cost."""
    low, high = smallest + (len(values) - smallest - 1) // 2, smallest + (len(values) - smallest) // 2
    ordered = np.partition(values, high)
    return float(ordered[high] + ordered[:high].max()) / 2 if low < high else float(ordered[high])


NOISE_SIGMA = PerFrame(
    Card(
        "noise_sigma",
        version=2,
        direction="down",
        unit="grey",
        range=(0, float("inf")),
        group="tier0",
        doc="noise SD from the finest wavelet details",
        formula="median |d| / 0.6745, d the finest diagonal Daubechies-2 details of Y",
        sampled="grid",
        signs=signs("blur - noise + exposure + darken - flicker 0 cut 0 reverse 0 retag 0"),
    ),
    lambda frame: noise_sigma(frame.luma),
)
