"""The dashboard's pages. Started by ``fpbench dashboard``, through ``server``, which also serves the clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import address, selection
from dashboard.views import claims, curves, export, overview, pairs, plan, ratings, runs, tradeoffs, wall

PAGES = {
    "Results": [
        ("Overview", "overview", ":material/leaderboard:", overview.show),
        ("Drift curves", "drift", ":material/show_chart:", curves.show),
        ("Trade-offs", "tradeoffs", ":material/bubble_chart:", tradeoffs.show),
        ("Clip wall", "clips", ":material/grid_view:", wall.show),
    ],
    "Preference": [
        ("Ratings", "ratings", ":material/thumbs_up_down:", ratings.show),
        ("Pair inspector", "pairs", ":material/compare:", pairs.show),
    ],
    "Method": [
        ("Plan viewer", "plan", ":material/view_timeline:", plan.show),
        ("Claims", "claims", ":material/fact_check:", claims.show),
    ],
    "Files": [
        ("Runs", "runs", ":material/history:", runs.show),
        ("Export", "export", ":material/download:", export.show),
    ],
}

# Room around a page; on a phone a chart keeps the width that its names need and is moved sideways. No strings here
# stand alone: Streamlit writes those of its main script onto the page.
STYLE = """<style>
[data-testid=stMainBlockContainer]{padding:2.6rem 2.6rem 3rem}
.fp-section{margin:.9rem 0 .2rem;font-size:.85rem}
@media (max-width:640px){
 [data-testid=stMainBlockContainer]{padding:2.6rem 1rem 3rem}
 [class*=st-key-wide]{overflow-x:auto}
 [class*=st-key-wide]>*{min-width:720px}
}
</style>"""


def draw_menu(place: Any, pages: Mapping[str, Sequence[Any]], said: Mapping[str, Sequence[str]]) -> None:
    """Links that carry the whole address along.

    Those of the navigation itself drop it; a page that then mends its address leaves two entries in the history.
    """
    with place.container(gap="xxsmall"):
        for section, entries in pages.items():
            st.html(f"<p class='fp-section'>{section}</p>")
            for one in entries:
                st.page_link(one, query_params=said, width="stretch")


st.set_page_config(page_title="fpbench", page_icon=str(Path(__file__).parent / "icon.png"), layout="wide")
st.html(STYLE)
menu = st.sidebar.empty()
chosen = selection.choose()
pages = {
    section: [
        st.Page(partial(show, chosen), title=title, url_path=path, icon=icon, default=path == "overview")
        for title, path, icon, show in entries
    ]
    for section, entries in PAGES.items()
}
page = st.navigation(pages, position="hidden")
said = address.said()
draw_menu(menu, pages, said)
try:
    page.run()
finally:
    if address.said() != said:
        draw_menu(menu, pages, address.said())
