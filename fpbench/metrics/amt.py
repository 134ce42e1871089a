"""Motion as VBench measures it: how well AMT-S interpolates the frames in between."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.features import device
from fpbench.metrics.frame import Frame, mean_difference
from fpbench.metrics.meter import PerFrame

SMALLEST = 128
"""Shorter side in pixels below which the coarsest correlations of the network have a single row and are undefined."""


@cache
def _network() -> Any:
    from fpbench.weights.amt import load_amt

    return load_amt().to(device())


def halfway(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frame in the middle of two by AMT-S, (height, width, 3).

    Sides are padded to multiples of 16 by repeating the edge, and grey levels are cut down to whole ones, as in VBench.
    """
    import torch
    from torch.nn import functional as F

    height, width = before.shape[:2]
    down, right = -height % 16, -width % 16
    top, left = down // 2, right // 2

    def tensor(rgb: NDArray[np.uint8]) -> torch.Tensor:
        picture = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].to(device()) / 255.0
        return F.pad(picture, [left, right - left, top, down - top], mode="replicate")

    half = torch.full((1, 1, 1, 1), 0.5, device=device())
    with torch.inference_mode():
        found = _network()(tensor(before), tensor(after), half, eval=True)["imgt_pred"][0]
    levels = (found[:, top : top + height, left : left + width] * 255).clamp(0, 255).byte()
    return np.ascontiguousarray(levels.permute(1, 2, 0).cpu().numpy())


def _smoothness(frame: Frame) -> float | None:
    before, middle = frame.back(2), frame.back(1)
    if frame.index % 2 or before is None or middle is None or min(frame.clip.height, frame.clip.width) < SMALLEST:
        return None
    return 1 - mean_difference(middle.rgb, halfway(before.rgb, frame.rgb)) / 255


MOTION = PerFrame(
    Card(
        "motion_amt",
        version=1,
        direction="up",
        unit="",
        range=(0, 1),
        group="amt",
        doc="Motion: VBench motion_smoothness (AMT-S); non-commercial code",
        formula="1 - mean |x_t - AMT-S(x_(t-1), x_(t+1))| / 255, t odd; frames of at least 128 px",
        k_min=2,
        weights=("amt-s",),
        signs=signs("retag 0"),
    ),
    _smoothness,
    lag=1,
)
