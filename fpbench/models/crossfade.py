"""Decoding as the released FramePack does it: section by section with its neighbour, blended over the overlap.

A seam in such a video is a blend of two decodings; study seams in latents, or decode the video whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from fpbench.framepack import Plan

TIME = 4
"""Video frames per latent frame after the first."""

Decode = Callable[[Tensor], Tensor]
"""(batch, frames, channels, h, w) latents -> (batch, 3, 4 frames - 3, H, W) pixels in [-1, 1]."""


def decode_sections(decode: Decode, latents: Tensor, plan: Plan) -> Tensor:
    """Pixels of a finished video, decoded in the order of generation.

    Args:
        decode: the autoencoder.
        latents: (batch, frames, channels, height, width), frame 0 given.
        plan: how they were made; forward or inverted, every section full.

    Returns:
        (batch, 3, 4 frames - 3, H, W).
    """
    overlap = (plan.pack.section - 1) * TIME + 1
    backwards = plan.order == "inverted"
    windows = _windows(plan)
    video = decode(latents[:, slice(*next(windows))])
    for start, stop in windows:
        made = decode(latents[:, start:stop])
        video = join(made, video, overlap) if backwards else join(video, made, overlap)
    return video[:, :, : (video.shape[2] - 1) // TIME * TIME + 1]


def _windows(plan: Plan) -> Iterator[tuple[int, int]]:
    """Latent frames decoded after each section: the section and the one beside it, with the given frames it touches."""
    size, sections = plan.pack.section, plan.sections
    for index, section in enumerate(sections):
        start, stop = section.targets[0], section.targets[-1] + 1
        if plan.order == "inverted":
            yield (0 if index == len(sections) - 1 else start), (stop if index == 0 else stop + size)
        else:
            yield (0 if index == 0 else start - size), stop


def join(before: Tensor, after: Tensor, overlap: int) -> Tensor:
    """Two (batch, 3, frames, H, W) videos, blended linearly over ``overlap`` frames."""
    weight = torch.linspace(1, 0, overlap, dtype=before.dtype, device=before.device)[:, None, None]
    blend = weight * before[:, :, -overlap:] + (1 - weight) * after[:, :, :overlap]
    return torch.cat([before[:, :, :-overlap], blend, after[:, :, overlap:]], 2)
