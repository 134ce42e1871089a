"""The engine: executes any plan on any backbone. The only place where a section's history is noised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from fpbench.framepack import PackError, Section
from fpbench.framepack.discretize import Codebook
from fpbench.models.dit import Packed
from fpbench.sampling.flow import Solver, solve
from fpbench.sampling.guidance import Branch
from fpbench.sampling.memory import Memory, Seen
from fpbench.sampling.noise import Noise
from fpbench.sampling.strategy import Strategy


class Backbone(Protocol):
    """A network that predicts the velocity of a section from packed history."""

    def __call__(self, noisy: Tensor, t: Tensor, times: Tensor, poses: Tensor, context: Sequence[Packed]) -> Tensor: ...


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
        progress: called after each section.

    Returns:
        (batch, frames, channels, height, width) latents, the given ones included.

    Raises:
        PackError: the strategy cannot make such a video, or lacks its codebook.
    """
    if strategy.pack.discrete and codebook is None:
        raise PackError(f"pack {str(strategy.pack)!r}: '+D' needs a codebook")
    plan = strategy.plan(poses.shape[1], given=given.shape[1])
    memory = Memory(given, poses, last=last, codebook=codebook if strategy.pack.discrete else None)
    for index, section in enumerate(plan.sections):
        sampler = _Sampler(strategy, backbone, memory, section, noise, index)
        memory.keep(section, sampler.run(grid, solver))
        progress(section)
    return memory.video


class _Sampler:
    """One section: holds what stays the same between solver steps."""

    def __init__(
        self, strategy: Strategy, backbone: Backbone, memory: Memory, section: Section, noise: Noise, index: int
    ) -> None:
        self.strategy, self.backbone, self.memory, self.section = strategy, backbone, memory, section
        self.noise, self.index, self.seen = noise, index, memory.see(section)
        self.target_poses = memory.poses[:, list(section.targets)]
        self.times = torch.tensor(section.times)
        self.nearest = _nearest(section)

    def run(self, grid: Sequence[float], solver: Solver) -> Tensor:
        """The finished section: (batch, frames, channels, height, width)."""
        importance = self.strategy.importance
        early = importance.step if importance.by != "time" and importance.estimate == "early" else None
        start = self.noise.section(self.section.targets).to(self.memory.poses.device)
        if importance.by != "time" and importance.estimate == "last":
            self.seen = self.memory.recall(self.section, importance)

        def velocity(x: Tensor, t: float, step: int) -> Tensor:
            v = self.velocity(x, t, step)
            if step == early:
                self.seen = self.memory.recall(self.section, importance, x - t * v)
            return v

        made = solve(start, velocity, grid, solver)
        if importance.passes == 1:
            return made
        self.seen = self.memory.recall(self.section, importance, made)
        return solve(start, velocity, grid, solver)

    def velocity(self, x: Tensor, t: float, step: int) -> Tensor:
        """The guided velocity: the weighted sum over branches."""
        level = x.new_full(x.shape[:2], t)
        parts = [
            branch.weight * self.backbone(x, level, self.times, self.target_poses, self.context(branch, t, step))
            for branch in self.strategy.guidance.merged
        ]
        return torch.stack(parts).sum(0) if len(parts) > 1 else parts[0]

    def context(self, branch: Branch, t: float, step: int) -> list[Packed]:
        """Packed history as one branch sees it at section level t."""
        return [self._packed(i, seen, branch, t, step) for i, seen in enumerate(self.seen)]

    def _packed(self, i: int, seen: Seen, branch: Branch, t: float, step: int) -> Packed:
        treatment, latents = self.strategy.history, seen.latents
        forced = branch.level is not None or (branch.window == "near" and i != self.nearest)
        s = treatment.level(t) if not forced else 1.0 if branch.level is None else branch.level
        noised = torch.ones_like(seen.generated) if forced or treatment.on == "all" else seen.generated
        if s > 0 and noised.any():
            drawn = self.noise.history(self.index, i, step if treatment.redraw == "step" else 0, latents)
            keep = 1 - s if forced or treatment.scale else 1.0
            add = s if forced or treatment.noise else 0.0
            mask = noised[..., None, None, None]
            latents = torch.where(mask, keep * latents + add * drawn.to(latents.device), latents)
        told = s if forced or treatment.told else 0.0
        level = (told * noised.any(1)).to(latents).expand(len(latents))
        return Packed(latents, seen.group.kernel, seen.group.role, seen.times, seen.poses, level, seen.group.pooled)


def _nearest(section: Section) -> int:
    """Index of the group whose frames lie closest to the section; -1 without context."""
    distance = [min(abs(frame - section.targets[0]) for frame in group.frames) for group in section.context]
    return distance.index(min(distance)) if distance else -1
