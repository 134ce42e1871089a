"""Ratings: what raters preferred, with intervals; people and automatic judges on separate boards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import address, boards, caches, listing, rating_chart
from dashboard.boards import Board, Rated
from dashboard.polls import COLLECT, Poll, kinds_of
from dashboard.selection import Selection
from dashboard.settings import results_roots
from dashboard.theme import ink
from dashboard.views.parts import note, wide_chart
from fpbench.errors import FpbenchError
from fpbench.preference.votes import WATERMARK, RaterKind

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 30
PARTS = {"wins": "Who beats whom", "noise": "Order noise of K = 32 Elo", "table": "As a table"}
HEADS = ("system", "rank", "votes", "rating", "from", "to", "Elo, K = 32", "mean of orders", "95 % of orders")
WHO = {RaterKind.HUMAN: "People", RaterKind.AUTOMATIC: "Automatic judge"}


def show(selection: Selection) -> None:
    """Draw the page."""
    st.title("Ratings")
    if (chosen := choose_votes()) is None:
        return
    poll, rows = chosen
    kind, criterion = _controls(rows)
    if WATERMARK[kind]:
        st.warning(f"**{WATERMARK[kind]}.** Not to be read as human preference.", icon=":material/smart_toy:")
    _rated(poll, kind, criterion, len(rows), selection.systems)


def choose_votes() -> tuple[Poll, pd.DataFrame] | None:
    """The vote log to show and its rows; None after telling what is wrong, or how to get one."""
    if (poll := _choose_poll()) is None:
        return None
    try:
        return poll, caches.vote_rows(poll)
    except FpbenchError as error:
        st.error(str(error), icon=":material/report:")
        return None


def _choose_poll() -> Poll | None:
    polls = {poll.name: poll for poll in caches.polls()}
    if not polls:
        root = results_roots()[0]
        st.markdown(
            f"There are no votes in `{root / 'votes'}` and no study beside it. A study is planned, then served:"
        )
        st.code(
            "fpbench study plan RUN\nfpbench study serve studies/RUN/study.json\n" + COLLECT.format(root=root),
            language="sh",
        )
        note("Live studies in a folder studies/ beside the results appear by themselves.")
        return None
    names = {name: name for name in polls}
    return polls[address.choose(st.selectbox, "Votes", names, next(iter(polls)), "votes")]


def _controls(rows: object) -> tuple[RaterKind, str]:
    kinds = kinds_of(rows)
    criteria = sorted(rows["criterion"].unique()) if "criterion" in rows.columns else ["overall"]  # type: ignore[attr-defined,index]
    left, right = st.columns(2)
    with left:
        kind = choose_raters(kinds)
    with right:
        first = "overall" if "overall" in criteria else criteria[0]
        criterion = address.choose(st.selectbox, "Question", {name: name for name in criteria}, first, "question")
    return kind, criterion


def choose_raters(kinds: list[RaterKind]) -> RaterKind:
    """People or judges, people first."""
    labels = {kind.value: WHO[kind] for kind in kinds}
    return RaterKind(address.choose(st.segmented_control, "Raters", labels, kinds[0].value, "raters"))


def _rated(poll: Poll, kind: RaterKind, criterion: str, votes: int, systems: tuple[str, ...]) -> None:
    """The board, or progress; looked at again every other second while another process rates."""
    waiting = st.session_state.get("rating") == (poll.stamp, kind, criterion)

    @st.fragment(run_every=2.0 if waiting else None)
    def body() -> None:
        try:
            found = boards.board(poll, kind, criterion, votes)
        except FpbenchError as error:
            st.error(str(error), icon=":material/report:")
            return
        now = None if found is not None else (poll.stamp, kind, criterion)
        changed = st.session_state.get("rating") != now
        st.session_state["rating"] = now
        if found is None:
            st.info(f"{votes:,} votes are being rated; this takes a minute, once.", icon=":material/hourglass_top:")
        else:
            draw(found, systems)
        if changed:
            st.rerun()

    body()


def draw(board: Board, systems: tuple[str, ...]) -> None:
    """Forest, matrix and order noise of a board, of the wanted systems or the best ones."""
    wanted = [k for k, row in enumerate(board.rows) if row.system in systems]
    shown = (wanted or list(range(len(board.rows))))[:SHOWN]
    rows = [board.rows[k] for k in shown]
    watermark = WATERMARK[board.kind]
    if board.failure:
        st.error(f"No finite rating follows from these votes: {board.failure}", icon=":material/report:")
    else:
        wide_chart(rating_chart.forest(rows, watermark, ink()), _spoken(board), "forest")
        note(
            "Further right is better. Bars are 95 % intervals: the ratings that these votes do not rule out. Filled: no"
            " other system is shown to be better, all pairs being compared at once."
        )
    if len(shown) < len(board.rows):
        note(f"{len(shown)} of {len(board.rows)} systems are drawn; choose others under Filters, or see the table.")
    part = address.choose(st.segmented_control, "Below", PARTS, "wins", "below")
    if part == "wins":
        wide_chart(rating_chart.wins(board, shown, ink()), "Share of points by pair", "wins")
        note(
            "Each cell: of the votes between the two, the share that the row won, a tie being half a win. Blue: the row"
            " is ahead; orange: the column."
        )
    elif part == "noise":
        wide_chart(rating_chart.order_noise(rows, ink()), "K = 32 Elo over shuffled orders", "noise")
        note(
            "Elo moves with every vote, so where it ends depends on their order. These are the same votes in other"
            " orders: the bar holds 95 % of the endings, the stroke is their mean, the diamond the order in which they"
            " happened to arrive. A difference inside the bars is the order, not the systems."
        )
    else:
        st.html(listing.render("Ratings", HEADS, map(_line, board.rows), ink()))
    note(*board.notes)


def _line(row: Rated) -> tuple[object, ...]:
    """A row of the table, numbers rounded to whole points."""
    ends = (row.rating, row.low, row.high)
    shuffled = f"{row.k32_low:.0f} … {row.k32_high:.0f}"
    return row.system, rating_chart.ranks(row), row.votes, *ends, row.k32, row.k32_mean, shuffled


def _spoken(board: Board) -> str:
    best = ", ".join(row.system for row in board.rows if row.best_rank == 1)
    return f"Ratings with intervals of {len(board.rows)} systems; not known to be beaten: {best}"
