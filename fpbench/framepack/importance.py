"""Importance: which history frame is the important one (arXiv 2504.12626v3 §3.2, Eq. 3-5).

A packing schedule gives the finest kernel to the most important frames. By default those are the nearest in time, and
a plan is filled so. By feature similarity the ranking depends on what the frames show, so it is known only while
sampling: `refill` then fills the same slots by another ranking. Frames keep their true positions in time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Literal, get_args

from fpbench.framepack.orders import ContextGroup, Section
from fpbench.framepack.schedule import PackError

if TYPE_CHECKING:
    from torch import Tensor

By = Literal["time", "similarity", "hybrid"]
Estimate = Literal["last", "early", "two-pass"]
"""Of the section that is about to be made, which similarity is measured against; the paper leaves it open. last: the
last known section; early: what the solver predicts after an early step; two-pass: the section made in time order."""


@dataclass(frozen=True)
class Importance:
    """How history is ranked.

    Attributes:
        by: nearness in time, likeness to the section, or both.
        estimate: what stands in for the section that does not exist yet.
        time_weight: lambda_time of Eq. 5. It weighs a term in [0, 1] against a mean cosine in [-1, 1].
        pixels: ``mean`` of the cosines over latent pixels, so that the weight does not depend on resolution, or their
            ``sum`` as Eq. 3 prints it.
        step: solver step whose prediction ``early`` takes; history is in time order up to it.
        fps: latent frames per second; Eq. 4 counts in seconds.
    """

    by: By = "time"
    estimate: Estimate = "early"
    time_weight: float = 1.0
    pixels: Literal["mean", "sum"] = "mean"
    step: int = 0
    fps: float = 8.75

    def __post_init__(self) -> None:
        if self.by not in get_args(By) or self.estimate not in get_args(Estimate):
            raise PackError(
                f"importance by {self.by!r} with estimate {self.estimate!r}; known: {', '.join(get_args(By))}; "
                f"estimates: {', '.join(get_args(Estimate))}"
            )
        if self.pixels not in ("mean", "sum") or self.fps <= 0 or self.step < 0:
            raise PackError(f"importance needs pixels 'mean' or 'sum', fps > 0 and step >= 0, got {self}")

    @property
    def passes(self) -> int:
        """How often a section is sampled."""
        return 2 if self.by != "time" and self.estimate == "two-pass" else 1

    def scores(self, history: Tensor, frames: Sequence[int], estimate: Tensor, start: int) -> Tensor:
        """Importance of every history frame: (batch, frames), more is more.

        Args:
            history: (batch, frames, channels, height, width) latents.
            frames: their positions in the video.
            estimate: (batch, section, channels, height, width) latents of the section.
            start: the position of its first frame.
        """
        if self.by == "time":
            return history.new_tensor([-abs(frame - start) for frame in frames]).expand(len(history), -1)
        likeness = cosine(history, estimate) * (history[0, 0, 0].numel() if self.pixels == "sum" else 1)
        if self.by == "similarity":
            return likeness
        return likeness + self.time_weight * history.new_tensor([nearness((f - start) / self.fps) for f in frames])


def cosine(history: Tensor, estimate: Tensor) -> Tensor:
    """Cosine of each frame's latent pixels with the section's, averaged over pixels and the section's frames (Eq. 3).

    Args:
        history: (batch, frames, channels, height, width).
        estimate: (batch, section, channels, height, width).

    Returns:
        (batch, frames) in [-1, 1]. A pixel of length 0 has cosine 0.
    """
    direction = _unit(estimate).mean(1, keepdim=True)
    return (_unit(history) * direction).sum(2).mean((2, 3))


def nearness(seconds: float) -> float:
    """Nearness in time, exp(-(difference in seconds)^2), in [0, 1] (Eq. 4)."""
    return math.exp(-(seconds**2))


def refill(section: Section, ranked: Sequence[int]) -> Section:
    """The same slots filled by rank: the most important frames of a side go where the nearest would.

    Frames across a gap stay; within a group frames stand in the order of time, so that a temporal kernel joins
    neighbours; every position is the true distance to the section.

    Args:
        section: of a plan whose frames all exist.
        ranked: known frames, the most important first.
    """
    start = section.targets[0]
    held = {frame for group in section.context if group.role == "anchor" for frame in group.frames}
    free = [frame for frame in ranked if frame not in held]
    before, after = iter([f for f in free if f < start]), iter([f for f in free if f > start])
    past = [group if group.frames[0] > start else _filled(group, before, start) for group in section.context[::-1]]
    return replace(section, context=tuple(g if g.frames[0] < start else _filled(g, after, start) for g in past[::-1]))


def _filled(group: ContextGroup, frames: Iterator[int], start: int) -> ContextGroup:
    if group.role == "anchor":
        return group
    taken = tuple(sorted(islice(frames, len(group.frames))))
    return replace(group, frames=taken, times=tuple(frame - start for frame in taken))


def _unit(latents: Tensor) -> Tensor:
    """Latent pixels (channels on axis 2) scaled to length 1."""
    return latents / latents.norm(dim=2, keepdim=True).clamp_min(1e-12)
