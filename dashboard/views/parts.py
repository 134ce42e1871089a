"""What several pages share: their head, and what stands in for a page that has nothing to show."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.library import STATES
from dashboard.reading import Reading
from dashboard.selection import Selection
from dashboard.settings import results_roots
from dashboard.theme import ink

START = "fpbench run protocols/drift.yaml"


def readable(selection: Selection, title: str) -> Reading | None:
    """Draw a page's head; the run to show, or None after saying why there is none."""
    st.title(title)
    if not selection.runs:
        empty()
        return None
    entry = selection.entry
    if selection.reading is None or entry is None:
        st.error(entry.problem if entry else "No run is chosen.", icon=":material/report:")
        if entry:
            _as_written(entry.folder)
        note("The other runs in the sidebar are not affected.")
        return None
    facts(selection, selection.reading)
    for problem in selection.reading.problems:
        st.warning(problem, icon=":material/healing:")
    return selection.reading


def _as_written(folder: Path) -> None:
    """The table that a run wrote for itself, which needs no header to be shown."""
    try:
        text = (folder / "table.md").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return
    st.markdown("What the run itself had written:")
    st.code(text, language=None)


def empty() -> None:
    """What a results folder without runs shows: the one command that fills it."""
    folders = ", ".join(f"`{root}`" for root in results_roots())
    st.markdown(f"There is no run in {folders} yet. This command makes the first one:")
    st.code(START, language="sh")
    note("The page notices by itself when you reload it; a run can be watched while it is made.")


def facts(selection: Selection, reading: Reading) -> None:
    """One quiet line about the run, and one about the filters."""
    manifest, counts = reading.manifest, reading.manifest.counts
    parts = [
        f"<b>{escape(str(manifest.protocol['title'] or manifest.id))}</b>",
        f"<code style='font-size:.9em'>{escape(manifest.id)}</code>",
        f"world {escape(str(manifest.world['name']))}",
        f"{reading.task_count} tasks, {len(reading.data.systems)} systems",
        STATES[manifest.status],
    ]
    if counts.failed:
        parts.append(f"{counts.failed} of {counts.cells} cells failed")
    if selection.filters:
        parts.append(f"only {escape(selection.filters)}")
    line = " &nbsp;·&nbsp; ".join(parts)
    st.html(f"<p style='margin:-.6rem 0 0;color:{ink().muted}'>{line}</p>")
    if reading.preliminary:
        st.info(
            "This run is not finished: values are preliminary and cover the clips measured so far.",
            icon=":material/hourglass_top:",
        )


def note(*lines: str) -> None:
    """Small print, in a colour that keeps its contrast."""
    colour = ink().muted
    style = f"margin:.2rem 0;font-size:.85rem;line-height:1.45;color:{colour}"
    st.html("".join(f"<p style='{style}'>{escape(line)}</p>" for line in lines))


def wide_chart(made: Any, alt: str, key: str) -> None:
    """Draw a chart whose names need room: on a phone it is moved sideways instead of squeezed."""
    with st.container(key=f"wide-{key}"):
        st.altair_chart(made, width="stretch", alt=alt)


def metric_label(reading: Reading, metric: str) -> str:
    """Name, unit and direction of a metric: ``psnr_truth (dB) ↑``."""
    from fpbench.report.text import ARROWS

    known = reading.data.metric(metric)
    unit = f" ({known.unit})" if known.unit else ""
    return f"{metric}{unit} {ARROWS[known.direction]}"


def drawn(reading: Reading, selection: Selection, most: int) -> list[str]:
    """The systems that a page has room for: all those chosen, else the first ones with ceilings and floors."""
    names = reading.data.systems
    if len(names) <= most or selection.systems:
        return names[:most]
    frames = [name for name in names if reading.data.role(name) != "system"]
    others = [name for name in names if name not in frames][: max(1, most - len(frames))]
    return [name for name in names if name in frames or name in others][:most]
