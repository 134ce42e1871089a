"""Contact sheets: what each system made of each task, a few moments side by side, the truth above."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from fpbench.report.data import RunData
from fpbench.runs.clips import frames_at
from fpbench.runs.files import write_atomic
from fpbench.runs.store import Store

COLUMNS = 9
MAX_TASKS = 12
TILE_WIDTH = 192
"""Width of one frame on the sheet in pixels."""
GAP = 4
_LABEL, _INK, _LETTERS = 20, (40, 40, 40), 13

Image8 = NDArray[np.uint8]


def moments(frames: int, count: int = COLUMNS) -> list[int]:
    """Evenly spaced frames from the first to the last: ``moments(226, 3) == [0, 112, 225]``."""
    return [round(position) for position in np.linspace(0, frames - 1, min(count, frames)).tolist()]


def strip(clip: Path, positions: list[int]) -> Image8:
    """The frames of a clip at ``positions`` side by side, (height, width, 3) uint8 RGB."""
    tiles = []
    for frame in frames_at(clip, positions):
        height = round(frame.shape[0] * TILE_WIDTH / frame.shape[1])
        enlarged = cv2.resize(frame, (TILE_WIDTH, height), interpolation=cv2.INTER_LANCZOS4)
        tiles.append(np.pad(enlarged, ((0, 0), (0, GAP), (0, 0)), constant_values=255))
    return np.concatenate(tiles, axis=1).astype(np.uint8)


def sheet(strips: list[tuple[str, Image8]], heads: list[str]) -> Image.Image:
    """Labelled strips one below the other.

    Args:
        heads: a word above every column, such as its time.
    """
    height = _LABEL + sum(strip.shape[0] + _LABEL for _, strip in strips)
    page = Image.new("RGB", (strips[0][1].shape[1], height), "white")
    pen, font, top = ImageDraw.Draw(page), ImageFont.load_default(_LETTERS), _LABEL
    for column, head in enumerate(heads):
        pen.text((column * page.width / len(heads) + 2, 3), head, fill=_INK, font=font)
    for label, pixels in strips:
        pen.text((2, top + 2), label, fill=_INK, font=font)
        page.paste(Image.fromarray(pixels), (0, top + _LABEL))
        top += pixels.shape[0] + _LABEL
    return page


def write_sheets(run: RunData, store: Store, scratch: Path) -> list[Path]:
    """One sheet per system into ``contact/<system>.png`` of the run, first seed, at most ``MAX_TASKS`` tasks."""
    # scored clips were made elsewhere: they have no master, and lengths of their own
    clips = {which: path for which, (clip, path) in first_clips(run, store).items() if path == store.clip(clip)}
    above = next((name for name in run.systems if run.role(name) == "ceiling"), None)
    tasks = list(dict.fromkeys(run.cells["task"]))[:MAX_TASKS]
    positions = moments(run.frames)
    heads = [f"{position / float(str(run.manifest.world['fps'])):.1f} s" for position in positions]
    truth = {task: strip(clips[above, task], positions) for task in tasks if above and (above, task) in clips}
    paths = []
    for system in run.systems:
        strips = []
        for task in tasks:
            if task in truth and system != above:
                strips.append((f"{above} · {task}", truth[task]))
            if (system, task) in clips:
                own = truth.get(task) if system == above else strip(clips[system, task], positions)
                strips += [(f"{system} · {task}", own)] if own is not None else []
        if strips:
            paths.append(_write(run, system, sheet(strips, heads), scratch))
    return paths


def first_clips(run: RunData, store: Store) -> dict[tuple[str, str], tuple[str, Path]]:
    """Content address and best copy of the first clip of every (system, task) that has one."""
    rows = zip(*(run.cells[name] for name in ("system", "task", "clip")), strict=True)
    found: dict[tuple[str, str], tuple[str, Path]] = {}
    for system, task, clip in rows:
        if clip is not None and (path := store.footage(clip)):
            found.setdefault((system, task), (clip, path))
    return found


def _write(run: RunData, system: str, page: Image.Image, scratch: Path) -> Path:
    buffer = BytesIO()
    page.save(buffer, format="PNG")
    path = run.folder / "contact" / f"{file_name(system)}.png"
    write_atomic(path, buffer.getvalue(), scratch)
    return path


def file_name(system: str) -> str:
    """A row name as a file name: ``diffusion_forcing[sigma=0.1]`` becomes ``diffusion_forcing-sigma-0.1``."""
    return re.sub(r"[^\w.]+", "-", system).strip("-.") or "system"
