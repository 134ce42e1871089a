"""A real browser and real servers. The browser is the system's Chromium; without it these tests fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import small_results
from browsing import CHROMIUM, FLAGS, KEY, Serve, serving
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

from fpbench.report.claims_file import FILE

# Streamlit looks for its server below a deep link first and at the root next; the first answer is a 404 by design.
PROBES = ("/_stcore/health", "/_stcore/host-config")


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    folder = tmp_path_factory.mktemp("browser") / "results"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fpbench.runs.clips.PREVIEW_HEIGHT", 64)  # eight clips are played at once, without a GPU
        small_results.make_results(folder)
    small_results.make_votes(folder / "votes" / "pilot.parquet")
    small_results.make_claims(folder / FILE)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start the command line with a free port and wait until it answers; its address."""
    with ExitStack() as servers:
        yield lambda *arguments: servers.enter_context(serving(tmp_path_factory.mktemp("serve") / "log", *arguments))[0]


@pytest.fixture(scope="session")
def key_cookie() -> SetCookieParam:
    """What opening the link with the key leaves in the browser, for every port."""
    return {"name": "fpbench_key", "value": KEY, "url": "http://127.0.0.1"}


@pytest.fixture
def page(browser: Browser, key_cookie: SetCookieParam) -> Iterator[Page]:
    """A fresh page on which no script may fail, no request be refused, and no other machine be asked."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([key_cookie])
    opened = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            complaints.append(message.text)

    def judge(response: Response) -> None:
        if response.status >= 400 and not response.url.endswith(PROBES):
            complaints.append(f"{response.status} {response.url}")

    opened.on("console", hear)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("response", judge)
    opened.on(
        "request",
        lambda r: None if "127.0.0.1" in r.url or r.url.startswith(("data:", "blob:")) else complaints.append(r.url),
    )
    yield opened
    context.close()
    assert complaints == []
