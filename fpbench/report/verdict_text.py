"""Judgements as text: a Markdown page, CSV rows, JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence

from fpbench.errors import FpbenchError
from fpbench.report.claims import Finding, Judgement
from fpbench.report.claims_file import claims_json
from fpbench.report.paper import Agreement

HEAD = ("claim", "verdict", "source", "finding", "ours", "power", "paper", "registered", "note")


def render_claims(found: Sequence[Judgement], agreements: Mapping[str, Sequence[Agreement]], form: str) -> str:
    """The judgements in a format.

    Args:
        found: one per claim, the paper's and those of protocols.
        agreements: rank agreement with the paper's columns, by run.
        form: markdown, csv or json.

    Raises:
        FpbenchError: no such format.
    """
    if form not in FORMATS:
        raise FpbenchError(f"format {form!r}: known are {', '.join(FORMATS)}")
    return FORMATS[form](found, agreements)


def _markdown(found: Sequence[Judgement], agreements: Mapping[str, Sequence[Agreement]]) -> str:
    lines = ["# Claims", *_verdicts("claim", [one for one in found if not one.claim.protocol])]
    if besides := [one for one in found if one.claim.protocol]:
        lines += ["", "No claims of the paper, but registered by a protocol before it ran:"]
        lines += _verdicts("registered", besides)
    for one in found:
        if one.findings or one.claim.note:
            lines += ["", f"## {one.claim.text}", "", f"**{one.verdict}**", *_evidence(one)]
    for run, columns in agreements.items():
        lines += ["", f"## Rank agreement with Table 1: {run}", ""]
        lines += ["| paper | ours | Kendall τ | rows |", "| :-- | :-- | --: | --: |"]
        lines += [f"| {one.column} | {one.metric}, {one.part} | {_tau(one)} | {one.rows} |" for one in columns]
    return "\n".join(lines).replace("_", "\\_") + "\n"


def _verdicts(heading: str, found: Sequence[Judgement]) -> list[str]:
    rows = [f"| {one.claim.text} | {one.verdict} |" for one in found]
    return ["", f"| {heading} | verdict |", "| :-- | :-- |", *rows]


def _evidence(one: Judgement) -> list[str]:
    lines = [""] if one.findings else []
    for finding in one.findings:
        late = "" if finding.registered else " (not registered before the run)"
        lines.append(f"- {finding.verdict}{late}: {finding.source}. {finding.ours}{_power(finding)}.")
        if finding.paper:
            lines.append(f"  Paper: {finding.paper}.")
    return lines + (["", f"In the paper: {one.claim.note}"] if one.claim.note else [])


def _power(finding: Finding) -> str:
    return "" if finding.power is None else f"; power {finding.power:.0%}"


def _tau(one: Agreement) -> str:
    return f"{one.tau:+.2f} [{one.low:+.2f}, {one.high:+.2f}]"


def _csv(found: Sequence[Judgement], _agreements: Mapping[str, Sequence[Agreement]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    for one in found:
        for finding in one.findings or (Finding("", one.verdict, ""),):
            power = "" if finding.power is None else f"{finding.power:.4f}"
            facts = (finding.source, finding.verdict, finding.ours, power, finding.paper, finding.registered)
            writer.writerow((one.claim.name, one.verdict, *facts, one.claim.note))
    return out.getvalue()


FORMATS: dict[str, Callable[[Sequence[Judgement], Mapping[str, Sequence[Agreement]]], str]] = {
    "markdown": _markdown, "csv": _csv, "json": claims_json,
}  # fmt: skip
