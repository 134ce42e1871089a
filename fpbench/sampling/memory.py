"""The video so far, and what a section sees of it: the one place where history is looked up, ranked and quantised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from fpbench.framepack import Section
from fpbench.framepack.discretize import Codebook
from fpbench.framepack.importance import Importance, refill
from fpbench.framepack.orders import ContextGroup
from fpbench.sampling.anchor import Anchor, window_edge


@dataclass(frozen=True)
class Seen:
    """What one group of a section shows, before any noise.

    Attributes:
        group: kernel and role; its frames are those of time order.
        latents: (batch, frames, channels, height, width).
        times: (frames,) positions relative to the section, or (batch, frames) where videos differ.
        poses: (batch, frames, 4) cameras.
        generated: (1 or batch, frames) whether a frame is the system's own.
        index: (1 or batch, frames) which frames of the video these are.
    """

    group: ContextGroup
    latents: Tensor
    times: Tensor
    poses: Tensor
    generated: Tensor
    index: Tensor


class Memory:
    """Clean latents of every frame that is known: ``made`` as they are shown, ``video`` as sections see them.

    Args:
        given: (batch, given frames, channels, height, width) first frames.
        poses: (batch, frames, 4) cameras of the whole video.
        last: (batch, channels, height, width) image that stands after the end, seen by the section that ends there.
        codebook: what history is replaced by before anybody sees it; None leaves it as it is.
        anchor: what stands in the slots across the gap.
        states: solver levels at which generated frames are remembered as they stood; 0 for none.
    """

    def __init__(
        self, given: Tensor, poses: Tensor, *, last: Tensor | None = None, codebook: Codebook | None = None,
        anchor: Anchor | None = None, states: int = 0,
    ) -> None:  # fmt: skip
        self.given, self.frames = given.shape[1], poses.shape[1]
        self.video = given.new_zeros(len(given), self.frames, *given.shape[2:])
        self.video[:, : self.given] = given
        self.known = list(range(self.given))
        self.made, self.states = self.video.clone(), [self.video.clone() for _ in range(states)]
        self.poses, self.last, self.codebook, self.anchor = poses, last, codebook, anchor or Anchor()

    def keep(self, section: Section, made: Tensor, handed: Tensor | None = None) -> None:
        """Take the finished frames of a section.

        Args:
            section: of the plan.
            made: its frames as they are shown.
            handed: as later sections see them; default as they are shown.
        """
        self.made[:, list(section.targets)] = made
        self.video[:, list(section.targets)] = made if handed is None else handed
        self.known += section.targets

    def stand(self, section: Section, state: int, x: Tensor) -> None:
        """Remember where a section's frames stand at a level of the solver, if anybody will ask."""
        if self.states:
            self.states[state][:, list(section.targets)] = x

    def see(self, section: Section, state: int | None = None) -> list[Seen]:
        """The section's context as planned; with ``state``, generated frames as they stood at that solver level."""
        return self._seen(section, [section], None if state is None else self.states[state])

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

    def _seen(self, section: Section, fillings: Sequence[Section], video: Tensor | None = None) -> list[Seen]:
        """What groups show; the fillings are one per video, or one for all."""
        end = self.last if section.targets[-1] == self.frames - 1 else None
        video = self.video if video is None else video
        edge, start = window_edge(section), section.targets[0]
        groups = [[self._rolled(one.context[i], edge, start) for one in fillings] for i in range(len(section.context))]
        return [self._mixed(self._show(filled[0], filled, end, video), edge, start, video) for filled in groups]

    def _rolled(self, group: ContextGroup, edge: int, start: int) -> ContextGroup:
        """An anchor with the frames that have rolled into its slots, at their distance where that is not capped."""
        if group.role != "anchor" or group.frames[0] > start:
            return group
        frames = self.anchor.frames(group.frames, edge)
        times = tuple(max(time, frame - start) for time, frame in zip(group.times, frames, strict=True))
        return group if frames == group.frames else replace(group, frames=frames, times=times)

    def _mixed(self, seen: Seen, edge: int, start: int, video: Tensor) -> Seen:
        """An anchor with the frames mixed in that have left the window."""
        if seen.group.role != "anchor" or seen.group.frames[0] > start or self.anchor.kind != "ema":
            return seen
        return replace(seen, latents=self.anchor.mixed(seen.latents, video[:, seen.group.frames[-1] + 1 : edge]))

    def _show(self, group: ContextGroup, filled: Sequence[ContextGroup], last: Tensor | None, video: Tensor) -> Seen:
        index = torch.tensor([one.frames for one in filled], device=self.video.device)
        times = torch.tensor([one.times for one in filled])
        rows = torch.arange(len(self.video), device=index.device)[:, None]
        exists = (index >= 0) & (index < self.frames)
        nearest = index.clamp(0, self.frames - 1)
        latents = video[rows, nearest] * exists[..., None, None, None]
        if last is not None:
            after = (index == self.frames)[..., None, None, None]
            latents, exists = torch.where(after, last[:, None], latents), exists | (index == self.frames)
        if self.codebook is not None:
            # Absent history stays zero: a centroid would turn padding into content.
            latents = torch.where(exists[..., None, None, None], self.codebook(latents), latents)
        generated = (index >= self.given) & (index < self.frames)
        times = times[0] if len(times) == 1 else times
        return Seen(group, latents, times, self.poses[rows, nearest], generated, index)
