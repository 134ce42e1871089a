"""The degradation battery as a table, and the page of metric cards. Measuring is ``fpbench.metrics.battery``."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence

from fpbench.metrics import card, groups
from fpbench.metrics.battery import Outcome
from fpbench.metrics.card import Card, Sign
from fpbench.metrics.degradations import DEGRADATIONS
from fpbench.report.markdown import escape

HOLDS = 0.95
"""A declared sign holds when this share of the clips shows it."""
HARMLESS = ("retag", "half_size", "reverse")
"""No damage to a picture: no metric is misled by them."""
ARROWS = {"up": "higher is better", "down": "lower is better", "two-sided": "compared with a reference"}
SIGNS: dict[Sign, str] = {"+": "+", "-": "−", "0": "0", "?": "?"}
LEGEND = (
    "`+` rises, `−` falls, `0` stays (5 % of its mean or a tenth of its spread over frames).",
    "`*` misleading: the damage improves the metric.",
)
INTRODUCTION = """\
# Metrics

Made from the metrics' own cards; `fpbench list metrics` shows what is installed, `fpbench battery` checks the signs.

Notation: Y is luma (BT.601, 0-255), x_t frame t, SD a standard deviation over pixels. A value belongs to a frame; a
clip's value is the mean over its frames. Fewest: values that a window needs before its mean is taken; for metrics of
sets, frames or windows in each set.
"""


def misleads(one: Card, kind: str, sign: Sign) -> bool:
    """Whether damage of a kind that changes the metric by ``sign`` makes a clip look better."""
    better = {"up": "+", "down": "-"}.get(one.direction)
    return kind not in HARMLESS and sign == better


def failures(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The outcomes whose declared sign does not hold."""
    return [one for one in outcomes if one.agreement < HOLDS]


def battery_table(outcomes: Sequence[Outcome]) -> str:
    """Markdown: a row for each metric, a column for each degradation.

    A declared sign that holds is printed plainly, one that does not with the share of clips that show it and ``!``,
    and where none is declared, what most clips did in brackets.
    """
    found = {(one.metric, one.degradation): one for one in outcomes}
    metrics = list(dict.fromkeys(one.metric for one in outcomes))
    clips = max((len(one.changes) for one in outcomes), default=0)
    lines = _table(metrics, lambda metric, kind: _observed(found.get((metric, kind))))
    broken = failures(outcomes)
    declared = sum(not math.isnan(one.agreement) for one in outcomes)
    lines += ["", *(f"- {line}" for line in LEGEND), "- `( )` not declared: what most clips did."]
    lines.append(f"- {clips} clips; {declared - len(broken)} of {declared} declared signs hold on {HOLDS:.0%} of them.")
    return "\n".join(lines) + "\n"


def battery_csv(outcomes: Sequence[Outcome]) -> str:
    """A row for each metric and degradation: declared and observed sign, agreement, mean change."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["metric", "degradation", "declared", "observed", "agreement", "mean_change", "clips"])
    for one in outcomes:
        change = math.fsum(one.changes) / len(one.changes) if one.changes else math.nan
        facts = [one.metric, one.degradation, one.expected, one.observed]
        writer.writerow([*facts, repr(one.agreement), repr(change), len(one.changes)])
    return buffer.getvalue()


def metric_page() -> str:
    """The page ``docs/metrics.md``: every card of every group, then the declared signs."""
    names = [name for members in groups().values() for name in members]
    parts = [INTRODUCTION]
    for group, members in groups().items():
        parts += [f"## {group}\n", *(_card(card(name)) for name in members)]
    parts.append("## How damage changes them\n")
    parts.append("Declared on the cards and checked on real pictures by the tests; blank where nothing is declared.\n")
    parts.append("\n".join(f"- {kind}: {one.doc}" for kind, one in DEGRADATIONS.items()) + "\n")
    parts.append("\n".join(_table(names, _declared)) + "\n")
    parts.append("\n".join(f"- {line}" for line in LEGEND))
    return "\n".join(parts) + "\n"


def _card(one: Card) -> str:
    low, high = (("−∞" if end < 0 else "∞") if math.isinf(end) else f"{end:g}" for end in one.range)
    invariant = [kind for kind, sign in one.signs.items() if sign == "0"]
    misleading = [kind for kind, sign in one.signs.items() if misleads(one, kind, sign)]
    facts = [
        f"{ARROWS[one.direction]}; {one.unit or 'no unit'}; {low} to {high}; fewest {one.k_min}; version {one.version}",
        *(["about 8 values a second"] if one.sampled == "grid" else []),
        *([f"needs {', '.join(one.needs)}"] if one.needs else []),
        *([f"unchanged by {', '.join(invariant)}"] if invariant else []),
        *([f"**misled by {', '.join(misleading)}**"] if misleading else []),
    ]
    return f"### {one.name}\n\n{one.doc}\n\n    {one.formula}\n\n" + "\n".join(f"- {fact}" for fact in facts) + "\n"


def _table(metrics: Sequence[str], cell: Callable[[str, str], str]) -> list[str]:
    head = ["metric", *DEGRADATIONS]
    rows = [[metric, *(cell(metric, kind) for kind in DEGRADATIONS)] for metric in metrics]
    rule = [":---", *(":---:" for _ in DEGRADATIONS)]
    return [f"| {' | '.join(line)} |" for line in ([escape(word) for word in head], rule, *map(_escaped, rows))]


def _escaped(row: Sequence[str]) -> list[str]:
    return [escape(row[0]), *row[1:]]


def _declared(metric: str, kind: str) -> str:
    sign = card(metric).signs.get(kind)
    return "" if sign is None else _sign(metric, kind, sign)


def _observed(one: Outcome | None) -> str:
    if one is None:
        return ""
    if one.expected == "?":
        return f"({SIGNS[one.observed]})"
    text = _sign(one.metric, one.degradation, one.expected)
    return text if one.agreement >= HOLDS else f"{text} {one.agreement:.0%}!"


def _sign(metric: str, kind: str, sign: Sign) -> str:
    return SIGNS[sign] + (r"\*" if misleads(card(metric), kind, sign) else "")
