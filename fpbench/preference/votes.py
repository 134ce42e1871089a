"""A table of pairwise votes as arrays, and the rule that people and automatic judges are never pooled.

Not here: reading files (``reading``), the event log (``events``, ``store``), any rating.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.errors import PoolingError, VoteFileError


class Outcome(StrEnum):
    """What a rater may answer; ``CANNOT_PLAY`` re-queues the trial and never becomes a vote."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    BOTH_BAD = "both_bad"
    CANNOT_PLAY = "cannot_play"

    @property
    def code(self) -> int:
        """Position in the enumeration, the number stored in ``Votes.outcome``."""
        return list(Outcome).index(self)


class RaterKind(StrEnum):
    """Who voted. The two are stored alike and never rated together."""

    HUMAN = "human"
    AUTOMATIC = "automatic"


LEFT, RIGHT, TIE, BOTH_BAD = range(4)
WATERMARK = {
    RaterKind.HUMAN: "",
    RaterKind.AUTOMATIC: "AUTOMATIC JUDGE: no person voted",
}


@dataclass(frozen=True, eq=False)
class Labels:
    """A categorical column: ``names[codes[k]]`` is the label of vote k. ``codes`` is (votes,) int32."""

    names: tuple[str, ...]
    codes: NDArray[np.int32]

    @classmethod
    def of(cls, values: Sequence[str] | NDArray[np.str_]) -> Self:
        """Encode strings; names are sorted so that equal data give equal codes."""
        names, codes = np.unique(np.asarray(values, dtype=np.str_), return_inverse=True)
        return cls(tuple(map(str, names)), codes.astype(np.int32))

    def take(self, index: NDArray[np.int_]) -> Labels:
        """The rows of ``index``, keeping the names."""
        return replace(self, codes=self.codes[index])


@dataclass(frozen=True, eq=False)
class Votes:
    """Pairwise votes between distinct items.

    Attributes:
        items: names; ``left`` and ``right`` index into it.
        left, right: (votes,) int32, the item shown on each side.
        outcome: (votes,) int8, codes of ``Outcome`` (0 left, 1 right, 2 tie, 3 both bad).
        rater, task: who voted and on which prompt; None when the log does not say.
        kind: human or automatic, one for the whole table.
        covariates: name -> (votes,) float64, oriented left minus right.
        weights: (votes,) float64 or None for 1; an inverse propensity where pairs were sampled unevenly.

    Raises:
        VoteFileError: lengths differ, codes out of range, a covariate not finite, or an item against itself.
    """

    items: tuple[str, ...]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    outcome: NDArray[np.int8]
    rater: Labels | None = None
    task: Labels | None = None
    kind: RaterKind = RaterKind.HUMAN
    covariates: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    weights: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        columns: list[NDArray[Any]] = [self.left, self.right, self.outcome, *self.covariates.values()]
        columns += [labels.codes for labels in (self.rater, self.task) if labels is not None]
        columns += [] if self.weights is None else [self.weights]
        if {len(column) for column in columns} != {len(self.left)}:
            raise VoteFileError(f"vote columns differ in length: {[len(column) for column in columns]}")
        if len(self) and not min(self.left.min(), self.right.min()) >= 0:
            raise VoteFileError("item codes must not be negative")
        if len(self) and max(self.left.max(), self.right.max()) >= len(self.items):
            raise VoteFileError(f"item codes must stay below {len(self.items)}, the number of items")
        if len(self) and not (self.outcome.min() >= LEFT and self.outcome.max() <= BOTH_BAD):
            raise VoteFileError("outcome codes must be 0 left, 1 right, 2 tie or 3 both bad")
        broken = [name for name, column in self.covariates.items() if not np.isfinite(column).all()]
        if broken:
            raise VoteFileError(f"covariate {broken[0]!r} has a value that is not finite; drop those votes")
        if (self.left == self.right).any():
            row = int(np.argmax(self.left == self.right))
            raise VoteFileError(f"vote {row} compares {self.items[self.left[row]]!r} with itself")

    @classmethod
    def of(
        cls,
        left: Sequence[str],
        right: Sequence[str],
        outcome: Sequence[str],
        *,
        rater: Sequence[str] | None = None,
        task: Sequence[str] | None = None,
        kind: RaterKind = RaterKind.HUMAN,
    ) -> Self:
        """Votes from names and outcome words ("left", "right", "tie", "both_bad")."""
        both = Labels.of([*left, *right])
        words = Labels.of(outcome)
        unknown = set(words.names) - set(list(Outcome)[:4])
        if unknown:
            raise VoteFileError(f"unknown outcome {min(unknown)!r}; use left, right, tie or both_bad")
        table = np.array([Outcome(name).code for name in words.names], dtype=np.int8)
        return cls(
            items=both.names,
            left=both.codes[: len(left)],
            right=both.codes[len(left) :],
            outcome=table[words.codes] if len(words.codes) else np.zeros(0, np.int8),
            rater=None if rater is None else Labels.of(rater),
            task=None if task is None else Labels.of(task),
            kind=kind,
        )

    def __len__(self) -> int:
        return len(self.left)

    def sign(self) -> NDArray[np.int8]:
        """(votes,) +1 left preferred, -1 right preferred, 0 tie; "both bad" counts as a tie in every model."""
        return np.array([1, -1, 0, 0], np.int8)[self.outcome]

    def take(self, index: NDArray[np.int_] | NDArray[np.bool_]) -> Votes:
        """The rows of an index or mask; items and label names are kept."""
        rows = np.flatnonzero(index) if index.dtype == np.bool_ else index.astype(np.intp)
        return replace(
            self,
            left=self.left[rows],
            right=self.right[rows],
            outcome=self.outcome[rows],
            rater=None if self.rater is None else self.rater.take(rows),
            task=None if self.task is None else self.task.take(rows),
            covariates={name: column[rows] for name, column in self.covariates.items()},
            weights=None if self.weights is None else self.weights[rows],
        )

    def per_item(self) -> NDArray[np.int64]:
        """(items,) how many votes each item took part in."""
        n = len(self.items)
        return np.bincount(self.left, minlength=n) + np.bincount(self.right, minlength=n)


def pool(tables: Sequence[Votes]) -> Votes:
    """Concatenate logs of one kind of rater; rater and task survive only where every log has them.

    Raises:
        PoolingError: the logs mix human and automatic votes, or there are none.
    """
    kinds = {table.kind for table in tables}
    if len(kinds) != 1:
        raise PoolingError(
            f"cannot pool votes of kinds {sorted(kinds) or 'none'}; rate people and automatic judges apart"
        )

    def words(column: str) -> list[str] | None:
        labels = [getattr(table, column) for table in tables]
        if any(label is None for label in labels):
            return None
        return [label.names[code] for label in labels for code in label.codes]

    outcomes = list(Outcome)
    return Votes.of(
        [table.items[k] for table in tables for k in table.left],
        [table.items[k] for table in tables for k in table.right],
        [outcomes[k] for table in tables for k in table.outcome],
        rater=words("rater"),
        task=words("task"),
        kind=kinds.pop(),
    )
