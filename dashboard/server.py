"""The dashboard as a web application: the pages of ``app`` and the clips they show, behind a key.

What is done once is done before the first reader is let in, who need not wait for it: the pages are imported, and
the run that is shown first is read.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import streamlit as st
from altair.utils.schemapi import disable_debug_mode
from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from dashboard import caches
from dashboard.clips import ROUTES
from dashboard.key import RequireKey
from dashboard.views import claims, curves, export, overview, pairs, plan, ratings, runs, tradeoffs, wall  # noqa: F401

disable_debug_mode()  # charts are checked against their schema in the tests; no reader need wait for that


def prepare() -> None:
    """Read the run that is shown first, and let libraries look around, which takes them longer than the first page.

    What is wrong with the run is told by the pages.
    """
    with suppress(Exception):
        caches.whole(caches.runs()[0])
    Image.preinit()  # the page's icon is opened by Pillow
    inspect.stack()  # Streamlit looks at it when it first draws; the standard library then lists all modules


@asynccontextmanager
async def ready(_app: Any) -> AsyncIterator[None]:
    """Before the first reader is let in."""
    await run_in_threadpool(prepare)
    yield


app = st.App("app.py", routes=ROUTES, middleware=[Middleware(RequireKey)], lifespan=ready)
