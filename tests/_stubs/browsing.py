"""What the browser tests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

Serve = Callable[..., str]
"""Start a command of the command line that serves; its address."""
DRAWN = """(heading) => {
  const app = document.querySelector('.stApp');
  const title = document.querySelector('h1');
  const waiting = [...document.querySelectorAll('[data-testid=stSkeleton], [data-stale=true]')];
  return app && title && title.textContent.startsWith(heading) && app.dataset.testScriptState === 'notRunning'
    && !waiting.some((one) => one.offsetParent);  // what lies under a closed tab is drawn when it is opened
}"""
QUIET_MS = 250


def settled(page: Page, heading: str = "") -> None:
    """Wait until the script of a page has run to its end and all that it drew is there, nothing of the page before.

    A script may be asked to run again at its end, so the page must stay as it is for a while.
    """
    while True:
        page.wait_for_function(DRAWN, arg=heading, timeout=60_000)
        page.wait_for_timeout(QUIET_MS)
        if page.evaluate(DRAWN, heading):
            return
