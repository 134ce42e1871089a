"""What stands in the slot of an anchor frame while a video grows: the first frame, an average, or a rolling sink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from fpbench.framepack.orders import Section


@dataclass(frozen=True)
class Anchor:
    """Content of the frames across the gap on the past side.

    Attributes:
        kind: fixed (StreamingT2V, arXiv 2403.14773), ema (every frame that leaves the window is mixed into the anchor;
            Reward Forcing, 2512.04678), or rolling (the anchor walks to and fro over the first ``horizon`` frames as
            the video grows; Rolling Sink, 2602.07775).
        decay: of ``ema``, per frame; 1 is fixed.
        horizon: of ``rolling``, in frames: the length that the network was trained on.
    """

    kind: Literal["fixed", "ema", "rolling"] = "fixed"
    decay: float = 0.99
    horizon: int = 36

    def __post_init__(self) -> None:
        if self.kind not in ("fixed", "ema", "rolling"):
            raise ValueError(f"anchor {self.kind!r} is none of fixed, ema, rolling")
        if not 0 < self.decay <= 1 or self.horizon < 1:
            raise ValueError(f"an anchor needs 0 < decay <= 1 and horizon >= 1, got {self.decay} and {self.horizon}")

    def frames(self, planned: tuple[int, ...], edge: int) -> tuple[int, ...]:
        """The frames shown in place of the planned ones.

        Args:
            planned: of the anchor's group.
            edge: the first frame of the window; only frames before it may roll in.
        """
        span = min(self.horizon, edge) - planned[-1] - 1
        if self.kind != "rolling" or span < 1:
            return planned
        shift = span - abs(span - edge % (2 * span))
        return tuple(frame + shift for frame in planned)

    def mixed(self, anchor: Tensor, evicted: Tensor) -> Tensor:
        """The anchor after the frames that have left the window, oldest first.

        Args:
            anchor: (batch, frames, channels, height, width).
            evicted: (batch, n, channels, height, width).
        """
        if self.kind != "ema" or not evicted.shape[1]:
            return anchor
        ages = torch.arange(evicted.shape[1], device=evicted.device).flip(0)
        share = (1 - self.decay) * self.decay**ages
        mean = (evicted * share[:, None, None, None].to(evicted)).sum(1, keepdim=True)
        return self.decay ** len(ages) * anchor + mean


def window_edge(section: Section) -> int:
    """The first frame of a section's window on the past side, or of the section itself where it has none."""
    near = [group.frames[0] for group in section.context if group.role == "past"]
    return min([section.targets[0], *near])
