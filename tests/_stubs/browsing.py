"""What the browser tests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

Serve = Callable[..., str]
"""Start a command of the command line that serves; its address."""


def settled(page: Page, heading: str | None = None) -> None:
    """Wait until the script of a page has run to its end."""
    page.wait_for_selector(f"h1:has-text('{heading}')" if heading else "h1", timeout=60_000)
    page.wait_for_function("document.querySelector('.stApp').dataset.testScriptState !== 'running'", timeout=60_000)
    page.wait_for_timeout(300)
