"""Plain tables as HTML: no script to load, and they break lines where a phone needs it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from dashboard.theme import Ink

_STYLE = """<style>
.fp-list{overflow-x:auto}
.fp-list table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.9rem}
.fp-list th{font-weight:600;text-align:left;padding:.4rem .7rem;border-bottom:1px solid LINE;color:MUTED;
 white-space:nowrap}
.fp-list td{padding:.38rem .7rem;border-bottom:1px solid LINE;color:TEXT;vertical-align:top;overflow-wrap:break-word;
 min-width:5rem;max-width:34rem}
.fp-list .number{text-align:right;white-space:nowrap;min-width:0}
</style>"""


def render(label: str, heads: Sequence[str], rows: Iterable[Sequence[object]], ink: Ink) -> str:
    """A table; numbers stand right, None is an empty cell, and everything is escaped.

    Args:
        label: what the table is, for screen readers.
    """
    style = _STYLE.replace("LINE", ink.line).replace("MUTED", ink.muted).replace("TEXT", ink.text)
    content = [list(row) for row in rows]
    right = [any(_is_number(row[k]) for row in content) for k in range(len(heads))]
    kinds = [' class="number"' if one else "" for one in right]
    head = "".join(f'<th scope="col"{kind}>{escape(name)}</th>' for name, kind in zip(heads, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{_text(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in content
    )
    return (
        f'{style}<div class="fp-list" tabindex="0" role="region" aria-label="{escape(label)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float) or (isinstance(cell, str) and cell.rstrip(" %").isdecimal())


def _text(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:,.0f}" if isinstance(cell, float) else escape(str(cell))
