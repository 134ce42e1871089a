"""The voting page as a web application: the page of ``vote``, clips under opaque addresses, a form without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.plain import PLAIN, plain
from dashboard.tokens import PREFIX, REGISTRY

if TYPE_CHECKING:
    from starlette.requests import Request

EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"


async def clip(request: Request) -> Response:
    """A clip by its opaque address. Headers that would tell one file from another are made alike."""
    token = request.path_params["token"]
    path = REGISTRY.find(token)
    if path is None:
        return PlainTextResponse("not found", status_code=404)
    if not path.is_file():
        return PlainTextResponse("this clip is missing", status_code=410)
    headers = {"Cache-Control": "private, max-age=3600", "ETag": f'"{token}"', "Last-Modified": EPOCH}
    return FileResponse(path, media_type="video/mp4", headers=headers)


ROUTES: list[BaseRoute] = [
    Route(PREFIX + "/{token}", clip),
    Route(PLAIN, plain, methods=["GET", "POST"]),
]
app = st.App("vote.py", routes=ROUTES)
