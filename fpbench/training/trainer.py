"""Training the DiT on the mixture: Muon for the hidden matrices, AdamW for the rest, EMA, resumable to the step."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fpbench.framepack import Pack, PackError, Section
from fpbench.framepack.discretize import Codebook
from fpbench.models.dit import DiT, Packed
from fpbench.training import parallel
from fpbench.training.footage import Cut, Footage
from fpbench.training.mixture import Mixture, draw_case, draw_history_levels, draw_section_levels
from fpbench.training.muon import Muon
from fpbench.training.replay import Replay, Rollouts


@dataclass(frozen=True)
class Schedule:
    """Optimisation settings.

    Attributes:
        steps: total; the last `cooldown` of them take the rate linearly to zero.
        tokens: section tokens of a step; the batch follows from the section's length.
        muon, adamw: learning rates of hidden matrices and of everything else.
        ema: decay of the averaged weights, ramped as (1 + n) / (10 + n).
    """

    steps: int
    cooldown: int
    tokens: int = 24 * 216
    muon: float = 5e-3
    adamw: float = 3e-3
    warmup: int = 40
    weight_decay: float = 0.01
    ema: float = 0.998
    clip: float = 1.0
    save_every: int = 100

    def factor(self, step: int) -> float:
        """Learning-rate factor: linear warm-up, constant, linear cool-down."""
        return min(1.0, (step + 1) / self.warmup, max(0.0, (self.steps - step) / max(1, self.cooldown)))

    def decay(self, step: int) -> float:
        return min(self.ema, (1 + step) / (10 + step))


@dataclass(frozen=True)
class Batch:
    """One step's tensors, ready for the network."""

    noisy: Tensor
    target: Tensor
    t: Tensor
    times: Tensor
    poses: Tensor
    context: list[Packed]


def make_batch(
    cut: Cut, mixture: Mixture, section: Section, rng: torch.Generator, codebook: Codebook | None = None,
    video: Tensor | None = None,
) -> Batch:  # fmt: skip
    """A section of some stretches of footage, noised as the mixture says.

    Args:
        cut: stretches that hold every frame of the section and of its context.
        mixture: levels of section and history.
        section: what is made of what.
        rng: of levels and noise.
        codebook: what history is replaced by.
        video: (batch, frames, channels, height, width) that history is taken from; the footage when left out. The
            section itself is always true.
    """
    needed = sorted({*section.targets, *(f for group in section.context for f in group.frames)})
    column = {frame: i for i, frame in enumerate(needed)}
    latents, poses = cut.latents(needed), cut.poses(needed)
    past = latents if video is None else video[:, needed].float()
    made = [column[f] for f in section.targets]
    t = draw_section_levels(mixture, len(cut.clips), len(made), rng)
    s = draw_history_levels(mixture, t, len(section.context), rng)
    data = latents[:, made]
    noise = torch.randn(data.shape, generator=rng)
    context = []
    for i, group in enumerate(section.context):
        seen = [column[f] for f in group.frames]
        level = s[:, i]
        mix = level[:, None, None, None, None]
        history = past[:, seen] if codebook is None else codebook(past[:, seen])
        noised = (1 - mix) * history + mix * torch.randn(history.shape, generator=rng)
        times = torch.tensor(group.times)
        context.append(Packed(noised, group.kernel, group.role, times, poses[:, seen], level, group.pooled))
    mix = t[..., None, None, None]
    noisy = (1 - mix) * data + mix * noise
    return Batch(noisy, noise - data, t, torch.tensor(section.times), poses[:, made], context)


def velocity_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Squared error of the velocity per sample: (batch,)."""
    made = model(batch.noisy, batch.t, batch.times, batch.poses, batch.context)
    error: Tensor = (made - batch.target).square().mean((1, 2, 3, 4))
    return error


def optimisers(model: DiT, schedule: Schedule) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, AdamW for projections, embeddings, modulations, norms and biases."""
    hidden: list[nn.Parameter] = []
    other: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        inner = name.startswith("blocks.") and parameter.ndim == 2 and "modulation" not in name
        (hidden if inner else other).append(parameter)
    muon = Muon(hidden, schedule.muon, weight_decay=schedule.weight_decay)
    adamw = torch.optim.AdamW(other, schedule.adamw, betas=(0.9, 0.95), weight_decay=schedule.weight_decay)
    return [muon, adamw]


