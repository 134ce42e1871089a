"""VBench's dynamic degree by RAFT, and the same flow as a continuous amount of motion."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.features import device
from fpbench.metrics.frame import MOTION_RATE, Frame
from fpbench.metrics.meter import PerClip, PerFrame, Values
from fpbench.metrics.motion import DYNAMIC_THRESHOLD, top5

UPDATES = 20
_SMALLEST = 128


@cache
def _network() -> Any:
    from fpbench.weights.raft import load_raft

    return load_raft().to(device())


def raft_flow(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """RAFT flow after 20 updates, (height, width, 2) as (dx, dy) in pixels, from one RGB frame to another.

    Sides are padded to multiples of 8 by repeating the edge, and the flow covers the padding, as in VBench. Frames
    with a side below 128, too small for the network, are enlarged by a whole factor and their flow divided by it.
    """
    import torch
    from torch.nn import functional as F

    height, width = first.shape[:2]
    factor = -(-_SMALLEST // min(height, width))
    down, right = -height * factor % 8, -width * factor % 8
    padding = [right // 2, right - right // 2, down // 2, down - down // 2]

    def tensor(rgb: NDArray[np.uint8]) -> torch.Tensor:
        picture = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].to(device()).float()
        if factor > 1:
            picture = F.interpolate(picture, scale_factor=factor, mode="bilinear")
        return F.pad(picture, padding, mode="replicate") / 127.5 - 1

    with torch.inference_mode():
        flow = _network()(tensor(first), tensor(second), num_flow_updates=UPDATES)[-1][0]
    return np.asarray(flow.permute(1, 2, 0).cpu().numpy() / factor, np.float32)


def raft_top5(frame: Frame) -> float | None:
    """Mean length of the 5 % longest flow vectors since the last sample of the motion grid, in px; shared."""
    clip = frame.clip
    before = frame.back(clip.motion_step)
    if frame.index % clip.motion_step or before is None:
        return None
    return frame.feature("raft_top5", lambda: top5(raft_flow(before.rgb, frame.rgb)))


def _per_eighth(frame: Frame) -> float | None:
    clip, length = frame.clip, raft_top5(frame)
    unit = min(clip.height, clip.width) / 256
    return None if length is None else length / unit / (clip.motion_step / clip.fps * MOTION_RATE)


def is_dynamic(lengths: NDArray[np.floating], height: int, width: int) -> bool:
    """VBench's verdict on a clip: do enough pairs move?

    Enough is round(4 n / 16) of its n = pairs + 1 samples, which is none for two samples: then any pair will do.

    Args:
        lengths: (pairs,) top-5 % flow between samples in px. height, width: of the frames.
    """
    moving = np.count_nonzero(lengths > DYNAMIC_THRESHOLD * min(height, width) / 256)
    return len(lengths) > 0 and bool(moving >= round(4 * (len(lengths) + 1) / 16))


class DynamicMeter:
    """Collects the flow of every pair; one verdict, at the last frame."""

    def __init__(self) -> None:
        self._lengths: list[float] = []
        self._last: Frame | None = None

    def update(self, frame: Frame) -> None:
        """Take the next frame."""
        length = raft_top5(frame)
        if length is not None:
            self._lengths.append(length)
        self._last = frame

    def compute(self) -> Values:
        """1 or 0 for the clip."""
        if self._last is None:
            return np.empty(0), np.empty(0, np.int64)
        clip = self._last.clip
        verdict = is_dynamic(np.asarray(self._lengths), clip.height, clip.width)
        return np.array([float(verdict)]), np.array([self._last.index], np.int64)


DYNAMIC = PerClip(
    Card(
        "dynamic_raft",
        version=1,
        direction="up",
        unit="",
        range=(0, 1),
        group="raft",
        doc="Dynamic: VBench dynamic_degree (RAFT), 0 or 1 for a clip",
        formula="1 if round(n / 4) of n samples, about 8 a second, moved: top-5 % flow > 6 min(height, width)/256 px",
        weights=("raft-large-c-t",),
        signs=signs("reverse 0"),
    ),
    lambda _: DynamicMeter(),
)
"""VBench's dynamic degree, 1 or 0 for a whole clip."""

FLOW_RAFT_TOP5 = PerFrame(
    Card(
        "flow_raft_top5",
        version=1,
        direction="two-sided",
        unit="side/256 per 1/8 s",
        range=(0, float("inf")),
        group="raft",
        doc="mean of the 5 % largest flow vectors (RAFT)",
        formula="mean of the 5 % longest |F|, F the RAFT flow over 1/8 s, in min(height, width)/256 px",
        k_min=2,
        weights=("raft-large-c-t",),
        signs=signs("freeze - half_size 0"),
    ),
    _per_eighth,
)
