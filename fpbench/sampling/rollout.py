"""The engine: executes any plan on any backbone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from fpbench.framepack import PackError, Section
from fpbench.framepack.discretize import Codebook
from fpbench.sampling.flow import Solver, solve
from fpbench.sampling.memory import Memory
from fpbench.sampling.noise import Noise
from fpbench.sampling.rolling import roll
from fpbench.sampling.section import Backbone, SectionSampler, Step
from fpbench.sampling.strategy import Strategy

Recode = Callable[[Tensor], Tensor]
"""Latents (batch, frames, channels, height, width) to what the codec makes of their decoded 8-bit frames."""


@torch.inference_mode()
def rollout(
    strategy: Strategy,
    backbone: Backbone,
    given: Tensor,
    poses: Tensor,
    noise: Noise,
    grid: Sequence[float],
    *,
    solver: Solver = "euler",
    last: Tensor | None = None,
    codebook: Codebook | None = None,
    recode: Recode | None = None,
    progress: Callable[[Section], None] = lambda section: None,
) -> Tensor:
    """Generate videos section by section.

    Args:
        strategy: what is sampled how.
        backbone: predicts ``eps - x``.
        given: (batch, given frames, channels, height, width) clean latents of the first frames.
        poses: (batch, frames, 4) cameras of the whole video.
        noise: the tasks' noise, common to all strategies; moved to the device of ``given``.
        grid: the solver's levels from 1 down to 0, such as `fpbench.sampling.flow.levels` gives.
        solver: ``euler`` or ``adams``.
        last: (batch, channels, height, width) latent of a given last image. It takes the place of the frame after
            the end and is seen only by the section that ends there, as in diffusers.
        codebook: for packs with discrete history; others do not use it.
        recode: the codec's round trip, for hand-over by pixels; others do not use it.
        progress: called after each section, or block of a staggered window.

    Returns:
        (batch, frames, channels, height, width) latents, the given ones included.

    Raises:
        PackError: the strategy cannot make such a video, or lacks its codebook or codec.
    """
    if strategy.pack.discrete and codebook is None:
        raise PackError(f"pack {str(strategy.pack)!r}: '+D' needs a codebook")
    if strategy.handover.kind == "pixel" and recode is None:
        raise PackError("hand-over by pixels needs a codec that decodes and encodes again")
    plan = strategy.plan(poses.shape[1], given=given.shape[1])
    memory = Memory(
        given, poses, last=last, codebook=codebook if strategy.pack.discrete else None, anchor=strategy.anchor,
        states=len(grid) if strategy.history.redraw == "path" else 0,
    )  # fmt: skip
    hand = _Hand(strategy, recode or torch.clone)

    def finish(section: Section, made: Tensor) -> None:
        memory.keep(section, *hand(made))
        progress(section)

    if strategy.stagger > 1:
        roll(strategy, backbone, memory, plan, noise, grid, solver, finish)
        return memory.made
    for index, section in enumerate(plan.sections):
        sampler = SectionSampler(strategy, backbone, memory, section, noise, index)
        finish(section, _sample(sampler, grid, solver))
    return memory.made


def _sample(sampler: SectionSampler, grid: Sequence[float], solver: Solver) -> Tensor:
    """The finished section: (batch, frames, channels, height, width)."""
    importance, memory, section = sampler.strategy.importance, sampler.memory, sampler.section
    early = importance.step if importance.by != "time" and importance.estimate == "early" else None
    start = sampler.noise.section(section.targets).to(memory.poses.device)
    if importance.by != "time" and importance.estimate == "last":
        sampler.seen = memory.recall(section, importance)

    def velocity(x: Tensor, t: float, step: int) -> Tensor:
        memory.stand(section, step, x)
        v = sampler.velocity(x, x.new_full(x.shape[:2], t), Step(step, t, grid[step + 1]))
        if step == early:
            sampler.seen = memory.recall(section, importance, x - t * v)
        return v

    made = solve(start, velocity, grid, solver)
    if importance.passes > 1:
        sampler.seen = memory.recall(section, importance, made)
        made = solve(start, velocity, grid, solver)
    memory.stand(section, len(grid) - 1, made)
    return made


class _Hand:
    """Hands finished sections over; remembers the first."""

    def __init__(self, strategy: Strategy, recode: Recode) -> None:
        self.rule, self.recode = strategy.handover, recode
        self.first: Tensor | None = None

    def __call__(self, made: Tensor) -> tuple[Tensor, Tensor]:
        """What is shown, and what later sections see."""
        match self.rule.kind:
            case "pixel":
                return made, self.recode(made)
            case "quantised":
                return made, self.rule.quantise(made)
            case "matched":
                self.first = made if self.first is None else self.first
                matched = self.rule.match(made, self.first)
                return matched, matched
        return made, made
