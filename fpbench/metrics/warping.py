"""Temporal consistency of appearance along the motion."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame, squared_length
from fpbench.metrics.interpolation import NAN, Triple, ends_triple, triple
from fpbench.metrics.meter import PerFrame

_STRIP = 32  # rows of the flows at a time, so that what is made of them stays in the cache


def consistent(three: Triple) -> NDArray[np.bool_]:
    """Pixels half-way along the motion that both outer frames show, (height, width).

    |F + B|² <= 0.01 (|F|² + |B|²) + 0.5 (Sundaram et al. 2010, as used by Lai et al. 2018), and the place half-way
    back along F inside the frame.
    """
    height, width = three.middle.shape[:2]
    inside = cv2.inRange(three.origin, (0, 0), (width - 1, height - 1))
    strips = [slice(top, top + _STRIP) for top in range(0, height, _STRIP)]
    agree = np.concatenate([_agree(three.forward[strip], three.backward[strip]) for strip in strips])
    return np.asarray(inside.astype(bool) & agree)


def _agree(forward: NDArray[np.float32], backward: NDArray[np.float32]) -> NDArray[np.bool_]:
    bound = squared_length(forward)
    bound += squared_length(backward)
    bound *= np.float32(0.01)
    bound += np.float32(0.5)
    return np.asarray(squared_length(forward + backward) <= bound)


def warp_error(three: Triple) -> float:
    """Mean squared difference between a frame and its predecessor moved along the flow, in grey levels².

    Over the pixels of `consistent`; NaN when there are none (a cut).
    """
    seen = consistent(three)
    count = int(np.count_nonzero(seen))
    total = cv2.norm(three.middle, three.early, cv2.NORM_L2SQR, seen.view(np.uint8))
    return total / (3 * count) if count else NAN


def warp_err(frame: Frame) -> float | None:
    """`warp_error` of the triple that ends with this frame, whose flows interpolation needs too."""
    if not ends_triple(frame):
        return None
    three = triple(frame)
    return NAN if three is None else warp_error(three)


WARP_ERR = PerFrame(
    Card(
        "warp_err",
        version=2,
        direction="down",
        unit="grey²",
        range=(0, 65025),
        group="tier0",
        doc="squared error along the flow where visible",
        formula="mean over visible pixels of (x_t - x_(t-1) moved by half the flow from x_(t-1) to x_(t+1))², t odd",
        k_min=2,
        signs=signs("noise + exposure + darken - flicker + freeze -"),
    ),
    warp_err,
    lag=1,
)
