"""Every page in a real browser: on results, on nothing, light and dark, by keyboard."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browsing import Serve, settled
from playwright.sync_api import Browser, Page

PAGES = {
    "overview": "Overview", "drift": "Drift curves", "tradeoffs": "Trade-offs", "clips": "Clip wall",
    "plan": "Plan viewer",
    "runs": "Runs", "export": "Export",
}  # fmt: skip
SHOTS = os.environ.get("FPBENCH_SCREENSHOTS", "")
"""A folder to keep screenshots in, for the docs."""


@pytest.fixture(scope="module")
def address(serve: Serve, results: Path) -> str:
    return serve("dashboard", str(results))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_by_its_address(path: str, page: Page, address: str) -> None:
    page.goto(f"{address}/{path}" if path != "overview" else address)
    settled(page, PAGES[path])
    assert page.locator("[data-testid=stException]").count() == 0


def test_every_page_is_reached_from_the_menu_by_keyboard(page: Page, address: str) -> None:
    page.goto(address)
    settled(page, "Overview")
    for title in ("Drift curves", "Clip wall", "Plan viewer"):
        page.get_by_role("link", name=title).focus()
        page.keyboard.press("Enter")
        settled(page, title)


def test_an_empty_folder_tells_what_to_do(page: Page, serve: Serve, tmp_path: Path) -> None:
    page.goto(serve("dashboard", str(tmp_path)))
    settled(page, "Overview")
    assert "fpbench run protocols/drift.yaml" in page.inner_text("[data-testid=stMain]")


def test_a_filter_is_kept_in_the_address_and_across_pages(page: Page, address: str) -> None:
    page.goto(f"{address}/?kind=loop")
    settled(page, "Overview")
    assert "only loop" in page.inner_text("[data-testid=stMain]")
    page.get_by_role("link", name="Drift curves").click()
    settled(page, "Drift curves")
    assert "only loop" in page.inner_text("[data-testid=stMain]")
    assert "kind=loop" in page.url


def test_all_clips_of_the_wall_keep_one_time(page: Page, address: str) -> None:
    page.goto(f"{address}/clips")
    settled(page, "Clip wall")
    page.wait_for_function("document.querySelectorAll('.stApp').length === 1")
    times = "(els) => els.map((video) => video.currentTime)"
    videos = page.locator(".wall video")
    videos.first.wait_for(state="attached")
    page.keyboard.press(" ")
    page.wait_for_timeout(2500)
    page.keyboard.press(" ")
    page.wait_for_timeout(400)
    found = videos.evaluate_all(times)
    assert len(found) >= 8
    assert min(found) > 0.3
    assert max(found) - min(found) <= 1 / 8  # one frame
    page.keyboard.press(".")
    page.wait_for_timeout(400)
    moved = videos.evaluate_all(times)
    assert all(1 / 16 < after - before < 3 / 16 for before, after in zip(found, moved, strict=True))


def test_the_difference_to_the_truth_is_black_for_the_truth_only(page: Page, address: str) -> None:
    page.goto(f"{address}/clips")
    settled(page, "Clip wall")
    page.locator(".wall video").first.wait_for(state="attached")
    assert page.locator(".wall.differing").count() == 0
    page.keyboard.press("d")
    assert page.locator(".wall.differing").count() == 1
    assert page.locator(".wall video.truth").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_keeps_its_contrast(scheme: str, browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    settled(page, "Overview")
    low = page.evaluate(Path(__file__).with_name("contrast.js").read_text("utf-8"))
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/overview-{scheme}.png")
    context.close()
    assert low == []
