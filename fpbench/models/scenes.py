"""Prompts that change within a video: ``a walker turns left [73] a quiet room`` says the second from frame 73 on.

A section is made under the prompt in force at its last frame, so that every planned endpoint has its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

import torch
from torch import Tensor

Told = TypeVar("Told")

MARK = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True)
class Scenes(Generic[Told]):
    """What the network is told in the course of a video.

    Attributes:
        parts: (first latent frame, encoded prompt), ascending, the first at 0.
    """

    parts: tuple[tuple[int, Told], ...]

    @classmethod
    def of(cls, prompt: str, encode: Callable[[str], Told]) -> Scenes[Told]:
        """From a prompt with marks, each the number of a video frame.

        Raises:
            ValueError: marks that do not ascend.
        """
        opening, *rest = MARK.split(prompt)
        given = [
            (0, opening.strip()),
            *((int(at), text.strip()) for at, text in zip(rest[::2], rest[1::2], strict=True)),
        ]
        if len(given) > 1 and given[1][0] == 0 and not given[0][1]:
            given = given[1:]
        starts = [start for start, _ in given]
        if any(b <= a for a, b in pairwise(starts)):
            raise ValueError(f"prompt {prompt!r}: the frames in brackets must ascend, got {starts}")
        # Latent frame n holds the video frames 4 n - 3 to 4 n.
        return cls(tuple((-(-start // 4), encode(text)) for start, text in given))

    def at(self, poses: Tensor) -> Told:
        """The prompt in force at the last frame of a section whose `clock` is given."""
        last = int(poses[0, :, 0].max())
        return [told for start, told in self.parts if start <= last][-1]


def clock(like: Tensor, frames: int) -> Tensor:
    """Latent frame numbers in the place of camera poses, which these networks do not have: (1, frames, 4)."""
    poses = like.new_zeros(1, frames, 4)
    poses[0, :, 0] = torch.arange(frames)
    return poses
