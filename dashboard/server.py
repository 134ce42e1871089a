"""The dashboard as a web application: the pages of ``app`` and the clips they show."""

from __future__ import annotations

import streamlit as st

from dashboard.clips import ROUTES

app = st.App("app.py", routes=ROUTES)
