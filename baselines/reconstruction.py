"""The codec's ceiling: the true video, encoded and decoded. No generator can be nearer to the truth than this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpbench import Task, World, open_checkpoint


@dataclass(frozen=True)
class Reconstruction:
    """Passes the true video through a checkpoint's autoencoder."""

    checkpoint: str
    name: str = "reconstruction"

    def fingerprint(self) -> dict[str, object]:
        return {"reconstruction": 1, "weights": open_checkpoint(self.checkpoint).sha256}

    def card(self) -> dict[str, object]:
        return {"source": "codec ceiling", "passes_per_frame": 0.0, "context_tokens": 0}

    def generate(self, world: World, tasks: Sequence[Task], seed: int) -> list[NDArray[np.uint8]]:
        codec = open_checkpoint(self.checkpoint).codec()
        return [codec.reconstruct(world.film(task)) for task in tasks]


def reconstruction(checkpoint: str = "doom") -> Reconstruction:
    """Codec ceiling: the true video through the autoencoder.

    Args:
        checkpoint: whose autoencoder.
    """
    return Reconstruction(checkpoint)
