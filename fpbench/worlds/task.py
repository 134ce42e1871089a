"""What a task is, and what a world must be able to do. No rendering here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fpbench.registry import load

KINDS = ("walk", "loop", "return")
SPLITS = ("train", "validation", "test-in", "test-near", "test-far")


@dataclass(frozen=True, eq=False)
class Task:
    """A first frame and a camera path: everything a system is told, and enough to film the true video.

    Attributes:
        world: registered name of the world.
        split: one of ``SPLITS``.
        kind: one of ``KINDS``.
        seed, index: with (world, split, kind) they determine the task completely.
        place: where it was filmed, for reports ("freedoom1/E1M5").
        poses: (frames, 4) float64: x, y, z in world units, heading in radians, counter-clockwise from +x.
        prompt: what should happen, for systems that read; empty in worlds whose task is the path.
    """

    world: str
    split: str
    kind: str
    seed: int
    index: int
    place: str
    poses: NDArray[np.float64]
    prompt: str = ""

    @property
    def id(self) -> str:
        """Stable, unique and safe as a file name: ``doom_test-near_walk_s0_0003``."""
        return f"{self.world}_{self.split}_{self.kind}_s{self.seed}_{self.index:04d}"

    @property
    def frames(self) -> int:
        """Length of the video, counting the given first frame."""
        return len(self.poses)


def revisits(task: Task) -> NDArray[np.int64]:
    """Frames at which the camera is back in a pose that it had left.

    Returns:
        (n, 2) pairs (earlier, later), ordered by ``later``: the poses are equal bit for bit, ``earlier`` is
        the last frame in that pose before the camera went away, and ``later - earlier`` is the lag. Standing
        still is not coming back.
    """
    last: dict[bytes, int] = {}
    pairs = []
    for frame, pose in enumerate(np.ascontiguousarray(task.poses, np.float64)):
        key = pose.tobytes()
        before = last.get(key, frame)
        if frame - before > 1:
            pairs.append((before, frame))
        last[key] = frame
    return np.array(pairs, np.int64).reshape(-1, 2)


class World(Protocol):
    """A source of tasks whose true video can be filmed.

    Attributes:
        name: registered name.
        height, width: frame size in pixels.
        fps: nominal playback rate.
        focal: horizontal focal length in pixels, so that a column has an azimuth.
        unit: a typical translation per frame in world units, by which poses are normalised.

    A world without true videos has an attribute ``has_truth = False``; ``film`` then repeats the first frame. One that
    knows where a video should end has a method ``last(task)``, which returns that (height, width, 3) image or None.
    """

    name: str
    height: int
    width: int
    fps: float
    focal: float
    unit: float

    def task(self, split: str, kind: str, index: int, *, frames: int, seed: int = 0) -> Task:
        """The ``index``-th task of a split; the same arguments give the same task on every machine."""
        ...

    def film(self, task: Task) -> NDArray[np.uint8]:
        """The true video, (frames, height, width, 3) RGB; cached by content."""
        ...


def open_world(name: str) -> World:
    """The world registered under ``fpbench.worlds`` as ``name``.

    Args:
        name: a registered name, or ``name:argument`` for a world that reads a file, such as ``prompts:tasks.yaml``.

    Raises:
        UnknownNameError: no such world.
    """
    registered, colon, argument = name.partition(":")
    make = load("fpbench.worlds", registered)
    world: World = make(argument) if colon else make()
    return world


def has_truth(world: World) -> bool:
    """Whether the true video of the world's tasks exists."""
    return bool(getattr(world, "has_truth", True))
