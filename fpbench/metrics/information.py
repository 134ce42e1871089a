"""Spatial and temporal information of ITU-T P.910, kept as series instead of their maxima."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerFrame


def spatial_information(luma: NDArray[np.uint8]) -> float:
    """P.910 SI: standard deviation of the Sobel magnitude, without border, in grey levels; NaN below 3 px."""
    if min(luma.shape) < 3:
        return float("nan")
    gx, gy = (cv2.Sobel(luma, cv2.CV_32F, dx, dy)[1:-1, 1:-1] for dx, dy in ((1, 0), (0, 1)))
    return float(np.sqrt(gx * gx + gy * gy).std(dtype=np.float64))


def temporal_information(luma: NDArray[np.uint8], before: NDArray[np.uint8]) -> float:
    """Standard deviation over space of the difference to the previous frame, in grey levels (P.910 TI)."""
    return float((luma.astype(np.int16) - before).std())


def _ti(frame: Frame) -> float | None:
    before = frame.back(1)
    return None if before is None else temporal_information(frame.luma, before.luma)


SI = PerFrame(
    Card(
        "si",
        version=1,
        direction="two-sided",
        unit="grey",
        range=(0, float("inf")),
        group="tier0",
        doc="P.910 spatial information",
        formula="SD of the Sobel magnitude of Y",
        signs=signs("blur - darken - saturation 0 cut 0 reverse 0 retag 0"),
    ),
    lambda frame: spatial_information(frame.luma),
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
