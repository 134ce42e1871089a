"""Colourfulness and saturation."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.meter import PerFrame


def colorfulness(rgb: NDArray[np.uint8]) -> float:
    """Hasler & Süsstrunk 2003: sqrt(s_rg² + s_yb²) + 0.3 sqrt(m_rg² + m_yb²), rg = R - G, yb = (R + G)/2 - B.

    Args:
        rgb: (height, width, 3) uint8.
    """
    red, green, blue = cv2.split(rgb.astype(np.float32))
    (m_rg, s_rg), (m_yb, s_yb) = _moments(red - green), _moments((red + green) / 2 - blue)
    return float(np.hypot(s_rg, s_yb) + 0.3 * np.hypot(m_rg, m_yb))


def _moments(plane: cv2.typing.MatLike) -> tuple[float, float]:
    mean, sd = cv2.meanStdDev(plane)
    return float(mean[0, 0]), float(sd[0, 0])


def sat_mean(rgb: NDArray[np.uint8]) -> float:
    """Mean HSV saturation, 0-255."""
    return float(cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)[..., 1].mean())


COLORFULNESS = PerFrame(
    Card(
        "colorfulness",
        version=1,
        direction="two-sided",
        unit="",
        range=(0, 200),
        group="tier0",
        doc="Hasler-Süsstrunk colourfulness",
        formula="sqrt(s_rg² + s_yb²) + 0.3 sqrt(m_rg² + m_yb²), rg = R - G, yb = (R + G)/2 - B",
        signs=signs("noise + darken - saturation + cut 0 reverse 0 retag 0"),
    ),
    lambda frame: colorfulness(frame.rgb),
)
SAT_MEAN = PerFrame(
    Card(
        "sat_mean",
        version=1,
        direction="two-sided",
        unit="grey",
        range=(0, 255),
        group="tier0",
        doc="mean HSV saturation",
        formula="mean of S in HSV",
        signs=signs("blur 0 noise + exposure - darken 0 saturation + cut 0 reverse 0 retag 0"),
    ),
    lambda frame: sat_mean(frame.rgb),
)
