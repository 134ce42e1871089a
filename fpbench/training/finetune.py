"""Recipes that fine-tune a released model on a folder of videos.

One process as ``fpbench train recipe.yaml``; several, or FSDP, as ``accelerate launch --config_file fsdp.yaml -m
fpbench.cli train recipe.yaml``: accelerate's environment decides.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fpbench.training.recipe import Log, RecipeError

BUCKETS = ((416, 960), (448, 864), (480, 832), (512, 768), (544, 704), (576, 672), (608, 640))
"""The paper's 480p buckets (height, width); their transposes are used as well."""

BASES = {"wan": "Wan-AI/Wan2.1-T2V-1.3B-Diffusers", "hunyuan": "lllyasviel/FramePackI2V_HY"}


class FineTune(BaseModel):
    """A recipe; the defaults are the paper's settings (§4.2) where it gives any.

    Attributes:
        kind: the family of the network.
        base: folder or hub name: a Wan pipeline, or a HunyuanVideo FramePack transformer or whole pipeline.
        encoders, vision: HunyuanVideo only: text encoders with autoencoder, and image encoder, where ``base`` is a
            transformer alone.
        videos: folder of videos, relative to the recipe.
        frames: video frames per clip, 4 n + 1.
        kernels: Wan only: history kernels with parameters of their own.
        mixture: packs, history treatments and level distribution; see `fpbench.training.mixture.Mixture`.
        codebook: number of centroids K for packs with discrete history, fitted to the clips.
        method, rank: ``lora`` trains low-rank corrections of the blocks and the history projections, ``full``
            everything.
        rate, clip: of Adafactor with a fixed rate.
        shift: time shift of the drawn section levels; default 3 for Wan, and for HunyuanVideo the shift of its own
            sampler, which grows with the section.
        guidance: HunyuanVideo only: the distilled guidance scale that it is told.
        textless: share of samples trained without text, for classifier-free guidance.
        precision: accelerate's mixed precision; the frozen weights of ``lora`` are kept in it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["wan", "hunyuan"]
    name: str
    base: str = ""
    encoders: str | None = None
    vision: str | None = None
    videos: Path
    frames: int = Field(145, ge=5)
    buckets: tuple[tuple[int, int], ...] = (*BUCKETS, *((w, h) for h, w in BUCKETS))
    kernels: tuple[int, ...] | None = None
    mixture: dict[str, Any]
    codebook: int | None = Field(None, ge=1)
    method: Literal["lora", "full"] = "lora"
    rank: int = Field(32, ge=1)
    steps: int = Field(ge=1)
    batch: int = Field(1, ge=1)
    rate: float = Field(1e-5, gt=0)
    clip: float = Field(0.5, gt=0)
    shift: float | None = Field(None, gt=0)
    guidance: float = 9.0
    textless: float = Field(0.1, ge=0, le=1)
    precision: Literal["no", "bf16", "fp16"] = "bf16"
    checkpointing: bool = True
    save_every: int = Field(250, ge=1)
    seed: int = 0

    @model_validator(mode="before")
    @classmethod
    def _own_base(cls, given: Any) -> Any:
        if isinstance(given, dict) and not given.get("base"):
            return {**given, "base": BASES.get(str(given.get("kind")), "")}
        return given

    @model_validator(mode="after")
    def _fits_together(self) -> FineTune:
        if (self.frames - 1) % 4:
            raise ValueError(f"frames: {self.frames} is not 4 n + 1; the nearest: {self.frames // 4 * 4 + 1}")
        odd = [size for size in self.buckets if size[0] % 16 or size[1] % 16]
        if odd or not self.buckets:
            raise ValueError(f"buckets: sizes must be divisible by 16, got {odd or 'none'}")
        foreign = {"wan": ("encoders", "vision"), "hunyuan": ("kernels",)}[self.kind]
        given = [name for name in foreign if getattr(self, name) is not None]
        if given:
            raise ValueError(f"{given[0]}: not for kind {self.kind!r}")
        discrete = [name for name in self.mixture.get("packs", {}) if str(name).lower().endswith("+d")]
        if bool(discrete) != bool(self.codebook):
            raise ValueError("codebook: packs with discrete history ('+D') and a number of centroids go together")
        return self


def read_finetune(path: Path) -> FineTune:
    """A recipe file.

    Raises:
        RecipeError: naming file, key and value.
    """
    try:
        recipe = FineTune.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise RecipeError(f"{path}: {error}") from None
    return recipe.model_copy(update={"videos": path.parent / recipe.videos})


def fine_tune(path: Path, folder: Path, *, minutes: float | None = None, log: Log = lambda line: None) -> Path:
    """Follow a recipe, going on from whatever the folder holds.

    Returns:
        The checkpoint folder, ready for ``{use: wan_framepack, checkpoint: ...}`` or ``framepack_hunyuan``.

    Raises:
        RecipeError: the recipe does not hold together.
    """
    from fpbench.training.families import open_family
    from fpbench.training.tuner import FineTuner

    recipe = read_finetune(path)
    tuner = FineTuner(recipe, open_family(recipe, path), folder, log)
    tuner.run(minutes=minutes)
    return tuner.export()
