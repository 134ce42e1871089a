"""Likeness of content by ImageNet features (EfficientNet-Lite0). No CLIP, and never called so."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.features import Encoder, Feature, OnFeatures, device, encode, first_similarity

_SIDE = 224


def squeezed(rgb: NDArray[np.uint8]) -> NDArray[np.generic]:
    """The whole frame squeezed to 224x224, so that no edge is lost; area-averaged where it shrinks."""
    shrinks = min(rgb.shape[:2]) > _SIDE
    return cv2.resize(rgb, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _load() -> Callable[[NDArray[np.generic]], Feature]:
    import torch

    from fpbench.weights.efficientnet import load_efficientnet

    place = device()
    model = load_efficientnet().to(place)

    def features(pictures: NDArray[np.generic]) -> Feature:
        batch = (torch.from_numpy(pictures.transpose(0, 3, 1, 2)).to(place).float() - 127) / 128
        with torch.inference_mode():
            maps = model.forward_features(batch)  # type: ignore[operator] # a method that timm adds
            return np.asarray(maps.mean((2, 3)).cpu().numpy(), np.float32)

    return features


EFFICIENTNET = Encoder("efficientnet-lite0", squeezed, _load, grid=True)


def efficientnet_distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float64]:
    """1 - cosine of EfficientNet-Lite0 features of paired frames, (n,), 0..1; a distance for `forgetting.revisits`."""
    pair = (encode(EFFICIENTNET, frames).astype(np.float64) for frames in (first, second))
    a, b = (features / np.linalg.norm(features, axis=1, keepdims=True) for features in pair)
    return np.asarray(1 - np.einsum("nd,nd->n", a, b), np.float64)


FIRST_EFFICIENTNET = OnFeatures(
    Card(
        "first_efficientnet",
        version=1,
        direction="two-sided",
        unit="",
        range=(0, 1),
        group="tier1",
        doc="EfficientNet-Lite0 feature cosine with frame 0",
        formula="cos(f_t, f_0), f the pooled 1280-d features of the squeezed frame, about 8 a second",
        weights=("efficientnet-lite0",),
        signs=signs("freeze + retag 0"),
    ),
    EFFICIENTNET,
    first_similarity,
)
