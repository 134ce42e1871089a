"""The training loop of a fine-tuning run, with accelerate; resumable to the step."""

from __future__ import annotations

import math
import shutil
import time
from collections import OrderedDict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from fpbench.framepack.discretize import Codebook, explained_variance, fit
from fpbench.models.codebook import BESIDE, open_codebook, save_codebook
from fpbench.sampling.flow import shifted
from fpbench.training.clips import ClipCache, Spec
from fpbench.training.families import Family, mix, packed_history
from fpbench.training.finetune import FineTune
from fpbench.training.lora import merge
from fpbench.training.mixture import draw_history_levels, draw_section_levels
from fpbench.training.recipe import Log, mixture_capabilities

if TYPE_CHECKING:
    from accelerate import Accelerator

    from fpbench.training.mixture import Case

PATIENCE = timedelta(days=2)
"""How long processes wait for the one that encodes the clips."""

DTYPES = {"no": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class FineTuner:
    """State of a run: model, optimiser, step; everything random follows from (seed, step, process).

    Args:
        recipe: what is trained how.
        family: the network's own ways.
        folder: of clips, state and result.
        log: receives progress lines.
    """

    def __init__(self, recipe: FineTune, family: Family, folder: Path, log: Log = lambda line: None) -> None:
        from transformers.optimization import Adafactor

        self.recipe, self.family, self.folder, self.log = recipe, family, folder, log
        self.mixture = family.mixture()
        self.accelerator = _accelerator(recipe)
        self.clips, self.codebook = self._prepared()
        torch.manual_seed(recipe.seed)
        self.network = family.network(self._dtype())
        self.frozen = {name for name, p in self.network.named_parameters() if not p.requires_grad}
        trained = [p for p in self.network.parameters() if p.requires_grad]
        adafactor = Adafactor(trained, lr=recipe.rate, scale_parameter=False, relative_step=False)
        self.model, self.optimiser = self.accelerator.prepare(self.network, adafactor)
        self.accelerator.register_save_state_pre_hook(self._leave_out_frozen)
        self.step, self.state = 0, folder / "state"
        self._load()

    def run(self, *, minutes: float | None = None, steps: int | None = None) -> list[float]:
        """Train to the end of the recipe, for a number of minutes, or up to a step; returns the losses."""
        began, losses = time.monotonic(), []
        while self.step < (steps or self.recipe.steps):
            losses.append(self._advance())
            if self.step % 10 == 0 and self.accelerator.is_main_process:
                self.log(f"step {self.step} loss {np.mean(losses[-10:]):.4f}")
            if self.step % self.recipe.save_every == 0:
                self._save()
            if minutes is not None and self._agree(time.monotonic() - began > 60 * minutes):
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
        case = self.family.draw(self.mixture, (r.frames - 1) // 4 + 1, common)
        picks = torch.randint(len(self.clips.buckets[size]), (r.batch,), generator=rng).tolist()
        textless = (torch.rand(r.batch, generator=rng) < r.textless).tolist()
        latents, conditions = self.clips.batch(size, picks, textless=textless)
        return self._velocity_loss(latents, conditions, case, rng)

    def export(self) -> Path:
        """Write the checkpoint, corrections merged; training ends here."""
        target = self.folder / "checkpoint"
        weights = self.accelerator.get_state_dict(self.model)  # gathers what is sharded, so all processes take part
        if self.accelerator.is_main_process:
            network: Any = self.accelerator.unwrap_model(self.model)
            if self.accelerator.num_processes > 1:
                network = self.family.network(self._dtype())
                network.load_state_dict(weights)
            merge(network)
            card = {"recipe": self.recipe.model_dump(mode="json"), "steps": self.step}
            network.save(target, capabilities=mixture_capabilities(self.mixture), card=card)
            if self.codebook is not None:
                shutil.copy2(self._codebook_file(), target / BESIDE)
        self.accelerator.wait_for_everyone()
        return target

    def _velocity_loss(
        self, latents: Tensor, conditions: dict[str, Tensor], case: Case, rng: torch.Generator
    ) -> Tensor:
        # From the first frame on: no other latent frame is made of a single picture, as a given first frame is.
        section, clip, device = case.section, latents[:, : case.frames], self.accelerator.device
        data = clip[:, list(section.targets)]
        t = draw_section_levels(self.mixture, len(clip), data.shape[1], rng)
        shift = self.recipe.shift or self.family.shift(data[0, :, 0].numel() // 4)
        t = t.clone().apply_(lambda level: shifted(level, shift))
        levels = draw_history_levels(self.mixture, t, len(section.context), rng)
        noise = torch.randn(data.shape, generator=rng)
        codebook = self.codebook if case.discrete else None
        context = [group.to(device) for group in packed_history(clip, section, levels, rng, codebook)]
        told = {name: value.to(device) for name, value in conditions.items()}
        made = self.model(mix(data, noise, t).to(device), t.to(device), torch.tensor(section.times), context, **told)
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

    def _dtype(self) -> torch.dtype:
        """Of weights that are not trained; trained ones are float32, or small steps would be rounded away."""
        return DTYPES[self.recipe.precision] if self.recipe.method == "lora" else torch.float32

    def _prepared(self) -> tuple[ClipCache, Codebook | None]:
        """The clips and the codebook, made by the main process first."""
        r = self.recipe
        spec, cache = Spec(r.frames, r.buckets), ClipCache(self.folder / "clips")
        with self.accelerator.main_process_first():
            cache.fill(
                r.videos, spec, self.family.weights(), lambda: self.family.codec(self.accelerator.device), self.log
            )
            if r.codebook is None:
                return cache, None
            path = self._codebook_file()
            if not path.is_file():
                found = fit((pixels for _ in range(4) for pixels in cache.pixels()), r.codebook, seed=r.seed)
                explained = explained_variance(found, cache.pixels())
                self.log(f"{r.codebook} centroids keep {explained:.1%} of the variance of the clips")
                save_codebook(path, found, codec=self.family.weights(), explained=explained, card={"K": r.codebook})
            return cache, open_codebook(path).codebook

    def _codebook_file(self) -> Path:
        return self.folder / f"codebook-{self.recipe.codebook}.safetensors"

    def _agree(self, stop: bool) -> bool:
        """Processes stop after the same step."""
        votes = self.accelerator.gather(torch.tensor([int(stop)], device=self.accelerator.device))
        return bool(votes.max())

    def _leave_out_frozen(self, models: list[nn.Module], weights: list[dict[str, Tensor]], folder: str) -> None:
        """A state needs no copy of weights that the base folder holds."""
        if self.accelerator.is_main_process and weights:
            kept = {n: v for n, v in weights[0].items() if n.removeprefix("module.") not in self.frozen}
            weights[0] = OrderedDict(kept)

    def _save(self) -> None:
        """Write the state beside the old one, then exchange them; ``step`` marks a state as whole."""
        partial = self._partial()
        if self.accelerator.is_main_process:
            shutil.rmtree(partial, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        self.accelerator.save_state(str(partial))
        self.accelerator.wait_for_everyone()
        if self.accelerator.is_main_process:
            (partial / "step").write_text(str(self.step))
            shutil.rmtree(self.state, ignore_errors=True)
            partial.rename(self.state)
        self.accelerator.wait_for_everyone()

    def _load(self) -> None:
        """Go on from the last whole state, also from one whose exchange was cut short."""
        for place in (self.state, self._partial()):
            if (place / "step").is_file():
                self.accelerator.load_state(str(place), strict=False)
                self.step = int((place / "step").read_text())
                return

    def _partial(self) -> Path:
        return self.state.with_suffix(".partial")


def _accelerator(recipe: FineTune) -> Accelerator:
    from accelerate import Accelerator, DistributedDataParallelKwargs, InitProcessGroupKwargs

    # A step uses the projections of its own pack only, so every step leaves parameters without a gradient.
    partly = DistributedDataParallelKwargs(find_unused_parameters=True)
    return Accelerator(
        mixed_precision=recipe.precision, kwargs_handlers=[partly, InitProcessGroupKwargs(timeout=PATIENCE)]
    )
