"""DISTS (Ding et al., TPAMI 2022, arXiv 2004.07728) against the true video: forgives other texture of the same kind."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.paired_frames import AgainstTruth

if TYPE_CHECKING:
    import torch

_STAGES = (2, 2, 3, 3, 3)
"""Convolutions of VGG16 between poolings."""
_C = 1e-6
_LONGEST_SHORT_SIDE = 256
_SMALLEST = 32
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@cache
def _weights() -> tuple[list[tuple[torch.Tensor, torch.Tensor]], torch.Tensor, torch.Tensor]:
    """Convolutions, and the weights of texture and structure per channel, which sum to 1 together."""
    from fpbench.weights.dists import load_dists

    convolutions, alpha, beta = load_dists()
    total = alpha.sum() + beta.sum()
    return convolutions, alpha / total, beta / total


def _pooled(x: torch.Tensor) -> torch.Tensor:
    """Root of the Hann-weighted mean square of 3x3 pixels, every other pixel: pooling without aliasing."""
    import torch
    from torch.nn import functional as F

    taper = torch.tensor([0.25, 0.5, 0.25])
    kernel = torch.outer(taper, taper).expand(x.shape[1], 1, 3, 3)
    return (F.conv2d(x * x, kernel, stride=2, padding=1, groups=x.shape[1]) + 1e-12).sqrt()


def _maps(frames: torch.Tensor) -> list[torch.Tensor]:
    """The picture itself, (n, 3, height, width) in 0..1, and the last feature map of every stage."""
    import torch
    from torch.nn import functional as F

    mean, std = (torch.tensor(values)[:, None, None] for values in (_MEAN, _STD))
    convolutions = iter(_weights()[0])
    maps, x = [frames], (frames - mean) / std
    for number, depth in enumerate(_STAGES):
        x = _pooled(x) if number else x
        for _ in range(depth):
            weight, bias = next(convolutions)
            x = F.relu(F.conv2d(x, weight, bias, padding=1))
        maps.append(x)
    return maps


def _likeness(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Equations 2 and 3 of the paper for all channels: texture and structure, each (n, channels)."""
    import torch

    mean_a, mean_b = first.mean((2, 3)), second.mean((2, 3))
    texture = (2 * mean_a * mean_b + _C) / (mean_a**2 + mean_b**2 + _C)
    var_a, var_b = ((x - m[..., None, None]).square().mean((2, 3)) for x, m in ((first, mean_a), (second, mean_b)))
    covariance = (first * second).mean((2, 3)) - mean_a * mean_b
    return torch.stack([texture, (2 * covariance + _C) / (var_a + var_b + _C)])


def _tensor(frames: NDArray[np.uint8]) -> torch.Tensor:
    import torch

    short = min(frames.shape[1:3])
    if short > _LONGEST_SHORT_SIDE:
        scale = _LONGEST_SHORT_SIDE / short
        size = round(frames.shape[2] * scale), round(frames.shape[1] * scale)
        frames = np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames]).astype(np.uint8)
    return torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2))).float() / 255


def dists(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Deep image structure and texture similarity, as a distance of paired frames, 0 for equal ones, about 0-1.

    Frames whose shorter side exceeds 256 are area-averaged to 256, the size the measure was calibrated at.

    Args:
        first, second: (n, height, width, 3) uint8 RGB.

    Returns:
        (n,); NaN where a side is shorter than 32, too small for the network.
    """
    if min(first.shape[1:3]) < _SMALLEST:
        return np.full(len(first), np.nan)
    import torch

    _, alpha, beta = _weights()
    with torch.inference_mode():
        pairs = zip(_maps(_tensor(first)), _maps(_tensor(second)), strict=True)
        texture, structure = torch.cat([_likeness(a, b) for a, b in pairs], dim=2)
        return np.asarray((1 - texture @ alpha - structure @ beta).numpy(), np.float64)


DISTS_TRUTH = AgainstTruth(
    Card(
        "dists_truth",
        version=1,
        direction="down",
        unit="",
        range=(0, 1),
        group="dists",
        doc="DISTS (VGG16) against the true video, every 4th frame",
        formula="1 - Σ (α texture + β structure) over the channels of x_t, truth_t and their VGG16 maps",
        needs=("truth",),
        weights=("lpips-vgg", "dists"),
        signs=signs("blur + noise + exposure + darken + saturation + freeze + cut + reencode + reverse + retag 0"),
    ),
    dists,
    batch=4,
)
