"""A real browser and real servers. The browser is the system's Chromium; without it these tests fail."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
import small_results
from browsing import Serve
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

from fpbench.report.claims_file import Claim, save_claims

CHROMIUM = "/usr/bin/chromium"
KEY = "key-of-the-browser-tests"
ROOT = Path(__file__).parents[2]
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
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
    claims = [
        Claim(claim="good beats bad", verdict="supported", effect=0.2, low=0.1, high=0.3, power=0.9, figure="Table 1"),
        Claim(claim="bad beats good", verdict="contradicted", effect=-0.2, low=-0.3, high=-0.1),
        Claim(claim="the moon is near", verdict="undecided", effect=0.0, low=-0.1, high=0.1),
    ]
    save_claims(folder, claims, folder)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start the command line with a free port and wait until it answers; its address."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> str:
        port, log = free_port(), tmp_path_factory.mktemp("serve") / "log"
        command = [sys.executable, "-m", "fpbench.cli", *arguments, "--port", str(port)]
        environment = {
            **os.environ,
            "FPBENCH_KEY": KEY,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "_stubs")]),
        }
        with log.open("wb") as out:
            processes.append(subprocess.Popen(command, stdout=out, stderr=out, env=environment))
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", processes[-1], log)
        return f"http://127.0.0.1:{port}"

    yield start
    for process in processes:
        process.terminate()
        process.wait(20)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(url, timeout=5):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(log.read_text())


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
