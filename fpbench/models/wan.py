"""FramePack on Wan 2.1: the pretrained transformer, with packed history in front of its blocks.

Text-to-video checkpoints: the first frame is history like any other. Not here: encoders, decoding and files
(``fpbench.models.wan_pipeline``), fine-tuning (``fpbench.training.finetune``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from fpbench.framepack.patchify import Patchify
from fpbench.framepack.positions import frequencies, phases, pool
from fpbench.framepack.schedule import Kernel
from fpbench.models.dit import Packed
from fpbench.models.pretrained import framepack_facts, write_facts
from fpbench.models.scenes import Scenes

if TYPE_CHECKING:
    from diffusers import WanTransformer3DModel

K1 = Kernel.cubic(1)
KERNELS = (1, 2, 4, 8)
"""Projections with parameters of their own; k16 is pooled down to k8, as in the paper (§3.2)."""

THETA = 10_000.0
TRAIN_STEPS = 1000
"""Wan's timesteps are levels times this."""


class WanFramePack(nn.Module):
    """Velocity of a section given packed history and text.

    Every section frame and every history group is modulated by its own level. History projections start as average
    pooling followed by Wan's own patch embedding, so that untouched weights already read packed history.

    Args:
        transformer: a Wan text-to-video transformer with patches of (1, 2, 2).
        kernels: history kernels kN with parameters of their own.

    Raises:
        ValueError: other patches, or an image-to-video transformer.
    """

    def __init__(self, transformer: WanTransformer3DModel, kernels: Iterable[int] = KERNELS) -> None:
        super().__init__()
        c = transformer.config
        if tuple(c.patch_size) != (1, 2, 2) or c.in_channels != c.out_channels:
            raise ValueError(
                f"needs a text-to-video Wan with patches (1, 2, 2), got patches {tuple(c.patch_size)}, "
                f"{c.in_channels} input and {c.out_channels} output channels"
            )
        self.transformer = transformer
        # What moves weights to a GPU for a while (offloading, sharding) does so when a network's own forward is called.
        transformer.forward = self._packed
        self.history = Patchify(c.in_channels, self.width, tuple(map(Kernel.cubic, kernels)))
        self.start_from_pretrained()

    @property
    def width(self) -> int:
        """Token width."""
        c = self.transformer.config
        return int(c.num_attention_heads * c.attention_head_dim)

    @torch.no_grad()
    def start_from_pretrained(self) -> None:
        """Interpolate the history projections from the transformer's patch embedding."""
        source = self.transformer.patch_embedding
        self.history.to(source.weight)
        finest: nn.Linear = self.history.project[str(K1)]  # type: ignore[assignment]
        finest.weight.copy_(source.weight.flatten(1))
        finest.bias.copy_(source.bias)
        self.history.interpolate()

    def forward(self, noisy: Tensor, t: Tensor, times: Tensor, context: Sequence[Packed], text: Tensor) -> Tensor:
        """The velocity.

        Args:
            noisy: (batch, frames, channels, height, width) latents, height and width even.
            t: (batch, frames) levels in [0, 1].
            times: (frames,) positions of the section.
            context: packed history, each group told its own level.
            text: (batch, tokens, width) of the text encoder.

        Returns:
            (batch, frames, channels, height, width), float32.
        """
        velocity: Tensor = self.transformer(noisy, t, times, context, text)
        return velocity

    def _packed(self, noisy: Tensor, t: Tensor, times: Tensor, context: Sequence[Packed], text: Tensor) -> Tensor:
        """The transformer's forward with packed history."""
        origin = min([0, *(int(group.times.min()) for group in context)])
        grid = (noisy.shape[3] // 2, noisy.shape[4] // 2)
        dtype = self.transformer.patch_embedding.weight.dtype
        section = self.transformer.patch_embedding(noisy.transpose(1, 2).to(dtype)).flatten(2).transpose(1, 2)
        tokens, angles = [section], [self._phases(times - origin, grid, K1, False)]
        levels, chunks = [t], [torch.arange(t.shape[1]).repeat_interleave(grid[0] * grid[1])]
        for group in context:
            latents, at = group.latents.to(dtype), group.times - origin
            if group.pooled:
                latents, at = latents.mean(1, keepdim=True), at[-1:]
            tokens.append(self.history(latents, group.kernel, at_start=group.at_start).flatten(1, 3))
            angles.append(self._phases(at, grid, group.kernel, group.at_start))
            chunks.append(torch.full((tokens[-1].shape[1],), sum(level.shape[1] for level in levels)))
            levels.append(group.level[:, None])
        x = self._blocks(torch.cat(tokens, 1), torch.cat(levels, 1), torch.cat(chunks), angles, text, section.shape[1])
        return self._unpatchify(x, noisy)

    def _blocks(
        self, x: Tensor, levels: Tensor, chunk: Tensor, angles: list[tuple[Tensor, Tensor]], text: Tensor, made: int
    ) -> Tensor:
        """Wan's blocks over (batch, tokens, width); returns the first ``made`` tokens, projected out."""
        model, chunk = self.transformer, chunk.to(x.device)
        modulation, condition, text, _ = model.condition_embedder(
            (levels * TRAIN_STEPS).flatten(), text.to(x.dtype), None, timestep_seq_len=levels.shape[1]
        )
        condition = condition.unflatten(2, (6, -1)).index_select(1, chunk)
        rotary = tuple(torch.cat([part[i] for part in angles], 1).to(x.device) for i in (0, 1))
        for block in model.blocks:
            if torch.is_grad_enabled() and model.gradient_checkpointing:
                x = model._gradient_checkpointing_func(block, x, text, condition, rotary)  # noqa: SLF001
            else:
                x = block(x, text, condition, rotary)
        told = model.scale_shift_table[:, None] + modulation.index_select(1, chunk[:made])[:, :, None]
        shift, scale = (part.squeeze(2) for part in told.chunk(2, 2))
        x = (model.norm_out(x[:, :made].float()) * (1 + scale) + shift).type_as(x)
        out: Tensor = model.proj_out(x)
        return out

    def _unpatchify(self, x: Tensor, like: Tensor) -> Tensor:
        """Tokens (batch, frames rows columns, 2 2 channels) back to latents."""
        frames, channels, height, width = like.shape[1:]
        x = x.unflatten(2, (2, 2, channels)).unflatten(1, (frames, height // 2, width // 2))
        return x.permute(0, 1, 6, 2, 4, 3, 5).flatten(5, 6).flatten(3, 4).float()

    def _phases(self, times: Tensor, grid: tuple[int, int], kernel: Kernel, at_start: bool) -> tuple[Tensor, Tensor]:
        """Pooled rotary maps in Wan's layout: (1, tokens, 1, head width), each value twice."""
        head = self.transformer.config.attention_head_dim
        space = head // 6
        axes = tuple(frequencies(pairs, THETA) for pairs in (head // 2 - 2 * space, space, space))
        rows, columns = (torch.arange(n, dtype=torch.float64) for n in grid)
        angles = phases(times.double().cpu(), rows, columns, axes)[None]
        cos, sin = pool(angles, kernel, at_start=at_start)
        return self._layout(cos), self._layout(sin)

    @staticmethod
    def _layout(maps: Tensor) -> Tensor:
        return maps.flatten(1, 3)[:, :, None].repeat_interleave(2, -1).float()

    def save(self, folder: Path, *, capabilities: Iterable[str] = (), card: Mapping[str, Any] | None = None) -> None:
        """Write ``transformer/`` and ``framepack/`` into a folder, safetensors only."""
        self.transformer.save_pretrained(folder / "transformer", safe_serialization=True)
        own = folder / "framepack"
        own.mkdir(parents=True, exist_ok=True)
        save_file(
            {name: value.contiguous() for name, value in self.history.state_dict().items()}, own / "history.safetensors"
        )
        write_facts(folder, capabilities, card, kernels=[kernel.time for kernel in self.history.kernels])

    @classmethod
    def load(
        cls, folder: Path, dtype: torch.dtype = torch.float32, kernels: Iterable[int] | None = None
    ) -> WanFramePack:
        """Read what `save` wrote, or a plain Wan folder, whose history projections are then interpolated.

        Args:
            folder: of the weights.
            dtype: of the weights.
            kernels: for a plain folder; one that was trained has its own.

        Raises:
            ValueError: a trained folder with other kernels than asked for.
        """
        from diffusers import WanTransformer3DModel

        nested = (folder / "transformer").is_dir()
        transformer = WanTransformer3DModel.from_pretrained(
            folder, subfolder="transformer" if nested else None, dtype=dtype, use_safetensors=True
        )
        facts = framepack_facts(folder)
        own = facts.get("kernels", list(kernels or KERNELS))
        if kernels is not None and own != list(kernels):
            raise ValueError(f"{folder} was trained with kernels {own}, not {list(kernels)}")
        model = cls(transformer, own)
        if facts:
            model.history.load_state_dict(load_file(folder / "framepack" / "history.safetensors"))
        return model


@dataclass(frozen=True)
class WanBackbone:
    """`WanFramePack` with a prompt, as a backbone of the rollout; poses are a `fpbench.models.scenes.clock`.

    Attributes:
        network: the model.
        text: (1, tokens, width) encoded prompts.
        negative: encoded prompt to steer away from; None for no guidance.
        guidance: scale of classifier-free guidance.
    """

    network: WanFramePack
    text: Scenes[Tensor]
    negative: Tensor | None = None
    guidance: float = 1.0

    def __call__(self, noisy: Tensor, t: Tensor, times: Tensor, poses: Tensor, context: Sequence[Packed]) -> Tensor:
        velocity: Tensor = self.network(noisy, t, times, context, self.text.at(poses))
        if self.negative is None:
            return velocity
        away: Tensor = self.network(noisy, t, times, context, self.negative)
        return away + self.guidance * (velocity - away)
