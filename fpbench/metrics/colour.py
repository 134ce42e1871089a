"""Colourfulness and saturation."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import moments
from fpbench.metrics.meter import PerFrame


def colorfulness(rgb: NDArray[np.uint8]) -> float:
    """Hasler & Süsstrunk 2003: sqrt(s_rg² + s_yb²) + 0.3 sqrt(m_rg² + m_yb²), rg = R - G, yb = (R + G)/2 - B.

    Args:
        rgb: (height, width, 3) uint8.
    """
    red, green, blue = cv2.split(rgb)
    (m_rg, s_rg), (m_yb, s_yb) = (
        moments(cv2.subtract(red, green, dtype=cv2.CV_16S)),
        # twice yb is a whole number
        moments(cv2.subtract(cv2.add(red, green, dtype=cv2.CV_16S), cv2.add(blue, blue, dtype=cv2.CV_16S))),
    )
    return float(np.hypot(s_rg, s_yb / 2) + 0.3 * np.hypot(m_rg, m_yb / 2))


def sat_mean(rgb: NDArray[np.uint8]) -> float:
    """Mean HSV saturation, 0-255."""
    return cv2.mean(cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV))[1]


COLORFULNESS = PerFrame(
    Card(
        "colorfulness",
        version=2,
        direction="two-sided",
        unit="",
        range=(0, 200),
        group="tier0",
        doc="Hasler-Süsstrunk colourfulness",
        formula="sqrt(s_rg² + s_yb²) + 0.3 sqrt(m_rg² + m_yb²), rg = R - G, yb = (R + G)/2 - B",
        sampled="grid",
        signs=signs("noise + darken - saturation + cut 0 reverse 0 retag 0"),
    ),
    lambda frame: colorfulness(frame.rgb),
)
SAT_MEAN = PerFrame(
    Card(
        "sat_mean",
        version=2,
        direction="two-sided",
        unit="grey",
        range=(0, 255),
        group="tier0",
        doc="mean HSV saturation",
        formula="mean of S in HSV",
        sampled="grid",
        signs=signs("blur 0 noise + exposure - darken 0 saturation + cut 0 reverse 0 retag 0"),
    ),
    lambda frame: sat_mean(frame.rgb),
)
