"""Noise that belongs to a task, not to a system: every strategy starts a frame from the same draw."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor


class NoiseBank:
    """Gaussian noise addressed by task, seed and purpose; independent of order, batch and process.

    Args:
        tasks: one identifier per batch element.
        seed: sampling seed.
        shape: (channels, height, width) of a latent frame.
    """

    def __init__(self, tasks: Sequence[str], seed: int, shape: tuple[int, int, int]) -> None:
        self._tasks, self._seed, self._shape = tuple(tasks), seed, shape

    def frame(self, frame: int) -> Tensor:
        """Starting noise of a video frame: (batch, channels, height, width)."""
        return torch.stack([self._draw((task, self._seed, "frame", frame), self._shape) for task in self._tasks])

    def history(self, section: int, group: int, step: int, like: Tensor) -> Tensor:
        """Noise for a history group, shaped like ``like`` (batch, frames, channels, height, width)."""
        key = (self._seed, "history", section, group, step)
        return torch.stack([self._draw((task, *key), tuple(like.shape[1:])) for task in self._tasks])

    def _draw(self, key: tuple[object, ...], shape: tuple[int, ...]) -> Tensor:
        digest = hashlib.sha256(repr(key).encode()).digest()
        rng = torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)
        return torch.randn(shape, generator=rng)
