"""Export: the table of the selection in any format, and the files a run has left."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import address, caches
from dashboard.selection import Selection
from dashboard.views.parts import note, readable
from fpbench.errors import FpbenchError
from fpbench.report import FORMATS, render

SUFFIXES = {"markdown": "md", "csv": "csv", "latex": "tex", "html": "html"}
TITLES = {"markdown": "Markdown", "csv": "CSV", "latex": "LaTeX", "html": "HTML"}
FILES = ("figures/*.pdf", "figures/*.png", "contact/*.png", "*.parquet", "run.json", "protocol.yaml")


def show(selection: Selection) -> None:
    """Draw the page."""
    reading = readable(selection, "Export")
    if reading is None:
        if selection.entry:
            _files(selection.entry.folder)
        return
    left, right = st.columns(2)
    with left:
        titles = {name: TITLES.get(name, name) for name in FORMATS}
        form = address.choose(st.segmented_control, "Format", titles, "latex", "format")
    with right:
        layout = address.choose(st.segmented_control, "Columns", caches.LAYOUTS, "results", "columns")
    try:
        text = render(caches.table(selection, reading, layout), form)
    except (FpbenchError, ValueError) as error:
        st.error(f"The table cannot be made: {error}", icon=":material/report:")
        return
    name = f"{reading.manifest.id}-{layout}.{SUFFIXES[form]}"
    st.download_button(f"Download {name}", text, name, icon=":material/download:", on_click="ignore")
    st.code(text, language=None, height=380)  # the colours of highlighting are too faint to read
    if selection.filters:
        note(f"The filters hold here too: only {selection.filters}.")
    elif not reading.preliminary:
        note(f"On the command line: fpbench table {reading.entry.folder} --format {form} --layout {layout}")
    _files(reading.entry.folder)


def _files(folder: Path) -> None:
    st.subheader("Files of the run")
    paths = [path for pattern in FILES for path in sorted(folder.glob(pattern))]
    if not paths:
        note("This run has left no files yet.")
        return
    names = {str(path.relative_to(folder)): path for path in paths}
    chosen = st.selectbox("File", list(names), key="file")
    path = names[chosen or next(iter(names))]
    data = path.read_bytes()
    if path.suffix == ".png":
        st.image(data, width="stretch")
    label = f"Download {path.name} ({len(data) / 1024:.0f} kB)"
    st.download_button(label, data, path.name, icon=":material/download:", on_click="ignore", key="file download")
