"""VBench's subject consistency: DINO ViT-B/16 features of neighbouring frames and of frame 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.features import Encoder, Feature, OnFeatures, consistency, device

if TYPE_CHECKING:
    import torch

_SIDE = 224
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def prepare(rgb: NDArray[np.uint8]) -> NDArray[np.generic]:
    """The whole frame, its shorter side resized to 224 without antialiasing, (3, height, width) uint8."""
    import torch
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms import functional as F

    picture = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)
    return np.asarray(F.resize(picture, [_SIDE], InterpolationMode.BILINEAR, antialias=False).numpy())


def class_token(model: Any, pictures: torch.Tensor) -> torch.Tensor:
    """The final class token of a timm vision transformer for pictures of any shape, (n, dimensions).

    Position embeddings are stretched as in DINO's release: bicubic, by a factor a tenth of a patch too large.

    Args:
        model: trained on square pictures. pictures: (n, 3, height, width), normalised; what exceeds whole
            patches at the right and lower edge is not seen, as in the release.
    """
    import torch
    from torch.nn import functional as F

    patch = model.patch_embed.patch_size[0]
    rows, columns = pictures.shape[2] // patch, pictures.shape[3] // patch
    tokens = model.patch_embed.proj(pictures[:, :, : rows * patch, : columns * patch]).flatten(2).transpose(1, 2)
    first, places = model.pos_embed[:, :1], model.pos_embed[:, 1:]
    side = round(places.shape[1] ** 0.5)
    if (rows, columns) != (side, side):
        grid = places.reshape(1, side, side, -1).permute(0, 3, 1, 2)
        scale = ((rows + 0.1) / side, (columns + 0.1) / side)
        places = F.interpolate(grid, scale_factor=scale, mode="bicubic").flatten(2).transpose(1, 2)
    start = model.cls_token.expand(len(tokens), -1, -1)
    x = torch.cat([start, tokens], dim=1) + torch.cat([first, places], dim=1)
    return torch.as_tensor(model.norm(model.blocks(x))[:, 0])


def _load() -> Callable[[NDArray[np.generic]], Feature]:
    import torch

    from fpbench.weights.dino import load_dino

    model = load_dino().to(device())
    mean, std = (torch.tensor(values)[:, None, None] for values in (_MEAN, _STD))

    def features(pictures: NDArray[np.generic]) -> Feature:
        batch = (torch.from_numpy(pictures).float() / 255 - mean) / std
        with torch.inference_mode():
            return np.asarray(class_token(model, batch.to(device())).cpu().numpy(), np.float32)

    return features


DINO = Encoder("dino-vit-b-16", prepare, _load)
SUBJECT = OnFeatures(
    Card(
        "subject_dino",
        version=1,
        direction="up",
        unit="",
        range=(0, 1),
        group="dino",
        doc="VBench subject_consistency (DINO ViT-B/16)",
        formula="(max(0, cos(f_t, f_(t-1))) + max(0, cos(f_t, f_0))) / 2",
        k_min=2,
        weights=("dino-vit-b-16",),
        signs=signs("freeze + retag 0"),
    ),
    DINO,
    consistency,
)
