"""ViCLIP (Wang et al. 2023, arXiv 2307.06942) on the layers of open_clip; names are those of its weight file."""

from __future__ import annotations

import torch
from open_clip.transformer import QuickGELU, TextTransformer, Transformer
from torch import nn

TOKENS = 32
"""Tokens of a text that are read, start and end included."""


class VideoTower(nn.Module):
    """CLIP's vision transformer over the patches of several frames at once: all attend to all.

    Args:
        side: of the square frames. patch: of a patch; both in pixels.
        width: of a token. layers, heads: of the transformer.
        frames: how many. dimensions: of the embedding.
    """

    def __init__(
        self,
        *,
        side: int = 224,
        patch: int = 14,
        width: int = 1024,
        layers: int = 24,
        heads: int = 16,
        frames: int = 8,
        dimensions: int = 768,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(3, width, (1, patch, patch), (1, patch, patch), bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(width))
        self.positional_embedding = nn.Parameter(torch.zeros((side // patch) ** 2 + 1, width))
        self.temporal_positional_embedding = nn.Parameter(torch.zeros(1, frames, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = Transformer(width, layers, heads, act_layer=QuickGELU, norm_layer=nn.LayerNorm)
        self.proj = nn.Parameter(torch.zeros(width, dimensions))

    def forward(self, videos: torch.Tensor) -> torch.Tensor:
        """(batch, 3, frames, side, side), normalised as for CLIP, to (batch, dimensions)."""
        patches = self.conv1(videos).flatten(3).permute(0, 2, 3, 1)  # (batch, frames, places, width)
        where, when = self.positional_embedding, self.temporal_positional_embedding[:, :, None]
        start = (self.class_embedding + where[0]).expand(len(videos), 1, -1)
        tokens = torch.cat([start, (patches + where[1:] + when).flatten(1, 2)], dim=1)
        return torch.as_tensor(self.ln_post(self.transformer(self.ln_pre(tokens))[:, 0]) @ self.proj)


class ViCLIP(nn.Module):
    """A video tower and CLIP's text tower of 32 tokens, with the temperature that only training uses."""

    def __init__(self, vision: VideoTower, text: TextTransformer) -> None:
        super().__init__()
        self.vision_encoder, self.text_encoder = vision, text
        self.temp = nn.Parameter(torch.ones(()))


def viclip_l14() -> ViCLIP:
    """The size that is published: ViT-L/14 on 8 frames of 224x224."""
    return ViCLIP(VideoTower(), text_tower(width=768, heads=12, layers=12))


def text_tower(*, width: int, heads: int, layers: int) -> TextTransformer:
    """CLIP's text transformer, (batch, 32) tokens to (batch, width)."""
    return TextTransformer(
        context_length=TOKENS, width=width, heads=heads, layers=layers, output_dim=width, act_layer=QuickGELU
    )
