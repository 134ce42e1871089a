"""The dashboard as a web application: the pages of ``app`` and the clips they show, behind a key.

The pages are imported here, so that the first reader does not wait for what they need.
"""

from __future__ import annotations

import streamlit as st
from starlette.middleware import Middleware

from dashboard.clips import ROUTES
from dashboard.key import RequireKey
from dashboard.views import claims, curves, export, overview, pairs, plan, ratings, runs, tradeoffs, wall  # noqa: F401

app = st.App("app.py", routes=ROUTES, middleware=[Middleware(RequireKey)])
