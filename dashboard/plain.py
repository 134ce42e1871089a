"""The ballot without scripts: two ordinary players and a form. Same store, same opaque addresses."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard import voting
from fpbench.errors import FpbenchError
from fpbench.preference.seats import Ticket
from fpbench.preference.store import VoteStore

if TYPE_CHECKING:
    from starlette.requests import Request

PLAIN = "/plain"
OUTCOMES = {
    "left": "Left is better",
    "tie": "About the same",
    "right": "Right is better",
    "both_bad": "Both unacceptable",
    "cannot_play": "A video does not play",
}
_TOKEN = re.compile(r"[0-9a-f]{32}")
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Which video is better?</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:1.5rem auto;padding:0 1rem}}
.pair{{display:grid;grid-template-columns:1fr 1fr;gap:1rem}}video{{width:100%;background:#000}}
button{{font:inherit;padding:.6rem 1rem;margin:.3rem}}h2{{font-size:1rem;text-align:center;margin:.3rem}}
form{{text-align:center}}</style><h1>Which video is better?</h1>{body}</html>"""


def page(body: str) -> HTMLResponse:
    """A whole page around some HTML."""
    return HTMLResponse(_PAGE.format(body=body), headers={"Cache-Control": "no-store"})


async def plain(request: Request) -> Response:
    """GET shows the rater's next pair, POST counts an answer and goes on to the next."""
    if request.method == "GET":
        return await run_in_threadpool(_show, request.query_params.get("t", ""))
    form = await request.form()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    return await run_in_threadpool(_take, fields)


def _show(rater: str) -> Response:
    store = voting.open_store()
    if not _TOKEN.fullmatch(rater) or not voting.knows(store, rater):
        return page(
            "<p>Watch both videos to the end, then answer.</p>"
            '<form method="post"><button name="begin" value="1">Begin</button></form>'
        )
    session = secrets.token_hex(16)
    ticket = store.next(rater, session)
    if ticket is None:
        return page("<p>That was the last pair. Thank you.</p>" + _undo_form(rater, session))
    return page(_ballot(rater, session, ticket))


def _ballot(rater: str, session: str, ticket: Ticket) -> str:
    left, right = voting.urls(session, ticket)
    hidden = {
        "t": rater,
        "session": session,
        "assignment": ticket.assignment_id,
        "nonce": secrets.token_hex(8),
        "shown": datetime.now(UTC).isoformat(),
    }
    fields = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in hidden.items())
    buttons = "".join(f'<button name="outcome" value="{value}">{text}</button>' for value, text in OUTCOMES.items())
    players = "".join(
        f'<div><h2>{name}</h2><video src="{url}" controls loop muted playsinline></video></div>'
        for name, url in (("Left", left), ("Right", right))
    )
    progress = f"<p>{ticket.done} of {ticket.total}{', practice' if ticket.practice else ''}</p>"
    form = f'<form method="post">{fields}{buttons}</form>'
    return progress + f'<div class="pair">{players}</div>{form}' + _undo_form(rater, session)


def _undo_form(rater: str, session: str) -> str:
    return (
        f'<form method="post"><input type="hidden" name="t" value="{escape(rater)}">'
        f'<input type="hidden" name="session" value="{session}">'
        '<button name="undo" value="1">Undo last answer</button></form>'
    )


def _take(fields: dict[str, str]) -> Response:
    store, rater = voting.open_store(), fields.get("t", "")
    if "begin" in fields:
        try:
            rater = store.join()
        except FpbenchError:
            return page("<p>Every seat of this study is taken. Thank you for coming.</p>")
    elif not _TOKEN.fullmatch(rater) or not voting.knows(store, rater):
        return page("<p>This link is not valid.</p>")
    elif "undo" in fields:
        voting.undo(store, rater, fields.get("session", "")[:64] or "plain")
    else:
        answer = voting.cast(store, rater, _payload(store, fields))
        if not answer.accepted:
            back = f'<p><a href="{PLAIN}?t={rater}">Go on</a></p>'
            return page(f"<p>{escape(answer.message)}</p>{back}")
    return RedirectResponse(f"{PLAIN}?t={rater}", status_code=303)


def _payload(store: VoteStore, fields: dict[str, str]) -> dict[str, object]:
    """The form as a ballot. Without scripts nobody sees what was played, so plays are what the time allowed for."""
    now = datetime.now(UTC)
    try:
        shown = min(now, datetime.fromisoformat(fields.get("shown", "")).astimezone(UTC))
    except ValueError:
        shown = now
    seconds = store.study.design.clip_seconds
    unlocked = min(now, shown + timedelta(seconds=seconds))
    return {
        "assignment_id": fields.get("assignment", ""),
        "session": fields.get("session", ""),
        "nonce": fields.get("nonce", ""),
        "answers": {"overall": fields.get("outcome", "")},
        "telemetry": {
            "shown_at": shown,
            "unlocked_at": unlocked,
            "voted_at": now,
            "plays": int((now - shown).total_seconds() // seconds),
            "app_version": f"{voting.VERSION}-plain",
        },
    }
