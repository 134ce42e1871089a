"""What can go wrong when a task or its footage is asked for."""

from __future__ import annotations

from typing import Self

from fpbench.errors import FpbenchError, PreflightError
from fpbench.worlds.task import KINDS, SPLITS


class TaskError(FpbenchError):
    """A world was asked for a task that it does not have."""

    @classmethod
    def unknown(cls, world: str, split: str, kind: str) -> Self:
        """The split or the kind does not exist."""
        return cls(
            f"world {world!r} has no tasks of split {split!r} and kind {kind!r}; "
            f"splits: {', '.join(SPLITS)}; kinds: {', '.join(KINDS)}"
        )


class EngineError(PreflightError):
    """The game engine is missing, or did not do what it was told."""
