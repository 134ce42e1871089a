"""Features of the Inception network that FID and KID are defined on, computed by torch-fidelity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.features import Encoder, Feature, device


def _as_it_is(rgb: NDArray[np.uint8]) -> NDArray[np.generic]:
    """The frame; the network resizes it to 299x299 as TensorFlow 1 did, without antialiasing."""
    return rgb


def _load() -> Callable[[NDArray[np.generic]], Feature]:
    import torch

    from fpbench.weights.inception import load_inception

    place = device()
    model = load_inception().to(place)

    def features(pictures: NDArray[np.generic]) -> Feature:
        batch = torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))).to(place)
        with torch.inference_mode():
            return np.asarray(model(batch)[0].cpu().numpy(), np.float32)

    return features


INCEPTION = Encoder("inception-v3-fid", _as_it_is, _load, grid=True)
