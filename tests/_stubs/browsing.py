"""What the browser tests, the screenshots and the benchmark of the pages share."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
KEY = "key-of-the-browser-tests"
PAGES = {
    "overview": "Overview", "drift": "Drift curves", "tradeoffs": "Trade-offs", "clips": "Clip wall",
    "ratings": "Ratings", "pairs": "Pair inspector", "plan": "Plan viewer", "claims": "Claims",
    "runs": "Runs", "export": "Export",
}  # fmt: skip
"""Title of each page of the dashboard by its address."""
Serve = Callable[..., str]
"""Start a command of the command line that serves; its address."""
DRAWN = """(heading) => {
  const app = document.querySelector('.stApp');
  const title = document.querySelector('h1');
  const waiting = [...document.querySelectorAll('[data-testid=stSkeleton], [data-stale=true]')];
  return app && title && title.textContent.startsWith(heading) && app.dataset.testScriptState === 'notRunning'
    && !waiting.some((one) => one.offsetParent);  // what lies under a closed tab is drawn when it is opened
}"""
"""Whether the page with a heading is there to its end."""
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


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(log: Path, *arguments: str) -> Iterator[tuple[str, int]]:
    """A command of the command line that serves, until the end of the block: its address and its process.

    Raises:
        AssertionError: it does not answer; with what it wrote into ``log``.
    """
    port = free_port()
    command = [sys.executable, "-m", "fpbench.cli", *arguments, "--port", str(port)]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "_stubs")])
    with log.open("wb") as out:
        environment = {**os.environ, "FPBENCH_KEY": KEY, "PYTHONPATH": paths}
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process, log)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(url, timeout=5):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(log.read_text())
