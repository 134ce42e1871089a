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
    red, green, blue = cv2.split(rgb)
    mean_red, mean_green, mean_blue, _ = cv2.mean(rgb)
    # sums of squares of whole numbers, of which twice yb = (R - B) + (G - B) has 2 |R - B|² + 2 |G - B|² - |R - G|²
    rg, rb, gb = (cv2.norm(*pair, cv2.NORM_L2SQR) / red.size for pair in ((red, green), (red, blue), (green, blue)))
    m_rg, m_yb = mean_red - mean_green, (mean_red + mean_green) / 2 - mean_blue
    variance = rg - m_rg**2 + (2 * rb + 2 * gb - rg) / 4 - m_yb**2
    return float(np.sqrt(max(0.0, variance)) + 0.3 * np.hypot(m_rg, m_yb))


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
        signs=signs("blur 0 noise + darken 0 saturation + cut 0 reverse 0 retag 0"),
    ),
    lambda frame: sat_mean(frame.rgb),
)
