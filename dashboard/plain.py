"""The ballot without scripts: two ordinary players and a form. Same store, same opaque addresses."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard import voting
from fpbench.errors import FpbenchError
from fpbench.preference.errors import UnknownRaterError
from fpbench.preference.seats import Ticket
from fpbench.preference.store import VoteStore
from fpbench.preference.votes import Outcome
from fpbench.preference.wording import ANSWERS, QUESTIONS

if TYPE_CHECKING:
    from starlette.requests import Request

PLAIN = "/plain"
SKIP = "skip"
_TOKEN = re.compile(r"[0-9a-f]{32}")
_STYLE = (Path(__file__).parent / "player" / "plain.css").read_text("utf-8")
_HEAD = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Which video is better?</title>'
    '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">'
    f'<meta name="color-scheme" content="light dark"><style>{_STYLE}</style>'
)
_SAFE = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'self'; style-src 'unsafe-inline'"}


def page(body: str) -> HTMLResponse:
    """A whole page around some HTML; no script on it can run, whoever wrote it."""
    return HTMLResponse(f"{_HEAD}<main>{body}</main></html>", headers=_SAFE)


async def plain(request: Request) -> Response:
    """GET shows the rater's next pair, POST counts an answer and goes on to the next."""
    if request.method == "GET":
        asked = request.query_params
        return await run_in_threadpool(_show, asked.get("t", ""), begun="go" in asked)
    form = await request.form()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    return await run_in_threadpool(_take, fields)


def _show(rater: str, *, begun: bool) -> Response:
    store = voting.open_store()
    if not _TOKEN.fullmatch(rater) or not voting.knows(store, rater):
        return _welcome(store, "")
    session = secrets.token_hex(16)
    ticket = store.next(rater, session)
    if ticket is not None and not ticket.done and not begun:
        return _welcome(store, rater)
    if ticket is None:
        return page("<h1>That was the last pair</h1><p>Thank you.</p>" + _undo_form(rater, session))
    fresh = {"t": rater, "session": session, "nonce": secrets.token_hex(8), "shown": datetime.now(UTC).isoformat()}
    return _ballot(ticket, fresh, {})


def _welcome(store: VoteStore, rater: str) -> Response:
    return page(
        f'<h1>Which video is better?</h1><div class="text">{escape(store.study.design.instructions)}</div>'
        f'<form method="post"><input type="hidden" name="t" value="{escape(rater)}">'
        '<button name="begin" value="1" class="main">Begin</button></form>'
    )


def _ballot(ticket: Ticket, form: Mapping[str, str], given: Mapping[str, str], message: str = "") -> Response:
    """The pair with the first question that has no answer yet; ``form`` and ``given`` are sent back with the answer."""
    question = next(criterion.value for criterion in ticket.criteria if criterion.value not in given)
    kept = {name: form[name] for name in ("t", "session", "nonce", "shown")} | {"assignment": ticket.assignment_id}
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in (kept | dict(given)).items()
    )
    choices = dict(ANSWERS) if question == "overall" else {k: v for k, v in ANSWERS.items() if k != "cannot_play"}
    buttons = "".join(
        f'<button name="outcome" value="{outcome}"{_main(outcome)}>{text}</button>' for outcome, text in choices.items()
    )
    skip = "" if question == "overall" else f'<button name="outcome" value="{SKIP}">Skip this question</button>'
    comment = (
        f'<label>Comment, if any <input name="comment" maxlength="2000" value="{escape(form.get("comment", ""))}">'
    )
    players = "".join(
        f'<div><h2>{name}</h2><video src="{url}" controls autoplay loop muted playsinline></video></div>'
        for name, url in zip(("Left", "Right"), voting.urls(form["session"], ticket), strict=True)
    )
    said = f'<p class="message">{escape(message)}</p>' if message else ""
    prompt = f'<p class="prompt">{escape(ticket.prompt)}</p>' if ticket.prompt else ""
    return page(
        f"<p>{ticket.done} of {ticket.total}{', practice' if ticket.practice else ''}</p>{said}{prompt}"
        f'<div class="pair">{players}</div><form method="post"><h1>{QUESTIONS[question]}</h1>'
        f"{fields}{buttons}{skip}<p>{comment}</label></p></form>" + _undo_form(form["t"], form["session"])
    )


