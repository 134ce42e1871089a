"""World ``panorama``: smooth made-up landscapes, drawn in milliseconds, nothing to install.

A second domain beside ``doom``, and the world of the tests. The drawing is in ``scenery``.
"""

from __future__ import annotations

from functools import cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fpbench.worlds.errors import TaskError
from fpbench.worlds.kinds import varied
from fpbench.worlds.poses import radians, rounded, seeded, slow_noise, smoothed
from fpbench.worlds.scenery import FOCAL, HEIGHT, TILE, WIDTH, Scenery, make_scenery, render
from fpbench.worlds.task import KINDS, Task

VERSION = 1
_KNOWN_HUES, _NEW_HUES = (0.05, 0.45), (0.6, 0.9)
# First landscape and how many; test-in are new walks in training landscapes, test-far has new hues.
_PLACES = {
    "train": (0, 16),
    "validation": (100, 4),
    "test-in": (0, 16),
    "test-near": (200, 8),
    "test-far": (300, 8),
}


class Panorama:
    """Made-up landscapes with exact ground truth; implements ``fpbench.worlds.World``."""

    name: ClassVar[str] = "panorama"
    height: ClassVar[int] = HEIGHT
    width: ClassVar[int] = WIDTH
    fps: ClassVar[float] = 8.75
    focal: ClassVar[float] = FOCAL
    unit: ClassVar[float] = 10.0

    def task(self, split: str, kind: str, index: int, *, frames: int, seed: int = 0) -> Task:
        """The ``index``-th task of a split; landscapes take turns.

        Raises:
            TaskError: unknown split or kind, or too few frames for a loop.
        """
        if split not in _PLACES or kind not in KINDS:
            raise TaskError.unknown(self.name, split, kind)
        first, count = _PLACES[split]
        number = first + index % count
        rng = seeded("panorama", VERSION, split, kind, seed, index, frames)
        xy, units = rounded(varied(kind, frames, rng, _walk))
        poses = np.column_stack([xy, np.zeros(frames), radians(units)])
        return Task(self.name, split, kind, seed, index, f"panorama/{number}", poses)

    def film(self, task: Task) -> NDArray[np.uint8]:
        """The true video of a task, (frames, 64, 96, 3) uint8 RGB. Every pose is drawn once."""
        poses, back = np.unique(task.poses, axis=0, return_inverse=True)
        return render(_scenery(int(task.place.split("/")[1])), poses)[back.reshape(-1)]


@cache
def _scenery(number: int) -> Scenery:
    return make_scenery(number, _NEW_HUES if number >= _PLACES["test-far"][0] else _KNOWN_HUES)


def _walk(frames: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A stroll with slowly changing pace and direction, (frames, 3): x, y and heading in degrees."""
    turn = np.clip(slow_noise(rng, frames, 1.6), -4, 4)
    course = rng.uniform(0, 360) + np.cumsum(turn)
    heading = smoothed((course + slow_noise(rng, frames, 6.0))[:, None])[:, 0]
    pace = np.clip(10 + slow_noise(rng, frames, 1.5), 6, 14)[:, None]
    step = pace * np.stack([np.cos(np.radians(course)), np.sin(np.radians(course))], axis=-1)
    return np.column_stack([rng.uniform(0, TILE, 2) + np.cumsum(step, axis=0), heading])
