"""One section on its way from noise: its guided velocity, and the only place where history is noised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from fpbench.framepack import Section
from fpbench.models.dit import Packed
from fpbench.sampling.guidance import Branch
from fpbench.sampling.memory import Memory, Seen
from fpbench.sampling.noise import Noise
from fpbench.sampling.strategy import Strategy


class Backbone(Protocol):
    """A network that predicts the velocity of a section from packed history."""

    def __call__(self, noisy: Tensor, t: Tensor, times: Tensor, poses: Tensor, context: Sequence[Packed]) -> Tensor: ...


@dataclass(frozen=True)
class Step:
    """Where the solver stands.

    Attributes:
        number: of the step, from 0.
        t, after: section level before and after it; of a staggered window, those of its first block.
    """

    number: int
    t: float
    after: float


class SectionSampler:
    """Holds what stays the same between solver steps; ``seen`` may be set anew when importance is known."""

    def __init__(
        self, strategy: Strategy, backbone: Backbone, memory: Memory, section: Section, noise: Noise, index: int
    ) -> None:
        self.strategy, self.backbone, self.memory, self.section = strategy, backbone, memory, section
        self.noise, self.index, self.seen = noise, index, memory.see(section)
        self.target_poses = memory.poses[:, list(section.targets)]
        self.times = torch.tensor(section.times)
        self.nearest = _nearest(section)

    def velocity(self, x: Tensor, levels: Tensor, step: Step) -> Tensor:
        """The guided velocity: the weighted sum over branches.

        Args:
            x: (batch, frames, channels, height, width).
            levels: (batch, frames) section level of each frame.
            step: where the solver stands.
        """
        parts = [
            branch.weight * self.backbone(x, levels, self.times, self.target_poses, self.context(branch, step))
            for branch in self.strategy.guidance.at(step.t)
        ]
        return torch.stack(parts).sum(0) if len(parts) > 1 else parts[0]

    def context(self, branch: Branch, step: Step) -> list[Packed]:
        """Packed history as one branch sees it."""
        if branch.window == "none":
            return []
        seen = self.seen
        if self.strategy.history.redraw == "path" and self.strategy.history.sigma:
            seen = self.memory.see(self.section, step.number + (self.strategy.history.schedule == "next"))
        return [self._packed(i, one, branch, step) for i, one in enumerate(seen)]

    def _packed(self, i: int, seen: Seen, branch: Branch, step: Step) -> Packed:
        treatment, latents = self.strategy.history, seen.latents
        absent = not _visible(branch, seen.group.role, i == self.nearest)
        forced = absent or branch.level is not None
        s = treatment.level(step.t, step.after) if treatment.covers(i == self.nearest) else 0.0
        s = 1.0 if absent else s if branch.level is None else branch.level
        noised = torch.ones_like(seen.generated) if forced or treatment.on == "all" else seen.generated
        if s > 0 and noised.any():
            keep = 1 - s if forced or treatment.scale else 1.0
            add = s if forced or treatment.noise else 0.0
            mixed = keep * latents + add * self._noise(i, seen, step)
            # What is shown along its own path stands at level s already.
            fresh = noised & ~seen.generated if treatment.redraw == "path" and not forced else noised
            latents = torch.where(fresh[..., None, None, None], mixed, latents)
        told = s if forced or treatment.told else 0.0
        level = (told * noised.any(1)).to(latents).expand(len(latents))
        return Packed(latents, seen.group.kernel, seen.group.role, seen.times, seen.poses, level, seen.group.pooled)

    def _noise(self, i: int, seen: Seen, step: Step) -> Tensor:
        redraw = self.strategy.history.redraw
        if redraw == "never":
            return self.noise.still(seen.index.expand(len(seen.latents), -1)).to(seen.latents.device)
        drawn = self.noise.history(self.index, i, 0 if redraw == "section" else step.number, seen.latents)
        return drawn.to(seen.latents.device)


def _visible(branch: Branch, role: str, nearest: bool) -> bool:
    match branch.window:
        case "near":
            return nearest
        case "far":
            return not nearest
        case "anchor":
            return role == "anchor"
    return True


def _nearest(section: Section) -> int:
    """Index of the group whose frames lie closest to the section; -1 without context."""
    distance = [min(abs(frame - section.targets[0]) for frame in group.frames) for group in section.context]
    return distance.index(min(distance)) if distance else -1
