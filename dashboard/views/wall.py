"""Clip wall: what every system made of one task, on one clock, beside the truth."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import player
from dashboard.clips import preview_url, strip_url
from dashboard.plans import frames_of
from dashboard.reading import Reading
from dashboard.selection import Selection
from dashboard.views.parts import note, readable


def show(selection: Selection) -> None:
    """Draw the page."""
    reading = readable(selection, "Clip wall")
    if reading is None:
        return
    tasks = sorted(set(reading.data.cells["task"]))
    if not tasks:
        st.info("No clip of this selection is made yet.", icon=":material/hourglass_empty:")
        return
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        task = st.selectbox("Task", tasks, key="task", bind="query-params") or tasks[0]
    seeds = sorted({seed for _, seed in reading.data.units})
    with right:
        seed = st.selectbox("Seed", seeds, key="seed") if len(seeds) > 1 else seeds[0]
    cards = [_card(reading, selection, name, task, int(seed or 0)) for name in reading.data.systems]
    truth = next((card["url"] for card in cards if card["note"] == "ceiling" and card["url"]), "")
    data = {
        "key": repr((selection.key, task, seed)),
        "cards": cards,
        "truth": truth,
        "fps": float(str(reading.manifest.world["fps"])),
        "frames": frames_of(reading.manifest),
    }
    player.mount("wall")(key="wall", data=data)
    note("Space plays and pauses, comma and full stop step by one frame, D shows the difference to the truth.")


def _card(reading: Reading, selection: Selection, system: str, task: str, seed: int) -> dict[str, Any]:
    clip = reading.clips().get((system, task, seed))
    role = reading.data.role(system)
    looks = selection.looks or {}
    card = {
        "system": system,
        "colour": looks[system].colour if system in looks else "#888888",
        "note": "" if role == "system" else role,
        "url": "",
        "strip": "",
        "problem": "",
    }
    if clip is None:
        return card | {"problem": _why_missing(reading, system, task, seed)}
    if not reading.store.preview(clip).is_file():
        remedy = f"fpbench resume {reading.entry.folder} makes it anew"
        return card | {"problem": f"{reading.store.preview(clip)} is missing; {remedy}."}
    return card | {"url": preview_url(clip), "strip": strip_url(clip)}


def _why_missing(reading: Reading, system: str, task: str, seed: int) -> str:
    cells = reading.data.cells
    rows = zip(*(cells[name] for name in ("system", "task", "seed", "error")), strict=True)
    errors = [error for name, of, number, error in rows if (name, of, int(number)) == (system, task, seed) and error]
    if errors:
        return f"failed: {errors[0].strip().splitlines()[-1]}"
    return "not made yet" if reading.preliminary else "no clip is stored"
