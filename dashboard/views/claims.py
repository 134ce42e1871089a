"""Claims: what the paper says, and whether the runs here support it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import streamlit as st

from dashboard import claim_board
from dashboard.selection import Selection
from dashboard.settings import results_roots
from dashboard.theme import ink
from dashboard.views.parts import empty, note
from fpbench.errors import FpbenchError
from fpbench.report.claims_file import FILE, load_claims
from fpbench.report.verdicts import Verdict

ORDER: tuple[Verdict, ...] = get_args(Verdict)


def show(selection: Selection) -> None:
    """Draw the page."""
    st.title("Claims")
    found = files()
    if not found:
        _none_yet(selection)
        return
    for path in found:
        if len(found) > 1:
            st.subheader(str(path.parent))
        try:
            claims = load_claims(path).claims
        except FpbenchError as error:
            st.error(str(error), icon=":material/report:")
            continue
        ranked = sorted(claims, key=lambda one: ORDER.index(one.verdict))
        papers = [one for one in ranked if not one.claim.protocol]
        for column, verdict in zip(st.columns(len(ORDER)), ORDER, strict=True):
            column.metric(claim_board.WORDS[verdict], sum(one.verdict == verdict for one in papers))
        st.html(claim_board.render(papers, ink()))
        if besides := [one for one in ranked if one.claim.protocol]:
            st.subheader("Registered besides")
            st.markdown("No claims of the paper, but written into a protocol before it ran.")
            st.html(claim_board.render(besides, ink()))
    note(
        "Dot and bar: the difference with its 95 % interval, the claimed direction to the right, the stroke no"
        " difference, shaded what is large enough for the claim. Undecided: more tasks are needed. Power: the chance of"
        " finding the smallest difference that counts."
    )


def _none_yet(selection: Selection) -> None:
    if not selection.runs:
        empty()
        return
    folders = " ".join(dict.fromkeys(f"{entry.folder.parent}/*" for entry in selection.runs))
    st.markdown("The claims of the paper were not judged by these runs yet. This command does it:")
    st.code(f"fpbench claims {folders} --format json --out {results_roots()[0] / FILE}", language="sh")


def files() -> list[Path]:
    """The claims file of each results folder that has one; that of published runs lies beside their folder."""
    roots = [root.parent if root.name == "published" else root for root in results_roots()]
    return [path for root in dict.fromkeys(roots) if (path := root / FILE).is_file()]
