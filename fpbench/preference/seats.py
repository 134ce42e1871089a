"""Seats, queues and leases inside a transaction: who holds which trial until when. No votes here (``store``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from fpbench.preference.database import assignment, rater
from fpbench.preference.errors import (
    ExpiredLeaseError,
    LeaseError,
    StudyError,
    UnknownAssignmentError,
    UnknownRaterError,
)
from fpbench.preference.study import Criterion, Role, Study, Trial, canonical, digest
from fpbench.preference.votes import RaterKind

_MAX_UNPLAYABLE = 3  # a trial that could not be played this often is given up


class Ticket(NamedTuple):
    """A trial as a rater's page may know it: no system, no role beyond practice.

    ``done`` of ``total`` trials of this rater are answered.
    """

    assignment_id: str
    task: str
    left_clip: str
    right_clip: str
    practice: bool
    criteria: tuple[Criterion, ...]
    prompt: str
    done: int
    total: int


def enqueue(connection: Connection, trials: tuple[Trial, ...]) -> None:
    """Add trials to the queues of their seats."""
    rows = [
        {
            "id": trial.id,
            "seat": trial.seat,
            "position": trial.index,
            "trial": trial.model_dump_json(),
            "state": "open",
            "unplayable": 0,
        }
        for trial in trials
    ]
    connection.execute(insert(assignment), rows)


def take_seat(connection: Connection, study: Study, token: str, kind: RaterKind) -> int:
    """Seat a new rater; an automatic judge gets a queue of its own beyond the human seats.

    Raises:
        StudyError: every human seat is taken.
    """
    taken, seats = set(connection.scalars(select(rater.c.seat))), study.design.seats
    if kind is RaterKind.HUMAN:
        seat = next((number for number in range(seats) if number not in taken), None)
        if seat is None:
            raise StudyError(f"all {seats} seats of study {study.design.study_id!r} are taken")
    else:
        seat = max(taken | {seats - 1}) + 1
        enqueue(connection, judge_queue(study, seat))
    connection.execute(insert(rater).values(token=token, kind=kind.value, seat=seat))
    return seat


def judge_queue(study: Study, seat: int) -> tuple[Trial, ...]:
    """Each real pair and task of a study once, sides as first scheduled."""
    seen: dict[frozenset[str], Trial] = {}
    for trial in study.trials:
        if trial.role is Role.REAL:
            seen.setdefault(frozenset((trial.left.clip, trial.right.clip)), trial)
    base = [study.design.study_id, study.design.seed, "automatic", seat]
    return tuple(
        trial.model_copy(update={"id": digest(canonical([*base, index]))[:32], "seat": seat, "index": index})
        for index, trial in enumerate(seen.values())
    )


def find_rater(connection: Connection, token: str) -> Row[Any]:
    """The rater's row.

    Raises:
        UnknownRaterError: never joined.
    """
    row = connection.execute(select(rater).where(rater.c.token == token)).one_or_none()
    if row is None:
        raise UnknownRaterError("unknown rater token; use the link of the invitation")
    return row


def find_trial(connection: Connection, seat: int, assignment_id: str) -> Row[Any]:
    """A row of this seat's queue.

    Raises:
        UnknownAssignmentError: no such trial, or somebody else's.
    """
    mine = (assignment.c.id == assignment_id) & (assignment.c.seat == seat)
    row = connection.execute(select(assignment).where(mine)).one_or_none()
    if row is None:
        raise UnknownAssignmentError(f"trial {assignment_id!r} is not in this rater's queue")
    return row


def waiting(connection: Connection, seat: int, count: int) -> list[Row[Any]]:
    """The next unanswered trials of a seat."""
    open_here = (assignment.c.seat == seat) & (assignment.c.state != "done")
    return list(connection.execute(select(assignment).where(open_here).order_by(assignment.c.position).limit(count)))


def lease(connection: Connection, assignment_id: str, session: str, until: float) -> None:
    """Hold a trial for a session until a POSIX time."""
    row = update(assignment).where(assignment.c.id == assignment_id)
    connection.execute(row.values(state="leased", session=session, leased_until=until))


def require_lease(row: Row[Any], session: str, now: datetime) -> None:
    """Refuse a session that does not hold the trial.

    Raises:
        LeaseError, ExpiredLeaseError: held by another session, by none, or no longer.
    """
    if row.state != "leased" or row.session != session:
        raise LeaseError(f"trial {row.id} is not held by this session; it was opened elsewhere or never asked for")
    if row.leased_until < now.timestamp():
        raise ExpiredLeaseError(f"the lease of trial {row.id} has run out; ask for it again")


def finish(connection: Connection, row: Row[Any]) -> None:
    """Mark a trial answered."""
    done = {"state": "done", "session": None, "leased_until": None}
    connection.execute(update(assignment).where(assignment.c.id == row.id).values(**done))


def requeue(connection: Connection, row: Row[Any]) -> None:
    """Put a trial that could not be played at the end of its queue, or give it up after three attempts."""
    if row.unplayable + 1 >= _MAX_UNPLAYABLE:
        finish(connection, row)
        return
    last = connection.scalar(select(func.max(assignment.c.position)).where(assignment.c.seat == row.seat))
    again = {"state": "open", "session": None, "leased_until": None, "unplayable": row.unplayable + 1}
    chosen = update(assignment).where(assignment.c.id == row.id)
    connection.execute(chosen.values(position=(last or 0) + 1, **again))


def ticket(connection: Connection, study: Study, row: Row[Any]) -> Ticket:
    """What the page may show of a queue row."""
    trial = Trial.model_validate_json(row.trial)
    mine = assignment.c.seat == row.seat
    total = connection.scalar(select(func.count()).where(mine)) or 0
    done = connection.scalar(select(func.count()).where(mine, assignment.c.state == "done")) or 0
    return Ticket(
        assignment_id=trial.id,
        task=trial.task,
        left_clip=trial.left.clip,
        right_clip=trial.right.clip,
        practice=trial.role is Role.PRACTICE,
        criteria=study.design.criteria,
        prompt=study.design.prompts.get(trial.task, ""),
        done=done,
        total=total,
    )
