"""The one-page report of a preference study in Markdown or HTML; its facts are ``fpbench.preference.checklist``."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape as html_escape
from pathlib import Path

from fpbench.errors import FpbenchError
from fpbench.preference.checklist import NOT_RECORDED, Checklist
from fpbench.report import html, markdown
from fpbench.report.elo import conventions_table, elo_table

STYLE = (
    "body{font:15px/1.45 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.15rem .6rem .15rem 0}"
    "th[scope=row]{font-weight:500;width:38%}pre{white-space:pre-wrap;border-left:3px solid #999;padding-left:1rem}"
    "img{max-width:100%;border:1px solid #ccc}"
)
KINDS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}


def as_markdown(found: Checklist, screenshots: Sequence[Path] = ()) -> str:
    """The page as Markdown; screenshots are linked."""
    parts = [f"# Study {markdown.escape(found.study_id)}\n"]
    for section in found.sections:
        rows = [f"| {_cell(question)} | {_cell(answer)} |" for question, answer in section.rows]
        parts.append("\n".join([f"## {section.title}\n", "| | |", "| :--- | :--- |", *rows]) + "\n")
    parts.append("## Results\n")
    tables = [] if found.board is None else [elo_table(found.board), conventions_table(found.board)]
    parts += [markdown.render(table) for table in tables] or [NOT_RECORDED + "\n"]
    parts.append("## Instructions, verbatim\n")
    fence = "`" * max(3, _longest_fence(found.instructions) + 1)
    parts.append(f"{fence}text\n{found.instructions}\n{fence}\n" if found.instructions else NOT_RECORDED + "\n")
    parts.append("## Screenshots\n")
    parts.append("\n\n".join(f"![what raters saw]({path})" for path in screenshots) or NOT_RECORDED)
    return "\n".join(parts) + "\n"


def as_html(found: Checklist, screenshots: Sequence[Path] = ()) -> str:
    """The page as one HTML file without scripts; screenshots are embedded.

    Raises:
        FpbenchError: a screenshot cannot be read, or is no picture that browsers show.
    """
    title = f"Study {html_escape(found.study_id)}"
    parts = [f"<h1>{title}</h1>"]
    for section in found.sections:
        rows = "\n".join(
            f'<tr><th scope="row">{html_escape(question)}</th><td>{html_escape(answer)}</td></tr>'
            for question, answer in section.rows
        )
        parts.append(f"<h2>{html_escape(section.title)}</h2>\n<table>\n{rows}\n</table>")
    tables = [] if found.board is None else [elo_table(found.board), conventions_table(found.board)]
    parts += ["<h2>Results</h2>", *(map(html.render, tables) if tables else [NOT_RECORDED])]
    text = f"<pre>{html_escape(found.instructions)}</pre>" if found.instructions else NOT_RECORDED
    pictures = "\n".join(map(_picture, screenshots)) or NOT_RECORDED
    parts += ["<h2>Instructions, verbatim</h2>", text, "<h2>Screenshots</h2>", pictures]
    head = f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def _cell(text: str) -> str:
    return markdown.escape(text).replace("\n", "<br>")


def _longest_fence(text: str) -> int:
    """Length of the longest run of backticks, which must not close the block early."""
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest


def _picture(path: Path) -> str:
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise FpbenchError(f"{path}: screenshots come as {', '.join(KINDS)}")
    try:
        content = base64.b64encode(path.read_bytes()).decode()
    except OSError as error:
        raise FpbenchError(f"{path}: cannot be read ({error.strerror})") from error
    return f'<p><img alt="what raters saw" src="data:image/{kind};base64,{content}"></p>'
