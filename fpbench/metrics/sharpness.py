"""Blur and sharpness without weights. Noise, which looks like sharpness to most of these, is in `noise`."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.meter import PerFrame

_REBLUR = 11
_TINY = np.float32(np.finfo(np.float32).eps)


def _edges(image: cv2.typing.MatLike, axis: int) -> NDArray[np.float32]:
    """Absolute Sobel response along an axis, scaled as in scikit-image, without the border it leaves out."""
    dx, dy = (0, 1) if axis == 0 else (1, 0)
    response = cv2.Sobel(image, cv2.CV_32F, dx, dy, scale=1 / 8, borderType=cv2.BORDER_REFLECT)
    return np.maximum(_TINY, np.abs(response)[2:-1, 2:-1])


def blur_effect(luma: NDArray[np.uint8]) -> float:
    """Perceptual blur by re-blurring, 0 (sharp) to 1 (blurred): the larger of the two axes' values.

    The variation between neighbours that an 11-px box filter removes, as a share of all variation, subtracted
    from 1. Crété-Roffet et al. 2007; equal to ``skimage.measure.blur_effect`` to single precision, about ten
    times faster. The box is fixed in pixels, so values compare only at equal resolution.

    Args:
        luma: (height, width) uint8.

    Returns:
        NaN where a side is shorter than 4.
    """
    if min(luma.shape) < 4:
        return float("nan")
    image = luma.astype(np.float32) / np.float32(255)
    blur = []
    for axis in (0, 1):
        size = (1, _REBLUR) if axis == 0 else (_REBLUR, 1)
        sharp = _edges(image, axis)
        reblurred = _edges(cv2.blur(image, size, borderType=cv2.BORDER_REFLECT), axis)
        total = sharp.sum(dtype=np.float64)
        blur.append(1 - np.maximum(0, sharp - reblurred).sum(dtype=np.float64) / total)
    return float(max(blur))


def lap_var_norm(luma: NDArray[np.uint8]) -> float:
    """Var(Laplacian of Y) / Var(Y): sharpness that a change of exposure leaves alone; NaN on a flat frame.

    Rises with noise as much as with detail: read it beside ``noise_sigma``.
    """
    variance = float(luma.std()) ** 2
    return float(cv2.Laplacian(luma, cv2.CV_32F).var()) / variance if variance > 0 else float("nan")


def tenengrad(luma: NDArray[np.uint8]) -> float:
    """Mean of Gx² + Gy² under the 3x3 Sobel operator, in squared grey levels (Krotkov 1988)."""
    gx, gy = (cv2.Sobel(luma, cv2.CV_32F, dx, dy) for dx, dy in ((1, 0), (0, 1)))
    return float(np.mean(gx * gx + gy * gy))


BLUR_EFFECT = PerFrame(
    Card(
        "blur_effect",
        version=1,
        direction="down",
        unit="",
        range=(0, 1),
        group="tier0",
        doc="perceptual blur by re-blurring (Crété-Roffet)",
        formula="max over axes of 1 - Σ max(0, |∂Y| - |∂ box11(Y)|) / Σ |∂Y|",
        signs=signs("blur + noise - darken 0 saturation 0 flicker 0 cut 0 reencode + reverse 0 retag 0"),
    ),
    lambda frame: blur_effect(frame.luma),
)
LAP_VAR_NORM = PerFrame(
    Card(
        "lap_var_norm",
        version=1,
        direction="two-sided",
        unit="",
        range=(0, float("inf")),
        group="tier0",
        doc="Laplacian variance / luma variance",
        formula="Var(∇² Y) / Var(Y)",
        signs=signs("blur - noise + darken 0 flicker 0 cut 0 reencode - reverse 0 retag 0"),
    ),
    lambda frame: lap_var_norm(frame.luma),
)
TENENGRAD = PerFrame(
    Card(
        "tenengrad",
        version=1,
        direction="two-sided",
        unit="grey²",
        range=(0, float("inf")),
        group="tier0",
        doc="mean squared Sobel gradient",
        formula="mean(Gx² + Gy²), G the 3x3 Sobel responses of Y",
        signs=signs("blur - noise + exposure + darken - cut 0 reencode - reverse 0 retag 0"),
    ),
    lambda frame: tenengrad(frame.luma),
)
