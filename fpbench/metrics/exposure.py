"""Exposure and contrast: drift that leaves sharpness alone. Colour is in `colour`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import moments
from fpbench.metrics.meter import PerFrame

_DARK, _BRIGHT = 5, 250


def clip_frac(luma: NDArray[np.uint8]) -> float:
    """Share of pixels with luma <= 5 or >= 250: the alarm for crushed blacks and over-exposure, 0-1."""
    return float(np.count_nonzero((luma <= _DARK) | (luma >= _BRIGHT))) / luma.size


def contrast_rms(luma: NDArray[np.uint8]) -> float:
    """Standard deviation of luma over the frame, in grey levels (Peli 1990), 0-127.5."""
    return moments(luma)[1]


CLIP_FRAC = PerFrame(
    Card(
        "clip_frac",
        version=2,
        direction="down",
        unit="",
        range=(0, 1),
        group="tier0",
        doc="share of crushed or blown pixels",
        formula="share of pixels with Y ≤ 5 or Y ≥ 250",
        sampled="grid",
        signs=signs("cut 0 reverse 0 retag 0"),
    ),
    lambda frame: clip_frac(frame.luma),
)
LUMA_MEAN = PerFrame(
    Card(
        "luma_mean",
        version=2,
        direction="two-sided",
        unit="grey",
        range=(0, 255),
        group="tier0",
        doc="mean luma",
        formula="mean(Y)",
        sampled="grid",
        signs=signs("blur 0 noise 0 exposure + darken - saturation 0 cut 0 reverse 0 retag 0"),
    ),
    lambda frame: frame.luma_moments[0],
)
CONTRAST_RMS = PerFrame(
    Card(
        "contrast_rms",
        version=2,
        direction="two-sided",
        unit="grey",
        range=(0, 127.5),
        group="tier0",
        doc="standard deviation of luma",
        formula="SD(Y)",
        sampled="grid",
        signs=signs("blur - darken - cut 0 reverse 0 retag 0"),
    ),
    lambda frame: frame.luma_moments[1],
)
