"""The voting page. Started by ``fpbench study serve``, through ``ballot_server``. Shows clips and never a result."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import player, voting
from dashboard.plain import PLAIN
from fpbench.errors import FpbenchError
from fpbench.preference.errors import UnknownRaterError
from fpbench.preference.store import VoteStore

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
    "C": "write a comment",
    "N": "a video does not play",
}
NARROW = (
    "<style>[data-testid=stMainBlockContainer]{padding:1.2rem 1.5rem 2rem;max-width:88rem}"
    ".keys h2{font-size:1.1rem;margin-top:3.4rem}.keys td{padding:.16rem 1.2rem .16rem 0}"
    ".keys kbd{font:inherit;font-size:.9em;border:1px solid currentColor;border-radius:.3rem;padding:0 .4em}</style>"
)


def show() -> None:
    """Draw the page: the instructions until the rater has begun, then pair after pair."""
    st.set_page_config(
        page_title="Which video is better?", page_icon=str(Path(__file__).parent / "icon.png"), layout="wide"
    )
    st.html(NARROW)
    store = voting.open_store()
    rater = st.query_params.get("t", "")
    if not re.fullmatch(r"[0-9a-f]{32}", rater) or not voting.knows(store, rater):
        if rater and not st.session_state.get("turned_away"):
            st.session_state["turned_away"] = True
            voting.stranger(store, rater)
        welcome(store, "", invalid=bool(rater))
        return
    st.session_state.setdefault("session", secrets.token_hex(16))
    trial(store, rater)


def welcome(store: VoteStore, rater: str, *, invalid: bool = False) -> None:
    """Instructions, keys, and the button that takes a seat."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.title("Which video is better?")
        if invalid:
            st.warning("The link you followed is not an invitation to this study.")
        st.html(f"<div style='white-space:pre-line;max-width:44rem'>{escape(store.study.design.instructions)}</div>")
        st.markdown("Your answers are stored under a random number, without your name or address.")
        if st.button("Begin", type="primary", icon=":material/play_arrow:"):
            take_seat(store, rater)
        st.markdown(f"[A page without scripts]({PLAIN}{'?t=' + rater if rater else ''}) asks the same questions.")
    with right:
        rows = "".join(f"<tr><td><kbd>{escape(key)}</kbd></td><td>{what}</td></tr>" for key, what in KEYS.items())
        st.html(f"<section class='keys'><h2>Keys</h2><table>{rows}</table></section>")


def take_seat(store: VoteStore, invitation: str) -> None:
    """Seat the rater and put their own link into the address bar, by which a refresh or another day goes on."""
    try:
        st.query_params["t"] = voting.enter(store, invitation)
    except FpbenchError as error:
        st.error(voting.turned_away(error))
        return
    st.session_state["begun"] = True
    st.rerun()


def trial(store: VoteStore, rater: str) -> None:
    """Act on what the player has sent, then show the pair in hand.

    The message is read before the page is drawn, so that a vote costs one run of this script and not two.
    """
    session = st.session_state["session"]
    act(store, rater, session, st.session_state.get("ballot") or {})
    try:
        ticket = store.next(rater, session)
    except UnknownRaterError:
        st.rerun()
    if ticket is None:
        finished(store, rater, session)
        return
    if not ticket.done and not st.session_state.get("begun"):
        welcome(store, rater)
        return
    if pause_due(store, ticket.done):
        return
    data = voting.page_data(store, rater, session, ticket, st.session_state.get("message", ""))
    data |= {"attempt": st.session_state.get("attempt", 0)}
    # as one text: Streamlit asks of every list in ``data`` whether it is a data frame, and imports pandas to find out
    told = {"trial": json.dumps(data)}
    sent = player.mount("ballot")(key="ballot", data=told, on_vote_change=_ignore, on_undo_change=_ignore)
    if act(store, rater, session, sent):
        st.rerun()


def act(store: VoteStore, rater: str, session: str, sent: Mapping[str, Any]) -> bool:
    """Count a vote or take one back; False where there is nothing new. A delivery may be seen by more than one run."""
    message = sent.get("vote") or sent.get("undo")
    if not message or message == st.session_state.get("handled"):
        return False
    st.session_state["handled"] = message
    answer = voting.cast(store, rater, message) if sent.get("vote") else voting.undo(store, rater, session)
    st.session_state["message"] = answer.message
    again = not answer.accepted or not sent.get("vote")  # the same pair once more: the player has to start afresh
    st.session_state["attempt"] = st.session_state.get("attempt", 0) + again
    return True


def _ignore() -> None:
    """The value is acted upon where it is read; the store makes a repeated delivery harmless."""


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
        act(store, rater, session, {"undo": {"nonce": secrets.token_hex(8)}})
        st.rerun()


show()
