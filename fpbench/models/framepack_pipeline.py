"""The released FramePack on HunyuanVideo: diffusers' encoders and autoencoder around our rollout.

What this does differently from diffusers' pipeline is listed, and each point tested, in ``docs/released.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from fpbench.framepack import Plan
from fpbench.models.crossfade import TIME, decode_sections
from fpbench.models.hunyuan import Condition, HunyuanBackbone, Text, solver_grid
from fpbench.models.pretrained import Placement, PretrainedError, locate
from fpbench.sampling.flow import levels
from fpbench.sampling.noise import StreamNoise
from fpbench.sampling.rollout import rollout
from fpbench.sampling.strategy import Strategy

if TYPE_CHECKING:
    from diffusers import HunyuanVideoFramepackPipeline
    from PIL.Image import Image

Decoding = Literal["crossfade", "whole"]


@dataclass(frozen=True)
class Repositories:
    """Where the parts come from: hub names or folders. A folder of a whole saved pipeline serves as all three.

    Attributes:
        checkpoint: the FramePack transformer.
        base: text encoders, autoencoder and scheduler.
        vision: image encoder.
    """

    checkpoint: str
    base: str = "hunyuanvideo-community/HunyuanVideo"
    vision: str = "lllyasviel/flux_redux_bfl"

    def folders(self) -> dict[str, Path]:
        """The local folders, fetched where they are missing."""
        checkpoint = locate(self.checkpoint)
        if (checkpoint / "model_index.json").is_file():
            return {"checkpoint": checkpoint, "base": checkpoint, "vision": checkpoint}
        return {
            "checkpoint": checkpoint,
            "base": locate(self.base, ignore=("transformer/*",)),
            "vision": locate(self.vision),
        }


@dataclass(frozen=True)
class Settings:
    """How a video is sampled.

    Attributes:
        steps: solver steps per section.
        guidance: distilled guidance scale.
        negative, true_guidance: prompt to avoid and the scale of true classifier-free guidance; 1 is none.
        shift: fixed shift of the solver's levels; None for the checkpoint's own schedule.
        decoding: crossfade, as released, or whole.
    """

    steps: int = 30
    guidance: float = 9.0
    negative: str = ""
    true_guidance: float = 1.0
    shift: float | None = None
    decoding: Decoding = "crossfade"


class FramePackHunyuan:
    """A loaded model that makes videos from an image and a prompt."""

    def __init__(self, pipeline: HunyuanVideoFramepackPipeline, device: torch.device | None = None) -> None:
        self.pipeline, self.device = pipeline, device or torch.device("cpu")

    @classmethod
    def load(cls, repositories: Repositories, placement: Placement) -> FramePackHunyuan:
        """Open the weights.

        Raises:
            PretrainedError: a part is missing or of another kind.
        """
        from diffusers import HunyuanVideoFramepackPipeline, HunyuanVideoFramepackTransformer3DModel
        from transformers import SiglipImageProcessor, SiglipVisionModel

        folders, dtype = repositories.folders(), placement.precision()
        nested = (folders["checkpoint"] / "transformer").is_dir()
        try:
            pipeline = HunyuanVideoFramepackPipeline.from_pretrained(
                folders["base"],
                transformer=HunyuanVideoFramepackTransformer3DModel.from_pretrained(
                    folders["checkpoint"], subfolder="transformer" if nested else None, torch_dtype=dtype,
                    use_safetensors=True,
                ),
                feature_extractor=SiglipImageProcessor.from_pretrained(folders["vision"] / "feature_extractor"),
                image_encoder=SiglipVisionModel.from_pretrained(
                    folders["vision"] / "image_encoder", dtype=dtype, use_safetensors=True
                ),
                torch_dtype=dtype, use_safetensors=True,
            )  # fmt: skip
        except (OSError, ValueError, KeyError) as error:
            raise PretrainedError(f"{repositories.checkpoint}: not a HunyuanVideo FramePack checkpoint: {error}") from error
        pipeline.set_progress_bar_config(disable=True)
        placement.apply(pipeline)
        return cls(pipeline, placement.on())

    def plan(self, strategy: Strategy, frames: int) -> Plan:
        """The plan that covers ``frames`` video frames with whole sections."""
        return strategy.plan(latent_frames(frames, strategy.pack.section))

    @torch.inference_mode()
    def latents(
        self,
        strategy: Strategy,
        image: Image,
        prompt: str,
        frames: int,
        generator: torch.Generator,
        *,
        settings: Settings | None = None,
        last: Image | None = None,
    ) -> Tensor:
        """A video in latents.

        Args:
            strategy: pack, order and padding.
            image: first frame, of the video's size; height and width divisible by 16.
            frames: video frames wanted; rounded up to whole sections.
            generator: noise of the image's encoding and of the sections, in this order.
            last: last frame, for the inverted order only.

        Returns:
            (1, latent frames, channels, height / 8, width / 8), float32.
        """
        settings, plan = settings or Settings(), self.plan(strategy, frames)
        if last is not None and plan.order != "inverted":
            raise ValueError(f"a last image needs the inverted order; pack {str(strategy.pack)!r} has {plan.order!r}")
        pixels = self._pixels(image)
        given = self._encode(pixels, generator)
        end = None if last is None else self._encode(self._pixels(last), generator)[:, 0]
        backbone = HunyuanBackbone(self.pipeline.transformer, self._condition(prompt, pixels, settings))
        height, width = given.shape[-2:]
        tokens = strategy.pack.section_tokens(height, width)
        grid = levels(settings.steps, settings.shift) if settings.shift else self._grid(settings.steps, tokens)
        noise = StreamNoise(generator, given[:, 0].shape)
        nowhere = given.new_zeros(1, plan.frames, 4)
        made = rollout(strategy, backbone, given, nowhere, noise, grid, last=end)
        self.pipeline.maybe_free_model_hooks()
        return made

    @torch.inference_mode()
    def decode(self, latents: Tensor, plan: Plan, decoding: Decoding = "crossfade") -> Tensor:
        """(1, frames, channels, h, w) latents to (1, 3, 4 frames - 3, H, W) pixels in about [-1, 1]."""
        vae = self.pipeline.vae

        def paint(part: Tensor) -> Tensor:
            scaled = part.transpose(1, 2).to(vae.dtype) / vae.config.scaling_factor
            pixels: Tensor = vae.decode(scaled, return_dict=False)[0]
            return pixels

        video = paint(latents) if decoding == "whole" else decode_sections(paint, latents, plan)
        self.pipeline.maybe_free_model_hooks()
        return video

    def _pixels(self, image: Image) -> Tensor:
        pixels: Tensor = self.pipeline.video_processor.preprocess(image, image.height, image.width)
        return pixels

    def _encode(self, pixels: Tensor, generator: torch.Generator) -> Tensor:
        latent = self.pipeline.prepare_image_latents(
            pixels, dtype=torch.float32, device=self.device, generator=generator
        )
        return latent.transpose(1, 2)

    def _condition(self, prompt: str, pixels: Tensor, settings: Settings) -> Condition:
        image = self.pipeline.encode_image(pixels, device=self.device).to(self.pipeline.transformer.dtype)
        condition = Condition(self._text(prompt), image, settings.guidance, true_guidance=settings.true_guidance)
        if settings.true_guidance <= 1:
            return condition
        return replace(condition, negative=self._text(settings.negative))

    def _text(self, prompt: str) -> Text:
        states, pooled, mask = self.pipeline.encode_prompt(prompt, device=self.device)
        dtype = self.pipeline.transformer.dtype
        return Text(states.to(dtype), mask.to(dtype), pooled.to(dtype))

    def _grid(self, steps: int, tokens: int) -> list[float]:
        return solver_grid(self.pipeline.scheduler, steps, tokens)


def latent_frames(frames: int, section: int) -> int:
    """Latent frames of the shortest video of whole sections, after one given frame, that has ``frames`` frames."""
    needed = -(-(frames - 1) // TIME)
    return 1 + max(1, -(-needed // section)) * section
