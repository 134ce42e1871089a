"""The floor: the given frame, repeated. Nothing drifts, nothing moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fpbench import Task, World


class CopyLast:
    """Repeats the first frame."""

    name = "copy_last"

    def fingerprint(self) -> dict[str, object]:
        return {"copy_last": 1}

    def card(self) -> dict[str, object]:
        return {"source": "floor", "passes_per_frame": 0.0, "context_tokens": 0}

    def generate(self, world: World, tasks: Sequence[Task], seed: int) -> list[NDArray[np.uint8]]:
        return [np.repeat(world.film(task)[:1], task.frames, axis=0) for task in tasks]


def copy_last() -> CopyLast:
    """Floor: the first frame repeated."""
    return CopyLast()
