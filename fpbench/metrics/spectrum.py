"""The spatial spectrum: how power falls with frequency, and how much lies in fine detail."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerFrame


class Spectrum(NamedTuple):
    """What both metrics need of a frame's power spectrum.

    Attributes:
        rings: power of the rings of the fitted range, each one cycle per shorter side wide, in grey levels².
        high, total: power above 0.25 cycles/px, and all of it.
    """

    rings: NDArray[np.float64]
    high: float
    total: float


@cache
def _window(height: int, width: int) -> NDArray[np.float32]:
    return np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)


@cache
def _plane(height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Of each coefficient of a real transform its frequency in cycles/px and its multiplicity in the plane."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    multiplicity = np.full(frequency.shape, 2, np.float32)
    multiplicity[:, 0] = 1
    if width % 2 == 0:
        multiplicity[:, -1] = 1
    return frequency, multiplicity


@cache
def _bins(height: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Bin of each coefficient, flat: twice its ring (0 outside the fitted range), plus 1 above 0.25 cycles/px.

    With it the multiplicity and the log frequency of rings 1 and up.
    """
    side = min(height, width)
    frequency, multiplicity = _plane(height, width)
    ring = np.rint(frequency * side).astype(np.int64)
    ring = np.where((ring >= 4) & (frequency <= 0.5), ring - 3, 0)
    count = np.bincount(ring.ravel(), multiplicity.ravel())[1:]
    bins = np.asarray(2 * ring + (frequency > 0.25), np.int64).ravel()
    return bins, np.asarray(count, np.float64), np.log((np.arange(len(count)) + 4) / side)


def power_spectrum(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Power of the mean-free, Hann-windowed frame, (height, width // 2 + 1), in squared grey levels."""
    from scipy.fft import rfft2  # keeps single precision

    image = luma.astype(np.float32)
    image -= np.float32(cv2.mean(luma)[0])
    image *= _window(*luma.shape)
    parts = np.asarray(rfft2(image, overwrite_x=True)).view(np.float32)
    parts *= parts
    return np.asarray(parts[:, ::2] + parts[:, 1::2], np.float32)


def spectrum(luma: NDArray[np.uint8]) -> Spectrum:
    """The radial summary of `power_spectrum`; every coefficient of the full plane counts once."""
    bins, count, _ = _bins(*luma.shape)
    power = power_spectrum(luma)
    power *= _plane(*luma.shape)[1]
    parts = np.bincount(bins, power.ravel(), 2 * len(count) + 2).reshape(-1, 2)
    return Spectrum(parts[1:].sum(1), float(parts[:, 1].sum()), float(parts.sum()))


def spec_slope(luma: NDArray[np.uint8]) -> float:
    """Slope of log radial power against log frequency, from 4 cycles per image to the Nyquist frequency.

    Rings are one cycle per shorter side wide. Natural images lie near -2 (van der Schaaf & van Hateren 1996);
    blur lowers the slope, noise and over-sharpening raise it. NaN on a flat frame.
    """
    return _slope(spectrum(luma), *luma.shape)


def hf_share(luma: NDArray[np.uint8]) -> float:
    """Share of spectral power above 0.25 cycles/px (mean removed), 0-1; NaN on a flat frame."""
    return _share(spectrum(luma))


def _slope(found: Spectrum, height: int, width: int) -> float:
    _, count, frequency = _bins(height, width)
    if len(count) < 2 or not np.all(found.rings > 0):
        return float("nan")
    level, centred = np.log(found.rings / count), frequency - frequency.mean()
    return float(centred @ level / (centred @ centred))


def _share(found: Spectrum) -> float:
    return found.high / found.total if found.total > 0 else float("nan")


def _spectrum(frame: Frame) -> Spectrum:
    return frame.feature("spectrum", lambda: spectrum(frame.luma))


SPEC_SLOPE = PerFrame(
    Card(
        "spec_slope",
        version=2,
        direction="two-sided",
        unit="",
        range=(-10, 4),
        group="tier0",
        doc="slope of the radial power spectrum",
        formula="slope of log P over log f, P the radial mean power of Y, from 4 cycles per side to Nyquist",
        sampled="grid",
        signs=signs("blur - noise + saturation 0 flicker 0 cut 0 reverse 0 retag 0"),
    ),
    lambda frame: _slope(_spectrum(frame), *frame.luma.shape),
)
HF_SHARE = PerFrame(
    Card(
        "hf_share",
        version=2,
        direction="two-sided",
        unit="",
        range=(0, 1),
        group="tier0",
        doc="power above 0.25 cycles/px / total",
        formula="Σ P(f > 0.25 cycles/px) / Σ P(f), P the Hann-windowed power of Y",
        sampled="grid",
        signs=signs("blur - noise + saturation 0 flicker 0 cut 0 reverse 0"),
    ),
    lambda frame: _share(_spectrum(frame)),
)
