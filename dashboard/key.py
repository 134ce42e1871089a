"""The key without which nobody sees results: a rater may sit at the same machine, or know its address.

The link that ``fpbench dashboard`` prints carries the key once; a cookie carries it from then on.
"""

from __future__ import annotations

import hmac
import os
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.websockets import WebSocketClose

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

KEY = "FPBENCH_KEY"
"""Environment variable with the key; without it, as when the pages are tested one by one, everybody is let in."""
COOKIE = "fpbench_key"
OPEN = ("/_stcore/health",)  # says only that the server runs
REFUSAL = "These pages show results and need a key: use the link that `fpbench dashboard` printed when it started.\n"


class RequireKey:
    """Lets requests and web sockets through that bring the key, and answers all others with 401."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        key = os.environ.get(KEY, "")
        if not key or scope["type"] not in ("http", "websocket") or scope["path"] in OPEN:
            await self.app(scope, receive, send)
            return
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        if matches(key, asked.pop("key", [""])[-1]) and scope["type"] == "http":
            await welcome(scope["path"], asked, key)(scope, receive, send)
        elif matches(key, brought(Headers(scope=scope).get("cookie", ""))):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(1008, "a key is needed")(scope, receive, send)
        else:
            await PlainTextResponse(REFUSAL, status_code=401)(scope, receive, send)


def matches(key: str, given: str) -> bool:
    """Whether the key is right, in time that does not depend on how much of it is."""
    return hmac.compare_digest(key.encode(), given.encode())


def brought(cookies: str) -> str:
    """The key in a ``Cookie`` header."""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


def welcome(path: str, query: dict[str, list[str]], key: str) -> Response:
    """The same address without the key, and the cookie that replaces it; never an address elsewhere."""
    rest = urlencode(query, doseq=True)
    answer = RedirectResponse("/" + path.lstrip("/") + (f"?{rest}" if rest else ""), status_code=303)
    answer.set_cookie(COOKIE, key, httponly=True, samesite="lax")
    return answer
