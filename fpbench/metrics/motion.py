"""How much moves, by DIS flow on a grid of about 8 frames per second. None of these is VBench's Dynamic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import MOTION_RATE, Frame, mean_difference, squared_length
from fpbench.metrics.meter import PerFrame

DYNAMIC_THRESHOLD = 6.0
"""VBench's threshold on the top-5 % flow, in min(height, width)/256 px."""
FREEZE_FLOW, FREEZE_MAE = 0.25, 0.5


def top5(flow: NDArray[np.float32]) -> float:
    """Mean length of the 5 % longest vectors of a (height, width, 2) flow, in px (as in VBench)."""
    squared = squared_length(flow)
    count = max(1, int(squared.size * 0.05))
    return float(np.sqrt(np.partition(squared.ravel(), -count)[-count:]).mean())


def _flow_top5(frame: Frame) -> float:
    clip = frame.clip
    flow = frame.flow(clip.motion_step)
    if flow is None:
        return float("nan")
    unit = min(clip.height, clip.width) / 256
    seconds = clip.motion_step / clip.fps
    computed = 2 ** clip.dis.getFinestScale()  # the flow between is interpolated
    return top5(flow[::computed, ::computed]) / unit / (seconds * MOTION_RATE)


def flow_top5(frame: Frame) -> float | None:
    """Top-5 % flow between samples of the motion grid, in min(height, width)/256 px per 1/8 s.

    Dividing by the true interval removes the jumps that a grid of whole frames has between frame rates.
    """
    return frame.feature("flow_top5", lambda: _flow_top5(frame)) if frame.index else None


def dyn_frac(frame: Frame) -> float | None:
    """1 where ``flow_top5`` exceeds 6, else 0; a window's mean is its share of moving pairs."""
    value = flow_top5(frame)
    return value if value is None or np.isnan(value) else float(value > DYNAMIC_THRESHOLD)


def freeze_frac(frame: Frame) -> float | None:
    """1 where ``flow_top5`` < 0.25 and the mean absolute difference < 0.5 grey levels, else 0."""
    value, before = flow_top5(frame), frame.back(frame.clip.motion_step)
    if value is None or before is None or np.isnan(value):
        return value
    return float(value < FREEZE_FLOW and mean_difference(frame.rgb, before.rgb) < FREEZE_MAE)


FLOW_TOP5 = PerFrame(
    Card(
        "flow_top5",
        version=2,
        direction="two-sided",
        unit="side/256 per 1/8 s",
        range=(0, float("inf")),
        group="tier0",
        doc="mean of the 5 % largest flow vectors (DIS)",
        formula="mean of the 5 % longest |F|, F the DIS flow over 1/8 s, in min(height, width)/256 px",
        k_min=2,
        sampled="grid",
        signs=signs("saturation 0 freeze - retag +"),
    ),
    flow_top5,
)
DYN_FRAC = PerFrame(
    Card(
        "dyn_frac",
        version=2,
        direction="two-sided",
        unit="",
        range=(0, 1),
        group="tier0",
        doc="share of pairs with flow_top5 > 6",
        formula="1 if flow_top5 > 6, else 0",
        k_min=2,
        sampled="grid",
        signs=signs("freeze -"),
    ),
    dyn_frac,
)
FREEZE_FRAC = PerFrame(
    Card(
        "freeze_frac",
        version=2,
        direction="down",
        unit="",
        range=(0, 1),
        group="tier0",
        doc="share of frozen pairs",
        formula="1 if flow_top5 < 0.25 and mean |x_t - x_(t-step)| < 0.5, else 0",
        k_min=2,
        sampled="grid",
        signs=signs("blur 0 noise 0 exposure 0 darken 0 flicker 0 freeze + cut 0 reverse 0"),
    ),
    freeze_frac,
)
