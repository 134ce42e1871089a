"""Wan with packed history as a `fpbench.released.VideoModel`: diffusers' encoders and decoder around our rollout."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fpbench.models.autoencoder import to_uint8
from fpbench.models.codebook import codebook_of
from fpbench.models.memory import WAN_LARGE, WAN_SMALL, Network
from fpbench.models.pretrained import Placement, PretrainedError, digest, framepack_facts, locate, require
from fpbench.models.scenes import Scenes, clock
from fpbench.models.wan import WanBackbone, WanFramePack
from fpbench.released import latent_frames
from fpbench.sampling.flow import levels
from fpbench.sampling.noise import StreamNoise
from fpbench.sampling.rollout import rollout
from fpbench.sampling.strategy import Strategy

if TYPE_CHECKING:
    from diffusers import WanPipeline
    from PIL.Image import Image

BASE = "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"
MAX_TEXT = 512


@dataclass(frozen=True)
class WanSettings:
    """How a video is sampled.

    Attributes:
        steps: solver steps per section.
        guidance: scale of classifier-free guidance; 1 is none and half the cost.
        negative: prompt to steer away from.
        shift: time shift of the solver's levels; Wan recommends 3 at 480p.
    """

    steps: int = 30
    guidance: float = 5.0
    negative: str = ""
    shift: float = 3.0


@dataclass(frozen=True)
class Wan:
    """Wan with packed history; weights load on first use.

    Attributes:
        checkpoint: folder that `fpbench train` wrote, or a Wan folder or hub name.
        base: text encoder and autoencoder, and the transformer where ``checkpoint`` has none.
        interpolated: allow a checkpoint that was never trained on packed history. Its projections are interpolated:
            a baseline of what training adds, not a FramePack.
        placement: where and how precisely it runs.
        settings: how a video is sampled.
    """

    checkpoint: str = BASE
    base: str = BASE
    interpolated: bool = False
    placement: Placement = field(default_factory=Placement)
    settings: WanSettings = field(default_factory=WanSettings)

    latent: ClassVar[tuple[int, int]] = (60, 104)

    @classmethod
    def of(cls, **options: Any) -> Wan:
        """From the flat options of a protocol.

        Raises:
            TypeError: an option that does not exist.
        """
        known = {part: [f.name for f in fields(part)] for part in (Placement, WanSettings)}
        parts = {part: {n: options.pop(n) for n in names if n in options} for part, names in known.items()}
        own = {n: options.pop(n) for n in ("checkpoint", "base", "interpolated") if n in options}
        if options:
            names = ", ".join(["checkpoint", "base", "interpolated", *known[Placement], *known[WanSettings]])
            raise TypeError(f"unknown option {', '.join(map(repr, options))}; known: {names}")
        return cls(**own, placement=Placement(**parts[Placement]), settings=WanSettings(**parts[WanSettings]))

    @property
    def steps(self) -> int:
        return self.settings.steps

    @property
    def network(self) -> Network:
        """By the name of ``base``: the hub's repositories carry their size."""
        return WAN_LARGE if "14B" in self.base else WAN_SMALL

    @property
    def passes(self) -> int:
        return 2 if self.settings.guidance > 1 else 1

    def check(self, strategy: Strategy, *, weights: bool = False) -> None:
        """Raise ValueError for fixed slots, and PretrainedError for what the opened weights were not trained for."""
        if strategy.slots is not None:
            raise ValueError("Wan with packed history sees the frames that exist; fixed slots are for HunyuanVideo")
        if not weights or self.interpolated:
            return
        if not framepack_facts(self._folder()):
            raise PretrainedError(
                f"{self.checkpoint}: not trained on packed history; train it with `fpbench train`, or set "
                "interpolated: true to run it with interpolated projections"
            )
        require(self._folder(), strategy.requires)

    def fingerprint(self) -> dict[str, object]:
        return {
            "weights": {"checkpoint": digest(self._folder()), "base": digest(locate(self.base))},
            "settings": asdict(self.settings),
            **self.placement.fingerprint(),
        }

    def video(
        self, strategy: Strategy, image: Image, prompt: str, frames: int, generator: torch.Generator,
        last: Image | None = None,
    ) -> NDArray[np.uint8]:  # fmt: skip
        """A video; a last image is refused, since every slot of it would be history that does not exist."""
        if last is not None:
            raise PretrainedError("Wan with packed history takes no last image; leave end: false")
        codec, network = open_wan(self._folder(), locate(self.base), self.placement)
        latents = self._latents(strategy, codec, network, image, prompt, frames, generator)
        return to_uint8(codec.decode(latents)[0, :, :frames].transpose(0, 1).cpu().float())

    @torch.inference_mode()
    def _latents(
        self, strategy: Strategy, codec: WanCodec, network: WanFramePack, image: Image, prompt: str, frames: int,
        generator: torch.Generator,
    ) -> Tensor:  # fmt: skip
        given = codec.encode(codec.pixels([image]))
        count = latent_frames(frames, strategy.pack.section)
        negative = codec.text(self.settings.negative) if self.settings.guidance > 1 else None
        backbone = WanBackbone(network, Scenes.of(prompt, codec.text), negative, self.settings.guidance)
        return rollout(
            strategy, backbone, given, clock(given, count), StreamNoise(generator, given[:, 0].shape),
            levels(self.settings.steps, self.settings.shift),
            codebook=codebook_of(self._folder(), strategy.pack.discrete),
        )  # fmt: skip

    def _folder(self) -> Path:
        return locate(self.checkpoint)


