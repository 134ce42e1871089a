"""HunyuanVideo FramePack (lllyasviel/FramePackI2V_HY, FramePack_F1_I2V_HY_20250503) as a backbone of the rollout.

The network is diffusers' ``HunyuanVideoFramepackTransformer3DModel``, untouched. Not here: encoders, decoding, files
(``fpbench.models.framepack_pipeline``), and which frames are packed how (``fpbench.framepack``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from fpbench.errors import FpbenchError
from fpbench.framepack.schedule import Kernel
from fpbench.models.dit import Packed
from fpbench.models.pretrained import write_facts
from fpbench.models.scenes import Scenes

if TYPE_CHECKING:
    from diffusers import FlowMatchEulerDiscreteScheduler, HunyuanVideoFramepackTransformer3DModel

KERNELS = {Kernel.cubic(1): "clean", Kernel.cubic(2): "history_2x", Kernel.cubic(4): "history_4x"}
"""The history projections of the network, by its own names."""

MAX_SHIFT = 7.0
"""The dynamic shift exp(mu) stops here; a section of nine 480p frames always reaches it."""


class HistoryError(FpbenchError):
    """History that a released network cannot take."""


@dataclass(frozen=True)
class Text:
    """An encoded prompt.

    Attributes:
        states: (batch, tokens, width) of the large text encoder.
        mask: (batch, tokens), 1 where there is text.
        pooled: (batch, width) of the small text encoder.
    """

    states: Tensor
    mask: Tensor
    pooled: Tensor


@dataclass(frozen=True)
class Condition:
    """What every section of a video is conditioned on.

    Attributes:
        text: the prompt.
        image: (batch, tokens, width) of the image encoder, of the first frame.
        guidance: distilled guidance scale, told to the network.
        negative: prompt to steer away from with true classifier-free guidance, at twice the cost.
        true_guidance: its scale; 1 is none.
    """

    text: Text
    image: Tensor
    guidance: float
    negative: Text | None = None
    true_guidance: float = 1.0


class HunyuanFramePack(nn.Module):
    """The network as it is trained: `HunyuanBackbone` with a condition per sample.

    Args:
        transformer: of a released or random checkpoint.
        guidance: distilled guidance scale that it is told.
    """

    def __init__(self, transformer: HunyuanVideoFramepackTransformer3DModel, guidance: float = 9.0) -> None:
        super().__init__()
        self.transformer, self.guidance = transformer, guidance

    def forward(
        self, noisy: Tensor, t: Tensor, times: Tensor, context: Sequence[Packed], *,
        states: Tensor, mask: Tensor, pooled: Tensor, image: Tensor,
    ) -> Tensor:  # fmt: skip
        """The velocity; see `HunyuanBackbone`, `Text` and `Condition` for the arguments."""
        dtype = self.transformer.dtype
        text = Text(states.to(dtype), mask.to(dtype), pooled.to(dtype))
        backbone = HunyuanBackbone(self.transformer, Condition(text, image.to(dtype), self.guidance))
        return backbone(noisy, t, times, noisy.new_zeros(0), context)

    def save(self, folder: Path, *, capabilities: Iterable[str] = (), card: Mapping[str, Any] | None = None) -> None:
        """Write ``transformer/`` and ``framepack/`` into a folder, safetensors only."""
        self.transformer.save_pretrained(folder / "transformer", safe_serialization=True)
        write_facts(folder, capabilities, card)


class HunyuanBackbone:
    """Velocity of a section given packed history and a condition.

    Args:
        transformer: the network.
        condition: of the whole video.
        text: prompts that change, instead of the condition's; poses are then a `fpbench.models.scenes.clock`.
    """

    def __init__(
        self,
        transformer: HunyuanVideoFramepackTransformer3DModel,
        condition: Condition,
        text: Scenes[Text] | None = None,
    ) -> None:
        self.transformer, self.condition, self.text = transformer, condition, text

    def __call__(self, noisy: Tensor, t: Tensor, times: Tensor, poses: Tensor, context: Sequence[Packed]) -> Tensor:
        """The velocity.

        Args:
            noisy: (batch, frames, channels, height, width) latents.
            t: (batch, frames) levels, equal over frames.
            times: (frames,) positions of the section.
            poses: (batch, frames, 4); see the class.
            context: history on k1, k2 and k4, each present (fixed slots).

        Raises:
            HistoryError: a kernel is missing or unknown, a noise level is told, or levels differ between frames.
        """
        self._check(t, context)
        inputs = self._inputs(noisy, t, times, context)
        c = self.condition
        velocity = self._run(inputs, c.text if self.text is None else self.text.at(poses))
        if c.negative is not None and c.true_guidance > 1:
            away = self._run(inputs, c.negative)
            velocity = away + c.true_guidance * (velocity - away)
        return velocity.float().transpose(1, 2)

    def _inputs(self, noisy: Tensor, t: Tensor, times: Tensor, context: Sequence[Packed]) -> dict[str, Tensor]:
        """Arguments of the network that do not depend on the prompt; positions count from the earliest frame."""
        dtype, device = self.transformer.dtype, noisy.device
        origin = min(int(group.times.min()) for group in context)
        inputs = {
            "hidden_states": noisy.transpose(1, 2).to(dtype),
            "timestep": t[:, 0] * 1000,
            "indices_latents": (times - origin).to(device),
            "guidance": torch.full((len(noisy),), self.condition.guidance, dtype=dtype, device=device) * 1000.0,
            "image_embeds": self.condition.image,
        }
        for kernel, name in KERNELS.items():
            groups = sorted((g for g in context if g.kernel == kernel), key=lambda g: int(g.times[0]))
            inputs[f"latents_{name}"] = torch.cat([g.latents for g in groups], 1).transpose(1, 2).to(dtype)
            inputs[f"indices_latents_{name}"] = (torch.cat([g.times for g in groups]) - origin).to(device)
        return inputs

    def _run(self, inputs: dict[str, Tensor], text: Text) -> Tensor:
        velocity: Tensor = self.transformer(
            **inputs,
            encoder_hidden_states=text.states,
            encoder_attention_mask=text.mask,
            pooled_projections=text.pooled,
            return_dict=False,
        )[0]
        return velocity

    def _check(self, t: Tensor, context: Sequence[Packed]) -> None:
        kernels = {group.kernel for group in context}
        if kernels != set(KERNELS):
            raise HistoryError(
                f"the released checkpoints take history on exactly {', '.join(map(str, KERNELS))}, all of them in "
                f"every section, got {', '.join(map(str, sorted(kernels))) or 'none'}; use their own pack and slots"
            )
        if any(group.level.any() for group in context) or any(group.pooled for group in context):
            raise HistoryError("the released checkpoints know no history level and no pooled tail; use told: false")
        if (t != t[:, :1]).any():
            raise HistoryError("the released checkpoints take one level for the whole section")


def dynamic_shift(tokens: int, config: Mapping[str, Any]) -> float:
    """The mu of the shift exp(mu) of a section of ``tokens`` tokens: linear between two sizes, then capped."""
    low, high = config.get("base_image_seq_len", 256), config.get("max_image_seq_len", 4096)
    base, top = config.get("base_shift", 0.5), config.get("max_shift", 1.15)
    slope = (top - base) / (high - low)
    return min(float(slope * tokens + base - slope * low), math.log(MAX_SHIFT))


def solver_grid(scheduler: FlowMatchEulerDiscreteScheduler, steps: int, tokens: int) -> list[float]:
    """The levels at which diffusers' pipeline evaluates a section, 1 down to 0.

    Args:
        scheduler: of the checkpoint; it decides whether the shift depends on the section's size.
        steps: solver steps.
        tokens: section tokens at kernel (1, 2, 2).
    """
    import numpy as np

    mu = dynamic_shift(tokens, scheduler.config)
    scheduler.set_timesteps(steps, sigmas=np.linspace(1.0, 0.0, steps + 1)[:-1], mu=mu)
    return [float(sigma) for sigma in scheduler.sigmas]
