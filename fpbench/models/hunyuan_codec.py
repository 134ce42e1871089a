"""What stands around the HunyuanVideo FramePack transformer: text and image encoders, autoencoder, and their files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from fpbench.models.pretrained import Placement, PretrainedError, locate

if TYPE_CHECKING:
    from diffusers import HunyuanVideoFramepackPipeline, HunyuanVideoFramepackTransformer3DModel
    from PIL.Image import Image


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


def open_transformer(checkpoint: Path, dtype: torch.dtype) -> HunyuanVideoFramepackTransformer3DModel:
    """The transformer of a checkpoint folder, or of a whole pipeline's.

    Raises:
        PretrainedError: there is none, or of another kind.
    """
    from diffusers import HunyuanVideoFramepackTransformer3DModel

    nested = (checkpoint / "transformer").is_dir()
    try:
        return HunyuanVideoFramepackTransformer3DModel.from_pretrained(
            checkpoint, subfolder="transformer" if nested else None, dtype=dtype, use_safetensors=True
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise PretrainedError(f"{checkpoint}: not a HunyuanVideo FramePack checkpoint: {error}") from error


def open_pipeline(repositories: Repositories, placement: Placement, transformer: Any) -> HunyuanVideoFramepackPipeline:
    """The pipeline of diffusers around a transformer, or None, not yet placed.

    Raises:
        PretrainedError: a part is missing or of another kind.
    """
    from diffusers import HunyuanVideoFramepackPipeline
    from transformers import SiglipImageProcessor, SiglipVisionModel

    folders, dtype = repositories.folders(), placement.precision()
    try:
        pipeline = HunyuanVideoFramepackPipeline.from_pretrained(
            folders["base"],
            transformer=transformer,
            feature_extractor=SiglipImageProcessor.from_pretrained(folders["vision"] / "feature_extractor"),
            image_encoder=SiglipVisionModel.from_pretrained(
                folders["vision"] / "image_encoder", dtype=dtype, use_safetensors=True
            ),
            dtype={"default": dtype, "vae": placement.decoder_precision()},
            use_safetensors=True,
        )
    except (OSError, ValueError, KeyError) as error:
        raise PretrainedError(f"{folders['base']}: not a HunyuanVideo pipeline folder: {error}") from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


class HunyuanCodec:
    """HunyuanVideo's autoencoder and encoders, for training."""

    def __init__(self, pipeline: HunyuanVideoFramepackPipeline, device: torch.device) -> None:
        self.pipeline, self.device = pipeline, device

    def pixels(self, images: list[Image]) -> Tensor:
        """(1, 3, frames, height, width) in [-1, 1]."""
        processed: Tensor = self.pipeline.video_processor.preprocess(images, images[0].height, images[0].width)
        return processed.transpose(0, 1)[None].to(self.device)

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """Latents (1, frames, channels, h, w) of (1, 3, 4 frames - 3, H, W) pixels, float32."""
        vae = self.pipeline.vae
        latents = vae.encode(pixels.to(vae.dtype)).latent_dist.mode().float() * vae.config.scaling_factor
        return latents.transpose(1, 2)

    @torch.no_grad()
    def describe(self, prompt: str) -> dict[str, Tensor]:
        """A prompt: states (tokens, width), mask (tokens,) and pooled (width,)."""
        states, pooled, mask = self.pipeline.encode_prompt(prompt, device=self.device)
        return {"states": states[0], "mask": mask[0].to(states.dtype), "pooled": pooled[0]}

    @torch.no_grad()
    def look(self, pixels: Tensor) -> dict[str, Tensor]:
        """The first frame as the image encoder sees it: image (tokens, width)."""
        return {"image": self.pipeline.encode_image(pixels[:, :, 0], device=self.device)[0]}


def open_codec(repositories: Repositories, placement: Placement) -> HunyuanCodec:
    """Encoders and autoencoder on their device, without the transformer.

    Raises:
        PretrainedError: a part is missing or of another kind.
    """
    pipeline = open_pipeline(repositories, placement, None)
    placement.apply(pipeline)
    return HunyuanCodec(pipeline, placement.on())
