"""Runs: what was run with what, what failed, how far the ones in progress are, and what differs between two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import streamlit as st

from dashboard import address, listing
from dashboard.library import STATES, RunEntry, progress
from dashboard.selection import Selection
from dashboard.theme import ink
from dashboard.views.parts import empty, note
from fpbench.report.headers import differences
from fpbench.runs.manifest import Manifest

PARTS = {
    "provenance": "Provenance",
    "systems": "Systems",
    "protocol": "Protocol as given",
    "compare": "Compare with another run",
}
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
    heads = ("run", "state", "measured", "cells", "failed", "world", "systems", "created", "title")
    st.html(listing.render("Runs", heads, map(_overview, selection.runs), ink()))
    for broken in selection.runs:
        if broken.manifest is None:
            st.error(f"**{broken.id}** — {broken.problem}", icon=":material/report:")
    entry = selection.entry
    if entry is None or entry.manifest is None:
        return
    st.header(entry.id)
    for problem in selection.reading.problems if selection.reading else ():
        st.warning(problem, icon=":material/healing:")
    _failures(selection)
    part = address.choose(st.segmented_control, "Show", PARTS, "provenance", "part")
    if part == "provenance":
        _provenance(entry.manifest)
    elif part == "systems":
        _systems(entry.manifest)
    elif part == "protocol":
        _protocol(entry)
    else:
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


def _overview(entry: RunEntry) -> tuple[object, ...]:
    manifest = entry.manifest
    if manifest is None:
        return entry.id, "unreadable", *(None,) * 6, entry.problem
    counts = manifest.counts
    return (
        entry.id,
        STATES[manifest.status],
        f"{counts.done / max(1, counts.cells):.0%}",
        counts.cells,
        counts.failed,
        str(manifest.world["name"]),
        len(manifest.systems),
        _minute(manifest.created),
        str(manifest.protocol["title"]),
    )


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _failures(selection: Selection) -> None:
    """What failed, cells of one system with one error together, and one of them in full."""
    if selection.reading is None:
        return
    cells = selection.reading.data.cells
    failed = [(system, error) for system, error in zip(cells["system"], cells["error"], strict=True) if error]
    if not failed:
        return
    entry = selection.reading.entry
    remedy = "" if entry.published else f" Try them again: `fpbench resume {entry.folder}`"
    st.warning(f"{len(failed)} cells failed.{remedy}", icon=":material/error_outline:")
    groups = Counter((system, error.strip().splitlines()[-1]) for system, error in failed)
    rows = [(system, count, last) for (system, last), count in groups.most_common()]
    st.html(listing.render("Failures", ("system", "cells", "error"), rows, ink()))
    with st.expander("The first in full", icon=":material/notes:"):
        st.code(failed[0][1], language=None, wrap_lines=True)


def _provenance(manifest: Manifest) -> None:
    sessions = [cast("dict[str, Any]", session) for session in manifest.sessions]
    heads = ("started", "code", "python", "processor", "device", "workers")
    st.html(listing.render("Starts", heads, map(_session, sessions), ink()))
    packages = dict(sessions[-1]["packages"]) if sessions else {}
    if packages:
        st.html(listing.render("Packages", ("package of the last start", "version"), packages.items(), ink()))


def _session(session: dict[str, Any]) -> tuple[object, ...]:
    git, machine = session["git"], session["machine"]
    commit = str(git["commit"] or "installed package")[:12] + (" with changes" if git["dirty"] else "")
    facts = (machine.get(name) for name in ("python", "processor", "device", "workers"))
    return _minute(session["started"]), commit, *facts


def _systems(manifest: Manifest) -> None:
    """What every system is, and all that is recorded of one."""
    names = {name: name for name in manifest.systems}
    if not names:
        return
    heads = ("system", "packing", "context tokens", "passes a frame", "source")
    st.html(listing.render("Systems", heads, (_system(name, manifest) for name in names), ink()))
    chosen = address.choose(st.selectbox, "In full", names, next(iter(names)), "system")
    st.json(dict(cast("dict[str, Any]", manifest.systems[chosen])))


def _system(name: str, manifest: Manifest) -> tuple[object, ...]:
    card = cast("dict[str, Any]", manifest.systems[name])["card"]
    strategy = card.get("strategy")
    pack = strategy.get("pack") if isinstance(strategy, dict) else None
    passes = card.get("passes_per_frame")
    return name, pack, card.get("context_tokens"), None if passes is None else f"{passes:.2f}", card.get("source", "")


def _protocol(entry: RunEntry) -> None:
    protocol = entry.folder / "protocol.yaml"
    if protocol.is_file():
        st.code(protocol.read_text("utf-8"), language=None)  # the colours of highlighting are too faint to read
    else:
        note("The run has not kept its protocol file; what it says stands in run.json.")


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
    st.html(listing.render("Differences", ("what", entry.id, other), rows, ink()))
