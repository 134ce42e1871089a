"""The released FramePack on HunyuanVideo: diffusers' encoders and autoencoder around our rollout.

What this does differently from diffusers' pipeline is listed, and each point tested, in ``docs/released.md``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fpbench.framepack import Plan
from fpbench.framepack.discretize import Codebook
from fpbench.models.autoencoder import to_uint8
from fpbench.models.codebook import codebook_of
from fpbench.models.crossfade import decode_sections
from fpbench.models.hunyuan import KERNELS, Condition, HunyuanBackbone, Text, solver_grid
from fpbench.models.hunyuan_codec import Repositories, open_pipeline, open_transformer
from fpbench.models.memory import HUNYUAN, Network
from fpbench.models.pretrained import Placement, digest, require
from fpbench.models.scenes import Scenes, clock
from fpbench.released import latent_frames
from fpbench.sampling.flow import levels
from fpbench.sampling.noise import StreamNoise
from fpbench.sampling.rollout import rollout
from fpbench.sampling.strategy import Strategy

if TYPE_CHECKING:
    from diffusers import HunyuanVideoFramepackPipeline
    from PIL.Image import Image

Decoding = Literal["crossfade", "whole"]


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
        codebook: Codebook | None = None,
    ) -> Tensor:
        """A video in latents.

        Args:
            strategy: pack, order and padding.
            image: first frame, of the video's size; height and width divisible by 16.
            frames: video frames wanted; rounded up to whole sections.
            generator: noise of the image's encoding and of the sections, in this order.
            last: last frame, for the inverted order only.
            codebook: for packs with discrete history.

        Returns:
            (1, latent frames, channels, height / 8, width / 8), float32.
        """
        settings, plan = settings or Settings(), self.plan(strategy, frames)
        if last is not None and plan.order != "inverted":
            raise ValueError(f"a last image needs the inverted order; pack {str(strategy.pack)!r} has {plan.order!r}")
        pixels = self._pixels(image)
        given = self._encode(pixels, generator)
        end = None if last is None else self._encode(self._pixels(last), generator)[:, 0]
        scenes = Scenes.of(prompt, self._text)
        condition = self._condition(scenes.parts[0][1], pixels, settings)
        backbone = HunyuanBackbone(self.pipeline.transformer, condition, scenes)
        height, width = given.shape[-2:]
        tokens = strategy.pack.section_tokens(height, width)
        grid = levels(settings.steps, settings.shift) if settings.shift else self._grid(settings.steps, tokens)
        noise = StreamNoise(generator, given[:, 0].shape)
        made = rollout(strategy, backbone, given, clock(given, plan.frames), noise, grid, last=end, codebook=codebook)
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

    def _condition(self, text: Text, pixels: Tensor, settings: Settings) -> Condition:
        image = self.pipeline.encode_image(pixels, device=self.device).to(self.pipeline.transformer.dtype)
        condition = Condition(text, image, settings.guidance, true_guidance=settings.true_guidance)
        if settings.true_guidance <= 1:
            return condition
        return replace(condition, negative=self._text(settings.negative))

    def _text(self, prompt: str) -> Text:
        states, pooled, mask = self.pipeline.encode_prompt(prompt, device=self.device)
        dtype = self.pipeline.transformer.dtype
        return Text(states.to(dtype), mask.to(dtype), pooled.to(dtype))

    def _grid(self, steps: int, tokens: int) -> list[float]:
        return solver_grid(self.pipeline.scheduler, steps, tokens)


@dataclass(frozen=True)
class Hunyuan:
    """The released FramePack as a `fpbench.released.VideoModel`; weights load on first use.

    Attributes:
        repositories: where the weights come from.
        placement: where and how precisely they run.
        settings: how a video is sampled.
    """

    repositories: Repositories
    placement: Placement = field(default_factory=Placement)
    settings: Settings = field(default_factory=Settings)

    latent: ClassVar[tuple[int, int]] = (60, 104)
    capabilities: ClassVar[frozenset[str]] = frozenset({"two_sided", "anchor_slot", "codebook"})

    @classmethod
    def of(cls, **options: Any) -> Hunyuan:
        """From the flat options of a protocol, each a field of one of the three parts.

        Raises:
            TypeError: an option that no part has.
        """
        parts = [{f.name: options.pop(f.name) for f in fields(part) if f.name in options} for part in PARTS]
        if options:
            known = ", ".join(f.name for part in PARTS for f in fields(part))
            raise TypeError(f"unknown option {', '.join(map(repr, options))}; known: {known}")
        return cls(Repositories(**parts[0]), Placement(**parts[1]), Settings(**parts[2]))

    @property
    def steps(self) -> int:
        return self.settings.steps

    @property
    def network(self) -> Network:
        return HUNYUAN

    @property
    def passes(self) -> int:
        return 2 if self.settings.true_guidance > 1 else 1

    def check(self, strategy: Strategy, *, weights: bool = False) -> None:
        """Raise ValueError for what the network cannot do, PretrainedError for what its weights never learnt."""
        lacking = strategy.requires - self.capabilities
        if lacking:
            raise ValueError(f"HunyuanVideo FramePack is not made for {', '.join(sorted(lacking))}")
        if strategy.slots is None or {group.kernel for group in strategy.pack.groups} != set(KERNELS):
            raise ValueError(
                f"HunyuanVideo FramePack needs fixed slots and history on {', '.join(map(str, KERNELS))}, "
                f"got slots={strategy.slots!r} and pack {str(strategy.pack)!r}"
            )
        if weights:
            require(self.repositories.folders()["checkpoint"], strategy.requires, otherwise=RELEASED)

    def fingerprint(self) -> dict[str, object]:
        folders = self.repositories.folders()
        return {
            "weights": {part: digest(folder) for part, folder in folders.items()},
            "settings": asdict(self.settings),
            **self.placement.fingerprint(),
        }

    def video(
        self, strategy: Strategy, image: Image, prompt: str, frames: int, generator: torch.Generator,
        last: Image | None = None,
    ) -> NDArray[np.uint8]:  # fmt: skip
        model = open_hunyuan(self.repositories, self.placement)
        codebook = codebook_of(self.repositories.folders()["checkpoint"], strategy.pack.discrete)
        latents = model.latents(
            strategy, image, prompt, frames, generator, settings=self.settings, last=last, codebook=codebook
        )
        pixels = model.decode(latents, model.plan(strategy, frames), self.settings.decoding)
        return to_uint8(pixels[0, :, :frames].transpose(0, 1).cpu().float())


PARTS = (Repositories, Placement, Settings)
RELEASED = frozenset({"two_sided", "anchor_slot"})
"""Capabilities of the released checkpoints."""


@lru_cache(maxsize=1)
def open_hunyuan(repositories: Repositories, placement: Placement) -> FramePackHunyuan:
    """Load the weights; the last ones stay loaded, so that systems which differ in sampling share them.

    Raises:
        PretrainedError: a part is missing or of another kind.
    """
    transformer = open_transformer(repositories.folders()["checkpoint"], placement.precision())
    pipeline = open_pipeline(repositories, placement, transformer)
    placement.apply(pipeline)
    return FramePackHunyuan(pipeline, placement.on())
