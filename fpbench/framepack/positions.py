"""Rotary phases of packed tokens: evaluated on the fine grid, then pooled with the token's kernel (§3.2)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from fpbench.framepack.schedule import Kernel

Pooling = Literal["mean", "centre"]
"""mean: average the phases, as the paper and the official code do; centre: the exact phase of the block's centre."""


def frequencies(pairs: int, base: float) -> Tensor:
    """``pairs`` angular frequencies from 1 down to about 1 / base, geometric."""
    return base ** (-torch.arange(pairs, dtype=torch.float64) / pairs)


def phases(times: Tensor, rows: Tensor, columns: Tensor, axes: tuple[Tensor, ...]) -> Tensor:
    """Angles on the grid of (1, 2, 2) patches.

    Args:
        times: (..., frames) positions on the time axis.
        rows, columns: positions of the patches.
        axes: frequencies of time, row and column.

    Returns:
        (..., frames, rows, columns, pairs) angles in radians.
    """
    shape = (*times.shape, len(rows), len(columns))
    parts = []
    for position, omega in zip((times[..., None, None], rows[:, None], columns), axes, strict=True):
        parts.append((position[..., None] * omega).expand(*shape, len(omega)))
    return torch.cat(parts, -1)


def pool(angles: Tensor, kernel: Kernel, *, pooling: Pooling = "mean", at_start: bool = False) -> tuple[Tensor, Tensor]:
    """Cosine and sine maps of packed tokens.

    Averaging k equally spaced phases gives the phase of the centre times sin(k w / 2) / (k sin(w / 2)): fast
    frequencies shrink. ``centre`` keeps gain 1.

    Args:
        angles: (batch, frames, rows, columns, pairs) on the (1, 2, 2) patch grid.
        kernel: the token's kernel in latent pixels.

    Returns:
        Two tensors (batch, time, rows, columns, pairs).
    """
    ratio = Kernel(kernel.time, kernel.height // 2, kernel.width // 2)
    if pooling == "centre":
        centre = _average(angles, ratio, at_start)
        return centre.cos(), centre.sin()
    return _average(angles.cos(), ratio, at_start), _average(angles.sin(), ratio, at_start)


def _average(maps: Tensor, ratio: Kernel, at_start: bool) -> Tensor:
    from fpbench.framepack.patchify import pad_to_kernel

    if ratio.volume == 1:
        return maps
    x = pad_to_kernel(maps.movedim(-1, 2), ratio, at_start=at_start)
    size = (ratio.time, ratio.height, ratio.width)
    return F.avg_pool3d(x.transpose(1, 2), size, size).movedim(1, -1)
