"""Per-frame autoencoder of the embedded worlds: 64x96 RGB <-> (16, 8, 12) latents. No temporal compression."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

PATCH = 8
"""Spatial compression. A latent pixel stands for 8x8 image pixels, as in the video VAEs the paper uses."""


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes of the autoencoder.

    Attributes:
        latent: channels of a latent pixel.
        encoder: widths at 1/4 and 1/8 resolution.
        decoder: widths at 1/8, 1/4 and 1/2 resolution.
    """

    latent: int = 16
    encoder: tuple[int, int] = (64, 128)
    decoder: tuple[int, int, int] = (192, 96, 32)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Residual(nn.Module):
    """Two 3x3 convolutions whose sum with the input starts as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.silu(self.first(F.silu(x))))


class Autoencoder(nn.Module):
    """Convolutional autoencoder around a linear path.

    The linear path (8x8 patches <-> latent pixels) is set to the data's principal components before training, so
    that training starts from the best linear codec instead of from noise.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: AutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or AutoencoderConfig()
        e1, e2 = config.encoder
        d1, d2, d3 = config.decoder
        self.linear_in = nn.Conv2d(3 * PATCH**2, config.latent, 1)
        self.linear_out = nn.Conv2d(config.latent, 3 * PATCH**2, 1)
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(4), nn.Conv2d(48, e1, 3, padding=1), Residual(e1),
            nn.PixelUnshuffle(2), nn.Conv2d(4 * e1, e2, 1), Residual(e2), Residual(e2),
            nn.SiLU(), nn.Conv2d(e2, config.latent, 1),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Conv2d(config.latent, d1, 3, padding=1), Residual(d1), Residual(d1),
            nn.Conv2d(d1, 4 * d2, 1), nn.PixelShuffle(2), Residual(d2),
            nn.Conv2d(d2, 4 * d3, 1), nn.PixelShuffle(2), Residual(d3),
            nn.SiLU(), nn.Conv2d(d3, 12, 3, padding=1), nn.PixelShuffle(2),
        )  # fmt: skip
        for last in (self.encoder[-1], self.decoder[-2]):
            for parameter in last.parameters():
                nn.init.zeros_(parameter)
        self.register_buffer("mean", torch.zeros(config.latent, 1, 1))
        self.register_buffer("std", torch.ones(config.latent, 1, 1))

    def raw(self, images: Tensor) -> Tensor:
        """Latents before normalisation; images (batch, 3, height, width) in [-1, 1]."""
        linear: Tensor = self.linear_in(F.pixel_unshuffle(images, PATCH))
        return linear + self.encoder(images)

    def paint(self, raw: Tensor) -> Tensor:
        """Images in about [-1, 1] from latents before normalisation."""
        linear: Tensor = F.pixel_shuffle(self.linear_out(raw), PATCH)
        return linear + self.decoder(raw)

    def encode(self, video: Tensor) -> Tensor:
        """Unit-variance latents.

        Args:
            video: (..., frames, 3, height, width) in [-1, 1]; height and width divisible by 8.

        Returns:
            (..., frames, latent, height / 8, width / 8).
        """
        images = video.flatten(0, -4)
        return ((self.raw(images) - self.mean) / self.std).unflatten(0, video.shape[:-3])

    def decode(self, latents: Tensor) -> Tensor:
        """The inverse of `encode`, clamped to [-1, 1]; (..., frames, latent, h, w) -> (..., frames, 3, 8 h, 8 w)."""
        raw = latents.flatten(0, -4) * self.std + self.mean
        return self.paint(raw).clamp(-1, 1).unflatten(0, latents.shape[:-3])

    @torch.inference_mode()
    def paint_video(self, latents: Tensor, chunk: int = 32) -> NDArray[np.uint8]:
        """Decoded (frames, latent, h, w) as uint8 (frames, height, width, 3), in chunks: memory stays flat."""
        parts = [to_uint8(self.decode(latents[i : i + chunk])) for i in range(0, len(latents), chunk)]
        return np.concatenate(parts)

    @torch.inference_mode()
    def reconstruct(self, video: NDArray[np.uint8], chunk: int = 32) -> NDArray[np.uint8]:
        """A uint8 (frames, height, width, 3) video through encoder and decoder."""
        parts = [
            to_uint8(self.decode(self.encode(to_tensor(video[i : i + chunk])))) for i in range(0, len(video), chunk)
        ]
        return np.concatenate(parts)

    @torch.no_grad()
    def start_from_principal_components(self, images: Tensor) -> None:
        """Set the linear path to the whitened principal components of 8x8 patches of (batch, 3, h, w) images."""
        patches = F.pixel_unshuffle(images, PATCH).movedim(1, -1).flatten(0, 2)
        centre = patches.mean(0)
        values, vectors = torch.linalg.eigh(torch.cov((patches - centre).T))
        keep = vectors[:, -self.config.latent :].flip(1)
        scale = values[-self.config.latent :].flip(0).clamp_min(1e-8).sqrt()
        analysis = (keep / scale).T
        self.linear_in.weight.copy_(analysis[..., None, None])
        self.linear_in.bias.copy_(-(analysis @ centre))  # type: ignore[union-attr]
        self.linear_out.weight.copy_((keep * scale)[..., None, None])
        self.linear_out.bias.copy_(centre)  # type: ignore[union-attr]

    @torch.no_grad()
    def normalise(self, images: Tensor) -> None:
        """Set `mean` and `std` so that latents of (batch, 3, h, w) images have zero mean and unit variance."""
        raw = self.raw(images)
        self.mean.copy_(raw.mean((0, 2, 3))[:, None, None])
        self.std.copy_(raw.std((0, 2, 3))[:, None, None])


def to_tensor(video: NDArray[np.uint8]) -> Tensor:
    """uint8 (frames, height, width, 3) in [0, 255] -> float32 (frames, 3, height, width) in [-1, 1]."""
    return torch.tensor(video).movedim(-1, -3).float() / 127.5 - 1


def to_uint8(video: Tensor) -> NDArray[np.uint8]:
    """The inverse of `to_tensor`, rounded."""
    array: NDArray[np.uint8] = ((video + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).movedim(-3, -1).numpy()
    return array
