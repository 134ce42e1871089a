"""What the voting page does with a rater's messages, free of any page: join, next trial, vote, undo."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import av

from dashboard.tokens import REGISTRY
from fpbench.errors import FpbenchError
from fpbench.preference.errors import RetractionError, StudyError, UnknownRaterError, VoteRefusedError
from fpbench.preference.events import Ballot
from fpbench.preference.seats import Ticket
from fpbench.preference.staging import clip_path
from fpbench.preference.store import VoteStore
from fpbench.preference.study import load_study
from fpbench.preference.votes import Outcome
from fpbench.preference.wording import QUESTIONS

STUDY, VOTES, INVITED = "FPBENCH_STUDY", "FPBENCH_VOTES", "FPBENCH_INVITED"
"""Environment variables: the study file; path or URL of the vote store (``votes.sqlite`` beside it by default); set if
only raters with an invitation may vote."""
VERSION = "ballot-2"
_ADVICE = {
    "ClockSkewError": "The clock of this computer is wrong, so the answer was not counted. Set it and answer again.",
    "ExpiredLeaseError": "This pair had been open for too long. It is shown again.",
    "LeaseError": "This pair was opened in another window. Please go on in only one.",
    "AlreadyVotedError": "This pair had been answered already.",
}


def study_file() -> Path:
    """The study this process serves."""
    return Path(os.environ[STUDY]).absolute()


@cache
def open_store() -> VoteStore:
    """The vote store of this process; it is safe to share between sessions."""
    file = study_file()
    return VoteStore(os.environ.get(VOTES) or file.with_name("votes.sqlite"), load_study(file))


@cache
def frame_rate(clip: str) -> float:
    """Frames per second of a clip of the study, by which frames are stepped."""
    with av.open(str(clip_path(study_file().parent, clip))) as source:
        return float(source.streams.video[0].average_rate or 1)


@dataclass(frozen=True)
class Answer:
    """What a rater is told after a message: "" when there is nothing to say."""

    accepted: bool
    message: str = ""


def knows(store: VoteStore, rater: str) -> bool:
    """Whether a rater has a seat."""
    try:
        store.upcoming(rater)
    except UnknownRaterError:
        return False
    return True


def invited_only() -> bool:
    """Whether a seat is taken by invitation alone."""
    return bool(os.environ.get(INVITED))


def enter(store: VoteStore, token: str) -> str:
    """The token of a rater who begins: an invitation's own, or a new one where the study is open to everybody.

    A token that the store did not give out is never seated.

    Raises:
        StudyError: an invitation is needed, or every seat is taken.
    """
    if token and knows(store, token):
        return token
    if invited_only():
        raise StudyError("this study is by invitation; use the link that was sent to you")
    return store.join()


def turned_away(error: FpbenchError) -> str:
    """What somebody without a seat is told."""
    if invited_only():
        return "This study is by invitation. Please use the link that was sent to you."
    return "Every seat of this study is taken. Thank you for coming." if isinstance(error, StudyError) else str(error)


def stranger(store: VoteStore, token: str) -> None:
    """Log an invitation that nobody was given."""
    store.refuse(token[:64], "", UnknownRaterError("the page was opened with a token that nobody was given"))


def cast(store: VoteStore, rater: str, payload: object) -> Answer:
    """Count a ballot; a refusal is logged by the store and told in words. Nothing a client sends is interpolated."""
    try:
        ballot = Ballot.parse(payload)
    except VoteRefusedError as error:
        store.refuse(rater, json.dumps(payload, default=str), error)
        return Answer(False, "That answer could not be read. Please try again.")
    try:
        store.vote(rater, ballot)
    except VoteRefusedError as error:
        return Answer(False, _ADVICE.get(type(error).__name__, "That answer was not counted. Please try again."))
    return Answer(True, _feedback(store, ballot))


def _feedback(store: VoteStore, ballot: Ballot) -> str:
    """After a practice trial, whether it was right; never after any other."""
    trial = next((one for one in store.study.trials if one.id == ballot.assignment_id), None)
    if trial is None or trial.role != "practice" or trial.expected is None:
        return ""
    given = next(iter(ballot.answers.values()))
    if given == trial.expected:
        return "Practice: yes, that is the damaged one spotted."
    side = "left" if trial.expected is Outcome.LEFT else "right"
    return f"Practice: the {side} one was intact; the other had been damaged on purpose."


def undo(store: VoteStore, rater: str, session: str) -> Answer:
    """Take the latest vote back."""
    try:
        store.retract(rater, session)
    except RetractionError:
        return Answer(False, "There is nothing to take back: only the latest answer can be, once.")
    return Answer(True, "Taken back. Please answer this pair again.")


def urls(session: str, ticket: Ticket) -> tuple[str, str]:
    """Opaque addresses of the left and the right clip of a trial."""
    folder = study_file().parent
    return tuple(  # type: ignore[return-value]
        REGISTRY.url(session, ticket.assignment_id, side, clip_path(folder, clip))
        for side, clip in (("left", ticket.left_clip), ("right", ticket.right_clip))
    )


def page_data(store: VoteStore, rater: str, session: str, ticket: Ticket, message: str) -> dict[str, Any]:
    """Everything the browser is told about a trial: addresses, questions, progress. No role, no system."""
    left, right = urls(session, ticket)
    following = store.upcoming(rater)
    return {
        "assignment": ticket.assignment_id,
        "session": session,
        "left": left,
        "right": right,
        "next": list(urls(session, following)) if following else [],
        "criteria": [criterion.value for criterion in ticket.criteria],
        "questions": [QUESTIONS[criterion] for criterion in ticket.criteria],
        "prompt": ticket.prompt,
        "practice": ticket.practice,
        "done": ticket.done,
        "total": ticket.total,
        "fps": frame_rate(ticket.left_clip),
        "seconds": store.study.design.clip_seconds,
        "version": VERSION,
        "message": message,
    }