class WanCodec:
    """Wan's autoencoder and text encoder."""

    def __init__(self, pipeline: WanPipeline, device: torch.device) -> None:
        self.pipeline, self.device = pipeline, device

    def pixels(self, images: list[Image]) -> Tensor:
        """(1, 3, frames, height, width) in [-1, 1]."""
        processed = self.pipeline.video_processor.preprocess(images, images[0].height, images[0].width)
        return processed.transpose(0, 1)[None].to(self.device)

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """Unit-variance latents (1, frames, channels, h, w) of (1, 3, 4 frames - 3, H, W) pixels, float32."""
        vae = self.pipeline.vae
        mean, std = self._moments()
        latents = vae.encode(pixels.to(vae.dtype)).latent_dist.mode().float()
        return ((latents - mean) / std).transpose(1, 2)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """The inverse of `encode`; the decoder is causal, so that sections need no blending."""
        mean, std = self._moments()
        pixels: Tensor = self.pipeline.vae.decode(
            (latents.transpose(1, 2) * std + mean).to(self.pipeline.vae.dtype), return_dict=False
        )[0]
        return pixels

    def describe(self, prompt: str) -> dict[str, Tensor]:
        """A prompt: text (tokens, width)."""
        return {"text": self.text(prompt)[0]}

    def look(self, pixels: Tensor) -> dict[str, Tensor]:
        """Nothing: the first frame is history like any other."""
        return {}

    @torch.no_grad()
    def text(self, prompt: str) -> Tensor:
        """(1, tokens, width) encoded prompt."""
        states, _ = self.pipeline.encode_prompt(
            prompt, do_classifier_free_guidance=False, device=self.device, max_sequence_length=MAX_TEXT
        )
        return states

    def _moments(self) -> tuple[Tensor, Tensor]:
        c = self.pipeline.vae.config
        mean, std = (torch.tensor(v, device=self.device)[:, None, None, None] for v in (c.latents_mean, c.latents_std))
        return mean, std


def open_codec(base: Path, placement: Placement, *, place: bool = False) -> WanCodec:
    """Text encoder and autoencoder of a Wan pipeline folder, without its transformer.

    Args:
        base: the folder.
        placement: precision and device.
        place: move it there now; otherwise the caller does.

    Raises:
        PretrainedError: not such a folder.
    """
    from diffusers import WanPipeline

    try:
        pipeline = WanPipeline.from_pretrained(
            base,
            transformer=None,
            transformer_2=None,
            dtype={"default": placement.precision(), "vae": placement.decoder_precision()},
            use_safetensors=True,
        )
    except (OSError, ValueError, KeyError) as error:
        raise PretrainedError(f"{base}: not a Wan pipeline folder: {error}") from error
    if place:
        placement.apply(pipeline)
    return WanCodec(pipeline, placement.on())


@lru_cache(maxsize=1)
def open_wan(folder: Path, base: Path, placement: Placement) -> tuple[WanCodec, WanFramePack]:
    """Encoders and network, placed; the last ones stay loaded.

    Raises:
        PretrainedError: a part is missing or of another kind.
    """
    codec = open_codec(base, placement)
    try:
        network = WanFramePack.load(folder, placement.precision())
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise PretrainedError(f"{folder}: not a Wan text-to-video transformer: {error}") from error
    network.eval().requires_grad_(False)
    codec.pipeline.transformer = network.transformer
    placement.apply(codec.pipeline)
    network.history.to(placement.on())
    return codec, network
