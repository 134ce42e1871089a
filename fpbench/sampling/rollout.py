"""The engine: executes any plan on any backbone. The only place where a section's history is assembled and noised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from fpbench.framepack import Plan, Section
from fpbench.models.dit import Packed
from fpbench.sampling.flow import Solver, solve
from fpbench.sampling.guidance import Branch
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
        progress: called after each section.

    Returns:
        (batch, frames, channels, height, width) latents, the given ones included.
    """
    frames = poses.shape[1]
    plan = strategy.plan(frames, given=given.shape[1])
    video = given.new_zeros(len(given), frames, *given.shape[2:])
    video[:, : given.shape[1]] = given
    for index, section in enumerate(plan.sections):
        end = last if section.targets[-1] == frames - 1 else None
        made = _Sampler(strategy, backbone, plan, section, video, poses, noise, index, end).run(grid, solver)
        video[:, list(section.targets)] = made
        progress(section)
    return video


def history(video: Tensor, frames: Sequence[int], last: Tensor | None = None) -> Tensor:
    """Frames of a video; those outside of it are zeros, except the one after the end where ``last`` is given."""
    length = video.shape[1]
    if min(frames) >= 0 and max(frames) < length:
        return video[:, list(frames)]
    index = torch.tensor(frames, device=video.device)
    exists = (index >= 0) & (index < length)
    seen = video[:, index.clamp(0, length - 1)] * exists[:, None, None, None]
    if last is not None:
        seen[:, index == length] = last[:, None]
    return seen


class _Sampler:
    """One section: holds what stays the same between solver steps."""

    def __init__(
        self, strategy: Strategy, backbone: Backbone, plan: Plan, section: Section,
        video: Tensor, poses: Tensor, noise: Noise, index: int,
        last: Tensor | None,
    ):  # fmt: skip
        self.strategy, self.backbone, self.plan, self.section = strategy, backbone, plan, section
        self.poses, self.noise, self.index = poses, noise, index
        self.clean = [history(video, group.frames, last) for group in section.context]
        self.target_poses = poses[:, list(section.targets)]
        self.times = torch.tensor(section.times)

    def run(self, grid: Sequence[float], solver: Solver) -> Tensor:
        start = self.noise.section(self.section.targets).to(self.poses.device)
        return solve(start, self.velocity, grid, solver)

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
        treatment = self.strategy.history
        nearest = self._nearest()
        groups = []
        for i, group in enumerate(self.section.context):
            generated = [self.plan.given <= frame < self.plan.frames for frame in group.frames]
            s, told, forced = treatment.level(t), treatment.told, None
            if treatment.on == "generated" and not any(generated):
                s = 0.0
            if branch.level is not None or (branch.window == "near" and i != nearest):
                forced = 1.0 if branch.level is None else branch.level
                s, told = forced, True
            latents = self.clean[i]
            if s > 0:
                drawn = self.noise.history(self.index, i, step if treatment.redraw == "step" else 0, latents)
                drawn = drawn.to(latents.device)
                keep = 1 - s if forced is not None or treatment.scale else 1.0
                add = s if forced is not None or treatment.noise else 0.0
                noised = keep * latents + add * drawn
                if forced is None and treatment.on == "generated":
                    mask = torch.tensor(generated, device=latents.device)[:, None, None, None]
                    noised = torch.where(mask, noised, latents)
                latents = noised
            level = latents.new_full((len(latents),), s if told else 0.0)
            times, poses = torch.tensor(group.times), self.poses[:, self._existing(group.frames)]
            groups.append(Packed(latents, group.kernel, group.role, times, poses, level, group.pooled))
        return groups

    def _existing(self, frames: Sequence[int]) -> list[int]:
        """The frames, or the nearest that exist."""
        return [max(0, min(frame, self.plan.frames - 1)) for frame in frames]

    def _nearest(self) -> int:
        """Index of the group whose frames lie closest to the section."""
        distance = [min(abs(frame - self.section.targets[0]) for frame in g.frames) for g in self.section.context]
        return distance.index(min(distance)) if distance else -1
