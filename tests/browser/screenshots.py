"""The manual's screenshots of the dashboard, taken again; or every page of some results, to be looked at.

python tests/browser/screenshots.py                        # docs/images, of results/published
python tests/browser/screenshots.py --look FOLDER RESULTS  # all pages, light and dark, 1440 and 390 pixels wide
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.append(str(Path(__file__).parents[1] / "_stubs"))

from browsing import CHROMIUM, FLAGS, KEY, PAGES, ROOT, serving, settled


@dataclass(frozen=True)
class Shot:
    """A picture of the manual: where the browser goes, how large its window is, at which second clips stand still."""

    file: str
    address: str
    width: int = 1440
    height: int = 1000
    scale: float = 1.0
    seconds: float = 0.0


MANUAL = (
    Shot("overview.png", "/?run=drift"),
    Shot("dashboard-drift.png", "/drift?run=drift&metric=lpips_truth", height=730),
    Shot("dashboard-clips.png", "/clips?run=drift", height=905, seconds=14),
    Shot("dashboard-plan.png", "/plan?run=drift&strategy=framepack-inverted"),
)
SEEK = """(seconds) => {
  const wall = [...document.querySelectorAll('*')].map((one) => (one.shadowRoot || one).querySelector?.('.wall'))
    .find(Boolean);
  wall.clock.moveTo(seconds);
}"""
WHOLE = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  return Math.max(600, Math.min(6000, main.scrollHeight));
}"""
STILL_MS = 1500
"""Until charts, fonts and moving parts stand still."""


def take(browser: Browser, address: str, shot: Shot, out: Path) -> None:
    """One picture of the manual."""
    size = {"width": shot.width, "height": shot.height}
    context = browser.new_context(viewport=size, device_scale_factor=shot.scale)  # type: ignore[arg-type]
    context.add_cookies([{"name": "fpbench_key", "value": KEY, "url": address}])
    page = context.new_page()
    page.goto(address + shot.address)
    settled(page)
    if shot.seconds:
        page.locator(".wall video").first.wait_for(state="attached")
        page.wait_for_timeout(STILL_MS)
        page.evaluate(SEEK, shot.seconds)
    page.wait_for_timeout(STILL_MS)
    page.screenshot(path=out / shot.file)
    context.close()


def look(browser: Browser, address: str, out: Path, only: list[str], schemes: list[str], widths: list[int]) -> None:
    """Every page as high as it is, by scheme and width."""
    for scheme in schemes:
        for width in widths:
            size = {"width": width, "height": 900}
            context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
            context.add_cookies([{"name": "fpbench_key", "value": KEY, "url": address}])
            page = context.new_page()
            for path in only or PAGES:
                page.goto(f"{address}/{'' if path == 'overview' else path}")
                settled(page, PAGES[path])
                page.set_viewport_size({"width": width, "height": page.evaluate(WHOLE)})
                page.wait_for_timeout(STILL_MS)
                page.screenshot(path=out / f"{path}-{scheme}-{width}.png")
                page.set_viewport_size(size)  # type: ignore[arg-type]
            context.close()


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="*", default=[str(ROOT / "results" / "published")])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images", help="folder of the manual's pictures")
    parser.add_argument("--look", type=Path, help="take every page instead, into this folder")
    parser.add_argument("--only", nargs="+", default=[], choices=[*PAGES], help="with --look: these pages")
    parser.add_argument("--schemes", nargs="+", default=["light", "dark"])
    parser.add_argument("--widths", nargs="+", type=int, default=[1440, 390])
    parser.add_argument("--chromium", default=CHROMIUM)
    asked = parser.parse_args()
    folder = asked.look or asked.out
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        log = Path(scratch) / "log"
        with serving(log, "dashboard", *asked.results) as (address, _):
            browser = playwright.chromium.launch(executable_path=asked.chromium, args=list(FLAGS))
            if asked.look:
                look(browser, address, folder, asked.only, asked.schemes, asked.widths)
            else:
                for shot in MANUAL:
                    take(browser, address, shot, folder)
            browser.close()


if __name__ == "__main__":
    main()
