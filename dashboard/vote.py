"""The voting page. Started by ``fpbench study serve``, through ``ballot_server``. Shows clips and never a result."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import streamlit as st

from dashboard import player, voting
from dashboard.plain import PLAIN
from fpbench.errors import FpbenchError
from fpbench.preference.errors import UnknownRaterError
from fpbench.preference.store import VoteStore

INTRODUCTION = """
You will see pairs of short videos that begin with the same frame. Watch both to the end, then say which one is better.
There is no right answer and no hurry; answers can be taken back. Some pairs are shown twice, and a few were damaged on
purpose.
"""
KEYS = {
    "← →": "left or right is better",
    "↓": "about the same",
    "↑": "both unacceptable",
    "Space": "play or pause",
    ", .": "one frame back or on",
    "[ ]": "slower, faster",
    "L": "loop",
    "M": "one at a time or side by side",
    "X": "flip",
    "U": "undo",
    "N": "a video does not play",
}
NARROW = "<style>[data-testid=stMainBlockContainer]{padding:1.6rem 1.5rem 2rem;max-width:88rem}</style>"


def show() -> None:
    """Draw the page: the invitation until the rater has begun, then pair after pair."""
    st.set_page_config(
        page_title="Which video is better?", page_icon=str(Path(__file__).parent / "icon.png"), layout="wide"
    )
    st.html(NARROW)
    store = voting.open_store()
    rater = st.query_params.get("t", "")
    if not re.fullmatch(r"[0-9a-f]{32}", rater) or not voting.knows(store, rater):
        welcome(store, rater)
        return
    st.session_state.setdefault("session", secrets.token_hex(16))
    trial(store, rater)


def welcome(store: VoteStore, invitation: str) -> None:
    """Instructions, keys, and the button that takes a seat."""
    left, _ = st.columns([3, 2])
    with left:
        st.title("Which video is better?")
        st.markdown(INTRODUCTION)
        if store.study.design.instructions:
            st.text(store.study.design.instructions)
        rows = "".join(
            f"<tr><td style='padding:.1rem 1.4rem .1rem 0'><b>{key}</b></td><td>{what}</td></tr>"
            for key, what in KEYS.items()
        )
        st.html(f"<table>{rows}</table>")
        st.markdown("Your answers are stored under a random number, without your name or address.")
        if st.button("Begin", type="primary"):
            take_seat(store, invitation)
        st.markdown(f"[A page without scripts]({PLAIN}) asks the same questions with plain buttons.")


def take_seat(store: VoteStore, invitation: str) -> None:
    """Join and put the rater's own link into the address bar, by which a refresh or another day goes on."""
    valid = invitation if re.fullmatch(r"[0-9a-f]{32}", invitation) else None
    try:
        st.query_params["t"] = store.join(valid)
    except FpbenchError:
        st.error("Every seat of this study is taken. Thank you for coming.")
        return
    st.rerun()


def trial(store: VoteStore, rater: str) -> None:
    """The pair in hand, and what the player has sent about it."""
    session = st.session_state["session"]
    try:
        ticket = store.next(rater, session)
    except UnknownRaterError:
        st.rerun()
    if ticket is None:
        finished(store, rater, session)
        return
    if pause_due(store, ticket.done):
        return
    data = voting.page_data(store, rater, session, ticket, st.session_state.get("message", ""))
    data |= {"attempt": st.session_state.get("attempt", 0)}
    sent = player.mount("ballot")(key="ballot", data=data, on_vote_change=_ignore, on_undo_change=_ignore)
    if sent.vote and sent.vote != st.session_state.get("handled"):  # a delivery may be seen by more than one rerun
        st.session_state["handled"] = sent.vote
        answer = voting.cast(store, rater, sent.vote)
        st.session_state["message"] = answer.message
        st.session_state["attempt"] = st.session_state.get("attempt", 0) + (not answer.accepted)
        st.rerun()
    if sent.undo:
        take_back(store, rater, session)


def _ignore() -> None:
    """The value is acted upon where it is returned; the store makes a repeated delivery harmless."""


def take_back(store: VoteStore, rater: str, session: str) -> None:
    """Undo the latest answer and show its pair again."""
    answer = voting.undo(store, rater, session)
    st.session_state["message"] = answer.message
    st.session_state["attempt"] = st.session_state.get("attempt", 0) + 1
    st.rerun()


def pause_due(store: VoteStore, done: int) -> bool:
    """Offer a break after every so many pairs; True while it lasts."""
    every = store.study.design.break_every
    if done == 0 or done % every or st.session_state.get("rested", 0) >= done:
        return False
    st.title("Time for a break")
    st.markdown(f"{done} pairs are done. Rest your eyes for a minute; your place is kept.")
    if st.button("Go on", type="primary"):
        st.session_state["rested"] = done
        st.rerun()
    return True


def finished(store: VoteStore, rater: str, session: str) -> None:
    """Thanks, and a last chance to undo."""
    st.title("That was the last pair")
    st.markdown("Thank you. Every answer is stored; you can close this page.")
    if st.button("Undo last answer"):
        take_back(store, rater, session)


show()
