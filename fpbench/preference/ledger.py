"""Appending to and reading the event log inside a transaction. No rules about who may append (``store``)."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, insert, select, update

from fpbench.preference.database import head, log
from fpbench.preference.errors import ReplayedNonceError
from fpbench.preference.events import GENESIS, Ballot, EventKind, Link, chain, utc_text
from fpbench.preference.study import Study, Trial, canonical, digest


class Receipt(NamedTuple):
    """Proof that a ballot is stored. ``duplicate``: it had been stored before and was not counted again."""

    event_ids: tuple[str, ...]
    hash: str
    duplicate: bool

    @classmethod
    def of(cls, links: list[Link], *, duplicate: bool) -> Receipt:
        """The receipt of the events a ballot became."""
        return cls(tuple(str(link.body["event_id"]) for link in links), links[-1].hash, duplicate)


def begin(connection: Connection, at: datetime) -> None:
    """Start an empty chain."""
    connection.execute(insert(head).values(id=1, events=0, hash=GENESIS, at=utc_text(at)))


def append(
    connection: Connection,
    study: Study,
    study_sha256: str,
    at: datetime,
    kind: EventKind,
    body: dict[str, object],
) -> Link:
    """Add one event after the head; the caller's write transaction keeps others out."""
    last = connection.execute(select(head)).one()
    full = body | {
        "event_id": secrets.token_hex(16),
        "kind": kind.value,
        "study_id": study.design.study_id,
        "study_sha256": study_sha256,
        "at": utc_text(at),
    }
    link = chain(last.events, full, last.hash)
    columns = {name: full.get(name) for name in ("event_id", "kind", "assignment_id", "criterion", "nonce")}
    connection.execute(insert(log).values(**link._asdict(), **columns))
    after = {"events": last.events + 1, "hash": link.hash, "at": max(utc_text(at), last.at)}
    connection.execute(update(head).values(**after))
    return link


def links(connection: Connection, where: ColumnElement[bool] | None = None) -> list[Link]:
    """Events in order, all of them or those that match."""
    query = select(log.c.seq, log.c.text, log.c.prev_hash, log.c.hash).order_by(log.c.seq)
    return [Link(*row) for row in connection.execute(query if where is None else query.where(where))]


def latest_vote(connection: Connection, assignment_id: str) -> list[Link]:
    """The events of the latest ballot on a trial."""
    votes = (log.c.assignment_id == assignment_id) & (log.c.kind == EventKind.VOTE.value)
    found = links(connection, votes)
    return [link for link in found if link.body["nonce"] == found[-1].body["nonce"]]


def replayed(connection: Connection, ballot: Ballot) -> Receipt | None:
    """The receipt of an identical ballot that came before and still stands; None for a fresh nonce.

    Raises:
        ReplayedNonceError: the nonce came with other answers, or its vote was retracted.
    """
    mine = log.c.assignment_id == ballot.assignment_id
    found = links(connection, mine & (log.c.nonce == ballot.nonce))
    if not found:
        return None
    if found[0].body["answers_sha256"] != answers_digest(ballot):
        raise ReplayedNonceError(f"nonce {ballot.nonce!r} came before with other answers; draw a new one")
    retracted = mine & (log.c.kind == EventKind.RETRACT.value) & (log.c.seq > found[-1].seq)
    if links(connection, retracted):
        raise ReplayedNonceError(f"nonce {ballot.nonce!r} belongs to a retracted vote; draw a new one")
    return Receipt.of(found, duplicate=True)


def answers_digest(ballot: Ballot) -> str:
    """Identity of what was answered; telemetry may differ between two deliveries of one click."""
    return digest(canonical({criterion.value: outcome.value for criterion, outcome in ballot.answers.items()}))


def vote_bodies(token: str, kind: str, study: Study, trial: Trial, ballot: Ballot) -> list[dict[str, object]]:
    """One event per answered criterion. A vote names clips, never systems: those are joined at export."""
    common: dict[str, object] = {
        "rater": token,
        "rater_kind": kind,
        "assignment_id": trial.id,
        "trial_index": trial.index,
        "trial_role": trial.role.value,
        "task": trial.task,
        "left_clip": trial.left.clip,
        "right_clip": trial.right.clip,
        "propensity": trial.propensity,
        "session": ballot.session,
        "nonce": ballot.nonce,
        "answers_sha256": answers_digest(ballot),
        "telemetry": ballot.telemetry.model_dump(mode="json"),
        "comment": ballot.comment,
        "instructions_sha256": study.instructions_sha256,
    }
    asked = [criterion for criterion in study.design.criteria if criterion in ballot.answers]
    return [common | {"criterion": c.value, "outcome": ballot.answers[c].value} for c in asked]
