"""Every page in a real browser: on results, on nothing, light and dark, by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import PAGES, ROOT, Serve, settled
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def address(serve: Serve, results: Path) -> str:
    return serve("dashboard", str(results))


@pytest.fixture(scope="module")
def published(serve: Serve) -> str:
    return serve("dashboard", str(ROOT / "results" / "published"))


@pytest.fixture(scope="module")
def nothing(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve("dashboard", str(tmp_path_factory.mktemp("nothing") / "results"))


def open_page(page: Page, address: str, path: str, query: str = "") -> str:
    """Open a page by its address; what it says. Nothing on it may have failed."""
    page.goto(f"{address}/{'' if path == 'overview' else path}{query}")
    settled(page, PAGES[path])
    assert page.locator("[data-testid=stException]").count() == 0
    return page.inner_text("[data-testid=stMain]")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_on_a_run_of_its_own(path: str, page: Page, address: str) -> None:
    open_page(page, address, path)
    assert page.locator("[data-testid=stAlertContentError]").count() == 0


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_on_published_results(path: str, page: Page, published: str) -> None:
    open_page(page, published, path)
    assert page.locator("[data-testid=stAlertContentError]").count() == 0


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_on_an_empty_folder(path: str, page: Page, nothing: str) -> None:
    open_page(page, nothing, path)
    if path != "plan":  # each tells the command that fills it; a plan needs nothing
        page.locator("[data-testid=stCode]", has_text="fpbench ").first.wait_for(timeout=30_000)


def test_every_page_is_reached_from_the_menu_by_keyboard(page: Page, address: str) -> None:
    page.goto(address)
    settled(page, "Overview")
    for title in ("Drift curves", "Clip wall", "Plan viewer"):
        page.get_by_role("link", name=title).focus()
        page.keyboard.press("Enter")
        settled(page, title)


def test_a_filter_is_kept_in_the_address_and_across_pages(page: Page, address: str) -> None:
    page.goto(f"{address}/?kind=loop")
    settled(page, "Overview")
    assert "only loop" in page.inner_text("[data-testid=stMain]")
    page.get_by_role("link", name="Drift curves").click()
    settled(page, "Drift curves")
    assert "only loop" in page.inner_text("[data-testid=stMain]")
    assert "kind=loop" in page.url


def state(page: Page, address: str) -> tuple[str, str]:
    """Where the browser is, and what the page says about filters."""
    settled(page)
    page.wait_for_timeout(300)  # until the address of the last choice has arrived
    words = page.inner_text("[data-testid=stMain]")
    return page.url.removeprefix(address), "only loop" if "only loop" in words else ""


def test_back_and_forward_go_through_pages_filters_and_menus_one_step_each(page: Page, address: str) -> None:
    main, sidebar = page.locator("[data-testid=stMain]"), page.locator("[data-testid=stSidebar]")
    page.goto(address)
    seen = [state(page, address)]
    sidebar.get_by_text("Filters").click()  # first: a click on what is still unfolding can be lost
    for chosen in (
        main.get_by_role("radio", name="Drift and motion"),
        sidebar.get_by_role("button", name="loop"),
        page.get_by_role("link", name="Drift curves", exact=True),
        main.get_by_role("radio", name="Order of generation"),
        page.get_by_role("link", name="Overview", exact=True),
    ):
        before = page.url
        chosen.click()
        page.wait_for_url(lambda url, before=before: url != before)
        seen.append(state(page, address))
    assert seen[2] == ("/?preset=drift&kind=loop", "only loop")
    assert seen[3] == ("/drift?preset=drift&kind=loop", "only loop")
    for expected in reversed(seen[:-1]):
        page.go_back()
        assert state(page, address) == expected
    assert main.get_by_role("radio", name="Protocol's columns").is_checked()
    for expected in seen[1:]:
        page.go_forward()
        assert state(page, address) == expected
    assert main.get_by_role("radio", name="Drift and motion").is_checked()


def test_a_wide_chart_is_moved_sideways_on_a_phone_and_the_page_is_not(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{address}/drift")
    settled(page, "Drift curves")
    assert page.locator("[data-testid=stVegaLiteChart]").first.bounding_box()["width"] >= 700  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_all_clips_of_the_wall_keep_one_time(page: Page, address: str) -> None:
    page.goto(f"{address}/clips")
    settled(page, "Clip wall")
    times = "(els) => els.map((video) => video.currentTime)"
    videos = page.locator(".wall video")
    videos.first.wait_for(state="attached")
    page.keyboard.press(" ")
    page.wait_for_timeout(2500)
    page.keyboard.press(" ")
    found: list[float] = []
    for _ in range(20):  # a busy machine takes its time to stop
        page.wait_for_timeout(400)
        before, found = found, videos.evaluate_all(times)
        if found == before:
            break
    assert len(found) >= 8
    assert min(found) > 0.3
    assert max(found) - min(found) <= 1 / 8  # one frame
    page.keyboard.press(".")
    for _ in range(20):
        page.wait_for_timeout(400)
        steps = [after - before for before, after in zip(found, videos.evaluate_all(times), strict=True)]
        if min(steps) > 1 / 16:
            break
    assert 1 / 16 < min(steps) <= max(steps) < 3 / 16


def test_the_difference_to_the_truth_is_black_for_the_truth_only(page: Page, address: str) -> None:
    page.goto(f"{address}/clips")
    settled(page, "Clip wall")
    page.locator(".wall video").first.wait_for(state="attached")
    assert page.locator(".wall.differing").count() == 0
    page.keyboard.press("d")
    assert page.locator(".wall.differing").count() == 1
    assert page.locator(".wall video.truth").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_keeps_its_contrast_on_every_page(
    scheme: str, browser: Browser, address: str, key_cookie: SetCookieParam
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    context.add_cookies([key_cookie])
    page = context.new_page()
    page.goto(address)
    measure = Path(__file__).with_name("contrast.js").read_text("utf-8")
    low = {}
    for title in PAGES.values():
        page.get_by_role("link", name=title, exact=True).click()
        settled(page, title)
        # Streamlit fades what it is about to replace: low contrast counts when it stays.
        for _ in range(40):
            if not (found := page.evaluate(measure)):
                break
            page.wait_for_timeout(250)
        low[title] = found
    context.close()
    assert {title: found for title, found in low.items() if found} == {}
