"""The video so far, and what a section sees of it: the one place where history is looked up, ranked and quantised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fpbench.framepack import Section
from fpbench.framepack.discretize import Codebook
from fpbench.framepack.importance import Importance, refill
from fpbench.framepack.orders import ContextGroup


@dataclass(frozen=True)
class Seen:
    """What one group of a section shows, before any noise.

    Attributes:
        group: kernel and role; its frames are those of time order.
        latents: (batch, frames, channels, height, width).
        times: (frames,) positions relative to the section, or (batch, frames) where videos differ.
        poses: (batch, frames, 4) cameras.
        generated: (1 or batch, frames) whether a frame is the system's own.
    """

    group: ContextGroup
    latents: Tensor
    times: Tensor
    poses: Tensor
    generated: Tensor


class Memory:
    """Clean latents of every frame that is known.

    Args:
        given: (batch, given frames, channels, height, width) first frames.
        poses: (batch, frames, 4) cameras of the whole video.
        last: (batch, channels, height, width) image that stands after the end, seen by the section that ends there.
        codebook: what history is replaced by before anybody sees it; None leaves it as it is.
    """

    def __init__(
        self, given: Tensor, poses: Tensor, *, last: Tensor | None = None, codebook: Codebook | None = None
    ) -> None:
        self.given, self.frames = given.shape[1], poses.shape[1]
        self.video = given.new_zeros(len(given), self.frames, *given.shape[2:])
        self.video[:, : self.given] = given
        self.known = list(range(self.given))
        self.poses, self.last, self.codebook = poses, last, codebook

    def keep(self, section: Section, made: Tensor) -> None:
        """Take the finished frames of a section."""
        self.video[:, list(section.targets)] = made
        self.known += section.targets

    def see(self, section: Section) -> list[Seen]:
        """The section's context as planned."""
        return self._seen(section, [section])

    def recall(self, section: Section, importance: Importance, estimate: Tensor | None = None) -> list[Seen]:
        """The section's context ranked by importance, for each video of the batch.

        Args:
            section: of the plan.
            importance: the ranking.
            estimate: (batch, frames, channels, height, width) stand-in for the section; None for the last known one.
        """
        start = section.targets[0]
        known = sorted(self.known, key=lambda frame: abs(frame - start))  # equal scores: the nearer frame first
        history = self.video[:, known]
        estimate = history[:, : len(section.targets)] if estimate is None else estimate
        ranks = importance.scores(history, known, estimate, start).argsort(dim=1, descending=True, stable=True)
        return self._seen(section, [refill(section, [known[i] for i in rank]) for rank in ranks.tolist()])

    def _seen(self, section: Section, fillings: Sequence[Section]) -> list[Seen]:
        """What groups show; the fillings are one per video, or one for all."""
        end = self.last if section.targets[-1] == self.frames - 1 else None
        return [
            self._show(group, [filling.context[i] for filling in fillings], end)
            for i, group in enumerate(section.context)
        ]

    def _show(self, group: ContextGroup, filled: Sequence[ContextGroup], last: Tensor | None) -> Seen:
        index = torch.tensor([one.frames for one in filled], device=self.video.device)
        times = torch.tensor([one.times for one in filled])
        rows = torch.arange(len(self.video), device=index.device)[:, None]
        exists = (index >= 0) & (index < self.frames)
        nearest = index.clamp(0, self.frames - 1)
        latents = self.video[rows, nearest] * exists[..., None, None, None]
        if last is not None:
            after = (index == self.frames)[..., None, None, None]
            latents, exists = torch.where(after, last[:, None], latents), exists | (index == self.frames)
        if self.codebook is not None:
            # Absent history stays zero: a centroid would turn padding into content.
            latents = torch.where(exists[..., None, None, None], self.codebook(latents), latents)
        generated = (index >= self.given) & (index < self.frames)
        return Seen(group, latents, times[0] if len(times) == 1 else times, self.poses[rows, nearest], generated)
