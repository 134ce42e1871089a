"""The dashboard as a web application: the pages of ``app`` and the clips they show, behind a key."""

from __future__ import annotations

import streamlit as st
from starlette.middleware import Middleware

from dashboard.clips import ROUTES
from dashboard.key import RequireKey

app = st.App("app.py", routes=ROUTES, middleware=[Middleware(RequireKey)])
