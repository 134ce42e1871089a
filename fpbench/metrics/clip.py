"""What CLIP sees: LAION's aesthetic score, agreement with the prompt, likeness to frame 0, VBench's background score.

Frames are prepared as VBench prepares them, without antialiasing. The ViT-L/14 runs once for three metrics.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.features import Encoder, Feature, OnFeatures, Seen, consistency, device, first_similarity

if TYPE_CHECKING:
    import torch

    from fpbench.weights.clip import Trunk

_SIDE = 224
_MEAN, _STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def prepare(rgb: NDArray[np.uint8]) -> NDArray[np.generic]:
    """The middle 224x224 of the frame whose shorter side was resized to 224, bicubic, (3, 224, 224) uint8."""
    import torch
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms import functional as F

    picture = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)
    small = F.resize(picture, [_SIDE], InterpolationMode.BICUBIC, antialias=False)
    return np.asarray(F.center_crop(small, [_SIDE]).numpy())


def normalised(pictures: NDArray[np.generic]) -> torch.Tensor:
    """Prepared pictures (n, 3, height, width) uint8 as CLIP takes them, float32."""
    import torch

    mean, std = (torch.tensor(values)[:, None, None] for values in (_MEAN, _STD))
    return (torch.from_numpy(pictures).float() / 255 - mean) / std


@cache
def _model(trunk: Trunk) -> tuple[Any, Any]:
    from fpbench.weights.clip import load_clip

    model, tokenizer = load_clip(trunk)
    return model.to(device()), tokenizer


def _load(trunk: Trunk) -> Callable[[NDArray[np.generic]], Feature]:
    import torch

    model, _ = _model(trunk)

    def features(pictures: NDArray[np.generic]) -> Feature:
        with torch.inference_mode():
            return np.asarray(model.encode_image(normalised(pictures).to(device())).float().cpu().numpy(), np.float32)

    return features


CLIP_L = Encoder("clip-vit-l-14", prepare, partial(_load, "clip-vit-l-14"), batch=32)
CLIP_B = Encoder("clip-vit-b-32", prepare, partial(_load, "clip-vit-b-32"), batch=32)


@cache
def _text(prompt: str) -> Feature:
    """The prompt's feature of unit length; text beyond 77 tokens is cut."""
    import torch
    from torch.nn import functional as F

    model, tokenizer = _model("clip-vit-l-14")
    with torch.inference_mode():
        feature = F.normalize(model.encode_text(tokenizer([prompt]).to(device())).float(), dim=1)
    return np.asarray(feature[0].cpu().numpy(), np.float32)


@cache
def _head() -> tuple[Feature, float]:
    from fpbench.weights.clip import load_aesthetic

    weight, bias = load_aesthetic()
    return np.asarray(weight.numpy(), np.float32), float(bias)


def _aesthetic(seen: Seen) -> float:
    weight, bias = _head()
    return (float(seen.now @ weight) + bias) / 10


def _prompt_similarity(seen: Seen) -> float | None:
    return None if seen.prompt is None else float(seen.now @ _text(seen.prompt))


AESTHETIC = OnFeatures(
    Card(
        "aesthetic_laion_v1",
        version=1,
        direction="up",
        unit="",
        range=(0, 1),
        group="clip",
        doc="Aesthetic: LAION's linear head on CLIP ViT-L/14, as in VBench",
        formula="(w · f_t + b) / 10, f_t the unit CLIP ViT-L/14 feature",
        weights=("clip-vit-l-14", "aesthetic-laion-v1"),
        signs=signs("retag 0 reverse 0"),
    ),
    CLIP_L,
    _aesthetic,
)
CLIP_TEXT = OnFeatures(
    Card(
        "clip_text",
        version=1,
        direction="up",
        unit="",
        range=(-1, 1),
        group="clip_text",
        doc="CLIP ViT-L/14 cosine with the prompt",
        formula="cos(f_t, g), g the CLIP feature of the first 77 tokens of the prompt",
        needs=("prompt",),
        weights=("clip-vit-l-14",),
        signs=signs("retag 0 reverse 0"),
    ),
    CLIP_L,
    _prompt_similarity,
)
CLIP_FIRST = OnFeatures(
    Card(
        "clip_first",
        version=1,
        direction="two-sided",
        unit="",
        range=(-1, 1),
        group="clip",
        doc="CLIP ViT-L/14 cosine with frame 0",
        formula="cos(f_t, f_0)",
        weights=("clip-vit-l-14",),
        signs=signs("freeze + retag 0"),
    ),
    CLIP_L,
    first_similarity,
)
BACKGROUND = OnFeatures(
    Card(
        "background_clip",
        version=1,
        direction="up",
        unit="",
        range=(0, 1),
        group="clip",
        doc="VBench background_consistency (CLIP ViT-B/32)",
        formula="(max(0, cos(f_t, f_(t-1))) + max(0, cos(f_t, f_0))) / 2",
        k_min=2,
        weights=("clip-vit-b-32",),
        signs=signs("freeze + retag 0"),
    ),
    CLIP_B,
    consistency,
)
