"""The dashboard as a web application: the pages of ``app`` and the clips they show, behind a key.

The pages are imported here, and the run that is shown first is read, so that the first reader waits for neither.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import streamlit as st
from altair.utils.schemapi import disable_debug_mode
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from dashboard import caches
from dashboard.clips import ROUTES
from dashboard.key import RequireKey
from dashboard.views import claims, curves, export, overview, pairs, plan, ratings, runs, tradeoffs, wall  # noqa: F401

disable_debug_mode()  # charts are checked against their schema in the tests; no reader need wait for that


def read_first() -> None:
    """Read the run that is shown first; what is wrong with it is told by the pages."""
    with suppress(Exception):
        caches.whole(caches.runs()[0])


@asynccontextmanager
async def ready(_app: Any) -> AsyncIterator[None]:
    """Before the first reader is let in."""
    await run_in_threadpool(read_first)
    yield


app = st.App("app.py", routes=ROUTES, middleware=[Middleware(RequireKey)], lifespan=ready)
