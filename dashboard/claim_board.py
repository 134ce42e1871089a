"""Claims as a table with every effect drawn against no effect. HTML, so that it can be read without a script."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from dashboard.theme import Ink
from fpbench.report.claims_file import Claim, Verdict

WORDS: Mapping[Verdict, str] = {
    "supported": "Supported",
    "contradicted": "Contradicted",
    "undecided": "Undecided",
}
MARKS: Mapping[Verdict, str] = {"supported": "✓", "contradicted": "✗", "undecided": "?"}
"""A sign beside the word, so that neither needs a colour."""
WIDTH = 180
_STYLE = """<style>
.fp-claims{overflow-x:auto}
.fp-claims table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.93rem}
.fp-claims th{font-weight:600;text-align:left;padding:.45rem .7rem;border-bottom:1px solid LINE;color:MUTED}
.fp-claims td{padding:.6rem .7rem;border-bottom:1px solid LINE;vertical-align:top;color:TEXT}
.fp-claims .verdict{white-space:nowrap;font-weight:600}
.fp-claims .verdict i{display:inline-grid;place-items:center;width:1.3rem;height:1.3rem;border-radius:50%;
 margin-right:.45rem;font-style:normal;font-size:.8rem;border:1.5px solid TEXT}
.fp-claims .supported i{background:TEXT;color:PAGE}
.fp-claims .contradicted i{border-color:BAD;background:BAD;color:PAGE}
.fp-claims .contradicted{color:BAD}
.fp-claims .undecided{color:MUTED}.fp-claims .undecided i{border-color:MUTED}
.fp-claims small{display:block;color:MUTED;font-size:.82rem;margin-top:.15rem}
.fp-claims .number{text-align:right;white-space:nowrap}
.fp-claims .axis{display:block;position:relative;width:180px;height:14px}
.fp-claims .axis .zero{position:absolute;top:0;bottom:0;width:1px;background:SHADE}
.fp-claims .axis .span{position:absolute;top:5px;height:4px;border-radius:2px;background:SHADE}
.fp-claims .axis .mean{position:absolute;top:2px;width:10px;height:10px;border-radius:50%;background:TEXT}
</style>"""


def render(claims: Sequence[Claim], ink: Ink) -> str:
    """The table. Each interval has a scale of its own around no effect, since units differ."""
    bad = "#F0894A" if ink.page != "#FFFFFF" else "#B04A00"
    style = _STYLE
    colours = {"LINE": ink.line, "MUTED": ink.muted, "TEXT": ink.text, "SHADE": ink.shade, "PAGE": ink.page, "BAD": bad}
    for name, colour in colours.items():
        style = style.replace(name, colour)
    heads = ("Verdict", "Claim", "Effect here", "", "Power", "Paper")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(_row(claim) for claim in claims)
    return (
        f'{style}<div class="fp-claims" tabindex="0" role="region" aria-label="Claims"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(claim: Claim) -> str:
    runs = f"<small>{escape(', '.join(claim.runs))}</small>" if claim.runs else ""
    remark = f"<small>{escape(claim.note)}</small>" if claim.note else ""
    paper = escape(claim.figure) + ("" if claim.paper_effect is None else f"<small>{claim.paper_effect:+.3g}</small>")
    power = "—" if claim.power is None else f"{claim.power:.0%}"
    return (
        f'<tr><td class="verdict {claim.verdict}"><i aria-hidden="true">{MARKS[claim.verdict]}</i>'
        f"{WORDS[claim.verdict]}</td><td>{escape(claim.claim)}{remark}{runs}</td>"
        f'<td class="number">{_effect(claim)}</td><td>{_axis(claim)}</td>'
        f'<td class="number">{power}</td><td>{paper}</td></tr>'
    )


def _effect(claim: Claim) -> str:
    if claim.effect is None:
        return "—"
    unit = f" {escape(claim.unit)}" if claim.unit else ""
    spread = "" if claim.low is None or claim.high is None else f"<small>{claim.low:+.3g} … {claim.high:+.3g}</small>"
    return f"{claim.effect:+.3g}{unit}{spread}"


def _axis(claim: Claim) -> str:
    """Interval and estimate around zero, the longer side filling its half."""
    if claim.effect is None or claim.low is None or claim.high is None:
        return ""
    reach = max(abs(claim.low), abs(claim.high), abs(claim.effect))
    if not math.isfinite(reach) or reach == 0:
        return ""

    def at(value: float) -> float:
        return WIDTH / 2 + (WIDTH / 2 - 6) * value / reach

    low, high = at(claim.low), at(claim.high)
    return (
        f'<span class="axis" aria-hidden="true"><span class="zero" style="left:{WIDTH / 2:.0f}px"></span>'
        f'<span class="span" style="left:{low:.1f}px;width:{max(2.0, high - low):.1f}px"></span>'
        f'<span class="mean" style="left:{at(claim.effect) - 5:.1f}px"></span></span>'
    )
