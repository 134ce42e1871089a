"""The ceiling: the true video."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fpbench import Task, World


class Truth:
    """Films what really happens."""

    name = "truth"

    def fingerprint(self) -> dict[str, object]:
        return {"truth": 1}

    def card(self) -> dict[str, object]:
        return {"source": "ceiling", "passes_per_frame": 0.0, "context_tokens": 0}

    def generate(self, world: World, tasks: Sequence[Task], seed: int) -> list[NDArray[np.uint8]]:
        return [world.film(task) for task in tasks]


def truth() -> Truth:
    """Ceiling: the true video."""
    return Truth()
