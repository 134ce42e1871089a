"""One look for every figure: sizes of a paper column, colours that colour-blind readers tell apart, fixed metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpbench.runs.files import write_atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D00")
"""Okabe & Ito's palette without black (the truth) and with its yellow darkened to show on white."""
DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (5, 1.5, 1, 1.5)))
MARKERS = ("o", "D", "^", "v")
COLUMN_INCHES, PAGE_INCHES = 3.35, 6.9

_SETTINGS: dict[Any, Any] = {
    "font.size": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.1,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.titlesize": 7.5,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "legend.fontsize": 6.5,
    "pdf.fonttype": 42,  # real fonts, which journals ask for
    "svg.hashsalt": "fpbench",
}
FORMS: dict[str, dict[str, Any]] = {
    "pdf": {"metadata": {"CreationDate": None, "Producer": None, "Creator": None}},
    "svg": {"metadata": {"Date": None, "Creator": None}},
    "png": {"metadata": {"Software": None}},
    "jpg": {"pil_kwargs": {"quality": 90}},
}
"""File formats, each with what keeps dates and versions out of it; the last is for pictures of video."""
DPI = 200
INK, MUTED, FAINT = "#222222", "#6b6b6b", "#d9d9d9"

Factory = Callable[..., "Figure"]
"""Makes an empty figure of ``figsize`` inches."""


@contextmanager
def drawing() -> Iterator[Factory]:
    """``matplotlib`` with the Agg backend and our settings; those of the caller are untouched afterwards."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    def figure(**how: Any) -> Figure:
        made = Figure(layout="constrained", **how)  # everything inside the width that a journal gives
        FigureCanvasAgg(made)
        return made

    with mpl.rc_context(_SETTINGS):
        yield figure


def line_style(position: int) -> dict[str, Any]:
    """Colour and dash of the ``position``-th system, never the same pair for any two of the first 28."""
    turn, colour = divmod(position, len(OKABE_ITO))
    # the dash changes with the colour too, so that seven systems can be told apart in black and white
    return {"color": OKABE_ITO[colour], "linestyle": DASHES[(colour + turn) % len(DASHES)]}


def place_legend(figure: Figure, width: float, title: str | None = None) -> None:
    """The legend of the only axes beside it on a page, below it in a column."""
    handles, labels = figure.axes[0].get_legend_handles_labels()
    beside = width >= PAGE_INCHES
    figure.legend(
        handles,
        labels,
        loc="outside right center" if beside else "outside lower center",
        ncols=1 if beside else 2,
        handlelength=2.6,
        columnspacing=1,
        title=title,
        title_fontsize=6.5,
        alignment="left",
    )


def figure_bytes(figure: Figure, form: str) -> bytes:
    """The figure as one of ``FORMS``, without dates, so that equal figures are equal bytes."""
    buffer = BytesIO()
    figure.savefig(buffer, format=form, dpi=DPI, **FORMS[form])
    return buffer.getvalue()


def save_figure(figure: Figure, stem: Path, scratch: Path) -> list[Path]:
    """Write ``stem.pdf`` and ``stem.png``."""
    paths = []
    for form in ("pdf", "png"):
        path = stem.with_suffix(f".{form}")
        write_atomic(path, figure_bytes(figure, form), scratch)
        paths.append(path)
    return paths
