"""One look for every figure: sizes of a paper column, colours that colour-blind readers tell apart, fixed metadata."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpbench.runs.files import atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D00")
"""Okabe & Ito's palette without black (the truth) and with its yellow darkened to show on white."""
DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (5, 1.5, 1, 1.5)))
COLUMN_INCHES, PAGE_INCHES = 3.35, 6.9

_SETTINGS: dict[Any, Any] = {
    "font.size": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.1,
    "legend.frameon": False,
    "savefig.bbox": "tight",
    "pdf.fonttype": 42,  # real fonts, which journals ask for
    "svg.hashsalt": "fpbench",
}
_NO_DATES: dict[str, dict[str, Any]] = {
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    "png": {"Software": None},
}


@contextmanager
def drawing() -> Iterator[Any]:
    """``matplotlib`` with the Agg backend and our settings; those of the caller are untouched afterwards."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    def figure(**how: Any) -> Figure:
        made = Figure(**how)
        FigureCanvasAgg(made)
        return made

    with mpl.rc_context(_SETTINGS):
        yield figure


def line_style(position: int) -> dict[str, Any]:
    """Colour and dash of the ``position``-th system: a second channel beside colour once the colours repeat."""
    turn = position // len(OKABE_ITO)
    return {"color": OKABE_ITO[position % len(OKABE_ITO)], "linestyle": DASHES[(position + turn) % len(DASHES)]}


def save_figure(figure: Figure, stem: Path, scratch: Path) -> list[Path]:
    """Write ``stem.pdf`` and ``stem.png`` without dates, so that equal figures are equal files."""
    paths = []
    for form, metadata in _NO_DATES.items():
        path = stem.with_suffix(f".{form}")
        with atomic(path, scratch) as temporary:
            figure.savefig(temporary, format=form, dpi=200, metadata=metadata)
        paths.append(path)
    return paths
