"""The vote log as a hash chain: each event's hash covers its text and the hash before it. No database here.

Editing, deleting or reordering any event breaks every later hash. Cutting the tail off does not, so keep the head
hash of each export elsewhere and verify against it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple, Self

from pydantic import AwareDatetime, Field, ValidationError

from fpbench.preference.errors import ChainBrokenError, InvalidBallotError, VoteFileError
from fpbench.preference.study import Criterion, Record, canonical, digest
from fpbench.preference.votes import Outcome

GENESIS = "0" * 64


class EventKind(StrEnum):
    """What happened. A refusal is kept too: nothing a client sent is lost."""

    STUDY = "study"
    JOIN = "join"
    VOTE = "vote"
    RETRACT = "retract"
    REFUSED = "refused"


class Telemetry(Record):
    """What the player measured, on the client's clock; durations in milliseconds.

    ``watch_ms_left`` and ``watch_ms_right`` count time of the clip, not of the clock: at double speed a clip is watched
    in half the time. ``plays`` counts passes from start to end.
    """

    shown_at: AwareDatetime
    unlocked_at: AwareDatetime
    voted_at: AwareDatetime
    watch_ms_left: Annotated[int, Field(ge=0)] = 0
    watch_ms_right: Annotated[int, Field(ge=0)] = 0
    plays: Annotated[int, Field(ge=0)] = 0
    stalls: Annotated[int, Field(ge=0)] = 0
    max_sync_error_ms: Annotated[float, Field(ge=0)] = 0.0
    hidden_ms: Annotated[int, Field(ge=0)] = 0
    viewport: tuple[int, int] | None = None
    device_pixel_ratio: float | None = None
    app_version: Annotated[str, Field(max_length=64)] = ""


class Ballot(Record):
    """One message from a rater: the answers to one trial.

    ``nonce`` is drawn anew by the client for each decision, so that a double click or a reconnect counts once.
    """

    assignment_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    session: Annotated[str, Field(min_length=1, max_length=64)]
    nonce: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    answers: dict[Criterion, Outcome]
    telemetry: Telemetry
    comment: Annotated[str, Field(max_length=2000)] = ""

    @classmethod
    def parse(cls, payload: object) -> Self:
        """A ballot from a client's message.

        Raises:
            InvalidBallotError: anything missing, unknown or out of range.
        """
        try:
            return cls.model_validate(payload)
        except ValidationError as error:
            raise InvalidBallotError(f"malformed ballot: {error}") from error


class Link(NamedTuple):
    """One event of the chain: ``text`` is its canonical JSON."""

    seq: int
    text: str
    prev_hash: str
    hash: str

    @property
    def body(self) -> dict[str, object]:
        """The event as a dictionary."""
        loaded: dict[str, object] = json.loads(self.text)
        return loaded


def chain(seq: int, body: dict[str, object], prev_hash: str) -> Link:
    """The next link after ``prev_hash``."""
    text = canonical(body)
    return Link(seq, text, prev_hash, digest(prev_hash + text))


def verify(links: Iterable[Link], *, head: str | None = None) -> int:
    """Check a chain from its first event.

    Args:
        links: every event in order.
        head: hash the chain must end in, from an export kept elsewhere.

    Returns:
        How many events there are.

    Raises:
        ChainBrokenError: names the first bad event.
    """
    previous, count = GENESIS, 0
    for link in links:
        if link.seq != count:
            raise ChainBrokenError(count, f"found event {link.seq} in its place")
        if link.prev_hash != previous:
            raise ChainBrokenError(count, "it does not follow the event before it")
        if digest(previous + link.text) != link.hash:
            raise ChainBrokenError(count, "its content does not match its hash")
        previous, count = link.hash, count + 1
    if head is not None and previous != head:
        raise ChainBrokenError(count, f"the log ends in {previous[:12]}..., expected {head[:12]}...")
    return count


def write_log(links: Iterable[Link], path: Path) -> str:
    """Write a chain as JSONL, one event a line; returns the head hash. Events name no system, so this is blind."""
    head = GENESIS
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for link in links:
            file.write(canonical(link._asdict()) + "\n")
            head = link.hash
    return head


def read_log(path: Path) -> list[Link]:
    """Read a log written by ``write_log``; does not verify it.

    Raises:
        VoteFileError: names the malformed line.
    """
    links = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            links.append(Link(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise VoteFileError(f"{path}:{number}: not an event ({error})") from error
    return links


def utc_text(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
