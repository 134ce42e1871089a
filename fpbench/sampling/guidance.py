"""History guidance: a weighted sum of velocities under differently noised histories (DFoT, arXiv 2502.06764 §4).

Every scheme is a list of branches whose weights sum to 1; at a fixed level, mixing velocities, scores or data
estimates with such weights is the same thing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

Window = Literal["all", "near"]


@dataclass(frozen=True)
class Branch:
    """One forward pass.

    Attributes:
        weight: share of its velocity in the sum.
        level: history level in [0, 1]; 1 is no history; None leaves the strategy's own treatment.
        window: ``near`` shows only the nearest group, the rest at level 1.
    """

    weight: float
    level: float | None = None
    window: Window = "all"


@dataclass(frozen=True)
class Guidance:
    """Branches to mix. `merged` drops zero weights and joins equal histories, so its length is the cost per step."""

    branches: tuple[Branch, ...] = (Branch(1.0),)

    def __post_init__(self) -> None:
        total = sum(branch.weight for branch in self.branches)
        if abs(total - 1) > 1e-9:
            raise ValueError(f"guidance weights must sum to 1, got {total}")

    @classmethod
    def none(cls) -> Guidance:
        """Plain conditional sampling."""
        return cls()

    @classmethod
    def vanilla(cls, weight: float) -> Guidance:
        """HG-v: v(null) + w (v(history) - v(null)); w = 1 is plain, w < 1 trusts history less."""
        return cls((Branch(1 - weight, level=1.0), Branch(weight)))

    @classmethod
    def fractional(cls, weight: float, level: float) -> Guidance:
        """HG-f: total weight w, of which w - 1 on a history noised to ``level`` (only its layout survives)."""
        return cls((Branch(1 - weight, level=1.0), Branch(1.0), Branch(weight - 1, level=level)))

    @classmethod
    def temporal(cls, near: float) -> Guidance:
        """HG-t without a null branch: ``near`` on the nearest group alone, the rest on all history."""
        return cls((Branch(near, window="near"), Branch(1 - near)))

    @property
    def merged(self) -> tuple[Branch, ...]:
        weights: dict[tuple[float | None, Window], float] = defaultdict(float)
        for branch in self.branches:
            weights[branch.level, branch.window] += branch.weight
        return tuple(Branch(w, level, window) for (level, window), w in weights.items() if w)

    @property
    def passes(self) -> int:
        """Forward passes per solver step."""
        return len(self.merged)
