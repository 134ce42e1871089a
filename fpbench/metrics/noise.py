"""Noise without weights: the companion every sharpness number needs, since noise passes for detail."""

from __future__ import annotations

from functools import cache

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


def _detail(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """High-pass and keep every second sample along the first axis, mirrored at the ends."""
    padded = np.pad(image, ((2, 3), (0, 0)), mode="symmetric")
    length = (len(image) + 3) // 2
    taps = [padded[k : k + 2 * length - 1 : 2] for k in range(4)]
    return np.asarray(sum(tap * weight for tap, weight in zip(taps, _high_pass(), strict=True)))


def noise_sigma(luma: NDArray[np.uint8]) -> float:
    """Standard deviation of white noise in grey levels: median |finest diagonal wavelet detail| / 0.6745.

    Donoho & Johnstone 1994 (section 4.2) with the Daubechies-2 wavelet, as in
    ``skimage.restoration.estimate_sigma``. Flat areas, such as clipped ones, are left out: details there
    are rounding errors, which scikit-image drops only when exactly zero, so only where the area is black.
    A frame without any detail gives 0.

    Args:
        luma: (height, width) uint8, both at least 4.
    """
    detail = _detail(_detail(luma.astype(np.float32)).T)
    detail = np.abs(detail, out=detail)
    detail = detail[detail > _ROUNDING]
    return _median(detail) / _NORMAL_Q75 if detail.size else 0.0


def _median(values: NDArray[np.float32]) -> float:
    """``np.median`` of values without NaN, at an eighth of its cost."""
    low, high = (len(values) - 1) // 2, len(values) // 2
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
