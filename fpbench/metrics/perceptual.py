"""LPIPS against the true video. The weights are found and checked by `fpbench.weights.lpips`."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.paired_frames import AgainstTruth

Net = Literal["alex", "vgg"]
_SMALLEST = 32


@cache
def _network(net: Net) -> Any:
    from fpbench.weights.lpips import load_lpips

    return load_lpips(net).eval()


def lpips(first: NDArray[np.uint8], second: NDArray[np.uint8], net: Net = "alex") -> NDArray[np.float32]:
    """Learned perceptual distance (Zhang et al. 2018, v0.1) of paired frames, about 0-1, 0 for equal ones.

    Args:
        first, second: (frames, height, width, 3) uint8 RGB; scaled to [-1, 1] here.
        net: "alex" or "vgg"; their values do not compare.

    Returns:
        (frames,) float32; NaN where a side is shorter than 32, too small for the networks.
    """
    if min(first.shape[1:3]) < _SMALLEST:
        return np.full(len(first), np.nan, np.float32)
    import torch

    def tensor(frames: NDArray[np.uint8]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2))).float() / 127.5 - 1

    with torch.inference_mode():
        distance = _network(net)(tensor(first), tensor(second))
    return np.asarray(distance.flatten().numpy(), np.float32)


LPIPS_TRUTH = AgainstTruth(
    Card(
        "lpips_truth",
        version=1,
        direction="down",
        unit="",
        range=(0, 1.5),
        group="lpips",
        doc="LPIPS (Alex) against the true video, every 4th frame",
        formula="LPIPS v0.1, AlexNet trunk, of x_t and truth_t",
        needs=("truth",),
        weights=("lpips-alex",),
        signs=signs("blur + noise + exposure + darken + saturation + freeze + cut + reencode + reverse + retag 0"),
    ),
    lpips,
)
