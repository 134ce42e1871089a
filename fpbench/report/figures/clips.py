"""Moments of clips: task by task, what each system showed at the same times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fpbench.errors import FpbenchError
from fpbench.report.contact import GAP, TILE_WIDTH, Image8, first_clips, moments, strip
from fpbench.report.data import RunData
from fpbench.report.style import INK, MUTED, PAGE_INCHES, Factory
from fpbench.runs.clips import load_facts
from fpbench.runs.store import Store

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TASKS, FRAMES = 2, 8
LINE, TASK_POINTS = 0.15, 6
"""Height of a line of words in inches, size of the name of a task."""


def clips_figure(
    make: Factory,
    run: RunData,
    systems: Sequence[str] = (),
    tasks: int = TASKS,
    frames: int = FRAMES,
    width: float = PAGE_INCHES,
) -> Figure:
    """One strip of evenly spaced frames for each system, the strips of a task together.

    Args:
        systems: from top to bottom; all that have clips by default.
        tasks: the first ones of the run. frames: of each strip, the first and the last frame of the clip among them.
        width: inches.

    Raises:
        FpbenchError: no such system, or one without a clip of these tasks.
    """
    store = Store.of(run.folder)
    clips, shown = first_clips(run, store), list(dict.fromkeys(run.cells["task"]))[:tasks]
    having = {system for system, task in clips if task in shown}
    names = systems or [name for name in run.systems if name in having]
    if missing := [name for name in names if name not in having] or ([] if names else ["any system"]):
        raise FpbenchError(
            f"{run.folder}: holds no clips of {', '.join(missing)} on its first {tasks} tasks;"
            f" there are those of {', '.join(name for name in run.systems if name in having) or 'nobody'}"
        )
    positions = moments(run.frames, frames)
    groups = []
    for task in shown:
        found = {name: clips[name, task] for name in names if (name, task) in clips}
        strips = {name: strip(path, _reached(store, clip, positions)) for name, (clip, path) in found.items()}
        groups += [(task, strips)] if strips else []
    return _compose(make, groups, [one / float(str(run.manifest.world["fps"])) for one in positions], width)


def _reached(store: Store, clip: str, positions: list[int]) -> list[int]:
    """The positions that lie inside a clip; scored ones have lengths of their own."""
    length = load_facts(store, clip)["frames"]
    return [position for position in positions if position < length]


def _compose(make: Factory, groups: list[tuple[str, dict[str, Image8]]], seconds: list[float], width: float) -> Figure:
    """Times above the columns, tasks above their strips, systems beside them; every length in inches."""
    names = dict.fromkeys(name for _, strips in groups for name in strips)
    margin = max(map(_inches, names)) + 0.12
    column = (width - margin) / len(seconds)
    scale = column / (TILE_WIDTH + GAP)
    heights = [strip.shape[0] * scale + GAP * scale for _, strips in groups for strip in strips.values()]
    height = LINE + len(groups) * LINE + sum(heights)
    figure = make(figsize=(width, height))
    figure.set_layout_engine("none")  # everything has its place
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    top = LINE
    for k, second in enumerate(seconds):
        axes.text(margin + (k + 0.5) * column, top - 0.04, f"{second:.1f} s", ha="center", color=INK)
    for task, strips in groups:
        top += LINE
        axes.text(margin, top - 0.04, task, color=MUTED, fontsize=TASK_POINTS)
        for name, pixels in strips.items():
            across, down = pixels.shape[1] * scale, pixels.shape[0] * scale
            axes.text(margin - 0.08, top + down / 2, name, ha="right", va="center", color=INK)
            axes.imshow(pixels, extent=(margin, margin + across, top + down, top), aspect="auto")
            top += down + GAP * scale
    axes.set(xlim=(0, width), ylim=(height, 0))  # pictures had moved them
    return figure


def _inches(text: str) -> float:
    """Width of a label."""
    from matplotlib import rcParams
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), text, size=rcParams["font.size"]).get_extents().width) / 72