def _main(outcome: Outcome) -> str:
    return ' class="main"' if outcome in (Outcome.LEFT, Outcome.TIE, Outcome.RIGHT) else ""


def _undo_form(rater: str, session: str) -> str:
    return (
        f'<form method="post"><input type="hidden" name="t" value="{escape(rater)}">'
        f'<input type="hidden" name="session" value="{escape(session)}">'
        '<button name="undo" value="1">Undo last answer</button></form>'
    )


def _take(fields: dict[str, str]) -> Response:
    store, rater = voting.open_store(), fields.get("t", "")
    if "begin" in fields:
        try:
            rater = voting.enter(store, rater)
        except FpbenchError as error:
            return page(f"<p>{escape(voting.turned_away(error))}</p>")
        return RedirectResponse(f"{PLAIN}?t={rater}&go=1", status_code=303)
    if not _TOKEN.fullmatch(rater) or not voting.knows(store, rater):
        store.refuse(rater, "", UnknownRaterError("the form came with a token that nobody was given"))
        return page("<p>This link is not valid. Use the link of the invitation.</p>")
    if "undo" not in fields:
        return _answer(store, rater, fields)
    voting.undo(store, rater, fields.get("session", "")[:64] or "plain")
    return RedirectResponse(f"{PLAIN}?t={rater}&go=1", status_code=303)


def _answer(store: VoteStore, rater: str, fields: dict[str, str]) -> Response:
    """Ask the next question of the pair, or cast the ballot once there is none."""
    criteria = [criterion.value for criterion in store.study.design.criteria]
    given = {name: fields[name] for name in criteria if name in fields}
    asked, outcome = next((name for name in criteria if name not in given), ""), fields.get("outcome", "")
    technical, early = outcome == Outcome.CANNOT_PLAY, _watched(fields) < store.study.design.clip_seconds
    answers = given if early and not technical else given | {asked: outcome}
    ticket = store.next(rater, fields.get("session", "")[:64] or "plain")
    complete = technical or len(answers) == len(criteria)
    if not complete and ticket is not None and ticket.assignment_id == fields.get("assignment"):
        kept = {"nonce": "", "shown": "", "session": ""} | fields
        return _ballot(ticket, kept, answers, "Please watch both videos to the end first." if early else "")
    answer = voting.cast(store, rater, _payload(fields, answers))
    if not answer.message:
        return RedirectResponse(f"{PLAIN}?t={rater}&go=1", status_code=303)
    return page(f'<p class="message">{escape(answer.message)}</p><p><a href="{PLAIN}?t={rater}&amp;go=1">Go on</a></p>')


def _shown(fields: Mapping[str, str]) -> datetime:
    """When the pair was first shown, as the form remembers it."""
    now = datetime.now(UTC)
    try:
        return min(now, datetime.fromisoformat(fields.get("shown", "")).astimezone(UTC))
    except ValueError:
        return now


def _watched(fields: Mapping[str, str]) -> float:
    return (datetime.now(UTC) - _shown(fields)).total_seconds()


def _payload(fields: Mapping[str, str], answers: Mapping[str, str]) -> dict[str, object]:
    """The form as a ballot. Without scripts nobody sees what was played, so what the time allowed for is stated."""
    now, shown = datetime.now(UTC), _shown(fields)
    seconds = voting.open_store().study.design.clip_seconds
    watched = round((now - shown).total_seconds() * 1000)
    return {
        "assignment_id": fields.get("assignment", ""),
        "session": fields.get("session", ""),
        "nonce": fields.get("nonce", ""),
        "answers": {name: outcome for name, outcome in answers.items() if outcome != SKIP},
        "comment": fields.get("comment", ""),
        "telemetry": {
            "shown_at": shown,
            "unlocked_at": min(now, shown + timedelta(seconds=seconds)),
            "voted_at": now,
            "watch_ms_left": watched,
            "watch_ms_right": watched,
            "plays": int(watched / 1000 // seconds),
            "app_version": f"{voting.VERSION}-plain",
        },
    }
