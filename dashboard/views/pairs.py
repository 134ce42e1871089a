"""Pair inspector: every vote on two systems, what was said about it, and the clips it was about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import address
from dashboard.polls import kinds_of
from dashboard.selection import Selection
from dashboard.views.parts import note
from dashboard.views.ratings import WHO, choose_raters, choose_votes
from dashboard.views.wall import mount_wall
from fpbench.preference.reading import WORDS
from fpbench.preference.votes import WATERMARK, Outcome, RaterKind

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: dict[str, tuple[str, str | None]] = {
    "task": ("task", None), "preferred": ("preferred", None), "left": ("on the left", None),
    "comment": ("comment", None), "seconds": ("seconds", "%.0f"), "rater": ("rater", None),
    "criterion": ("question", None),
    "trial_role": ("trial", None), "excluded": ("excluded", None), "hidden_ms": ("hidden (ms)", "%.0f"),
    "stalls": ("stalls", "%d"), "max_sync_error_ms": ("clips apart (ms)", "%.0f"), "at": ("at", None),
}  # fmt: skip
"""Heading and format of each column that is shown."""
SAID = {"tie": "about the same", "both_bad": "both bad"}
MOST_ROWS = 500


def show(selection: Selection) -> None:
    """Draw the page."""
    st.title("Pair inspector")
    if (chosen := choose_votes()) is None:
        return
    _, rows = chosen
    kinds = kinds_of(rows)
    systems = sorted(set(rows["left"].unique()) | set(rows["right"].unique()))
    if len(systems) < 2:
        st.info("This log compares fewer than two systems.")
        return
    first, second, kind = _controls(systems, kinds)
    if first == second:
        st.info("Choose two different systems.")
        return
    if WATERMARK[kind]:
        st.warning(f"**{WATERMARK[kind]}.** Not to be read as human preference.", icon=":material/smart_toy:")
    pair = votes_of_pair(rows, first, second, kind)
    if pair.empty:
        st.info(f"{WHO[kind]} never compared these two.")
        return
    _counts(pair, first, second)
    _votes(pair)
    _clips(selection, pair, first, second)


def _controls(systems: list[str], kinds: list[RaterKind]) -> tuple[str, str, RaterKind]:
    columns = st.columns(3, vertical_alignment="bottom")
    with columns[0]:
        names = {name: name for name in systems}
        first = address.choose(st.selectbox, "System", names, systems[0], "first")
    with columns[1]:
        second = address.choose(st.selectbox, "against", names, systems[1], "second")
    with columns[2]:
        kind = choose_raters(kinds)
    return first, second, kind


def votes_of_pair(rows: Any, first: str, second: str, kind: RaterKind) -> pd.DataFrame:
    """Votes between two systems with the winner by name, "tie" or "both_bad"; swapped sides count alike."""
    left, right = rows["left"], rows["right"]
    among = ((left == first) & (right == second)) | ((left == second) & (right == first))
    if "rater_kind" in rows.columns:
        among &= rows["rater_kind"] == kind.value
    pair: pd.DataFrame = rows[among].copy()
    pair["preferred"] = [
        _preferred(str(outcome), str(on_left), str(on_right))
        for outcome, on_left, on_right in zip(pair["outcome"], pair["left"], pair["right"], strict=True)
    ]
    return pair


def _preferred(outcome: str, left: str, right: str) -> str:
    known = WORDS.get(outcome.lower())
    if known is Outcome.LEFT:
        return left
    if known is Outcome.RIGHT:
        return right
    return known.value if known else outcome


def _counts(pair: pd.DataFrame, first: str, second: str) -> None:
    counts = pair["preferred"].value_counts()
    on_left = (pair["left"] == first).mean()
    shown: dict[str, Any] = {
        f"For {first}": counts.get(first, 0),
        f"For {second}": counts.get(second, 0),
        "About the same": counts.get("tie", 0),
        "Both bad": counts.get("both_bad", 0),
        f"{first} on the left": f"{on_left:.0%}",
    }
    for column, (label, value) in zip(st.columns(len(shown)), shown.items(), strict=True):
        column.metric(label, value)


def _votes(pair: pd.DataFrame) -> None:
    keep = [name for name in COLUMNS if name in pair.columns]
    table = pair[keep].head(MOST_ROWS).assign(preferred=pair["preferred"].replace(SAID))
    for name in ("comment", "excluded"):
        if name in keep and not table[name].astype(bool).any():
            table = table.drop(columns=name)
    if "rater" in table.columns:
        table = table.assign(rater=table["rater"].astype(str).str[:8])
    if "at" in table.columns:
        table = table.assign(at=table["at"].astype(str).str[:16].str.replace("T", " "))
    known = {name: st.column_config.Column(COLUMNS[name][0]) for name in table.columns}
    known |= {
        name: st.column_config.NumberColumn(title, format=form)
        for name, (title, form) in COLUMNS.items()
        if form and name in table.columns
    }
    height = min(420, 38 + 35 * len(table))
    st.dataframe(table, hide_index=True, width="stretch", height=height, column_config=known)
    if len(pair) > MOST_ROWS:
        note(f"The first {MOST_ROWS} of {len(pair)} votes.")


def _clips(selection: Selection, pair: pd.DataFrame, first: str, second: str) -> None:
    reading = selection.reading
    if reading is None or "task" not in pair.columns:
        return
    made = reading.clips()
    compared = [name for name in (first, second) if name in reading.data.systems]
    known = sorted({task for system, task, _ in made if system in compared} & set(pair["task"].astype(str)))
    if not known:
        note("The run in the sidebar has no clips of this pair: choose the run that the study was made of.")
        return
    task = st.selectbox("Task", known, key="pair task") or known[0]
    seed = min(seed for system, of, seed in made if of == task and system in compared)
    ceilings = [name for name in reading.data.systems if reading.data.role(name) == "ceiling"]
    mount_wall(reading, selection, [*compared, *ceilings], task, seed)
