"""History guidance: a weighted sum of velocities under differently noised histories (DFoT, arXiv 2502.06764 §4).

Every scheme is a list of branches whose weights sum to 1; at a fixed level, mixing velocities, scores or data
estimates with such weights is the same thing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Window = Literal["all", "near", "far", "anchor", "none"]
"""Groups of history that a branch sees; the others are shown at level 1. With none they are left out altogether."""


@dataclass(frozen=True)
class Branch:
    """One forward pass.

    Attributes:
        weight: share of its velocity in the sum.
        level: history level in [0, 1]; 1 is no history; None leaves the strategy's own treatment.
        window: which groups keep their own treatment: all, the nearest one (near), all but it (far), those across a
            gap (anchor), or none, whose tokens are dropped.
    """

    weight: float
    level: float | None = None
    window: Window = "all"


@dataclass(frozen=True)
class Guidance:
    """Branches to mix. `merged` drops zero weights and joins equal histories, so its length is the cost per step.

    Attributes:
        branches: the mixture, weights summing to 1.
        between: section levels (low, high], in which it holds; outside of them sampling is plain.
    """

    branches: tuple[Branch, ...] = (Branch(1.0),)
    between: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        total = sum(branch.weight for branch in self.branches)
        if abs(total - 1) > 1e-9:
            raise ValueError(f"guidance weights must sum to 1, got {total}")
        low, high = self.between
        if not 0 <= low < high <= 1:
            raise ValueError(f"guidance holds between levels 0 <= low < high <= 1, got {low} and {high}")

    @classmethod
    def none(cls) -> Guidance:
        """Plain conditional sampling."""
        return cls()

    @classmethod
    def vanilla(cls, weight: float, null: Branch | None = None) -> Guidance:
        """HG-v: v(null) + w (v(history) - v(null)); w = 1 is plain, w < 1 trusts history less.

        Args:
            weight: w.
            null: how absence is shown; default all history at level 1. Its weight is ignored.
        """
        return cls((replace(null or NOISE, weight=1 - weight), Branch(weight)))

    @classmethod
    def fractional(cls, weight: float, level: float) -> Guidance:
        """HG-f: total weight w, of which w - 1 on a history noised to ``level`` (only its layout survives)."""
        return cls((Branch(1 - weight, level=1.0), Branch(1.0), Branch(weight - 1, level=level)))

    @classmethod
    def temporal(cls, near: float, weight: float = 1.0) -> Guidance:
        """HG-t: of total weight w, the share ``near`` on the nearest group alone, the rest on all history.

        With w = 1 there is no null branch, as in DFoT's Minecraft setting.
        """
        return cls((Branch(1 - weight, level=1.0), Branch(weight * near, window="near"), Branch(weight * (1 - near))))

    def at(self, t: float) -> tuple[Branch, ...]:
        """The branches at section level t."""
        low, high = self.between
        return self.merged if low < t <= high else PLAIN

    def passes_over(self, grid: Sequence[float]) -> int:
        """Forward passes of a section whose solver stands at each level of ``grid`` but the last once."""
        return sum(len(self.at(t)) for t in grid[:-1])

    @property
    def merged(self) -> tuple[Branch, ...]:
        weights: dict[tuple[float | None, Window], float] = defaultdict(float)
        for branch in self.branches:
            weights[branch.level, branch.window] += branch.weight
        return tuple(Branch(w, level, window) for (level, window), w in weights.items() if w)

    @property
    def passes(self) -> int:
        """Forward passes per solver step at which guidance holds."""
        return len(self.merged)

    def as_dict(self) -> list[dict[str, Any]] | dict[str, Any]:
        """JSON-able record: the branches, and when they hold unless that is always."""
        branches = [asdict(branch) for branch in self.merged]
        return branches if self.between == (0.0, 1.0) else {"branches": branches, "between": list(self.between)}


PLAIN = (Branch(1.0),)
NOISE = Branch(0.0, level=1.0)
DROP = Branch(0.0, window="none")
"""Two ways to show that there is no history: all of it at level 1, or no tokens at all."""
