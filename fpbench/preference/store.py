"""The vote store: who may answer which trial, and the append-only record of what was answered.

Every message is either counted or refused with a typed error, and logged in both cases. Nothing in the log is updated
or deleted: undo appends a retraction. Not here: tables and locks (``database``), reading votes back (``records``).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Connection, insert, select, update

from fpbench.preference import ledger, seats
from fpbench.preference.database import Database, assignment, head, meta, rater
from fpbench.preference.errors import (
    AlreadyVotedError,
    ChainBrokenError,
    ClockSkewError,
    InvalidBallotError,
    RetractionError,
    StudyError,
    VoteRefusedError,
)
from fpbench.preference.events import Ballot, EventKind, Link, verify
from fpbench.preference.ledger import Receipt
from fpbench.preference.seats import Ticket
from fpbench.preference.study import Criterion, Study, Trial, parse_study
from fpbench.preference.votes import Outcome, RaterKind

__all__ = ["Receipt", "Ticket", "VoteStore", "new_token"]

_SERVER_SKEW_S = 5.0  # a server clock behind its own log by more than this is broken, not adjusted
_T = TypeVar("_T")


def _now() -> datetime:
    return datetime.now(UTC)


def new_token() -> str:
    """A random 128-bit rater token, the only identity a rater has here."""
    return secrets.token_hex(16)


class VoteStore:
    """Votes of one study in an SQL database; safe to share between threads and processes.

    Args:
        where: path of an SQLite file, or an SQLAlchemy URL.
        study: needed for a new store; an existing one must hold the same.
        now: the server's clock.

    Raises:
        StudyError: no study stored and none given, or a different one stored.
        SchemaError: written by a newer version.
    """

    def __init__(self, where: str | Path, study: Study | None = None, *, now: Callable[[], datetime] = _now) -> None:
        self._database = Database(where)
        self.now = now
        with self._database.read() as connection:
            stored = connection.scalar(select(meta.c.value).where(meta.c.key == "study"))
        self.study = parse_study(stored) if stored is not None else self._found(study, where)
        self._sha256 = self.study.sha256
        if study is not None and study.sha256 != self._sha256:
            self.close()
            raise StudyError(f"{where}: holds another study, {self.study.design.study_id!r}; use a new store")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the database."""
        self._database.close()

    def join(self, token: str | None = None, *, kind: RaterKind = RaterKind.HUMAN) -> str:
        """Give a rater a seat; a known token keeps its own.

        Args:
            token: an invitation made by ``new_token``; None draws one.
            kind: an automatic judge gets a queue of its own, each pair and task once, and never a human seat.

        Returns:
            The token, to be shown to nobody else.

        Raises:
            StudyError: every seat is taken, or the token belongs to the other kind.
        """
        token = token or new_token()
        with self._database.write() as connection:
            known = connection.scalar(select(rater.c.kind).where(rater.c.token == token))
            if known is not None and known != kind:
                raise StudyError(f"this token belongs to a rater of kind {known!r}, not {kind.value!r}")
            if known is None:
                seat = seats.take_seat(connection, self.study, token, kind)
                self._append(connection, EventKind.JOIN, {"rater": token, "rater_kind": kind.value, "seat": seat})
        return token

    def next(self, token: str, session: str) -> Ticket | None:
        """Lease the rater's next trial to ``session``; None when all are answered.

        A new session of the same rater takes the lease over, so a refresh resumes where it was.

        Raises:
            UnknownRaterError: never joined.
        """
        with self._database.read() as connection:
            rows = seats.waiting(connection, seats.find_rater(connection, token).seat, 1)
            fresh = self.now().timestamp() + self.study.design.lease_s / 2
            if not rows or (rows[0].session == session and rows[0].leased_until > fresh):
                return seats.ticket(connection, self.study, rows[0]) if rows else None
        with self._database.write(durable=False) as connection:
            rows = seats.waiting(connection, seats.find_rater(connection, token).seat, 1)
            if not rows:
                return None
            seats.lease(connection, rows[0].id, session, self._lease_end())
            return seats.ticket(connection, self.study, rows[0])

    def upcoming(self, token: str) -> Ticket | None:
        """The trial after the one in hand, for preloading; leases nothing.

        Raises:
            UnknownRaterError: never joined.
        """
        with self._database.read() as connection:
            rows = seats.waiting(connection, seats.find_rater(connection, token).seat, 2)
            return seats.ticket(connection, self.study, rows[1]) if len(rows) > 1 else None

    def renew(self, token: str, session: str, assignment_id: str) -> None:
        """Extend a lease that is still held.

        Raises:
            UnknownRaterError, UnknownAssignmentError, LeaseError, ExpiredLeaseError: it is not.
        """
        with self._database.write(durable=False) as connection:
            seat = seats.find_rater(connection, token).seat
            seats.require_lease(seats.find_trial(connection, seat, assignment_id), session, self.now())
            seats.lease(connection, assignment_id, session, self._lease_end())

    def vote(self, token: str, ballot: Ballot) -> Receipt:
        """Store a ballot; when this returns, it is on disk.

        Raises:
            VoteRefusedError: one of its subclasses says why; the refusal is in the log.
        """
        return self._guarded(token, ballot.model_dump(mode="json"), lambda c: self._accept(c, token, ballot))

    def retract(self, token: str, session: str) -> str:
        """Undo the rater's latest vote, until the next one is cast; the trial is leased to ``session`` again.

        Returns:
            The assignment id to answer again.

        Raises:
            UnknownRaterError, RetractionError: nothing to undo; the refusal is in the log.
        """
        return self._guarded(token, {"retract": session}, lambda c: self._undo(c, token, session))

    def refuse(self, token: str, message: str, error: VoteRefusedError) -> None:
        """Log a message that could not even be read as a ballot, cut to 4,000 characters."""
        with self._database.write() as connection:
            self._log_refusal(connection, token, message[:4000], error)

    def events(self) -> list[Link]:
        """The whole log, in order."""
        with self._database.read() as connection:
            return ledger.links(connection)

    def trials(self) -> dict[str, Trial]:
        """Every assignment by id, including those of automatic judges; names systems, so never for a rater."""
        with self._database.read() as connection:
            rows = connection.execute(select(assignment.c.id, assignment.c.trial))
            return {row.id: Trial.model_validate_json(row.trial) for row in rows}

    def verify(self, *, exported_head: str | None = None) -> int:
        """Check the chain; returns the number of events.

        Args:
            exported_head: hash of an earlier export's last event, which must still be in the log.

        Raises:
            ChainBrokenError: names the first bad event.
        """
        with self._database.read() as connection:
            links = ledger.links(connection)
            expected = connection.scalar(select(head.c.hash))
        count = verify(links, head=expected)
        if exported_head is not None and exported_head not in {link.hash for link in links}:
            raise ChainBrokenError(count, f"the exported event {exported_head[:12]}... is gone")
        return count

    def _found(self, study: Study | None, where: str | Path) -> Study:
        """Write study, queues and the first event of an empty store."""
        if study is None:
            raise StudyError(f"{where}: holds no study; pass the one made by `fpbench study plan`")
        with self._database.write() as connection:
            stored = connection.scalar(select(meta.c.value).where(meta.c.key == "study"))
            if stored is not None:  # another process was faster
                return parse_study(stored)
            connection.execute(insert(meta).values(key="study", value=study.model_dump_json()))
            ledger.begin(connection, self.now())
            seats.enqueue(connection, study.trials)
            self.study, self._sha256 = study, study.sha256
            self._append(connection, EventKind.STUDY, {"instructions_sha256": study.instructions_sha256})
        return study

    def _accept(self, connection: Connection, token: str, ballot: Ballot) -> Receipt:
        who = seats.find_rater(connection, token)
        row = seats.find_trial(connection, who.seat, ballot.assignment_id)
        again = ledger.replayed(connection, ballot)
        if again is not None:
            return again
        if row.state == "done":
            raise AlreadyVotedError(f"trial {ballot.assignment_id} has a vote; retract it first")
        seats.require_lease(row, ballot.session, self.now())
        check_answers(ballot, self.study.design.criteria)
        self._check_clock(connection, ballot)
        trial = Trial.model_validate_json(row.trial)
        bodies = ledger.vote_bodies(token, who.kind, self.study, trial, ballot)
        links = [self._append(connection, EventKind.VOTE, body) for body in bodies]
        if ballot.answers[Criterion.OVERALL] is Outcome.CANNOT_PLAY:
            seats.requeue(connection, row)
        else:
            seats.finish(connection, row)
            latest = update(rater).where(rater.c.token == token)
            connection.execute(latest.values(last_assignment=row.id))
        return Receipt.of(links, duplicate=False)

    def _undo(self, connection: Connection, token: str, session: str) -> str:
        latest = seats.find_rater(connection, token).last_assignment
        if latest is None:
            raise RetractionError("there is no vote to undo; only the latest can be taken back, once")
        targets = [link.body["event_id"] for link in ledger.latest_vote(connection, latest)]
        body: dict[str, object] = {"rater": token, "assignment_id": latest, "event_ids": targets}
        self._append(connection, EventKind.RETRACT, body)
        seats.lease(connection, latest, session, self._lease_end())
        connection.execute(update(rater).where(rater.c.token == token).values(last_assignment=None))
        return str(latest)

    def _check_clock(self, connection: Connection, ballot: Ballot) -> None:
        times, now, limit = ballot.telemetry, self.now(), self.study.design.clock_skew_s
        if not times.shown_at <= times.unlocked_at <= times.voted_at:
            raise ClockSkewError("shown, unlocked and voted are out of order")
        off = (now - times.voted_at).total_seconds()
        if abs(off) > limit:
            raise ClockSkewError(f"the client's clock is {off:+.0f} s off the server's, more than {limit:.0f} s")
        last = datetime.fromisoformat(connection.execute(select(head.c.at)).scalar_one())
        if now < last - timedelta(seconds=_SERVER_SKEW_S):
            raise ClockSkewError(f"the server's clock is {(last - now).total_seconds():.0f} s behind its own log")

    def _lease_end(self) -> float:
        return self.now().timestamp() + self.study.design.lease_s

    def _guarded(self, token: str, message: object, act: Callable[[Connection], _T]) -> _T:
        """Run ``act``; a refusal is committed to the log before it is raised. Rules are checked before any write."""
        with self._database.write() as connection:
            try:
                return act(connection)
            except VoteRefusedError as error:
                refused = error
                self._log_refusal(connection, token, message, error)
        raise refused

    def _log_refusal(self, connection: Connection, token: str, message: object, error: VoteRefusedError) -> None:
        body = {"rater": token, "error": type(error).__name__, "reason": str(error), "message": message}
        self._append(connection, EventKind.REFUSED, body)

    def _append(self, connection: Connection, kind: EventKind, body: dict[str, object]) -> Link:
        return ledger.append(connection, self.study, self._sha256, self.now(), kind, body)


def check_answers(ballot: Ballot, asked: tuple[Criterion, ...]) -> None:
    """Refuse a ballot that does not answer the study's questions.

    Raises:
        InvalidBallotError: the overall question is missing, or a question was not asked.
    """
    given = set(ballot.answers)
    if Criterion.OVERALL not in given:
        raise InvalidBallotError("the overall question is mandatory")
    if given - set(asked):
        raise InvalidBallotError(f"this study does not ask {sorted(given - set(asked))}")
    if Outcome.CANNOT_PLAY in ballot.answers.values() and given != {Criterion.OVERALL}:
        raise InvalidBallotError("a trial that cannot be played takes no further answers")
