"""A plan drawn: one row per section in the order of generation, what it makes and what it sees at which kernel."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboard.drift_chart import plain
from dashboard.theme import DARK, Ink
from fpbench.framepack import Plan
from fpbench.framepack.orders import Section

MADE, GIVEN = "made now", "given"
_MADE_COLOUR = "#D55E00"
_FINE_TO_COARSE = ("#0072B2", "#4B9BD0", "#7FBCE2", "#A9D4EE", "#C9E4F5", "#DDEBF3")
_DARK_FINE_TO_COARSE = ("#56B4E9", "#3F90BF", "#2F6F95", "#255672", "#1F4459", "#1B3848")


def spans(plan: Plan, latent: tuple[int, int]) -> pd.DataFrame:
    """Rows (section, start, stop, what, role, tokens): runs of neighbouring frames treated alike."""
    rows = []
    for number, section in enumerate(plan.sections, 1):
        for what, role, frames, tokens in _pieces(section, latent):
            runs = _runs(frames)
            rows += [
                {
                    "section": number,
                    "start": first,
                    "stop": last + 1,
                    "what": what,
                    "role": role,
                    "tokens": tokens,
                    "frames": f"{first}" if first == last else f"{first} to {last}",
                }
                for first, last in runs
            ]
    return pd.DataFrame(rows)


def _pieces(section: Section, latent: tuple[int, int]) -> list[tuple[str, str, tuple[int, ...], int]]:
    seen = [
        (f"{group.kernel}{' mean' if group.pooled else ''}", group.role, group.frames, group.tokens(*latent))
        for group in section.context
    ]
    return [*seen, (MADE, "target", section.targets, section.target_tokens(*latent))]


def _runs(frames: tuple[int, ...]) -> list[tuple[int, int]]:
    """First and last of each run of consecutive integers."""
    found: list[tuple[int, int]] = []
    for frame in sorted(frames):
        if found and frame == found[-1][1] + 1:
            found[-1] = (found[-1][0], frame)
        else:
            found.append((frame, frame))
    return found


def kernels(plan: Plan) -> list[str]:
    """Kernels of the plan, finest first."""
    groups = {group.kernel: group.pooled for section in plan.sections for group in section.context}
    return [f"{kernel}{' mean' if groups[kernel] else ''}" for kernel in sorted(groups, key=lambda one: one.volume)]


def _colours(plan: Plan, ink: Ink) -> alt.Scale:
    ramp = _DARK_FINE_TO_COARSE if ink is DARK else _FINE_TO_COARSE
    names = kernels(plan)
    return alt.Scale(
        domain=[MADE, *names], range=[_MADE_COLOUR, *(ramp[min(i, len(ramp) - 1)] for i in range(len(names)))]
    )


def draw(plan: Plan, table: pd.DataFrame, ink: Ink) -> Any:
    """The timetable: frames to the right, sections downwards."""
    step = max(9, min(26, 560 // len(plan.sections)))
    title = "section, in the order of generation" if len(plan.sections) * step > 200 else "section"
    bars = (
        alt.Chart(table)
        .mark_rect(stroke=ink.line, strokeWidth=0.6, cornerRadius=1.5)
        .encode(
            x=alt.X(
                "start:Q",
                title="frame of the video",
                scale=alt.Scale(domain=[0, plan.frames], nice=False),
                axis=alt.Axis(tickMinStep=1, format="d"),
            ),
            x2="stop:Q",
            y=alt.Y("section:O", title=title, axis=alt.Axis(labelOverlap=True)),
            color=alt.Color("what:N", scale=_colours(plan, ink), legend=alt.Legend(title=None, orient="top")),
            tooltip=["section:O", "frames:N", alt.Tooltip("what:N", title="kernel"), "role:N", "tokens:Q"],
        )
    )
    given = alt.Chart(pd.DataFrame({"at": [plan.given]})).mark_rule(color=ink.text, strokeWidth=1.5, strokeDash=[3, 3])
    return plain((bars + given.encode(x="at:Q")).properties(height=alt.Step(step)), ink)


def draw_budget(plan: Plan, table: pd.DataFrame, ink: Ink) -> Any:
    """Tokens of every section by kernel: what one forward pass costs, section by section."""
    rows = table.drop_duplicates(["section", "what", "role", "tokens"])
    bars = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=alt.X(
                "section:O", title="section, in the order of generation", axis=alt.Axis(labelAngle=0, labelOverlap=True)
            ),
            y=alt.Y("sum(tokens):Q", title="tokens per forward pass"),
            color=alt.Color("what:N", scale=_colours(plan, ink), legend=None),
            order=alt.Order("tokens:Q"),
            tooltip=["section:O", alt.Tooltip("what:N", title="kernel"), "sum(tokens):Q"],
        )
    )
    return plain(bars.properties(height=210), ink)
