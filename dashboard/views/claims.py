"""Claims: what the paper says, and whether the runs here support it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import claim_board
from dashboard.selection import Selection
from dashboard.settings import results_roots
from dashboard.theme import ink
from dashboard.views.parts import note
from fpbench.errors import FpbenchError
from fpbench.report.claims_file import FILE, VERDICTS, load_claims


def show(selection: Selection) -> None:  # noqa: ARG001 - claims rest on several runs
    """Draw the page."""
    st.title("Claims")
    found = files()
    if not found:
        root = results_roots()[0]
        st.markdown(f"No claims were tested in `{root}` yet. This command tests those of the paper on the runs there:")
        st.code(f"fpbench claims {root}", language="sh")
        return
    for path in found:
        if len(found) > 1:
            st.subheader(str(path.parent))
        try:
            claims = load_claims(path)
        except FpbenchError as error:
            st.error(str(error), icon=":material/report:")
            continue
        for column, verdict in zip(st.columns(len(VERDICTS)), VERDICTS, strict=True):
            column.metric(claim_board.WORDS[verdict], sum(claim.verdict == verdict for claim in claims))
        st.html(claim_board.render(claims, ink()))
        stale = sorted({run for claim in claims for run in claim.runs if not _exists(path.parent, run)})
        if stale:
            note("Runs that are not in this folder any more: " + ", ".join(stale))
    note(
        "Effect: positive in the direction of the claim, with its 95 % interval; the stroke is no effect. Undecided:"
        " the interval holds it. Power: the chance of seeing the paper's effect with as many tasks."
    )


def files() -> list[Path]:
    """The claims file of each results folder that has one, beside the runs or among published ones."""
    places = [place for root in results_roots() for place in (root, root / "published")]
    return [place / FILE for place in places if (place / FILE).is_file()]


def _exists(results: Path, run: str) -> bool:
    return any((parent / run).is_dir() for parent in (results, results / "runs", results / "published"))
