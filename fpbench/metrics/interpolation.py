"""Smoothness: how well a frame is predicted from its neighbours by DIS flow (VBench does it with AMT-S)."""

from __future__ import annotations

from functools import cache
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerFrame

P = TypeVar("P", np.uint8, np.float32)

_HALF_BACK = np.float32(-0.5)
STILL = 0.5
"""Blend error in grey levels below which there is no motion to interpolate."""


@cache
def _columns_rows(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coordinates x and y of every pixel, each (height, width)."""
    rows, columns = np.indices((height, width), np.float32)
    return columns, rows


def targets(flow: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where every pixel's vector points to: x and y, each (height, width)."""
    x, y = _columns_rows(*flow.shape[:2])
    return x + flow[..., 0], y + flow[..., 1]


def warp(image: NDArray[P], flow: NDArray[np.float32]) -> NDArray[P]:
    """An image or a flow sampled bilinearly at x + flow(x), edges extended."""
    x, y = targets(flow)
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), image.dtype)


def interpolation_errors(
    before: NDArray[np.uint8],
    middle: NDArray[np.uint8],
    after: NDArray[np.uint8],
    forward: NDArray[np.float32],
    backward: NDArray[np.float32],
) -> tuple[float, float]:
    """Errors of the middle frame predicted along the flow and by the plain average of its neighbours.

    Along the flow: (before(x - F/2) + after(x - B/2)) / 2, F and B being the flows forward and backward.

    Args:
        before, middle, after: (height, width, 3) uint8.
        forward, backward: (height, width, 2) in px.

    Returns:
        Mean absolute errors over pixels and channels, in grey levels.
    """
    target = middle.astype(np.float32)
    moved = _average(warp(before, forward * _HALF_BACK), warp(after, backward * _HALF_BACK))
    blend = _average(before, after)
    return float(cv2.absdiff(moved, target).mean()), float(cv2.absdiff(blend, target).mean())


def _average(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> cv2.typing.MatLike:
    return cv2.addWeighted(first, 0.5, second, 0.5, 0, dtype=cv2.CV_32F)


def _errors(frame: Frame) -> tuple[float, float] | None:
    """Errors for the odd frame before an even one, the triples VBench's motion smoothness takes."""
    before, middle = frame.back(2), frame.back(1)
    if frame.index % 2 or before is None or middle is None:
        return None
    forward, backward = frame.flow(2), frame.flow(2, backward=True)
    if forward is None or backward is None:
        return float("nan"), float("nan")
    return frame.feature(
        "interpolation", lambda: interpolation_errors(before.rgb, middle.rgb, frame.rgb, forward, backward)
    )


def vfi_dis(frame: Frame) -> float | None:
    """1 - error along the flow / 255, in 0-1. Perfect on a frozen clip and better on a blurred one."""
    errors = _errors(frame)
    return None if errors is None else 1 - errors[0] / 255


def vfi_gain(frame: Frame) -> float | None:
    """1 - error along the flow / error of the plain average: what motion explains, at most 1.

    NaN where the average errs by less than 0.5 grey levels, so that freezing cannot win.
    """
    errors = _errors(frame)
    if errors is None:
        return None
    return 1 - errors[0] / errors[1] if errors[1] >= STILL else float("nan")


VFI_DIS = PerFrame(
    Card(
        "vfi_dis",
        version=1,
        direction="up",
        unit="",
        range=(0, 1),
        group="tier0",
        doc="odd frames predicted along DIS flow",
        formula="1 - e / 255, e = mean |x_t - average of both neighbours moved half-way along the flow|, odd t",
        k_min=2,
        signs=signs("noise - flicker - darken + freeze + cut - retag 0"),
    ),
    vfi_dis,
    lag=1,
)
VFI_GAIN = PerFrame(
    Card(
        "vfi_gain",
        version=1,
        direction="up",
        unit="",
        range=(float("-inf"), 1),
        group="tier0",
        doc="gain of flow over plain averaging",
        formula="1 - e / e_average, e as in vfi_dis, e_average without the flow; undefined below 0.5 grey levels",
        k_min=2,
        signs=signs("noise - flicker - cut - retag 0"),
    ),
    vfi_gain,
    lag=1,
)
