"""An automatic judge: any score of a clip, voting through the same store as people, and never counted with them.

For demonstrations and for measuring how well a metric predicts people. Every table of its votes carries a watermark.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.events import Ballot, Telemetry
from fpbench.preference.seats import Ticket
from fpbench.preference.store import VoteStore, new_token
from fpbench.preference.study import Criterion
from fpbench.preference.votes import Outcome, RaterKind

Score = Callable[[str, str], float]  # (task, clip id) -> score


@dataclass(frozen=True)
class AutomaticJudge:
    """A metric turned rater.

    Attributes:
        name: shown wherever its votes are, for example ``"lpips_truth v1"``.
        score: score of a clip for its task.
        higher_is_better: direction of the score.
        margin: differences up to this are ties, in units of the score.
    """

    name: str
    score: Score
    higher_is_better: bool
    margin: float = 0.0

    def answer(self, ticket: Ticket) -> Outcome:
        """What the scores of both clips imply; a clip without a finite score cannot be played."""
        left, right = self.score(ticket.task, ticket.left_clip), self.score(ticket.task, ticket.right_clip)
        lead = (left - right) * (1 if self.higher_is_better else -1)
        if not np.isfinite(lead):
            return Outcome.CANNOT_PLAY
        if abs(lead) <= self.margin:
            return Outcome.TIE
        return Outcome.LEFT if lead > 0 else Outcome.RIGHT


def vote_automatically(store: VoteStore, judge: AutomaticJudge) -> int:
    """Let a judge answer every pair and task of a study once; returns the number of answers.

    Votes are stored with rater kind "automatic" and the judge's name as the session.
    """
    token = store.join(new_token(), kind=RaterKind.AUTOMATIC)
    count = 0
    while (ticket := store.next(token, judge.name)) is not None:
        now = store.now()
        ballot = Ballot(
            assignment_id=ticket.assignment_id,
            session=judge.name,
            nonce=new_token(),
            answers={Criterion.OVERALL: judge.answer(ticket)},
            telemetry=Telemetry(shown_at=now, unlocked_at=now, voted_at=now),
        )
        store.vote(token, ballot)
        count += 1
    return count


def distance_to_truth(video: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Root mean squared pixel error in [0, 255] over the frames both have; lower is better.

    Args:
        video, truth: (frames, height, width, 3) RGB of one size.
    """
    frames = min(len(video), len(truth))
    error = [np.mean((a.astype(np.float32) - b) ** 2) for a, b in zip(video[:frames], truth[:frames], strict=True)]
    return float(np.sqrt(np.mean(error)))
