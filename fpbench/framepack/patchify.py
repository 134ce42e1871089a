"""Independent patchify projections k1...k16, initialised by interpolation (arXiv 2504.12626 §3.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fpbench.framepack.schedule import Kernel


def pad_to_kernel(latents: Tensor, kernel: Kernel, *, at_start: bool = False) -> Tensor:
    """Replicate-pad (batch, frames, channels, height, width) up to multiples of the kernel.

    Height and width grow at the end, as in the official code; time grows at the end that is farther from the
    section, so that a group which is not full yet repeats its least important frame.
    """
    frames, _, height, width = latents.shape[1:]
    time, bottom, right = -frames % kernel.time, -height % kernel.height, -width % kernel.width
    if time:
        edge = latents[:, :1] if at_start else latents[:, -1:]
        copies = edge.expand(-1, time, -1, -1, -1)
        latents = torch.cat([copies, latents] if at_start else [latents, copies], dim=1)
    if bottom or right:
        shape = latents.shape
        padded = F.pad(latents.flatten(0, 1), (0, right, 0, bottom), mode="replicate")
        latents = padded.unflatten(0, shape[:2])
    return latents


def blocks(latents: Tensor, kernel: Kernel) -> Tensor:
    """Cut (batch, frames, channels, height, width), divisible by the kernel, into flat blocks.

    Returns:
        (batch, frames / time, height / height, width / width, channels * volume), channels slowest.
    """
    x = latents.unflatten(4, (-1, kernel.width)).unflatten(3, (-1, kernel.height)).unflatten(1, (-1, kernel.time))
    return x.permute(0, 1, 4, 6, 3, 2, 5, 7).flatten(4)


def unblocks(tokens: Tensor, kernel: Kernel, channels: int) -> Tensor:
    """The inverse of `blocks`."""
    x = tokens.unflatten(4, (channels, kernel.time, kernel.height, kernel.width))
    x = x.permute(0, 1, 5, 4, 2, 6, 3, 7)
    return x.flatten(6, 7).flatten(4, 5).flatten(1, 2)


class Patchify(nn.Module):
    """One linear projection per kernel; kernels beyond the largest are average-pooled down to it first.

    Args:
        channels: latent channels.
        width: token width.
        kernels: the kernels with parameters of their own, smallest first.
    """

    def __init__(self, channels: int, width: int, kernels: tuple[Kernel, ...]) -> None:
        super().__init__()
        self.kernels = kernels
        self.project = nn.ModuleDict({str(k): nn.Linear(channels * k.volume, width) for k in kernels})
        self.interpolate()

    @torch.no_grad()
    def interpolate(self) -> None:
        """Set every coarser projection to average pooling followed by the finest one."""
        finest = self.kernels[0]
        source: nn.Linear = self.project[str(finest)]  # type: ignore[assignment]
        shape = (source.out_features, -1, finest.time, finest.height, finest.width)
        weight = source.weight.view(shape)
        for kernel in self.kernels[1:]:
            target: nn.Linear = self.project[str(kernel)]  # type: ignore[assignment]
            ratio = (
                kernel.time // finest.time,
                kernel.height // finest.height,
                kernel.width // finest.width,
            )
            spread = weight
            for axis, times in enumerate(ratio):
                spread = spread.repeat_interleave(times, dim=2 + axis) / times
            target.weight.copy_(spread.flatten(1))
            target.bias.copy_(source.bias)

    def reduce(self, latents: Tensor, kernel: Kernel, *, at_start: bool = False) -> tuple[Tensor, Kernel]:
        """Pad to the kernel and, for a kernel without parameters, pool down to one that has them."""
        latents = pad_to_kernel(latents, kernel, at_start=at_start)
        if str(kernel) in self.project:
            return latents, kernel
        own = max((k for k in self.kernels if _divides(k, kernel)), key=lambda k: k.volume)
        pool = (kernel.time // own.time, kernel.height // own.height, kernel.width // own.width)
        pooled = F.avg_pool3d(latents.transpose(1, 2), pool, pool).transpose(1, 2)
        return pooled, own

    def forward(self, latents: Tensor, kernel: Kernel, *, at_start: bool = False) -> Tensor:
        """Tokens (batch, time, rows, columns, width) of (batch, frames, channels, height, width) latents."""
        latents, own = self.reduce(latents, kernel, at_start=at_start)
        tokens: Tensor = self.project[str(own)](blocks(latents, own))
        return tokens


def _divides(own: Kernel, kernel: Kernel) -> bool:
    return not (kernel.time % own.time or kernel.height % own.height or kernel.width % own.width)