class Trainer:
    """State of a run: model, EMA, optimisers, step. `run` goes on from where the saved state ends.

    With ``half``, products are of bfloat16 and sums, norms and the state stay float32.
    """

    def __init__(
        self, model: DiT, footage: Footage, mixture: Mixture, schedule: Schedule, state: Path, seed: int,
        *, codebooks: Sequence[Codebook] = (), rollouts: Rollouts | None = None, half: bool = False,
    ):  # fmt: skip
        discrete = [name for name in mixture.packs if Pack.parse(name).discrete]
        if discrete and not codebooks:
            raise PackError(f"pack {discrete[0]!r} of the mixture: '+D' needs a codebook; name one in the recipe")
        self.model, self.footage, self.mixture, self.schedule = model, footage, mixture, schedule
        self.codebooks = tuple(codebooks)
        if rollouts is not None and parallel.world_size() > 1:
            raise PackError("training on rollouts runs in one process: --processes 1")
        self.half = half
        self.replay = None if rollouts is None else Replay(rollouts, footage, seed)
        self.state, self.seed, self.step, self.seen, self.recent_loss = state, seed, 0, 0, math.nan
        self.optimisers = optimisers(model, schedule)
        self.rates = [o.param_groups[0]["lr"] for o in self.optimisers]
        self.average = {name: p.detach().clone() for name, p in model.named_parameters()}
        if state.exists():
            self._load(torch.load(state, weights_only=True))

    def run(self, *, minutes: float | None = None, log: Callable[[str], None] = lambda line: None) -> None:
        """Train to the end of the schedule, or for a number of minutes; saves on the way and at the end."""
        began, first = time.monotonic(), self.step
        bins: dict[int, list[float]] = defaultdict(list)
        while self.step < self.schedule.steps:
            for level, loss in self._advance():
                bins[min(3, int(level * 4))].append(loss)
            if self.step % 25 == 0 and parallel.rank() == 0:
                pace = (time.monotonic() - began) / (self.step - first)
                parts = " ".join(f"t{k / 4:.2f}:{np.mean(v):.3f}" for k, v in sorted(bins.items()))
                self.recent_loss = float(np.mean([x for v in bins.values() for x in v]))
                log(f"step {self.step} loss {self.recent_loss:.4f} {parts} {pace:.2f} s/step")
                bins.clear()
            if self.step % self.schedule.save_every == 0:
                self._save()
            late = minutes is not None and time.monotonic() - began > 60 * minutes
            if parallel.agree(late):
                break
        self._save()

    def _advance(self) -> Iterator[tuple[float, float]]:
        # The case is common to all processes, so that they take equally long; clips and noise are not.
        shares = parallel.world_size()
        rng = torch.Generator().manual_seed(hash((self.seed, self.step, parallel.rank(), shares)) & (2**62 - 1))
        numpy_rng = np.random.default_rng([self.seed, self.step])
        case = draw_case(self.mixture, self.footage.frames, numpy_rng)
        if self.replay:
            with self._products():
                self.replay.refresh(self.model, self.average, self.step)
        if self.replay and numpy_rng.random() < self.replay.rule.share:
            played, section = self.replay.draw(numpy_rng)
            cut = Cut(self.footage, played.clips, played.offsets)
            batch = make_batch(cut, self.mixture, section, rng, video=played.video)
        else:
            size = max(1, self.schedule.tokens // (24 * len(case.section.targets) * shares))
            size = min(size, 96 // shares)
            codebook = self.codebooks[int(numpy_rng.integers(len(self.codebooks)))] if case.discrete else None
            cut = self.footage.draw(size, case.frames, rng)
            batch = make_batch(cut, self.mixture, case.section, rng, codebook)
        for optimiser, rate in zip(self.optimisers, self.rates, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate * self.schedule.factor(self.step)
        with self._products():
            losses = velocity_loss(self.model, batch)
        self.model.zero_grad(set_to_none=True)
        losses.mean().backward()
        parallel.average_gradients(self.model)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.schedule.clip)
        if math.isfinite(norm.item()):
            with self._products():
                for optimiser in self.optimisers:
                    optimiser.step()
        self._update_average()
        self.step += 1
        self.seen += shares * len(batch.t)
        yield from zip(batch.t.mean(1).tolist(), losses.tolist(), strict=True)

    def _products(self) -> torch.autocast:
        """In here products are of bfloat16, if they are to be."""
        return torch.autocast("cpu", torch.bfloat16, enabled=self.half)

    @torch.no_grad()
    def _update_average(self) -> None:
        decay = self.schedule.decay(self.step)
        for name, parameter in self.model.named_parameters():
            self.average[name].lerp_(parameter, 1 - decay)

    def _save(self) -> None:
        if parallel.rank():
            return
        partial = self.state.with_suffix(".partial")
        saved: dict[str, Any] = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimisers": [o.state_dict() for o in self.optimisers],
            "step": self.step,
            "seen": self.seen,
            "rollouts": self.replay.state() if self.replay else [],
        }
        torch.save(saved, partial)
        partial.replace(self.state)

    def _load(self, saved: dict[str, Any]) -> None:
        self.model.load_state_dict(saved["model"])
        self.average = saved["average"]
        for optimiser, state in zip(self.optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(state)
        self.step, self.seen = int(saved["step"]), int(saved["seen"])
        if self.replay:
            self.replay.load(saved.get("rollouts", []))
