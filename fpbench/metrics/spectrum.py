"""The spatial spectrum: how power falls with frequency, and how much lies in fine detail."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerFrame


@cache
def _grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """Hann window; of each rfft coefficient its frequency in cycles/px and its multiplicity in the plane."""
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    weight = np.full(frequency.shape, 2.0)
    weight[:, 0] = 1
    if width % 2 == 0:
        weight[:, -1] = 1
    return window, frequency, weight


def power_spectrum(luma: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Power of the mean-free, Hann-windowed frame, (height, width // 2 + 1), in squared grey levels."""
    window, _, _ = _grid(*luma.shape)
    image = luma.astype(np.float32)
    return np.asarray(np.abs(np.fft.rfft2((image - image.mean()) * window)) ** 2, np.float64)


def spec_slope(luma: NDArray[np.uint8]) -> float:
    """Slope of log radial power against log frequency, from 4 cycles per image to the Nyquist frequency.

    Rings are one cycle per shorter side wide. Natural images lie near -2 (van der Schaaf & van Hateren 1996);
    blur lowers the slope, noise and over-sharpening raise it. NaN on a flat frame.
    """
    return _slope(power_spectrum(luma), *luma.shape)


def hf_share(luma: NDArray[np.uint8]) -> float:
    """Share of spectral power above 0.25 cycles/px (mean removed), 0-1; NaN on a flat frame."""
    return _share(power_spectrum(luma), *luma.shape)


@cache
def _rings(height: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Ring of each coefficient, 0 outside the fitted range, and the log frequency of rings 1 and up."""
    side = min(height, width)
    _, frequency, _ = _grid(height, width)
    ring = np.rint(frequency * side).astype(np.int64)
    ring = np.where((ring >= 4) & (frequency <= 0.5), ring - 3, 0)
    return ring, np.log((np.arange(1, ring.max() + 1) + 3) / side)


def _slope(power: NDArray[np.float64], height: int, width: int) -> float:
    _, _, weight = _grid(height, width)
    ring, frequency = _rings(height, width)
    total = np.bincount(ring.ravel(), (power * weight).ravel())[1:]
    count = np.bincount(ring.ravel(), weight.ravel())[1:]
    if len(total) < 2 or not np.all(total > 0):
        return float("nan")
    level = np.log(total / count)
    centred = frequency - frequency.mean()
    return float(centred @ level / (centred @ centred))


def _share(power: NDArray[np.float64], height: int, width: int) -> float:
    _, frequency, weight = _grid(height, width)
    weighted = power * weight
    total = float(weighted.sum())
    return float(weighted[frequency > 0.25].sum()) / total if total > 0 else float("nan")


def _spectrum(frame: Frame) -> NDArray[np.float64]:
    return frame.feature("power_spectrum", lambda: power_spectrum(frame.luma))


SPEC_SLOPE = PerFrame(
    Card(
        "spec_slope",
        version=1,
        direction="two-sided",
        unit="",
        range=(-10, 4),
        group="tier0",
        doc="slope of the radial power spectrum",
        formula="slope of log P over log f, P the radial mean power of Y, from 4 cycles per side to Nyquist",
        signs=signs("blur - noise + darken 0 saturation 0 flicker 0 cut 0 reverse 0 retag 0"),
    ),
    lambda frame: _slope(_spectrum(frame), *frame.luma.shape),
)
HF_SHARE = PerFrame(
    Card(
        "hf_share",
        version=1,
        direction="two-sided",
        unit="",
        range=(0, 1),
        group="tier0",
        doc="power above 0.25 cycles/px / total",
        formula="Σ P(f > 0.25 cycles/px) / Σ P(f), P the Hann-windowed power of Y",
        signs=signs("blur - noise + darken 0 saturation 0 flicker 0 cut 0 reverse 0 retag 0"),
    ),
    lambda frame: _share(_spectrum(frame), *frame.luma.shape),
)
