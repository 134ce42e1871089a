"""Temporal consistency of appearance along the motion."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.interpolation import targets, warp
from fpbench.metrics.meter import PerFrame


def consistent(forward: NDArray[np.float32], backward: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pixels of the later frame that are visible in the earlier one, (height, width).

    |F + B|² <= 0.01 (|F|² + |B|²) + 0.5, F looked up where B points to, and that place inside the frame
    (Sundaram et al. 2010, as used by Lai et al. 2018).
    """
    height, width = backward.shape[:2]
    x, y = targets(backward)
    there = warp(forward, backward)
    gap, size = _squared(there + backward), _squared(there) + _squared(backward)
    inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    return np.asarray(inside & (gap <= 0.01 * size + 0.5))


def _squared(flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared lengths of the vectors of a flow, (height, width)."""
    dx, dy = cv2.split(flow)
    return np.asarray(dx * dx + dy * dy, np.float32)


def warp_error(
    now: NDArray[np.uint8],
    before: NDArray[np.uint8],
    forward: NDArray[np.float32],
    backward: NDArray[np.float32],
) -> float:
    """Mean squared difference between a frame and its predecessor moved along the flow, in grey levels².

    Over the pixels of `consistent`; NaN when there are none (a cut).

    Args:
        now, before: (height, width, 3) uint8.
        forward: flow before -> now, (height, width, 2) in px. backward: now -> before.
    """
    seen = consistent(forward, backward)
    count = int(np.count_nonzero(seen))
    difference = cv2.absdiff(now, warp(before, backward))
    total = cv2.norm(difference, cv2.NORM_L2SQR, seen.astype(np.uint8))
    return total / (3 * count) if count else float("nan")


def warp_err(frame: Frame) -> float | None:
    """`warp_error` between neighbouring frames."""
    before, forward, backward = frame.back(1), frame.flow(1), frame.flow(1, backward=True)
    if before is None:
        return None
    if forward is None or backward is None:
        return float("nan")
    return warp_error(frame.rgb, before.rgb, forward, backward)


WARP_ERR = PerFrame(
    Card(
        "warp_err",
        version=1,
        direction="down",
        unit="grey²",
        range=(0, 65025),
        group="tier0",
        doc="squared error along the flow where visible",
        formula="mean over visible pixels of (x_t - x_(t-1) moved along the flow)²",
        k_min=2,
        signs=signs("noise + exposure + darken - flicker + freeze - cut + retag 0"),
    ),
    warp_err,
)
