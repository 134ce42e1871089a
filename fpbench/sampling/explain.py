"""A strategy's plan as text: what every section makes, sees and costs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fpbench.errors import FpbenchError
from fpbench.framepack.orders import ContextGroup, Section
from fpbench.released import TIME, Released
from fpbench.sampling.flow import levels
from fpbench.sampling.strategy import Strategy

LATENT = (8, 12)
"""Latent frame (height, width) of the embedded worlds."""


def explain(system: Mapping[str, object], frames: int, *, steps: int = 8, latent: tuple[int, int] = LATENT) -> str:
    """The plan of a system entry as aligned text.

    Args:
        system: a protocol's system entry (``use`` and parameters), or ``use`` naming a packing schedule.
        frames: length of the video, the given first frame included.
        steps: solver steps per section.
        latent: latent frame (height, width) for token counts.

    Raises:
        FpbenchError: not a strategy, or one that cannot make such a video.
    """
    made = _made(system)
    strategy = made if isinstance(made, Strategy) else made.strategy
    branches, per_frame = 1, 1
    if isinstance(made, Released):
        frames, latent, steps = made.latent_frames(frames), made.model.latent, made.model.steps
        branches, per_frame = made.model.passes, TIME
    try:
        plan = strategy.plan(frames)
    except ValueError as error:
        raise FpbenchError(str(error)) from None
    rows = [("section", "targets", "times", "context: frames kernel @times (role)", "context+section tokens")]
    # Released checkpoints are told positions that count from the earliest frame in sight, others from the section.
    fixed = strategy.slots is not None
    rows += [
        (str(i), *_row(section, latent, section.origin if fixed else 0)) for i, section in enumerate(plan.sections)
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    passes = round(strategy.passes_per_frame(steps) * strategy.pack.section) * branches
    length = f"{frames} frames, {plan.given} given, {len(plan.sections)} sections"
    each = strategy.passes_per_frame(steps) * branches / per_frame
    cost = f"{passes} forward passes per section, {each:.2f} per frame at {steps} steps"
    head = [
        f"pack {strategy.pack}   order {plan.order}   {length}",
        _history(strategy, steps),
        *_extras(strategy),
        f"guidance: {_guidance(strategy)}; {cost}",
        f"requires: {', '.join(sorted(strategy.requires)) or 'nothing'}",
    ]
    return "\n".join([*head, "", *table])


def _made(system: Mapping[str, object]) -> Strategy | Released:
    from fpbench.systems import make

    params = dict(system)
    use = str(params.pop("use"))
    params.pop("name", None)
    if re.search(r"(^|_)g\d", use):
        use, params = "framepack", {"pack": use, **params}
    made = make(use, params)
    if not isinstance(made, Strategy | Released):
        raise FpbenchError(f"system {use!r} is not a sampling strategy, so it has no plan")
    return made


def _row(section: Section, latent: tuple[int, int], origin: int) -> tuple[str, str, str, str]:
    seen = "  ".join(_group(group, origin) for group in section.context) or "nothing"
    tokens = f"{section.context_tokens(*latent)} + {section.target_tokens(*latent)}"
    return _span(section.targets), _span(_since(section.times, origin)), seen, tokens


def _group(group: ContextGroup, origin: int) -> str:
    pooled = " mean" if group.pooled else ""
    return f"{_span(group.frames)} {group.kernel}{pooled} @{_span(_since(group.times, origin))} ({group.role})"


def _since(times: tuple[int, ...], origin: int) -> tuple[int, ...]:
    return tuple(time - origin for time in times)


def _span(values: tuple[int, ...]) -> str:
    """Runs of consecutive integers: (1, 2, 3, 9) -> ``1..3,9``."""
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][1] + 1:
            runs[-1][1] = value
        else:
            runs.append([value, value])
    return ",".join(f"{a}..{b}" if a != b else str(a) for a, b in runs)


def _history(strategy: Strategy, steps: int) -> str:
    noise, kind = strategy.history, "discrete" if strategy.pack.discrete else "clean"
    if noise.sigma == 0:
        return f"history: {kind}"
    grid = levels(steps)[:-1]
    steps_down = [*grid, 0.0]
    marks = (0, len(grid) // 2, len(grid) - 1)
    shown = ", ".join(f"t={grid[i]:.2f}: s={noise.level(grid[i], steps_down[i + 1]):.2f}" for i in marks)
    switches = {"scaled": noise.scale, "noised": noise.noise, "told": noise.told}
    treated = ", ".join(name if on else f"not {name}" for name, on in switches.items())
    band = "" if noise.band == "all" else f" of {noise.band} groups"
    return f"history: {noise.schedule} level on {noise.on} frames{band}, {treated}, redraw {noise.redraw} ({shown})"


def _extras(strategy: Strategy) -> list[str]:
    """Lines for what cannot be read from the sections below."""
    ranked, anchor, handover, lines = strategy.importance, strategy.anchor, strategy.handover, []
    if ranked.by != "time":
        weight = f", nearness weighs {ranked.time_weight:g}" if ranked.by == "hybrid" else ""
        lines.append(
            f"importance: {ranked.by} to the {ranked.estimate} estimate{weight}; "
            "the frames below are those of time order"
        )
    if anchor.kind != "fixed":
        rule = f"decay {anchor.decay:g}" if anchor.kind == "ema" else f"over the first {anchor.horizon} frames"
        lines.append(f"anchor: {anchor.kind}, {rule}; the frames below are those of a fixed one")
    if handover.kind != "latent":
        lines.append(f"hand-over: {handover.kind}")
    if strategy.stagger > 1:
        lines.append(f"staggered: {strategy.stagger} blocks in flight, each listed below as it is finished")
    return lines


def _guidance(strategy: Strategy) -> str:
    names = {None: "history as treated", 1.0: "no history"}
    seen = {"all": "", "near": ", nearest group only", "far": ", without the nearest group", "anchor": ", anchor only"}
    mixed = " + ".join(
        f"{branch.weight:+.2f} v({names.get(branch.level, f'history at {branch.level}')}{seen[branch.window]})"
        if branch.window != "none"
        else f"{branch.weight:+.2f} v(no history, tokens dropped)"
        for branch in strategy.guidance.merged
    )
    low, high = strategy.guidance.between
    return mixed if (low, high) == (0, 1) else f"{mixed} while {low:g} < t <= {high:g}"


def explain_memory(system: Mapping[str, object], gigabytes: float, gpus: int) -> str:
    """Which batch of a released system fits, at the resolution it was made for.

    Args:
        system: as in `explain`.
        gigabytes: memory of one GPU in GiB.
        gpus: their number.

    Raises:
        FpbenchError: not a released model.
    """
    from fpbench.models.memory import GB, memory_table

    made = _made(system)
    if not isinstance(made, Released):
        raise FpbenchError(f"system {system['use']!r} runs on the embedded worlds' backbone, which fits anywhere")
    pack, latent = made.strategy.pack, made.model.latent
    tokens = pack.context_tokens(*latent) + pack.section_tokens(*latent)
    return memory_table(made.model.network, tokens, gigabytes * GB, gpus)
