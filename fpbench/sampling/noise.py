"""Noise that belongs to a task, not to a system: every strategy starts a frame from the same draw."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from fpbench.framepack import PackError


class Noise(Protocol):
    """Where a rollout gets its noise from."""

    def section(self, frames: Sequence[int]) -> Tensor:
        """Starting noise of a section: (batch, frames, channels, height, width)."""
        ...

    def history(self, section: int, group: int, step: int, like: Tensor) -> Tensor:
        """Noise for a history group, shaped like ``like``."""
        ...

    def still(self, frames: Tensor) -> Tensor:
        """Noise that a history frame keeps for ever: (batch, frames) indices to (batch, frames, channels, ...)."""
        ...


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

    def section(self, frames: Sequence[int]) -> Tensor:
        """Starting noise of a section: (batch, frames, channels, height, width)."""
        return torch.stack([self.frame(frame) for frame in frames], 1)

    def history(self, section: int, group: int, step: int, like: Tensor) -> Tensor:
        """Noise for a history group, shaped like ``like`` (batch, frames, channels, height, width)."""
        key = (self._seed, "history", section, group, step)
        return torch.stack([self._draw((task, *key), tuple(like.shape[1:])) for task in self._tasks])

    def still(self, frames: Tensor) -> Tensor:
        """Noise of history frames that is the same whenever they are seen."""
        rows = zip(self._tasks, frames.tolist(), strict=True)
        drawn = [[self._draw((task, self._seed, "still", frame), self._shape) for frame in row] for task, row in rows]
        return torch.stack([torch.stack(row) for row in drawn])

    def _draw(self, key: tuple[object, ...], shape: tuple[int, ...]) -> Tensor:
        digest = hashlib.sha256(repr(key).encode()).digest()
        rng = torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)
        return torch.randn(shape, generator=rng)


class StreamNoise:
    """Noise from one generator in the order of generation, as diffusers' pipelines draw it.

    Args:
        generator: its state is consumed.
        shape: (batch, channels, height, width).
    """

    def __init__(self, generator: torch.Generator, shape: Sequence[int]) -> None:
        self._generator, self._shape = generator, shape

    def section(self, frames: Sequence[int]) -> Tensor:
        """One draw of (batch, channels, frames, height, width), returned frames first."""
        batch, channels, height, width = self._shape
        drawn = torch.randn(batch, channels, len(frames), height, width, generator=self._generator)
        return drawn.transpose(1, 2)

    def history(self, section: int, group: int, step: int, like: Tensor) -> Tensor:
        """The next draw, whatever it is for."""
        return torch.randn(like.shape, generator=self._generator)

    def still(self, frames: Tensor) -> Tensor:
        """Not to be had: a stream draws nothing twice."""
        raise PackError("noise that a frame keeps for ever needs noise addressed by frame; use redraw: section")
