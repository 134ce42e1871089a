"""A world and systems so cheap that a whole run takes a second; registered as a stranger's plug-in would be."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpbench.worlds.task import Task, World

Video = NDArray[np.uint8]


class Ramp:
    """A texture that scrolls by a pixel per frame, another one for every task."""

    name = "stub"
    height, width, fps, focal, unit = 32, 48, 8.0, 24.0, 1.0

    def task(self, split: str, kind: str, index: int, *, frames: int, seed: int = 0) -> Task:
        poses = np.zeros((frames, 4))
        poses[:, 0] = np.arange(frames) + 1000 * index
        return Task(self.name, split, kind, seed, index, f"place{index % 2}", poses)

    def film(self, task: Task) -> Video:
        rng = np.random.default_rng(task.index)
        texture = np.repeat(np.repeat(rng.integers(0, 256, (8, 12, 3), dtype=np.uint8), 4, 0), 4, 1)
        return np.stack([np.roll(texture, frame, axis=1) for frame in range(task.frames)])


class Fade:
    """The true video fading to grey by ``rate`` per frame; leaves a line in ``log`` for every call."""

    name = "fade"

    def __init__(self, rate: float = 0.02, wait: float = 0.0, log: str = "") -> None:
        self.rate, self.wait, self.log = rate, wait, log

    def fingerprint(self) -> dict[str, object]:
        return {"stub": "fade", "rate": self.rate}

    def card(self) -> dict[str, object]:
        return {"source": "stub"}

    def generation_order(self, frames: int) -> list[int]:
        return [0, *range(frames - 1, 0, -1)]

    def generate(self, world: World, tasks: Sequence[Task], seed: int) -> list[Video]:
        if self.log:
            with Path(self.log).open("a") as file:
                file.write(f"{self.rate} {tasks[0].id} {seed}\n")
        time.sleep(self.wait)
        videos = []
        for task in tasks:
            film = world.film(task).astype(np.float64)
            keep = np.maximum(0.0, 1.0 - self.rate * np.arange(task.frames))[:, None, None, None]
            videos.append((128 + (film - 128) * keep).astype(np.uint8))
        return videos


class Truth(Fade):
    """The ceiling."""

    def __init__(self) -> None:
        super().__init__(rate=0.0)

    def card(self) -> dict[str, object]:
        return {"source": "ceiling"}


class Still(Fade):
    """The floor: the first frame throughout."""

    def fingerprint(self) -> dict[str, object]:
        return {"stub": "still"}

    def card(self) -> dict[str, object]:
        return {"source": "floor"}

    def generate(self, world: World, tasks: Sequence[Task], seed: int) -> list[Video]:
        return [np.repeat(world.film(task)[:1], task.frames, axis=0) for task in tasks]


class Broken(Fade):
    """Fails on the tasks whose index is in ``on``; ``how`` is "raise", "die" or "shape"."""

    def __init__(self, on: Sequence[int] = (), how: str = "raise") -> None:
        super().__init__()
        self.on, self.how = on, how

    def fingerprint(self) -> dict[str, object]:
        return {"stub": "broken", "on": list(self.on), "how": self.how}

    def generate(self, world: World, tasks: Sequence[Task], seed: int) -> list[Video]:
        videos = super().generate(world, tasks, seed)
        if any(task.index in self.on for task in tasks):
            if self.how == "die":
                os._exit(9)
            if self.how == "shape":
                return [video[:-1] for video in videos]
            raise RuntimeError("the stub breaks as asked")
        return videos
