"""The sidebar: which run, which part of it. Kept in the address, on every page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard import address, caches
from dashboard.library import RunEntry
from dashboard.reading import Reading
from dashboard.theme import Look, ink, looks
from fpbench.errors import FpbenchError


@dataclass(frozen=True)
class Selection:
    """What the reader looks at.

    Attributes:
        runs: all runs there are.
        entry: the one chosen; None when there is none.
        reading: the part of it that the filters leave; None when it cannot be read.
        looks: of all its systems, filtered out or not.
    """

    runs: Sequence[RunEntry]
    entry: RunEntry | None = None
    reading: Reading | None = None
    systems: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    looks: Mapping[str, Look] | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """Identity of the selection, for caches."""
        entry = self.entry
        return (entry and (entry.folder, entry.stamp), self.systems, self.splits, self.kinds)

    @property
    def filters(self) -> str:
        """The active filters in words, "" without any."""
        parts = [", ".join(self.splits), ", ".join(self.kinds)]
        parts.append(f"{len(self.systems)} systems" if self.systems else "")
        return " · ".join(part for part in parts if part)


def choose() -> Selection:
    """Draw the sidebar and return what is chosen."""
    runs = caches.runs()
    if not runs:
        return Selection(runs)
    entry = _choose_run(runs)
    try:
        whole = caches.whole(entry)
    except FpbenchError:
        return Selection(runs, entry)
    systems, splits, kinds = _choose_part(whole)
    return Selection(
        runs,
        entry,
        caches.selected(entry, systems, splits, kinds),
        systems,
        splits,
        kinds,
        looks(whole.data, whole.data.systems, ink()),
    )


def _choose_run(runs: Sequence[RunEntry]) -> RunEntry:
    by_id = {entry.id: entry for entry in reversed(runs)}
    ids = [entry.id for entry in runs if by_id[entry.id] is entry]
    with st.sidebar:
        chosen = by_id[address.choose(st.selectbox, "Run", dict(zip(ids, ids, strict=True)), ids[0], "run")]
    if chosen.state:
        st.sidebar.markdown(f":material/info: This run is {chosen.state}.")
    return chosen


def _choose_part(whole: Reading) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    with st.sidebar.expander("Filters", expanded=False, icon=":material/filter_list:"):
        systems = address.choose_some(
            st.multiselect, "Systems", whole.data.systems, "systems", placeholder="All systems"
        )
        return systems, _pills("Splits", whole.splits, "split"), _pills("Kinds of task", whole.kinds, "kind")


def _pills(label: str, options: Sequence[str], key: str) -> tuple[str, ...]:
    return address.choose_some(st.pills, label, options, key, selection_mode="multi") if len(options) > 1 else ()
