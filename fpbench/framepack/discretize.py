"""Discrete history: every latent pixel replaced by the nearest of K centroids (arXiv 2504.12626v3 §4.2, Eq. 6).

What the network sees of the past then cannot carry the small errors that accumulate: they are rounded away. One
centroid forgets everything; as many as there are different pixels change nothing. Not here: files and commands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor

from fpbench.framepack.schedule import PackError

_CHUNK = 1 << 15


@dataclass(frozen=True, eq=False)
class Codebook:
    """Centroids of latent pixels.

    Attributes:
        centroids: (K, channels) float32.
    """

    centroids: Tensor

    def __post_init__(self) -> None:
        if self.centroids.ndim != 2 or not self.centroids.numel() or not self.centroids.isfinite().all():
            raise PackError(f"a codebook is a finite (K, channels) matrix, got shape {tuple(self.centroids.shape)}")

    def __len__(self) -> int:
        return len(self.centroids)

    @property
    def channels(self) -> int:
        return self.centroids.shape[1]

    def indices(self, frames: Tensor) -> Tensor:
        """Q(F): the nearest centroid of every latent pixel.

        Args:
            frames: (..., channels, height, width) latents.

        Returns:
            (..., height, width) int64 in 0 .. K - 1; of equally near centroids the first.

        Raises:
            PackError: the latents have another number of channels.
        """
        if frames.shape[-3] != self.channels:
            raise PackError(
                f"a codebook of {self.channels} channels cannot quantise latents of {frames.shape[-3]} channels; "
                "train one on this autoencoder's latents"
            )
        pixels = frames.movedim(-3, -1)
        found = nearest(pixels.reshape(-1, self.channels), self.centroids.to(frames.device))
        return found.view(pixels.shape[:-1])

    def lookup(self, indices: Tensor) -> Tensor:
        """Centroids of an index map: (..., height, width) -> (..., channels, height, width)."""
        return self.centroids.to(indices.device)[indices].movedim(-1, -3)

    def __call__(self, frames: Tensor) -> Tensor:
        """The frames as the codebook can say them, in their shape and dtype."""
        return self.lookup(self.indices(frames)).to(frames.dtype)


def nearest(points: Tensor, centroids: Tensor) -> Tensor:
    """Index of the nearest centroid of every point: (n, channels) and (K, channels) -> (n,)."""
    half = centroids.square().sum(1) / 2
    return torch.cat([(part @ centroids.T - half).argmax(1) for part in points.float().split(_CHUNK)])


def fit(batches: Iterable[Tensor], size: int, *, seed: int = 0) -> Codebook:
    """A codebook by mini-batch K-means: each batch of pixels moves its centroids towards the mean of all they have won.

    Centroids start as k-means++ picks them from the first batch. One that has won nothing
    yet is put on the point that the batch explains worst, so that no centroid is idle.

    Args:
        batches: (n, channels) latent pixels, streamed; the first at least ``size`` long. Several passes over the data
            are better than one.
        size: number of centroids K.
        seed: of the start.

    Raises:
        PackError: no batch, or a first batch with fewer points than centroids.
    """
    stream = iter(batches)
    first = next(stream, torch.empty(0, 1))
    if not 1 <= size <= len(first):
        raise PackError(
            f"{size} centroids: needs at least 1, and a first batch of as many points (it has {len(first)})"
        )
    centroids = spread_out(first.float(), size, torch.Generator(first.device).manual_seed(seed))
    won = torch.zeros(size, device=first.device)
    for batch in chain([first], stream):
        _move(centroids, won, batch.float())
    return Codebook(centroids)


def spread_out(points: Tensor, size: int, rng: torch.Generator) -> Tensor:
    """k-means++ (Arthur & Vassilvitskii 2007): each next start is drawn by its squared distance to those before."""
    chosen = [int(torch.randint(len(points), (), generator=rng, device=points.device))]
    distance = (points - points[chosen[0]]).square().sum(1)
    for _ in range(size - 1):
        # Fewer different points than centroids: the rest may repeat one.
        weights = distance if distance.max() > 0 else torch.ones_like(distance)
        chosen.append(int(torch.multinomial(weights, 1, generator=rng)))
        distance = torch.minimum(distance, (points - points[chosen[-1]]).square().sum(1))
    return points[chosen].clone()


def explained_variance(codebook: Codebook, batches: Iterable[Tensor]) -> float:
    """Share of the variance of (n, channels) pixels that survives quantisation: 1 - squared error / total.

    Returns:
        At most 1; NaN for constant data.
    """
    count, error = 0, 0.0
    total = squares = torch.zeros(codebook.channels, dtype=torch.float64)
    for batch in batches:
        points = batch.double()
        found = codebook.centroids[nearest(batch, codebook.centroids)].double()
        error += (points - found).square().sum().item()
        total, squares, count = total + points.sum(0), squares + points.square().sum(0), count + len(points)
    spread = (squares - total.square() / max(count, 1)).sum().item()
    return 1 - error / spread if spread > 0 else float("nan")


def _move(centroids: Tensor, won: Tensor, points: Tensor) -> None:
    """One step of mini-batch K-means, in place; ``won`` counts the points of each centroid so far."""
    owner = nearest(points, centroids)
    counts = torch.bincount(owner, minlength=len(centroids)).float()
    sums = torch.zeros_like(centroids).index_add_(0, owner, points)
    won += counts
    centroids += (sums - counts[:, None] * centroids) / won.clamp_min(1)[:, None]
    idle = (won == 0).nonzero()[:, 0]
    if len(idle):
        error = (points - centroids[owner]).square().sum(1)
        worst = error.topk(min(len(idle), len(points))).indices
        centroids[idle[: len(worst)]] = points[worst]
