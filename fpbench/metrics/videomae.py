"""Features of 16 frames at a time by VideoMAE: they see what moves how, those of single frames only what is there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.efficientnet import squeezed
from fpbench.metrics.features import Encoder, Feature, device

SPAN = 16
_WINDOWS = 2
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def _load() -> Callable[[NDArray[np.generic]], Feature]:
    import torch

    from fpbench.weights.videomae import load_videomae

    place = device()
    model = load_videomae().to(place)
    mean, std = (torch.tensor(values, device=place) for values in (_MEAN, _STD))

    def features(pictures: NDArray[np.generic]) -> Feature:
        batch = (torch.from_numpy(pictures).to(place).float() / 255 - mean) / std
        videos = batch.permute(0, 3, 1, 2).unflatten(0, (-1, SPAN))
        with torch.inference_mode():
            tokens = model.get_submodule("videomae")(videos).last_hidden_state
            pooled = model.get_submodule("fc_norm")(tokens.mean(1))
        return np.asarray(pooled.float().cpu().numpy(), np.float32)

    return features


VIDEOMAE = Encoder("videomae-base-k400", squeezed, _load, batch=_WINDOWS * SPAN, grid=True, span=SPAN)
