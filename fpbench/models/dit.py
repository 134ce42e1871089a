"""The embedded worlds' backbone: a small DiT that makes a section of latent frames from packed history.

Rectified flow, AdaLN-zero modulation per frame (or packed chunk of frames), q/k RMS-norm, rotary positions over
time, row, column and azimuth. Not here: which frames are packed how (``fpbench.framepack``), or sampling.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fpbench.framepack.patchify import Patchify, blocks, unblocks
from fpbench.framepack.positions import Pooling, frequencies, phases, pool
from fpbench.framepack.schedule import Kernel

K1 = Kernel.cubic(1)
ROLES = ("section", "past", "future", "anchor", "tail")


@dataclass(frozen=True)
class DiTConfig:
    """Sizes of the backbone.

    Attributes:
        channels, height, width: shape of a latent frame.
        dim, depth, heads: transformer width, blocks, attention heads.
        kernels: patchify kernels kN with parameters of their own.
        pairs: rotary pairs of a head on the time, row, column and azimuth axis.
        pooling: rotary phases of packed tokens: mean of the fine grid's, or exactly the centre's.
        focal: horizontal focal length in image pixels, from which a column's azimuth follows.
        unit: typical translation of the camera per frame, by which camera positions are normalised.
        causal: no frame or chunk of history sees a later one, as in autoregressive video models that keep a cache.
    """

    channels: int = 16
    height: int = 8
    width: int = 12
    dim: int = 192
    depth: int = 8
    heads: int = 4
    kernels: tuple[int, ...] = (1, 2, 4, 8)
    pairs: tuple[int, int, int, int] = (5, 5, 6, 8)
    pooling: Pooling = "mean"
    focal: float = 53.3
    unit: float = 10.0
    causal: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Packed:
    """History frames of one group, as the network receives them.

    Attributes:
        latents: (batch, frames, channels, height, width), already noised to `level`.
        kernel: patchify kernel.
        role: one of `ROLES`.
        times: (frames,) positions relative to the section, or (batch, frames) where videos differ.
        poses: (batch, frames, 4) camera x, y, z, heading.
        level: (batch,) noise level s the network is told, in [0, 1].
        pooled: average the frames before the kernel.
    """

    latents: Tensor
    kernel: Kernel
    role: str
    times: Tensor
    poses: Tensor
    level: Tensor
    pooled: bool = False

    def to(self, device: torch.device) -> Packed:
        """The same history, its tensors on a device."""
        latents, poses, level = (x.to(device) for x in (self.latents, self.poses, self.level))
        return replace(self, latents=latents, poses=poses, level=level)

    @property
    def at_start(self) -> bool:
        """Whether time padding belongs before the frames: on the side away from the section."""
        return self.role in ("past", "tail")


def camera_features(poses: Tensor, reference: Tensor, unit: float) -> Tensor:
    """What a pose looks like from the reference camera.

    Args:
        poses: (batch, frames, 4) x, y, z, heading.
        reference: (batch, 1, 4).
        unit: length scale.

    Returns:
        (batch, frames, 36): forward, left and up offsets (compressed, and as sines at four wavelengths) and
        harmonics of the turn.
    """
    offset = (poses - reference)[..., :3] / unit
    cos, sin = reference[..., 3].cos(), reference[..., 3].sin()
    forward = offset[..., 0] * cos + offset[..., 1] * sin
    left = offset[..., 1] * cos - offset[..., 0] * sin
    local = torch.stack([forward, left, offset[..., 2]], -1)
    waves = local[..., None] * (2 * math.pi / local.new_tensor([6.0, 16.0, 48.0, 160.0]))
    turn = (poses - reference)[..., 3, None] * torch.arange(1, 5, dtype=poses.dtype)
    parts = [local.asinh(), local / 10, waves.sin().flatten(-2), waves.cos().flatten(-2), turn.sin(), turn.cos()]
    return torch.cat(parts, -1).float()


CAMERA_FEATURES = 3 + 3 + 12 + 12 + 8


def level_features(level: Tensor, width: int = 64) -> Tensor:
    """Sines and cosines of a level in [0, 1] at geometric frequencies: (...,) -> (..., width)."""
    omega = torch.exp(torch.linspace(0, math.log(200.0), width // 2)) * math.pi / 2
    angle = level[..., None].float() * omega
    return torch.cat([angle.sin(), angle.cos()], -1)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate the channel pairs of (batch, heads, tokens, dim) by maps of shape (batch, 1, tokens, dim / 2)."""
    a, b = x.chunk(2, -1)
    return torch.cat([torch.addcmul(a * cos, b, sin, value=-1), torch.addcmul(a * sin, b, cos)], -1)


