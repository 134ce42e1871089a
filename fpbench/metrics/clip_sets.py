"""Distances between the clips of a system and the true ones, all taken together: nothing here belongs to one clip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fpbench.errors import FpbenchError
from fpbench.metrics.card import Card
from fpbench.metrics.features import Encoder, Feature
from fpbench.metrics.frame import Clip
from fpbench.metrics.meter import Meter, lacking_weights
from fpbench.stats.results import Interval

FEWEST_TASKS = 8
"""Below this a set tells more of which tasks were drawn than of the system."""


class Pair(NamedTuple):
    """Two sets of clips of the same tasks in the same order, each clip as features, (frames or windows, dimensions)."""

    made: Sequence[Feature]
    real: Sequence[Feature]


@dataclass(frozen=True)
class SetMetric:
    """A metric of sets of clips, measured on a finished run by ``fpbench distance``.

    Attributes:
        card: its declaration; ``k_min`` is the fewest features in each set.
        encoder: whose features are compared.
        distance: of a pair of sets.
        change: distance of the second pair minus that of the first, of the same tasks.
        tasks: fewest tasks in each set.
    """

    card: Card
    encoder: Encoder
    distance: Callable[[Pair], Interval]
    change: Callable[[Pair, Pair], Interval]
    tasks: int = FEWEST_TASKS

    def meter(self, _clip: Clip, /) -> Meter:
        """Nothing can be measured on one clip.

        Raises:
            FpbenchError: always.
        """
        raise FpbenchError(f"{self.card.name}: {self.missing()}")

    def missing(self) -> str | None:
        """Why it is not among the metrics of a clip."""
        return lacking_weights(self.card) or "it compares sets of clips; on a finished run: fpbench distance RUN"

    def enough(self, pair: Pair) -> bool:
        """Whether both sets have the tasks and features below which the value is an artefact of their number."""
        return all(len(clips) >= self.tasks and sum(map(len, clips)) >= self.card.k_min for clips in pair)


def unit(encoder: Encoder) -> str:
    """What one feature is of, in words."""
    return "frames" if encoder.span == 1 else f"windows of {encoder.span} frames"


def set_card(name: str, doc: str, formula: str, *, low: float, fewest: int, weights: tuple[str, ...]) -> Card:
    """The card of a distance: lower is better, without unit or upper bound."""
    return Card(
        name,
        version=1,
        direction="down",
        unit="",
        range=(low, float("inf")),
        group="sets",
        doc=doc,
        formula=formula,
        k_min=fewest,
        weights=weights,
    )
