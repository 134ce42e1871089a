"""Clip wall: what every system made of one task, on one clock, beside the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import address, player
from dashboard.clips import preview_url, strip_url
from dashboard.plans import frames_of
from dashboard.reading import Reading
from dashboard.selection import Selection
from dashboard.views.parts import drawn, note, readable

MOST_TILES = 12
"""More videos at once than a laptop decodes."""


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
        task = address.choose(st.selectbox, "Task", {name: name for name in tasks}, tasks[0], "task")
    seeds = sorted({seed for _, seed in reading.data.units})
    with right:
        seed = st.selectbox("Seed", seeds, key="seed") if len(seeds) > 1 else seeds[0]
    wanted = drawn(reading, selection, MOST_TILES)
    mount_wall(reading, selection, wanted, task, int(seed or 0))
    if len(wanted) < len(reading.data.systems):
        note(f"{len(wanted)} of {len(reading.data.systems)} systems are shown; choose others under Filters.")
    note("Space plays and pauses, comma and full stop step by one frame, D shows the difference to the truth.")


def mount_wall(reading: Reading, selection: Selection, systems: Sequence[str], task: str, seed: int) -> None:
    """Tiles and filmstrips of some systems on one task, on one clock, differences taken to the ceiling's clip."""
    clips = reading.clips()
    cards = [_card(reading, selection, name, task, seed, clips.get((name, task, seed))) for name in systems]
    truth = next((card["url"] for card in cards if card["note"] == "ceiling" and card["url"]), "")
    if not any(card["url"] for card in cards):
        st.info(
            "None of these clips lies in this results folder: published runs keep their numbers, not their videos."
            f" They are made again by the same protocol: `fpbench run {reading.entry.folder / 'protocol.yaml'}`",
            icon=":material/movie_off:",
        )
        return
    data = {
        "key": repr((selection.key, task, seed, systems)),
        "cards": cards,
        "truth": truth,
        "fps": float(str(reading.manifest.world["fps"])),
        "frames": frames_of(reading.manifest),
    }
    player.mount("wall")(key="wall", data=data)


def _card(
    reading: Reading, selection: Selection, system: str, task: str, seed: int, clip: str | None
) -> dict[str, Any]:
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
