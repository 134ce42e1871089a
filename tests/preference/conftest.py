"""Small studies, ballots and boards shared by the tests of this package."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from fpbench.preference.choice import Davidson
from fpbench.preference.events import Ballot
from fpbench.preference.schedule import plan_study
from fpbench.preference.study import Criterion, Study, StudyDesign
from fpbench.preference.votes import Labels, Outcome, Votes


class Clock:
    """A server clock that only moves when told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def small_study(**changes: object) -> Study:
    """Three systems, four tasks, two seats of twelve real trials."""
    base: dict[str, object] = {
        "study_id": "small",
        "seed": 3,
        "items": ("packed", "vanilla", "anchor"),
        "tasks": ("t0", "t1", "t2", "t3"),
        "seats": 2,
        "trials_per_seat": 24,
        "clip_seconds": 4.0,
    }
    return plan_study(StudyDesign.model_validate(base | changes))


def make_ballot(assignment_id: str, now: datetime, **changes: object) -> Ballot:
    """A valid ballot cast now."""
    base: dict[str, object] = {
        "assignment_id": assignment_id,
        "session": "tab",
        "nonce": secrets.token_hex(8),
        "answers": {Criterion.OVERALL: Outcome.LEFT},
        "telemetry": {
            "shown_at": now - timedelta(seconds=9),
            "unlocked_at": now - timedelta(seconds=3),
            "voted_at": now,
            "watch_ms_left": 5000,
            "watch_ms_right": 5000,
            "plays": 1,
        },
    }
    return Ballot.parse(base | changes)


def board(
    votes: int,
    theta: np.ndarray,
    *,
    seed: int,
    tie: float = 0.2,
    side: float = 0.0,
    raters: int = 12,
    tasks: int = 40,
    rater_sd: float = 0.0,
    task_sd: float = 0.0,
) -> Votes:
    """Davidson votes; every rater and task may have its own view of each item, which correlates their votes."""
    rng = np.random.default_rng(seed)
    n = len(theta)
    left = rng.integers(0, n, votes)
    right = (left + 1 + rng.integers(0, n - 1, votes)) % n
    rater, task = rng.permutation(np.arange(votes) % raters), rng.permutation(np.arange(votes) % tasks)
    taste = rng.normal(0, rater_sd, (raters, n))[rater] + rng.normal(0, task_sd, (tasks, n))[task]
    rows = np.arange(votes)
    eta = theta[left] - theta[right] + side + taste[rows, left] - taste[rows, right]
    tau = np.log(2 * tie / (1 - tie)) if tie else -np.inf
    outcome = (rng.random(votes)[:, None] > np.cumsum(Davidson().probabilities(eta, tau), axis=1)).sum(axis=1)
    return Votes(
        items=tuple(f"item{k:02d}" for k in range(n)),
        left=left.astype(np.int32),
        right=right.astype(np.int32),
        outcome=np.minimum(outcome, 2).astype(np.int8),
        rater=Labels(tuple(f"r{k}" for k in range(raters)), rater.astype(np.int32)),
        task=Labels(tuple(f"t{k}" for k in range(tasks)), task.astype(np.int32)),
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "votes.sqlite"


MakeBoard = Callable[..., Votes]
