"""Standing votes read back from a store: one record per answered criterion, joined with what the trial really was.

Not here: the rules that exclude votes (``screening``), files (``export``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from fpbench.preference.errors import PoolingError
from fpbench.preference.events import EventKind, Link, Telemetry
from fpbench.preference.study import Criterion, Grade, Role, Trial
from fpbench.preference.votes import Labels, Outcome, RaterKind, Votes

if TYPE_CHECKING:
    from fpbench.preference.store import VoteStore


@dataclass(frozen=True)
class VoteRecord:
    """One answer to one question about one trial, with the systems behind the clips."""

    event_id: str
    at: datetime
    rater: str
    rater_kind: RaterKind
    trial: Trial
    trial_index: int
    criterion: Criterion
    outcome: Outcome
    telemetry: Telemetry
    comment: str

    @property
    def preferred(self) -> str:
        """The system preferred, or "tie" or "both_bad": a code that does not change when sides are swapped."""
        sides = {Outcome.LEFT: self.trial.left.item, Outcome.RIGHT: self.trial.right.item}
        return sides.get(self.outcome, self.outcome.value)

    @property
    def pair(self) -> tuple[str, str]:
        """The two systems, sorted."""
        first, second = sorted((self.trial.left.item, self.trial.right.item))
        return first, second


def standing(store: VoteStore) -> list[VoteRecord]:
    """Every vote that was not retracted, in the order of arrival; the chain is verified first.

    Raises:
        ChainBrokenError: the log was tampered with.
    """
    store.verify()
    return join(store.events(), store.trials())


def join(links: Iterable[Link], trials: Mapping[str, Trial]) -> list[VoteRecord]:
    """Votes of a log with their trials, retractions applied."""
    votes: dict[str, VoteRecord] = {}
    for link in links:
        body: dict[str, Any] = link.body
        if body["kind"] == EventKind.VOTE:
            votes[body["event_id"]] = _record(body, trials[body["assignment_id"]])
        elif body["kind"] == EventKind.RETRACT:
            for event_id in body["event_ids"]:
                del votes[event_id]
    return list(votes.values())


def _record(body: dict[str, Any], trial: Trial) -> VoteRecord:
    return VoteRecord(
        event_id=body["event_id"],
        at=datetime.fromisoformat(body["at"]),
        rater=body["rater"],
        rater_kind=RaterKind(body["rater_kind"]),
        trial=trial,
        trial_index=body["trial_index"],
        criterion=Criterion(body["criterion"]),
        outcome=Outcome(body["outcome"]),
        telemetry=Telemetry.model_validate(body["telemetry"]),
        comment=body["comment"],
    )


def to_votes(records: Sequence[VoteRecord], *, criterion: Criterion = Criterion.OVERALL) -> Votes:
    """The real trials among ``records`` as a table, weighted by inverse propensity where pairs were not uniform.

    Raises:
        PoolingError: human and automatic votes are mixed.
    """
    kinds = {record.rater_kind for record in records}
    if len(kinds) > 1:
        raise PoolingError("human and automatic votes are never rated together; choose one kind")
    used = [r for r in records if r.trial.role is Role.REAL and r.criterion is criterion]
    used = [r for r in used if r.outcome is not Outcome.CANNOT_PLAY]
    sides = Labels.of([r.trial.left.item for r in used] + [r.trial.right.item for r in used])
    propensity = np.array([r.trial.propensity for r in used])
    return Votes(
        items=sides.names,
        left=sides.codes[: len(used)],
        right=sides.codes[len(used) :],
        outcome=np.array([r.outcome.code for r in used], dtype=np.int8),
        rater=Labels.of([r.rater for r in used]),
        task=Labels.of([r.trial.task for r in used]),
        kind=kinds.pop() if kinds else RaterKind.HUMAN,
        weights=None if (propensity == 1).all() else 1 / propensity,
    )


def is_check(record: VoteRecord, grade: Grade) -> bool:
    """A catch trial of this grade, on the overall question, that could be played."""
    caught = record.trial.role is Role.CATCH and record.trial.grade is grade
    return caught and record.criterion is Criterion.OVERALL and record.outcome is not Outcome.CANNOT_PLAY
