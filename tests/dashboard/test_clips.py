"""The routes of the dashboard: byte ranges, strips, and nothing but clips."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.clips import ROUTES, STRIP_FRAMES, STRIP_WIDTH, preview_url, strip_url
from dashboard.library import RunEntry
from dashboard.reading import read_run
from dashboard.settings import RESULTS


@pytest.fixture
def client(finished_results: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv(RESULTS, str(finished_results))
    return TestClient(Starlette(routes=ROUTES))


@pytest.fixture
def clip(entry: RunEntry) -> str:
    return next(iter(read_run(entry).clips().values()))


def test_a_part_of_a_preview_can_be_asked_for(client: TestClient, clip: str, entry: RunEntry) -> None:
    whole = entry.store.preview(clip).read_bytes()
    answer = client.get(preview_url(clip), headers={"Range": "bytes=4-11"})
    assert answer.status_code == 206
    assert answer.content == whole[4:12]
    assert answer.headers["content-type"] == "video/mp4"
    assert client.get(preview_url(clip)).content == whole


def test_a_strip_shows_frames_from_first_to_last(client: TestClient, clip: str) -> None:
    image = Image.open(BytesIO(client.get(strip_url(clip)).content))
    assert image.width == STRIP_FRAMES * STRIP_WIDTH


@pytest.mark.parametrize("name", ["0" * 64, "..%2F..%2Frun", "%2e%2e", "A" * 64, "0" * 63])
def test_anything_but_a_clip_is_not_found(client: TestClient, name: str) -> None:
    assert client.get(f"/clips/{name}.mp4").status_code == 404
    assert client.get(f"/clips/{name}/strip.webp").status_code == 404
