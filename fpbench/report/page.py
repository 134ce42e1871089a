"""A run as one HTML page that can be mailed: nothing is loaded from anywhere, everything foreign is escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any, cast

from fpbench.errors import FpbenchError
from fpbench.report import html
from fpbench.report.data import RunData, load_run
from fpbench.report.figures import draw_figure
from fpbench.report.headers import flatten
from fpbench.report.paired import paired_table
from fpbench.report.published import strategy
from fpbench.report.results import primary_metrics, results_table
from fpbench.report.snippets import snippets

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:78rem;margin:2rem auto;padding:0 1.2rem;color:#1b1b1b;"
    "background:#fff}h1{font-size:1.7rem;margin:0 0 .3rem}h2{font-size:1.2rem;margin:2.6rem 0 .8rem;"
    "border-bottom:1px solid #d9d9d9;padding-bottom:.2rem}h3{font-size:1rem;margin:1.4rem 0 .5rem}"
    ".lead,figcaption,tfoot,.none{color:#595959;font-size:.87rem}.scroll{overflow-x:auto}"
    "table{border-collapse:collapse;font-size:.83rem;font-variant-numeric:tabular-nums}"
    "caption{text-align:left;font-weight:600;padding-bottom:.4rem}"
    "thead{border-top:2px solid;border-bottom:1px solid}tbody{border-bottom:2px solid}"
    "th,td{padding:.22rem .7rem;text-align:right;white-space:nowrap}th[scope=row],thead tr:first-child th:first-child"
    "{text-align:left;font-weight:400}tr.ceiling,tr.floor{color:#595959}tfoot td{text-align:left;white-space:normal;"
    "padding:.15rem 0}"
    ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(30rem,100%),1fr));gap:1.6rem}"
    "figure{margin:0}"
    "figure img{max-width:100%;height:auto}"
    ".clips{display:grid;grid-template-columns:repeat(auto-fill,minmax(192px,1fr));gap:.8rem}"
    "video{width:100%;background:#000;display:block;image-rendering:pixelated}"
    "button{font:inherit;padding:.2rem .8rem;margin-bottom:.6rem;cursor:pointer}"
    ".facts th{text-align:left;font-weight:400;color:#595959;vertical-align:top}.facts td{text-align:left;"
    "white-space:normal;overflow-wrap:anywhere}pre{background:#f6f6f6;padding:.8rem 1rem;overflow-x:auto;"
    "font-size:.8rem}@media print{video,button{display:none}}"
)
SCRIPT = (
    "for(const b of document.querySelectorAll('button'))b.onclick=()=>{"
    "for(const v of b.nextElementSibling.querySelectorAll('video')){v.currentTime=0;v.play()}}"
)
"""All clips of a task start together; without scripts each still has its own controls."""


def report_page(folder: Path, *, clips: int = 2) -> str:
    """The page of a finished run: tables, figures, small clips of the first tasks, provenance, protocol.

    Args:
        clips: tasks whose clips are embedded, at a few hundred kilobytes for each minute of video.

    Raises:
        FpbenchError: no finished run, or one of its files is damaged.
    """
    run = load_run(folder)
    title, policy = escape(str(run.manifest.protocol["title"])), base64.b64encode(_digest()).decode()
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; media-src data:;'
        f" style-src 'unsafe-inline'; script-src 'sha256-{policy}'\">"
        f"<title>{title}</title><style>{STYLE}</style>"
    )
    body = "\n".join(
        [f"<h1>{title}</h1>", _lead(run), *_tables(run), *_figures(run), *_clips(run, clips), *_facts(run)]
    )
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n<main>\n{body}\n</main>\n'
        f"<script>{SCRIPT}</script>\n</body></html>\n"
    )


def _digest() -> bytes:
    return hashlib.sha256(SCRIPT.encode()).digest()


def _lead(run: RunData) -> str:
    counts, made = run.manifest.counts, run.manifest
    failed = f", <strong>{counts.failed} failed</strong>" if counts.failed else ""
    return (
        f'<p class="lead">Run {escape(made.id)}, finished {escape(made.updated[:16].replace("T", " "))} UTC ·'
        f" {len(run.systems)} systems · {len(set(run.tasks))} tasks of {run.frames} frames ·"
        f" {counts.done} of {counts.cells} cells measured{failed}</p>"
    )


def _tables(run: RunData) -> list[str]:
    parts = ["<h2>Results</h2>", _scrolling(html.render(results_table(run)))]
    if run.manifest.protocol["reference"] is not None:
        parts += ["<h2>Against the reference</h2>", _scrolling(html.render(paired_table(run)))]
    return parts


def _scrolling(table: str) -> str:
    return f'<div class="scroll" tabindex="0">{table}</div>'


def _figures(run: RunData) -> list[str]:
    """Every figure that this run has the data for."""
    wanted: list[tuple[str, dict[str, Any], str]] = [
        ("drift", {"metric": name}, f"{name} over time, mean over tasks with its 95 % band")
        for name in primary_metrics(run)
    ]
    wanted += [("tradeoff", {}, "Drift against quality"), ("wins", {}, "Who beats whom, task by task")]
    if run.manifest.protocol["reference"] is not None:
        wanted.insert(-1, ("forest", {}, "Differences to the reference"))
    packs: dict[str, str] = {}
    for name in run.systems:
        if plan := strategy(run, name):
            packs.setdefault(f"{plan['pack']} {plan['order']}", name)
    wanted += [("plan", {"systems": [name]}, f"What {name} sees ({pack})") for pack, name in packs.items()]
    wanted += [("cost", {}, "Cost of the history")] if packs else []
    parts = ["<h2>Figures</h2>", '<div class="figures">']
    for kind, how, caption in wanted:
        try:
            parts.append(_picture(draw_figure(run.folder, kind, "svg", **how), caption))
        except FpbenchError as error:
            reason = str(error).replace(str(run.folder), run.folder.name)  # paths of this machine concern no reader
            parts.append(f'<p class="none">{escape(caption)}: {escape(reason)}</p>')
    return [*parts, "</div>"]


def _picture(svg: bytes, caption: str) -> str:
    text = escape(caption)
    source = base64.b64encode(svg).decode()
    return (
        f'<figure><img alt="{text}" src="data:image/svg+xml;base64,{source}"><figcaption>{text}</figcaption></figure>'
    )


def _clips(run: RunData, count: int) -> list[str]:
    if count == 0:
        return []
    parts = ["<h2>Clips</h2>"]
    for task, members in snippets(run, count).items():
        videos = "\n".join(
            f'<figure><video controls muted loop playsinline preload="auto" aria-label="{escape(name)}, {escape(task)}"'
            f' src="data:video/mp4;base64,{base64.b64encode(content).decode()}"></video>'
            f"<figcaption>{escape(name)}</figcaption></figure>"
            for name, content in members.items()
        )
        button = '<button type="button">Play all from the start</button>'
        parts.append(f'<h3>{escape(task)}</h3>\n{button}\n<div class="clips">\n{videos}\n</div>')
    if len(parts) == 1:
        parts.append('<p class="none">The clips of this run are not in its results folder.</p>')
    return parts


def _facts(run: RunData) -> list[str]:
    made = run.manifest
    session = dict(made.sessions[-1]) if made.sessions else {}
    metrics = [
        (name, f"{facts['doc']}; {facts['direction']}, {facts['unit'] or 'no unit'}, version {facts['version']}")
        for name, facts in made.metrics.items()
    ]
    systems = [(name, _summary(run, name)) for name in run.systems]
    failures = [(name, f"{count} cells failed") for name, count in run.failures().items()]
    given = run.folder / "protocol.yaml"
    protocol = given.read_text("utf-8", errors="replace") if given.is_file() else "not stored"
    return [
        "<h2>Systems</h2>",
        _table(systems),
        *(["<h2>Failures</h2>", _table(failures)] if failures else []),
        "<h2>Metrics</h2>",
        _table(metrics),
        "<h2>Provenance</h2>",
        _table([("sessions", str(len(made.sessions))), ("overrides", ", ".join(made.overrides) or "none")]),
        _table(flatten(dict(session))),
        "<h2>Protocol as given</h2>",
        f"<pre>{escape(protocol)}</pre>",
    ]


def _summary(run: RunData, name: str) -> str:
    card = cast("dict[str, Any]", run.manifest.systems[name]["card"])
    plan = strategy(run, name)
    facts = [str(card.get("source", "")), *([f"{plan['pack']}, {plan['order']} order"] if plan else [])]
    if "passes_per_frame" in card:
        facts.append(f"{float(card['passes_per_frame']):.2f} passes a frame, {card.get('context_tokens', 0)} tokens")
    return "; ".join(fact for fact in facts if fact)


def _table(rows: Iterable[Sequence[str]]) -> str:
    lines = "\n".join(f'<tr><th scope="row">{escape(key)}</th><td>{escape(value)}</td></tr>' for key, value in rows)
    return f'<table class="facts">\n{lines}\n</table>'
