"""Small studies, ballots and clocks shared by the tests of this package."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fpbench.preference.events import Ballot
from fpbench.preference.schedule import plan_study
from fpbench.preference.study import Study, StudyDesign


class Clock:
    """A server clock that only moves when told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "votes.sqlite"


@pytest.fixture(scope="session")
def make_study() -> Callable[..., Study]:
    """Three systems, four tasks, two seats; any field of the design can be changed."""

    def make(**changes: object) -> Study:
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

    return make


@pytest.fixture(scope="session")
def make_ballot() -> Callable[..., Ballot]:
    """A valid ballot, cast at ``now`` after five seconds of watching; any field can be changed."""

    def make(assignment_id: str, now: datetime, outcome: str = "left", **changes: object) -> Ballot:
        base: dict[str, object] = {
            "assignment_id": assignment_id,
            "session": "tab",
            "nonce": secrets.token_hex(8),
            "answers": {"overall": outcome},
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

    return make
