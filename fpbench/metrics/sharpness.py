"""Blur and sharpness without weights. Noise, which looks like sharpness to most of these, is in `noise`."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import gradient, moments
from fpbench.metrics.meter import PerFrame

Gradient = tuple[NDArray[np.int16], NDArray[np.int16]]

_REBLUR = 11


def blur_effect(luma: NDArray[np.uint8]) -> float:
    """Perceptual blur by re-blurring, 0 (sharp) to 1 (blurred): the larger of the two axes' values.

    The variation between neighbours that an 11-px box filter removes, as a share of all variation, subtracted
    from 1. Crété-Roffet et al. 2007; equal to ``skimage.measure.blur_effect`` to single precision, over ten
    times faster because all sums are of whole numbers. The box is fixed in pixels, so values compare only at
    equal resolution.

    Args:
        luma: (height, width) uint8.

    Returns:
        NaN where a side is shorter than 4.
    """
    return _blur_effect(luma, gradient(luma))


def _blur_effect(luma: NDArray[np.uint8], sobel: Gradient) -> float:
    if min(luma.shape) < 4:
        return float("nan")
    return max(_blur_along(axis, luma, sobel[1 - axis]) for axis in (0, 1))


def _blur_along(axis: int, luma: NDArray[np.uint8], response: NDArray[np.int16]) -> float:
    """1 - sum max(0, s - b) / sum s, s the absolute responses, b those of the re-blurred frame."""
    size, order = ((1, _REBLUR), (0, 1)) if axis == 0 else ((_REBLUR, 1), (1, 0))
    boxed = cv2.boxFilter(luma, cv2.CV_16S, size, normalize=False, borderType=cv2.BORDER_REFLECT)
    inner = slice(2, -1)  # the border that scikit-image leaves out
    sharp = np.abs(response[inner, inner]) * np.int16(_REBLUR)  # the box is a sum: both sides times its length
    soft = np.abs(np.asarray(cv2.Sobel(boxed, cv2.CV_16S, *order))[inner, inner])
    total, blurred = cv2.norm(sharp, cv2.NORM_L1), cv2.norm(soft, cv2.NORM_L1)
    removed = (cv2.norm(sharp, soft, cv2.NORM_L1) + total - blurred) / 2  # max(0, x) = (|x| + x) / 2
    return 1 - removed / total if total > 0 else 1.0


def lap_var_norm(luma: NDArray[np.uint8]) -> float:
    """Var(Laplacian of Y) / Var(Y): sharpness that a change of exposure leaves alone; NaN on a flat frame.

    Rises with noise as much as with detail: read it beside ``noise_sigma``.
    """
    return _lap_var_norm(luma, moments(luma)[1])


def _lap_var_norm(luma: NDArray[np.uint8], contrast: float) -> float:
    if contrast == 0:
        return float("nan")
    laplacian = cv2.Laplacian(luma, cv2.CV_16S)
    energy, (mean, *_) = cv2.norm(laplacian, cv2.NORM_L2SQR) / luma.size, cv2.mean(laplacian)
    return (energy - mean**2) / contrast**2


def tenengrad(luma: NDArray[np.uint8]) -> float:
    """Mean of Gx² + Gy² under the 3x3 Sobel operator, in squared grey levels (Krotkov 1988)."""
    return _energy(gradient(luma))


def _energy(sobel: Gradient) -> float:
    return sum(cv2.norm(response, cv2.NORM_L2SQR) for response in sobel) / sobel[0].size


BLUR_EFFECT = PerFrame(
    Card(
        "blur_effect",
        version=2,
        direction="down",
        unit="",
        range=(0, 1),
        group="tier0",
        doc="perceptual blur by re-blurring (Crété-Roffet)",
        formula="max over axes of 1 - Σ max(0, |∂Y| - |∂ box11(Y)|) / Σ |∂Y|",
        sampled="grid",
        signs=signs("blur + noise - saturation 0 flicker 0 cut 0 reverse 0 retag 0"),
    ),
    lambda frame: _blur_effect(frame.luma, frame.gradient),
)
LAP_VAR_NORM = PerFrame(
    Card(
        "lap_var_norm",
        version=2,
        direction="two-sided",
        unit="",
        range=(0, float("inf")),
        group="tier0",
        doc="Laplacian variance / luma variance",
        formula="Var(∇² Y) / Var(Y)",
        sampled="grid",
        signs=signs("blur - noise + flicker 0 cut 0 reencode - reverse 0"),
    ),
    lambda frame: _lap_var_norm(frame.luma, frame.luma_moments[1]),
)
TENENGRAD = PerFrame(
    Card(
        "tenengrad",
        version=2,
        direction="two-sided",
        unit="grey²",
        range=(0, float("inf")),
        group="tier0",
        doc="mean squared Sobel gradient",
        formula="mean(Gx² + Gy²), G the 3x3 Sobel responses of Y",
        sampled="grid",
        signs=signs("blur - noise + exposure + darken - cut 0 reencode - reverse 0 retag 0"),
    ),
    lambda frame: _energy(frame.gradient),
)