def attention(q: Tensor, k: Tensor, v: Tensor, seen: Tensor | None) -> Tensor:
    """Attention of (batch, heads, tokens, dim); ``seen`` as in `Block.forward`.

    Training on a CPU writes the products out: the fused kernel's backward pass costs as much as the rest of a step.
    """
    if q.device.type != "cpu" or not q.requires_grad:
        return F.scaled_dot_product_attention(q, k, v, seen)
    scores = (q * q.shape[-1] ** -0.5) @ k.mT
    if seen is not None:
        scores = scores.masked_fill(~seen, -torch.inf)
    return scores.softmax(-1).to(v.dtype) @ v


class Block(nn.Module):
    """Pre-norm attention and MLP, both shifted, scaled and gated by the token's chunk (AdaLN-zero)."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.modulation = nn.Linear(dim, 6 * dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.up = nn.Linear(dim, 4 * dim)
        self.down = nn.Linear(4 * dim, dim)
        self.query_norm = nn.RMSNorm(dim // heads, eps=1e-6)
        self.key_norm = nn.RMSNorm(dim // heads, eps=1e-6)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(
        self, x: Tensor, condition: Tensor, chunk: Tensor, cos: Tensor, sin: Tensor, seen: Tensor | None
    ) -> Tensor:
        """Input x (batch, tokens, dim); condition (batch, chunks, dim); chunk (tokens,) index into the chunks.

        ``seen`` (batch or 1, 1, tokens, tokens) says which key a query sees; None for all.
        """
        # Each part is gathered by itself: a strided one would cost more wherever it is used.
        told = (part.index_select(1, chunk) for part in self.modulation(condition).chunk(6, -1))
        shift1, scale1, gate1, shift2, scale2, gate2 = told
        h = torch.addcmul(shift1, F.layer_norm(x, x.shape[-1:]), 1 + scale1)
        x = torch.addcmul(x, gate1, self.attend(h, cos, sin, seen))
        h = torch.addcmul(shift2, F.layer_norm(x, x.shape[-1:]), 1 + scale2)
        active = F.relu(self.up(h))
        # Squared ReLU costs a third of GELU on a CPU; a product is faster than a power.
        return torch.addcmul(x, gate2, self.down(active * active))

    def attend(self, h: Tensor, cos: Tensor, sin: Tensor, seen: Tensor | None) -> Tensor:
        q, k, v = self.qkv(h).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        q = rotate(self.query_norm(q.float()), cos, sin)
        k = rotate(self.key_norm(k.float()), cos, sin)
        mixed: Tensor = self.out(attention(q, k, v, seen).transpose(1, 2).flatten(2))
        return mixed


class DiT(nn.Module):
    """Velocity of a section given packed history and the camera path."""

    def __init__(self, config: DiTConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or DiTConfig()
        if 2 * sum(c.pairs) != c.dim // c.heads:
            raise ValueError(f"rotary pairs {c.pairs} do not fill a head of {c.dim // c.heads} channels")
        self.history = Patchify(c.channels, c.dim, tuple(Kernel.cubic(k) for k in c.kernels))
        self.section = nn.Linear(c.channels * K1.volume, c.dim)
        self.level = nn.Sequential(nn.Linear(64, c.dim), nn.SiLU(), nn.Linear(c.dim, c.dim))
        self.camera = nn.Sequential(nn.Linear(CAMERA_FEATURES, c.dim), nn.SiLU(), nn.Linear(c.dim, c.dim))
        self.role = nn.Embedding(len(ROLES), c.dim)
        self.clean = nn.Parameter(torch.zeros(c.dim))
        self.blocks = nn.ModuleList(Block(c.dim, c.heads) for _ in range(c.depth))
        self.last_modulation = nn.Linear(c.dim, 2 * c.dim)
        self.last = nn.Linear(c.dim, c.channels * K1.volume)
        for layer in (self.last_modulation, self.last):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, noisy: Tensor, t: Tensor, times: Tensor, poses: Tensor, context: Sequence[Packed]) -> Tensor:
        """The velocity of the section.

        Args:
            noisy: (batch, frames, channels, height, width) latents at level t.
            t: (batch, frames) levels in [0, 1].
            times: (frames,) positions of the section's frames.
            poses: (batch, frames, 4) their cameras.
            context: packed history; may be empty.

        Returns:
            (batch, frames, channels, height, width), an estimate of noise minus data.
        """
        reference = poses[:, poses.shape[1] // 2, None]
        tokens = [self.section(blocks(noisy, K1))]
        angles = [self._phases(times, poses, K1, False)]
        chunks = [self.level(level_features(t)) + self._describe(poses, reference, "section")]
        moments = [times]
        for group in context:
            latents, group_times, group_poses = group.latents, group.times, group.poses
            if group.pooled:
                latents = latents.mean(1, keepdim=True)
                group_times, group_poses = group_times[..., -1:], group_poses[:, -1:]
            tokens.append(self.history(latents, group.kernel, at_start=group.at_start))
            angles.append(self._phases(group_times, group_poses, group.kernel, group.at_start))
            told = self.level(level_features(group.level)) + self.clean * (group.level == 0)[:, None]
            described = self._describe(group_poses, reference, group.role)
            chunks.append(told[:, None] + _chunks(described, group.kernel.time, group.at_start).mean(2))
            last = _chunks(group_times[..., None], group.kernel.time, group.at_start).amax((-2, -1))
            moments.append(last)
        return self._run(tokens, chunks, angles, moments)

    def _run(
        self, tokens: list[Tensor], chunks: list[Tensor], angles: list[tuple[Tensor, Tensor]], moments: list[Tensor]
    ) -> Tensor:
        frames, rows, columns = tokens[0].shape[1:4]
        per_chunk = torch.cat([torch.full((x.shape[1],), x.shape[2] * x.shape[3]) for x in tokens])
        chunk = torch.arange(len(per_chunk)).repeat_interleave(per_chunk)
        x = torch.cat([part.flatten(1, 3) for part in tokens], 1)
        condition = F.silu(torch.cat(chunks, 1))
        cos = torch.cat([c.flatten(1, 3) for c, _ in angles], 1)[:, None]
        sin = torch.cat([s.flatten(1, 3) for _, s in angles], 1)[:, None]
        seen = _not_later(moments, chunk) if self.config.causal else None
        for block in self.blocks:
            x = block(x, condition, chunk, cos, sin, seen)
        made = frames * rows * columns
        shift, scale = self.last_modulation(condition[:, :frames]).index_select(1, chunk[:made]).chunk(2, -1)
        x = self.last(F.layer_norm(x[:, :made], x.shape[-1:]) * (1 + scale) + shift)
        return unblocks(x.unflatten(1, (frames, rows, columns)), K1, self.config.channels)

    def _describe(self, poses: Tensor, reference: Tensor, role: str) -> Tensor:
        seen: Tensor = self.camera(camera_features(poses, reference, self.config.unit))
        return seen + self.role.weight[ROLES.index(role)]

    def _phases(self, times: Tensor, poses: Tensor, kernel: Kernel, at_start: bool) -> tuple[Tensor, Tensor]:
        """Pooled rotary maps; the azimuth axis turns with the camera, so that equal directions meet at phase 0."""
        c = self.config
        rows = torch.arange(c.height // 2, dtype=torch.float64)
        columns = torch.arange(c.width // 2, dtype=torch.float64)
        axes = tuple(frequencies(n, 64.0 if i == 0 else 16.0) for i, n in enumerate(c.pairs[:3]))
        fixed = phases(times.double(), rows, columns, axes).expand(len(poses), -1, -1, -1, -1)
        centre = (columns + 0.5) * 2 * 8 - c.width * 4
        azimuth = poses[..., 3].double()[..., None, None] - (centre / c.focal).atan()
        harmonics = torch.tensor([1, 2, 3, 4, 6, 8, 11, 15][: c.pairs[3]], dtype=torch.float64)
        turning = (azimuth[..., None] * harmonics).expand(*fixed.shape[:-1], -1)
        cos, sin = pool(torch.cat([fixed, turning], -1), kernel, pooling=c.pooling, at_start=at_start)
        return cos.float(), sin.float()


def _chunks(x: Tensor, size: int, at_start: bool) -> Tensor:
    """Chunks of ``size`` frames, filled up on the side away from the section: (..., n, d) -> (..., m, size, d)."""
    missing = -x.shape[-2] % size
    if missing:
        edge = (x[..., :1, :] if at_start else x[..., -1:, :]).expand(*x.shape[:-2], missing, -1)
        x = torch.cat([edge, x] if at_start else [x, edge], -2)
    return x.unflatten(-2, (-1, size))


def _not_later(moments: list[Tensor], chunk: Tensor) -> Tensor:
    """Which keys are not later than a query: (batch or 1, 1, tokens, tokens), from the last times of the chunks."""
    rows = [x if x.ndim == 2 else x[None] for x in moments]
    batch = max(len(x) for x in rows)
    time = torch.cat([x.expand(batch, -1) for x in rows], 1).index_select(1, chunk)
    return (time[:, None, :] <= time[:, :, None])[:, None]
