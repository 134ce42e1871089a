"""Clarity as VBench measures it: MUSIQ trained on SPAQ, of frames whose longer side is at most 512."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.features import device
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerFrame

if TYPE_CHECKING:
    import torch

_LONGER = 512


def prepare(rgb: NDArray[np.uint8]) -> torch.Tensor:
    """(1, 3, height, width) in [0, 1]: VBench's mode "longer", bilinear without antialiasing, only ever smaller."""
    import torch
    from torchvision.transforms.functional import resize

    picture = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].float()
    height, width = rgb.shape[:2]
    if max(height, width) > _LONGER:
        scale = _LONGER / max(height, width)
        picture = resize(picture, [int(scale * height), int(scale * width)], antialias=False)
    return picture / 255


@cache
def _network() -> Any:
    from fpbench.weights.musiq import load_musiq

    return load_musiq().to(device())


def _clarity(frame: Frame) -> float:
    import torch

    with torch.inference_mode():
        return float(_network()(prepare(frame.rgb).to(device()))[0, 0]) / 100


CLARITY = PerFrame(
    Card(
        "clarity_musiq_spaq",
        version=1,
        direction="up",
        unit="",
        range=(0, 1),
        group="musiq",
        doc="Clarity: MUSIQ (SPAQ), as in VBench; non-commercial code",
        formula="MUSIQ(x_t) / 100, x_t reduced to at most 512 px on its longer side",
        weights=("musiq-spaq",),
        signs=signs("retag 0 reverse 0"),
    ),
    _clarity,
)
