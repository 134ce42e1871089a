"""HTTP routes for clips: previews with byte ranges, strips of frames. Addresses are content hashes, never paths."""

from __future__ import annotations

import re
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.caches import runs
from fpbench.runs.store import Store

if TYPE_CHECKING:
    from starlette.requests import Request

PREFIX = "/clips"
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}  # the address is the content
STRIP_FRAMES, STRIP_WIDTH = 12, 160
_CLIP = re.compile(r"[0-9a-f]{64}")


def preview_url(clip: str) -> str:
    """Where a browser finds the preview of a clip."""
    return f"{PREFIX}/{clip}.mp4"


def strip_url(clip: str) -> str:
    """Where a browser finds the strip of a clip."""
    return f"{PREFIX}/{clip}/strip.webp"


def find_store(clip: str) -> Store | None:
    """The results folder that holds a clip's preview; None for what is no clip or is missing."""
    if not _CLIP.fullmatch(clip):
        return None
    stores = dict.fromkeys(entry.store for entry in runs())
    return next((store for store in stores if store.preview(clip).is_file()), None)


async def preview(request: Request) -> Response:
    """The H.264 preview; answers byte ranges, so that players can seek."""
    clip = request.path_params["clip"]
    store = await run_in_threadpool(find_store, clip)
    if store is None:
        return PlainTextResponse("no such clip", status_code=404)
    return FileResponse(store.preview(clip), media_type="video/mp4", headers=FOREVER)


async def strip(request: Request) -> Response:
    """Evenly spaced frames of a clip side by side, lossless from the master where it is there."""
    clip = request.path_params["clip"]
    store = await run_in_threadpool(find_store, clip)
    if store is None:
        return PlainTextResponse("no such clip", status_code=404)
    master = store.clip(clip)
    path = master if master.is_file() else store.preview(clip)
    image = await run_in_threadpool(draw_strip, path)
    return Response(image, media_type="image/webp", headers=FOREVER)


@lru_cache(maxsize=512)
def draw_strip(path: Path) -> bytes:
    """``STRIP_FRAMES`` frames from first to last as one WebP image."""
    import numpy as np
    from PIL import Image

    from fpbench.runs.clips import read_frames

    frames = np.concatenate(list(read_frames(path)))
    chosen = frames[np.linspace(0, len(frames) - 1, min(STRIP_FRAMES, len(frames))).round().astype(int)]
    height = round(frames.shape[1] * STRIP_WIDTH / frames.shape[2])
    page = Image.new("RGB", (STRIP_WIDTH * len(chosen), height))
    for position, frame in enumerate(chosen):
        tile = Image.fromarray(frame).resize((STRIP_WIDTH, height), Image.Resampling.LANCZOS)
        page.paste(tile, (position * STRIP_WIDTH, 0))
    buffer = BytesIO()
    page.save(buffer, format="WEBP", quality=86)
    return buffer.getvalue()


ROUTES: list[BaseRoute] = [
    Route(PREFIX + "/{clip}.mp4", preview),
    Route(PREFIX + "/{clip}/strip.webp", strip),
]
