"""Voting in a real browser: keyboard, undo, refresh, double click, one clock, and nothing that names a system."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
import small_results
from browsing import Serve
from playwright.sync_api import Page

from fpbench.preference.records import VoteRecord, standing
from fpbench.preference.screening import catch_scores
from fpbench.preference.store import VoteStore
from fpbench.preference.study import Grade, Role
from fpbench.preference.votes import Outcome

NAMES = (*small_results.ITEMS, "good", "stub_", "fade", "freeze", "stutter", "growing_blur")
FPS = 8.0


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, results: Path) -> Path:
    path = tmp_path_factory.mktemp("ballots") / "study.json"
    return small_results.make_study(small_results.run_folder(results), path, seats=12)


@pytest.fixture(scope="module")
def address(serve: Serve, study: Path, results: Path) -> str:
    return serve("study", "serve", str(study), "--results", str(results))


@pytest.fixture
def votes(study: Path, address: str) -> Iterator[Callable[[str], list[VoteRecord]]]:
    """The standing votes of a rater."""
    with VoteStore(study.with_name("votes.sqlite")) as store:
        yield lambda rater: [record for record in standing(store) if record.rater == rater]


@pytest.fixture
def traffic(page: Page) -> list[str]:
    """Addresses and headers of every exchange, and every message on the socket."""
    heard: list[str] = []
    page.on("response", lambda response: heard.append(f"{response.url} {response.headers}"))
    page.on(
        "websocket",
        lambda socket: [
            socket.on(
                event, lambda payload: heard.append(payload if isinstance(payload, str) else payload.decode("latin-1"))
            )
            for event in ("framereceived", "framesent")
        ],
    )
    return heard


@pytest.fixture
def rater(page: Page, traffic: list[str], address: str) -> str:
    """Begin as a new rater; the token in the address bar."""
    page.goto(address)
    page.get_by_role("button", name="Begin").wait_for(timeout=60_000)
    keep(page, "welcome")
    page.get_by_role("button", name="Begin").click(timeout=60_000)
    page.wait_for_url("**/?t=*")
    page.wait_for_selector(".ballot[data-state]", timeout=60_000)
    return page.url.partition("t=")[2]


SCREENSHOTS = "FPBENCH_SCREENSHOTS"
"""Environment variable: a folder in which the pages are kept as pictures, for the docs and for a study's report."""
SCREENS = {"laptop": (1366, 768), "tablet": (1024, 768), "upright": (768, 1024)}


def keep(page: Page, name: str) -> None:
    """Keep a picture of the page, where somebody wants it."""
    if folder := os.environ.get(SCREENSHOTS):
        page.screenshot(path=Path(folder) / f"{name}.png")


def watch(page: Page) -> None:
    """Wait until both clips have played to the end."""
    page.wait_for_selector(".ballot[data-plays]:not([data-plays='0'])", timeout=60_000)


def answer(page: Page, key: str) -> None:
    """Press a key and wait for the next pair."""
    before = page.locator(".ballot").get_attribute("data-assignment")
    page.keyboard.press(key)
    page.wait_for_function(f"(old) => {BALLOT}.dataset.assignment !== old", arg=before, timeout=60_000)


BALLOT = (
    "[...document.querySelectorAll('*')]"
    ".map((e) => e.shadowRoot && e.shadowRoot.querySelector('.ballot')).find(Boolean)"
)


def test_voting_by_keyboard_undo_and_resume(page: Page, rater: str, votes: Callable[[str], list[VoteRecord]]) -> None:
    assert page.locator("[data-outcome=left]").is_disabled()
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(300)
    assert votes(rater) == []  # nothing counts before both were seen
    watch(page)
    first = page.locator(".ballot").get_attribute("data-assignment")
    answer(page, "ArrowRight")
    assert [vote.outcome for vote in votes(rater)] == ["right"]
    assert page.locator(".count").inner_text().startswith("1 of")
    answer(page, "u")
    assert page.locator(".ballot").get_attribute("data-assignment") == first
    assert votes(rater) == []
    watch(page)
    answer(page, "ArrowDown")
    page.reload()
    page.wait_for_selector(".ballot[data-state]", timeout=60_000)
    assert page.locator(".count").inner_text().startswith("1 of")
    assert [vote.outcome for vote in votes(rater)] == ["tie"]
    assert votes(rater)[0].telemetry.plays >= 1


