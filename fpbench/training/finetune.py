"""Fine-tuning Wan on packed history: LoRA or full, on a folder of videos, with accelerate; resumable to the step.

One process as ``fpbench train recipe.yaml``; several, or FSDP, as ``accelerate launch --config_file fsdp.yaml -m
fpbench.cli train recipe.yaml``: accelerate's environment decides.
"""

from __future__ import annotations

import math
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from fpbench.framepack import Section
from fpbench.models.dit import Packed
from fpbench.models.pretrained import Placement, digest, locate
from fpbench.models.wan import WanFramePack
from fpbench.models.wan_pipeline import open_codec
from fpbench.sampling.flow import shifted
from fpbench.training.clips import ClipCache, Spec
from fpbench.training.lora import adapt, merge
from fpbench.training.mixture import Mixture, draw_case, draw_history_levels, draw_section_levels
from fpbench.training.recipe import Log, RecipeError, mixture_capabilities

if TYPE_CHECKING:
    from accelerate import Accelerator

    from fpbench.training.mixture import Case

BUCKETS = ((416, 960), (448, 864), (480, 832), (512, 768), (544, 704), (576, 672), (608, 640))
"""The paper's 480p buckets (height, width); their transposes are used as well."""


class FineTune(BaseModel):
    """A recipe; the defaults are the paper's settings (§4.2) where it gives any.

    Attributes:
        base: Wan folder or hub name, with text encoder and autoencoder.
        videos: folder of videos, relative to the recipe.
        frames: video frames per clip, 4 n + 1.
        mixture: packs, history treatments and level distribution; see `fpbench.training.mixture.Mixture`.
        method, rank: ``lora`` trains low-rank corrections of the blocks and the history projections, ``full``
            everything.
        rate, clip: of Adafactor with a fixed rate.
        shift: time shift of the drawn section levels.
        textless: share of samples trained without text, for classifier-free guidance.
        precision: accelerate's mixed precision.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["wan"]
    name: str
    base: str = "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"
    videos: Path
    frames: int = Field(145, ge=5)
    buckets: tuple[tuple[int, int], ...] = (*BUCKETS, *((w, h) for h, w in BUCKETS))
    kernels: tuple[int, ...] = (1, 2, 4, 8)
    mixture: dict[str, Any]
    method: Literal["lora", "full"] = "lora"
    rank: int = Field(32, ge=1)
    steps: int = Field(ge=1)
    batch: int = Field(1, ge=1)
    rate: float = 1e-5
    clip: float = 0.5
    shift: float = 3.0
    textless: float = Field(0.1, ge=0, le=1)
    precision: Literal["no", "bf16", "fp16"] = "bf16"
    checkpointing: bool = True
    save_every: int = Field(250, ge=1)
    seed: int = 0


def read_finetune(path: Path) -> FineTune:
    """A recipe file.

    Raises:
        RecipeError: naming file, key and value.
    """
    try:
        recipe = FineTune.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise RecipeError(f"{path}: {error}") from None
    if (recipe.frames - 1) % 4:
        raise RecipeError(f"{path}: frames: {recipe.frames} is not 4 n + 1; the nearest: {recipe.frames // 4 * 4 + 1}")
    if "codebook" in mixture_capabilities(Mixture(**recipe.mixture)):
        raise RecipeError(f"{path}: mixture: fine-tuning on discrete history ('+D') is not supported")
    return recipe.model_copy(update={"videos": path.parent / recipe.videos})


def fine_tune(path: Path, folder: Path, *, minutes: float | None = None, log: Log = lambda line: None) -> Path:
    """Follow a recipe, going on from whatever the folder holds.

    Returns:
        The checkpoint folder, ready for ``{use: wan_framepack, checkpoint: ...}``.
    """
    trainer = FineTuner(read_finetune(path), folder, log)
    trainer.run(minutes=minutes)
    return trainer.export()


class FineTuner:
    """State of a run: model, optimiser, step; everything random follows from (seed, step, process)."""

    def __init__(self, recipe: FineTune, folder: Path, log: Log = lambda line: None) -> None:
        from accelerate import Accelerator
        from transformers.optimization import Adafactor

        self.recipe, self.folder, self.log = recipe, folder, log
        self.mixture = Mixture(**recipe.mixture)
        self.accelerator: Accelerator = Accelerator(mixed_precision=recipe.precision)
        self.clips = self._encoded()
        torch.manual_seed(recipe.seed)
        self.network = self._network()
        trained = [p for p in self.network.parameters() if p.requires_grad]
        adafactor = Adafactor(trained, lr=recipe.rate, scale_parameter=False, relative_step=False)
        self.model, self.optimiser = self.accelerator.prepare(self.network, adafactor)
        self.step, self.state = 0, folder / "state"
        if (self.state / "step").is_file():
            self.accelerator.load_state(str(self.state))
            self.step = int((self.state / "step").read_text())

    def run(self, *, minutes: float | None = None, steps: int | None = None) -> list[float]:
        """Train to the end of the recipe, for a number of minutes, or up to a step; returns the losses."""
        began, losses = time.monotonic(), []
        while self.step < (steps or self.recipe.steps):
            losses.append(self._advance())
            if self.step % 10 == 0 and self.accelerator.is_main_process:
                self.log(f"step {self.step} loss {np.mean(losses[-10:]):.4f}")
            if self.step % self.recipe.save_every == 0:
                self._save()
            if minutes is not None and time.monotonic() - began > 60 * minutes:
                break
        self._save()
        return losses

    def loss(self, step: int) -> Tensor:
        """Mean squared error of the velocity on what a step draws."""
        r, rank = self.recipe, self.accelerator.process_index
        rng = torch.Generator().manual_seed(hash((r.seed, step, rank)) & (2**62 - 1))
        common = np.random.default_rng([r.seed, step])
        sizes = sorted(self.clips.buckets)
        counts = np.array([len(self.clips.buckets[size]) for size in sizes])
        size = sizes[int(common.choice(len(sizes), p=counts / counts.sum()))]
        case = draw_case(self.mixture, (r.frames - 1) // 4 + 1, common)
        picks = torch.randint(len(self.clips.buckets[size]), (r.batch,), generator=rng).tolist()
        textless = (torch.rand(r.batch, generator=rng) < r.textless).tolist()
        latents, text = self.clips.batch(size, picks, textless=textless)
        return self._velocity_loss(latents, text, case, rng)

    def _velocity_loss(self, latents: Tensor, text: Tensor, case: Case, rng: torch.Generator) -> Tensor:
        section, device = case.section, self.accelerator.device
        offset = int(torch.randint(latents.shape[1] - case.frames + 1, (), generator=rng))
        clip = latents[:, offset : offset + case.frames]
        data = clip[:, list(section.targets)]
        t = shifted_levels(draw_section_levels(self.mixture, len(clip), data.shape[1], rng), self.recipe.shift)
        levels = draw_history_levels(self.mixture, t, len(section.context), rng)
        noise = torch.randn(data.shape, generator=rng)
        context = [group.to(device) for group in packed_history(clip, section, levels, rng)]
        times = torch.tensor(section.times)
        made = self.model(_mix(data, noise, t).to(device), t.to(device), times, context, text.to(device))
        error: Tensor = (made - (noise - data).to(device)).square().mean()
        return error

    def _advance(self) -> float:
        loss = self.loss(self.step)
        self.optimiser.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        norm = self.accelerator.clip_grad_norm_(
            [p for p in self.model.parameters() if p.requires_grad], self.recipe.clip
        )
        if norm is None or math.isfinite(float(norm)):
            self.optimiser.step()
        self.step += 1
        return float(loss.detach())

    def export(self) -> Path:
        """Write the checkpoint, corrections merged; training ends here."""
        target = self.folder / "checkpoint"
        if self.accelerator.is_main_process:
            network: WanFramePack = self.accelerator.unwrap_model(self.model)
            merge(network.transformer)
            card = {"recipe": self.recipe.model_dump(mode="json"), "steps": self.step}
            network.save(target, capabilities=mixture_capabilities(self.mixture), card=card)
        self.accelerator.wait_for_everyone()
        return target

    def _network(self) -> WanFramePack:
        network = WanFramePack.load(locate(self.recipe.base))
        if self.recipe.method == "lora":
            network.transformer.requires_grad_(False)
            adapt(network.transformer.blocks, self.recipe.rank)
        if self.recipe.checkpointing:
            network.transformer.enable_gradient_checkpointing()
        return network.train()

    def _encoded(self) -> ClipCache:
        """The clips, encoded by the main process first."""
        r, base = self.recipe, locate(self.recipe.base)
        spec, cache = Spec(r.frames, r.buckets), ClipCache(self.folder / "clips")
        placement = Placement(device=str(self.accelerator.device), tiling=False)
        with self.accelerator.main_process_first():
            cache.fill(r.videos, spec, digest(base), lambda: open_codec(base, placement, place=True), self.log)
        return cache

    def _save(self) -> None:
        """Write the state beside the old one, then exchange them."""
        partial = self.state.with_suffix(".partial")
        self.accelerator.save_state(str(partial))
        if self.accelerator.is_main_process:
            (partial / "step").write_text(str(self.step))
            shutil.rmtree(self.state, ignore_errors=True)
            partial.rename(self.state)
        self.accelerator.wait_for_everyone()


def packed_history(clip: Tensor, section: Section, levels: Tensor, rng: torch.Generator) -> list[Packed]:
    """The context of a section, noised: frames of a (batch, frames, channels, h, w) clip, levels (batch, groups)."""
    context = []
    for i, group in enumerate(section.context):
        history = clip[:, list(group.frames)]
        level = levels[:, i]
        noised = _mix(history, torch.randn(history.shape, generator=rng), level[:, None])
        poses = clip.new_zeros(len(clip), len(group.frames), 4)
        context.append(Packed(noised, group.kernel, group.role, torch.tensor(group.times), poses, level, group.pooled))
    return context


def shifted_levels(t: Tensor, shift: float) -> Tensor:
    """`fpbench.sampling.flow.shifted` of every level."""
    return t.clone().apply_(lambda level: shifted(level, shift))


def _mix(data: Tensor, noise: Tensor, level: Tensor) -> Tensor:
    """x_s = (1 - s) x + s eps with levels (batch, frames or 1)."""
    s = level[..., None, None, None]
    return (1 - s) * data + s * noise
