"""Judged claims as a table, each difference drawn against none. HTML, so that it can be read without a script."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from dashboard.theme import Ink
from fpbench.report.claims import Finding, Judgement
from fpbench.report.verdicts import Verdict

WORDS: Mapping[Verdict, str] = {
    "supported": "Supported",
    "contradicted": "Contradicted",
    "undecided": "Undecided",
    "not run": "Not run",
}
MARKS: Mapping[Verdict, str] = {"supported": "✓", "contradicted": "✗", "undecided": "?", "not run": "–"}
"""A sign beside the word, so that neither needs a colour."""
WIDTH = 160
_STYLE = """<style>
.fp-claims{overflow-x:auto}
.fp-claims table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.93rem}
.fp-claims th{font-weight:600;text-align:left;padding:.45rem .7rem;border-bottom:1px solid LINE;color:MUTED}
.fp-claims td{padding:.55rem .7rem;vertical-align:top;color:TEXT}
.fp-claims tr.first td{border-top:1px solid LINE}
.fp-claims td.claim{min-width:15rem;max-width:24rem}.fp-claims td.evidence{min-width:14rem}
.fp-claims .verdict{white-space:nowrap;font-weight:600}
.fp-claims .verdict i{display:inline-grid;place-items:center;width:1.3rem;height:1.3rem;border-radius:50%;
 margin-right:.45rem;font-style:normal;font-size:.8rem;border:1.5px solid TEXT}
.fp-claims .supported i{background:TEXT;color:PAGE}
.fp-claims .contradicted i{border-color:BAD;background:BAD;color:PAGE}
.fp-claims .contradicted{color:BAD}
.fp-claims .undecided,.fp-claims .not{color:MUTED}
.fp-claims .undecided i,.fp-claims .not i{border-color:MUTED}
.fp-claims small{display:block;color:MUTED;font-size:.82rem;margin-top:.15rem}
.fp-claims .number{text-align:right;white-space:nowrap}
.fp-claims .axis{display:block;position:relative;width:160px;height:14px;margin-top:.25rem}
.fp-claims .axis .zero{position:absolute;top:0;bottom:0;width:1px;background:SHADE}
.fp-claims .axis .wanted{position:absolute;top:2px;bottom:2px;background:LINE}
.fp-claims .axis .span{position:absolute;top:5px;height:4px;border-radius:2px;background:SHADE}
@media (max-width:640px){.fp-claims table,.fp-claims tbody,.fp-claims tr,.fp-claims td{display:block}
 .fp-claims thead{display:none}.fp-claims td{padding:.15rem 0}.fp-claims tr{padding:.4rem 0}
 .fp-claims tr.first{border-top:1px solid LINE}.fp-claims tr.first td{border:0}
 .fp-claims .number{text-align:left}.fp-claims .number:not(:empty):before{content:"power "}
 .fp-claims .paper:not(:empty):before{content:"paper: "}}
.fp-claims .axis .mean{position:absolute;top:2px;width:10px;height:10px;border-radius:50%;background:TEXT}
</style>"""


def render(claims: Sequence[Judgement], ink: Ink) -> str:
    """The table. Each interval has a scale of its own around no difference, since units differ."""
    bad = "#F0894A" if ink.page != "#FFFFFF" else "#B04A00"
    style = _STYLE
    colours = {"LINE": ink.line, "MUTED": ink.muted, "TEXT": ink.text, "SHADE": ink.shade, "PAGE": ink.page, "BAD": bad}
    for name, colour in colours.items():
        style = style.replace(name, colour)
    heads = ("Verdict", "Claim", "Evidence", "As claimed: to the right", "Power", "Paper")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(_rows(claim) for claim in claims)
    return (
        f'{style}<div class="fp-claims" tabindex="0" role="region" aria-label="Claims"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _rows(one: Judgement) -> str:
    """A claim and beside it one row for every finding."""
    note = f"<small>In the paper: {escape(one.claim.note)}</small>" if one.claim.note else ""
    span = f' rowspan="{max(1, len(one.findings))}"'
    claim = (
        f'<td class="verdict {one.verdict}"{span}><i aria-hidden="true">{MARKS[one.verdict]}</i>{WORDS[one.verdict]}'
        f'</td><td class="claim"{span}>{escape(one.claim.text)}{note}</td>'
    )
    evidence = [_evidence(finding, alone=len(one.findings) == 1) for finding in one.findings]
    first, *others = evidence or ['<td colspan="4"></td>']
    return f'<tr class="first">{claim}{first}</tr>' + "".join(f"<tr>{row}</tr>" for row in others)


def _evidence(finding: Finding, *, alone: bool) -> str:
    word = "" if alone else f"<b>{WORDS[finding.verdict]}.</b> "
    late = "" if finding.registered else ", not registered before the run"
    power = "" if finding.power is None else f"{finding.power:.0%}"
    return (
        f'<td class="evidence">{word}{escape(finding.ours)}<small>{escape(finding.source)}{late}</small></td>'
        f'<td>{_axis(finding)}</td><td class="number">{power}</td><td class="paper">{escape(finding.paper)}</td>'
    )


def _axis(one: Finding) -> str:
    """Interval and estimate around no difference, and the smallest difference that would do for the claim."""
    if one.effect is None or one.low is None or one.high is None:
        return ""
    wanted = one.smallest or 0.0
    sign = -1 if one.expect == "less" else 1
    effect, (low, high) = sign * one.effect, sorted((sign * one.low, sign * one.high))
    reach = 1.05 * max(abs(low), abs(high), abs(effect), wanted)
    if not math.isfinite(reach) or reach == 0:
        return ""

    def at(value: float) -> float:
        return WIDTH / 2 + (WIDTH / 2 - 6) * value / reach

    start, stop = (-wanted, wanted) if one.expect == "same" else (wanted, reach)
    return (
        f'<span class="axis" role="img" aria-label="{effect:+.3g}, from {low:+.3g} to {high:+.3g}">'
        f'<span class="wanted" style="left:{at(start):.1f}px;width:{at(stop) - at(start):.1f}px"></span>'
        f'<span class="zero" style="left:{WIDTH / 2:.0f}px"></span>'
        f'<span class="span" style="left:{at(low):.1f}px;width:{max(2.0, at(high) - at(low)):.1f}px"></span>'
        f'<span class="mean" style="left:{at(effect) - 5:.1f}px"></span></span>'
    )
