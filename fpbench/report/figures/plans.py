"""What a system sees and what that costs, redrawn from the plan on its card: the plan diagram, and cost over time."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fpbench.errors import FpbenchError
from fpbench.report.curves import system_styles
from fpbench.report.data import RunData
from fpbench.report.published import strategy
from fpbench.report.style import FAINT, INK, MUTED, PAGE_INCHES, Factory, place_legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fpbench.framepack import Plan, Section

MOST_SECTIONS = 32
"""Sections drawn of a plan; the rest looks alike."""
TARGET = "#222222"
KERNELS = ("#08519c", "#3182bd", "#6baed6", "#9ecae1", "#c6dbef")
"""Context from the finest kernel to the coarsest, dark to light: lightness alone tells them apart."""


def plan_of(run: RunData, system: str) -> Plan:
    """The plan by which a system of the run made its clips.

    Raises:
        FpbenchError: no such system, or one that has no plan.
    """
    from fpbench.framepack import Pack, make_plan
    from fpbench.released import latent_frames

    if system not in run.manifest.systems:
        raise FpbenchError(f"{run.folder}: has no system {system!r}; there are {', '.join(run.systems)}")
    facts = strategy(run, system)
    if not facts:
        planned = [name for name in run.systems if strategy(run, name)]
        raise FpbenchError(f"{run.folder}: {system!r} is no strategy, so it has no plan; {', '.join(planned)} have one")
    pack, frames = Pack.parse(str(facts["pack"])), run.frames
    how: dict[str, Any] = {"order": facts["order"], "max_gap": facts["max_gap"]}
    if "hop" in facts:
        how["hop"] = facts["hop"]
    if "slots" in facts:  # a released checkpoint: its frames are latent ones
        frames, how["slots"] = latent_frames(frames, pack.section), facts["slots"]
    return make_plan(pack, frames, **how)


def latent_size(run: RunData, system: str) -> tuple[int, int]:
    """Latent (height, width) in which a system works, from the tokens of its section and the shape of the picture."""
    facts: Any = run.manifest.systems[system]["card"]
    per_frame = facts["section_tokens"] / plan_of(run, system).pack.section
    height = math.sqrt(per_frame * float(str(run.manifest.world["height"])) / float(str(run.manifest.world["width"])))
    return 2 * round(height), 2 * round(per_frame / height)


def plan_diagram(make: Factory, run: RunData, system: str, width: float = PAGE_INCHES) -> Figure:
    """One line per section in the order of generation: the frames it makes, and those it sees, shaded by kernel."""
    plan = plan_of(run, system)
    drawn = plan.sections[:MOST_SECTIONS]
    figure = make(figsize=(width, 0.85 + 0.1 * len(drawn)))
    axes = figure.add_subplot()
    kernels = sorted({group.kernel for section in drawn for group in section.context}, key=lambda one: one.volume)
    shades = {kernel: KERNELS[min(k, len(KERNELS) - 1)] for k, kernel in enumerate(kernels)}
    size = latent_size(run, system)
    for y, section in enumerate(drawn):
        _bars(axes, section, y, shades)
        tokens = f"{section.context_tokens(*size)}+{section.target_tokens(*size)}"
        axes.annotate(tokens, (1.01, y), xycoords=("axes fraction", "data"), va="center", fontsize=5, color=MUTED)
    handles = [axes.barh([0], [0], color=TARGET, label="made")]
    handles += [axes.barh([0], [0], color=shade, label=f"seen at {kernel}") for kernel, shade in shades.items()]
    figure.legend(handles=handles, loc="outside upper left", ncols=3 if width < PAGE_INCHES else 6)
    axes.annotate("tokens", (1.01, 1.02), xycoords="axes fraction", fontsize=5, color=MUTED)
    axes.set_xlim(-0.5, plan.frames - 0.5)
    axes.set_ylim(len(drawn) - 0.5, -0.5)
    axes.set_yticks(range(len(drawn)), [str(y + 1) for y in range(len(drawn))], fontsize=5)
    axes.tick_params(axis="y", length=0)
    axes.set_ylabel("section")
    more = f"; {len(plan.sections) - len(drawn)} more sections" if len(plan.sections) > len(drawn) else ""
    about = "; " if width >= PAGE_INCHES else "\n"  # a column is too narrow for one line
    axes.set_xlabel(
        f"frame{about}{system}: {plan.pack}, {plan.order} order{more}", fontsize=6 if about == "\n" else None
    )
    return figure


def _bars(axes: Axes, section: Section, y: int, shades: dict[Any, str]) -> None:
    for group in section.context:
        _spans(axes, group.frames, y, shades[group.kernel])
    _spans(axes, section.targets, y, TARGET)


def _spans(axes: Axes, frames: tuple[int, ...], y: int, colour: str) -> None:
    breaks = [0, *(k for k in range(1, len(frames)) if frames[k] != frames[k - 1] + 1), len(frames)]
    bars = [(frames[a] - 0.5, frames[b - 1] - frames[a] + 1.0) for a, b in pairwise(breaks)]
    axes.broken_barh(bars, (y - 0.4, 0.8), facecolors=colour, edgecolors="white", linewidth=0.3)


def cost_figure(make: Factory, run: RunData, width: float = PAGE_INCHES) -> Figure:
    """Context tokens of one forward pass as the video grows, each distinct plan once, and those of a full history.

    Raises:
        FpbenchError: no system of the run has a plan.
    """
    planned = [name for name in run.systems if strategy(run, name)]
    if not planned:
        raise FpbenchError(f"{run.folder}: no system of this run is a strategy, so nothing has a plan")
    styles, sharing = system_styles(run), dict[tuple[tuple[int, int], ...], list[str]]()
    for name in planned:
        size, plan = latent_size(run, name), plan_of(run, name)
        made, points = plan.given, []
        for section in plan.sections:
            points.append((made, section.context_tokens(*size)))
            made += len(section.targets)
        sharing.setdefault(tuple(points), []).append(name)
    figure = make(figsize=(width, 2.1))
    axes = figure.add_subplot()
    for steps, names in sharing.items():
        label = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        axes.step(*zip(*steps, strict=True), where="post", label=label, **styles[names[0]])
    height, across = latent_size(run, planned[0])
    history = [made for made, _ in max(sharing, key=len)]
    full = [made * (height // 2) * (across // 2) for made in history]
    axes.plot(history, full, color=INK, linewidth=0.8, linestyle=(0, (1, 2)), label="everything, unpacked")
    axes.set_yscale("log")
    axes.set_xlabel("frames made so far")
    axes.set_ylabel("context tokens per pass")
    axes.grid(color=FAINT, linewidth=0.4)
    place_legend(figure, width)
    return figure
