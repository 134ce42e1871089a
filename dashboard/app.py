"""The dashboard's pages. Started by ``fpbench dashboard``, through ``server``, which also serves the clips."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from dashboard import selection
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

ROOMY = "<style>[data-testid=stMainBlockContainer]{padding:2.6rem 2.6rem 3rem}</style>"

st.set_page_config(page_title="fpbench", page_icon=str(Path(__file__).parent / "icon.png"), layout="wide")
st.html(ROOMY)
chosen = selection.choose()
pages = {
    section: [
        st.Page(partial(show, chosen), title=title, url_path=path, icon=icon, default=path == "overview")
        for title, path, icon, show in entries
    ]
    for section, entries in PAGES.items()
}
st.navigation(pages).run()
