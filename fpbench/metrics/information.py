"""Spatial and temporal information of ITU-T P.910, kept as series instead of their maxima."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame, gradient, moments
from fpbench.metrics.meter import PerFrame


def spatial_information(luma: NDArray[np.uint8]) -> float:
    """P.910 SI: standard deviation of the Sobel magnitude, without border, in grey levels; NaN below 3 px."""
    return _magnitude_sd(gradient(luma))


def _magnitude_sd(sobel: tuple[NDArray[np.int16], NDArray[np.int16]]) -> float:
    if min(sobel[0].shape) < 3:
        return float("nan")
    squared, other = (response[1:-1, 1:-1].astype(np.float32) for response in sobel)
    squared *= squared
    other *= other
    squared += other  # whole numbers below 2^24
    energy = float(squared.mean())
    mean = float(np.sqrt(squared, out=squared).mean())
    return float(np.sqrt(max(0.0, energy - mean**2)))


def temporal_information(luma: NDArray[np.uint8], before: NDArray[np.uint8]) -> float:
    """Standard deviation over space of the difference to the previous frame, in grey levels (P.910 TI)."""
    return _difference_sd(luma, before, moments(luma)[0] - moments(before)[0])


def _difference_sd(luma: NDArray[np.uint8], before: NDArray[np.uint8], shift: float) -> float:
    return float(np.sqrt(max(0.0, cv2.norm(luma, before, cv2.NORM_L2SQR) / luma.size - shift**2)))


def _ti(frame: Frame) -> float | None:
    before = frame.back(1)
    if before is None:
        return None
    return _difference_sd(frame.luma, before.luma, frame.luma_moments[0] - before.luma_moments[0])


SI = PerFrame(
    Card(
        "si",
        version=2,
        direction="two-sided",
        unit="grey",
        range=(0, float("inf")),
        group="tier0",
        doc="P.910 spatial information",
        formula="SD of the Sobel magnitude of Y",
        sampled="grid",
        signs=signs("blur - darken - saturation 0 cut 0 reverse 0 retag 0"),
    ),
    lambda frame: _magnitude_sd(frame.gradient),
)
TI = PerFrame(
    Card(
        "ti",
        version=1,
        direction="two-sided",
        unit="grey",
        range=(0, 255),
        group="tier0",
        doc="P.910 temporal information",
        formula="SD(Y_t - Y_(t-1))",
        signs=signs("blur - noise + darken - freeze - reverse 0 retag 0"),
    ),
    _ti,
)
