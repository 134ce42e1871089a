"""Runs: what was run with what, what failed, how far the ones in progress are, and what differs between two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pandas as pd
import streamlit as st

from dashboard import address
from dashboard.library import STATES, RunEntry, progress
from dashboard.selection import Selection
from dashboard.views.parts import empty, note
from fpbench.report.headers import differences
from fpbench.runs.manifest import Manifest

SILENT_MINUTES = 15
"""A run in progress that has written nothing for so long may be dead."""


def show(selection: Selection) -> None:
    """Draw the page."""
    st.title("Runs")
    if not selection.runs:
        empty()
        return
    if any(entry.manifest and entry.manifest.status == "running" for entry in selection.runs):
        _live()
    st.dataframe(
        _overview(selection.runs),
        hide_index=True,
        width="stretch",
        column_config={
            "done": st.column_config.ProgressColumn("measured", format="percent", min_value=0, max_value=1),
        },
    )
    for broken in selection.runs:
        if broken.manifest is None:
            st.error(f"**{broken.id}** — {broken.problem}", icon=":material/report:")
    entry = selection.entry
    if entry is None or entry.manifest is None:
        return
    st.header(entry.id)
    _failures(selection)
    provenance, compared = st.tabs(["Provenance", "Compare with another run"])
    with provenance:
        _provenance(entry, entry.manifest)
    with compared:
        _compare(entry, selection.runs)


@st.fragment(run_every=2.0)
def _live() -> None:
    """Progress of the runs that are being made, looked at anew every other second."""
    from dashboard import caches

    for entry in caches.runs():
        if entry.manifest is None or entry.manifest.status != "running":
            continue
        state = progress(entry)
        share = min(1.0, (state.generated + state.measured) / max(1, 2 * state.cells))
        st.progress(
            share,
            f"{entry.id}: {state.generated} of {state.cells} cells generated, {state.measured} measured"
            + (f", {state.failed} failed" if state.failed else ""),
        )
        silent = _minutes_since(state.last or entry.manifest.updated)
        if silent > SILENT_MINUTES:
            note(f"Nothing was written for {silent:.0f} minutes. If its process is gone: fpbench resume {entry.folder}")


def _minutes_since(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds() / 60


def _overview(runs: Sequence[RunEntry]) -> pd.DataFrame:
    rows = []
    for entry in runs:
        manifest = entry.manifest
        counts = manifest.counts if manifest else None
        rows.append(
            {
                "run": entry.id,
                "state": STATES[manifest.status] if manifest else "unreadable",
                "done": counts.done / max(1, counts.cells) if counts else None,
                "cells": counts.cells if counts else None,
                "failed": counts.failed if counts else None,
                "world": str(manifest.world["name"]) if manifest else "",
                "systems": len(manifest.systems) if manifest else None,
                "created": pd.Timestamp(manifest.created) if manifest else None,
                "title": str(manifest.protocol["title"]) if manifest else entry.problem,
            }
        )
    return pd.DataFrame(rows)


def _failures(selection: Selection) -> None:
    if selection.reading is None:
        return
    cells = selection.reading.data.cells
    rows = [
        {"system": system, "task": task, "seed": int(seed), "error": error.strip().splitlines()[-1], "in full": error}
        for system, task, seed, error in zip(*(cells[n] for n in ("system", "task", "seed", "error")), strict=True)
        if error
    ]
    if not rows:
        return
    st.warning(
        f"{len(rows)} cells failed. Try them again: `fpbench resume {selection.reading.entry.folder}`",
        icon=":material/error_outline:",
    )
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _provenance(entry: RunEntry, manifest: Manifest) -> None:
    sessions = [cast("dict[str, Any]", session) for session in manifest.sessions]
    st.dataframe(pd.DataFrame([_session(one) for one in sessions]), hide_index=True, width="stretch")
    left, right = st.columns(2)
    with left:
        st.subheader("Systems")
        st.json(dict(manifest.systems), expanded=1)
    with right:
        st.subheader("Packages of the last start")
        packages = dict(sessions[-1]["packages"]) if sessions else {}
        st.dataframe(pd.DataFrame(packages.items(), columns=["package", "version"]), hide_index=True, width="stretch")
    protocol = entry.folder / "protocol.yaml"
    if protocol.is_file():
        st.subheader("Protocol as given")
        st.code(protocol.read_text("utf-8"), language=None)  # the colours of highlighting are too faint to read


def _session(session: dict[str, Any]) -> dict[str, Any]:
    git, machine = session["git"], session["machine"]
    commit = str(git["commit"] or "installed package")[:12] + (" with changes" if git["dirty"] else "")
    keep = ("python", "processor", "device", "workers")
    return {"started": pd.Timestamp(session["started"]), "code": commit, **{name: machine.get(name) for name in keep}}


def _compare(entry: RunEntry, runs: Sequence[RunEntry]) -> None:
    others = {one.id: one for one in runs if one.manifest is not None and one.id != entry.id}
    if not others:
        st.info("There is no other run to compare with.")
        return
    other = address.choose(st.selectbox, "Other run", {name: name for name in others}, next(iter(others)), "other")
    first, second = entry.manifest, others[other].manifest
    if first is None or second is None:
        return
    rows = differences(first, second)
    if not rows:
        st.success("Protocol, systems, metrics, code and machine are the same.")
        return
    st.dataframe(pd.DataFrame(rows, columns=["what", entry.id, other]), hide_index=True, width="stretch")