def test_a_catch_trial_looks_like_any_other_and_is_scored(
    page: Page, rater: str, study: Path, votes: Callable[[str], list[VoteRecord]]
) -> None:
    with VoteStore(study.with_name("votes.sqlite")) as store:
        trials = store.trials()
    keys = {Outcome.LEFT: "ArrowLeft", Outcome.RIGHT: "ArrowRight"}
    shape = "(ballot) => [...ballot.querySelectorAll('*')].map((one) => one.tagName).join()"
    shapes = set()
    for _ in range(8):
        watch(page)
        trial = trials[str(page.locator(".ballot").get_attribute("data-assignment"))]
        shapes.add(page.locator(".ballot").evaluate(shape))
        if trial.role is Role.CATCH and trial.grade is Grade.OBVIOUS:
            break
        answer(page, "ArrowDown")
    assert trial.role is Role.CATCH
    assert trial.grade is Grade.OBVIOUS
    assert trial.expected is not None
    answer(page, keys[trial.expected])
    assert [score.obvious for score in catch_scores(votes(rater))] == [(1, 1)]
    assert len(shapes) == 1


def test_a_double_click_counts_once(page: Page, rater: str, votes: Callable[[str], list[VoteRecord]]) -> None:
    watch(page)
    page.locator("[data-outcome=left]").dblclick()
    page.wait_for_function(f"{BALLOT}.querySelector('.count').textContent.startsWith('1 of')", timeout=60_000)
    page.wait_for_timeout(500)
    assert [vote.outcome for vote in votes(rater)] == ["left"]


def test_both_players_keep_within_two_frames(page: Page, rater: str) -> None:
    watch(page)
    worst = float(page.locator(".ballot").get_attribute("data-sync-error") or "inf")
    assert worst <= 2 * 1000 / FPS
    times = page.locator(".ballot .stage video").evaluate_all("(videos) => videos.map((video) => video.currentTime)")
    assert abs(times[0] - times[1]) <= 2 / FPS


def test_stepping_flipping_and_speed_work_by_keyboard(page: Page, rater: str) -> None:
    page.keyboard.press(" ")
    page.wait_for_function(f"{BALLOT}.dataset.state === 'paused'")
    page.wait_for_timeout(300)
    times = "(videos) => videos.map((video) => video.currentTime)"
    before = page.locator(".ballot .stage video").evaluate_all(times)
    page.keyboard.press(".")
    page.wait_for_timeout(400)
    after = page.locator(".ballot .stage video").evaluate_all(times)
    assert after[0] == after[1]
    assert 0.4 / FPS < after[0] - max(before) < 1.6 / FPS
    page.keyboard.press("m")
    assert page.locator(".pane.left").is_visible()
    assert not page.locator(".pane.right").is_visible()
    page.keyboard.press("x")
    assert page.locator(".pane.right").is_visible()
    page.keyboard.press("]")
    assert page.locator(".speed").input_value() == "2"


def test_nothing_names_a_system(page: Page, rater: str, traffic: list[str], results: Path) -> None:
    watch(page)
    answer(page, "ArrowLeft")
    seen = [*traffic, page.content(), page.locator(".ballot").inner_html(), page.title()]
    tasks = {path.stem for path in results.rglob("*.mkv")}
    assert any("/v/" in text for text in traffic)
    # At the start of a word: tokens are hexadecimal, and "fade" is a number there.
    named = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(map(re.escape, (*NAMES, *tasks)))})")
    assert not [found[0] for text in seen if (found := named.search(text))]


def test_no_result_can_be_reached_from_the_voting_page(page: Page, rater: str, address: str) -> None:
    body = page.inner_text("body")
    for title in ("Overview", "Trade-offs", "Export"):
        assert title not in body
    page.goto(f"{address}/overview?t={rater}")
    page.wait_for_timeout(1500)
    assert "Leaderboard" not in page.content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ballot_fits_on_laptops_and_tablets_and_can_be_read(
    page: Page, rater: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    watch(page)
    contrast = Path(__file__).with_name("contrast.js").read_text()
    for name, (width, height) in SCREENS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(400)
        lowest = page.locator("[data-outcome=right]").bounding_box()
        assert lowest
        assert lowest["y"] + lowest["height"] <= height  # nobody scrolls to answer
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(contrast) == []
        keep(page, f"ballot-{name}-{scheme}")
