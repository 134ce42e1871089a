"""What a reviewer asks of a human study, answered from its vote store: the facts behind the one-page report.

Covers the items of the NeurIPS paper checklist on statistical significance, compute, crowdsourcing and human subjects.
How the page looks is ``fpbench.report.study``. What the store cannot know has to be stated; what is not is said to be
not recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fpbench.preference.agreement import between, side_bias, with_self
from fpbench.preference.anomaly import ALPHA, anomalies, unusual
from fpbench.preference.errors import RatingError, StudyError
from fpbench.preference.probes import PROBES, inspect_board
from fpbench.preference.rating import fit
from fpbench.preference.records import VoteRecord, standing, to_votes
from fpbench.preference.report import EloReport, rate
from fpbench.preference.schedule import extras
from fpbench.preference.screening import Screening, screen
from fpbench.preference.study import Role, Study, StudyDesign, TimeFilters
from fpbench.preference.votes import BOTH_BAD, TIE, RaterKind, Votes
from fpbench.preference.wording import ANSWERS, QUESTIONS

if TYPE_CHECKING:
    from fpbench.preference.store import VoteStore

NOT_RECORDED = "NOT RECORDED"
STATED: Mapping[str, str] = {
    "recruitment": "how raters were found and chosen",
    "compensation": "pay per hour, and the minimum wage where they live",
    "consent": "what raters agreed to, and how",
    "ethics_review": "board and decision, or why none was needed",
    "risks": "risks to raters and how they were disclosed",
    "data_protection": "what is kept about raters, where, until when",
    "compute": "machines and hours that made the clips",
}


@dataclass(frozen=True)
class Section:
    """A heading with (question, answer) rows."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Checklist:
    """A study as a reviewer wants to see it.

    Attributes:
        instructions: what raters read, word for word.
        board: ratings of the votes that count; None where there are none.
    """

    study_id: str
    sections: tuple[Section, ...]
    instructions: str
    board: EloReport | None


def checklist(store: VoteStore, stated: Mapping[str, str] | None = None) -> Checklist:
    """Collect every fact; the chain is verified first and automatic votes are left out.

    Args:
        store: the study with its votes.
        stated: answers to the questions of ``STATED``.

    Raises:
        ChainBrokenError: the log was tampered with.
        StudyError: an answer to no question.
    """
    answers = dict(stated or {})
    if unknown := sorted(set(answers) - set(STATED)):
        raise StudyError(f"stated fact {unknown[0]!r}: known are {', '.join(STATED)}")
    records = [record for record in standing(store) if record.rater_kind is RaterKind.HUMAN]
    screened = screen(records, store.study.design)
    votes = to_votes(screened.kept)
    board = rate(votes) if len(votes) else None
    sections = (
        Section("Human subjects", (*((_label(key), answers.get(key, "")) for key in STATED), *_raters(store, records))),
        Section("Design, fixed before the first vote", _design(store.study)),
        Section("Votes", _votes(store, records, screened, votes)),
        Section("Reliability", _reliability(store.study, screened, board)),
        Section("Error bars", _error_bars(votes, board)),
    )
    return Checklist(store.study.design.study_id, tuple(map(_filled, sections)), store.study.design.instructions, board)


def _filled(section: Section) -> Section:
    return Section(section.title, tuple((question, answer or NOT_RECORDED) for question, answer in section.rows))


def _label(key: str) -> str:
    return f"{key.replace('_', ' ').capitalize()} ({STATED[key]})"


def _raters(store: VoteStore, records: Sequence[VoteRecord]) -> tuple[tuple[str, str], ...]:
    minutes = _minutes(records)
    median = f"{np.median(minutes):.0f}" if minutes else ""
    seats = store.study.design.seats
    return (("Raters who voted", f"{len({r.rater for r in records})} of {seats} seats"), ("Median minutes", median))


def _minutes(records: Sequence[VoteRecord]) -> list[float]:
    """Time on trials by rater, from showing to answering; breaks do not count."""
    spent: dict[str, dict[str, float]] = {}
    for record in records:
        times = record.telemetry
        trials = spent.setdefault(record.rater, {})
        trials[record.trial.id] = (times.voted_at - times.shown_at).total_seconds() / 60
    return [sum(trials.values()) for trials in spent.values()]


def _design(study: Study) -> tuple[tuple[str, str], ...]:
    design = study.design
    return (
        ("Systems", ", ".join(design.items)),
        ("Tasks", str(len(design.tasks))),
        ("Questions, in order", " ".join(QUESTIONS[criterion] for criterion in design.criteria)),
        ("Answers", ", ".join(ANSWERS.values())),
        ("Real trials of each rater", str(design.trials_per_seat)),
        ("Further trials of each rater", _further(design)),
        ("Schedule seed", str(design.seed)),
        ("Study hash (SHA-256)", study.sha256),
        ("Instructions hash (SHA-256)", study.instructions_sha256),
        ("Time filters", _filters(design.filters)),
    )


def _further(design: StudyDesign) -> str:
    extra = extras(design)
    checks = f"{extra.obvious} obvious and {extra.mild} mild catch, {extra.repeats} repeats with sides swapped"
    return f"{checks}, {extra.identical} identical pairs, {extra.practice} practice"


def _filters(rules: TimeFilters) -> str:
    soon = f"answered under {rules.drop_below_s_after_unlock:g} s after unlocking"
    late = f"above {rules.flag_above_s:g} s, or hidden for over {rules.flag_hidden_share:.0%} of the trial"
    return f"dropped: {soon}, or under {rules.drop_below_plays:g} full plays; flagged: {late}"


def _votes(
    store: VoteStore, records: Sequence[VoteRecord], screened: Screening, votes: Votes
) -> tuple[tuple[str, str], ...]:
    counts = "; ".join(f"{reason}: {count}" for reason, count in sorted(screened.counts().items())) or "none"
    shares = [f"{float((votes.outcome == code).mean()):.1%}" if len(votes) else "" for code in (TIE, BOTH_BAD)]
    return (
        ("Answers that stand", str(len(records))),
        ("Excluded or flagged, by reason", counts),
        ("Real overall votes rated", str(len(votes))),
        ("Ties", shares[0]),
        ("Both unacceptable", shares[1]),
        ("Events in the log, chain verified", str(len(store.events()))),
    )


def _reliability(study: Study, screened: Screening, board: EloReport | None) -> tuple[tuple[str, str], ...]:
    passed = sum(score.passed for score in screened.catches)
    obvious = _share([score.obvious for score in screened.catches])
    mild = _share([score.mild for score in screened.catches])
    intra = with_self(screened.kept)
    alpha = between(screened.kept)
    return (
        ("Raters who passed the catch rule", f"{passed} of {len(screened.catches)}"),
        ("Catch trials passed", f"obvious {obvious}, mild {mild}"),
        ("Agreement with oneself on swapped repeats", _interval(intra.share, intra.low, intra.high, intra.total)),
        ("Agreement between raters, Krippendorff's alpha", _interval(alpha.alpha, alpha.low, alpha.high, alpha.units)),
        ("Side bias", _side(study, screened, board)),
        ("Raters who answer unlike all others (flagged, never excluded for it)", _unusual(board)),
        ("Probes of the board", _probes(board)),
    )


def _unusual(board: EloReport | None) -> str:
    if board is None or board.votes.rater is None:
        return ""
    tested = anomalies(board.votes)
    return f"{len(unusual(tested))} of {len(tested)} with enough votes, family-wise level {ALPHA:g}" if tested else ""


def _probes(board: EloReport | None) -> str:
    if board is None:
        return ""
    found = "; ".join(f"{flag.probe}: {flag.text}" for flag in inspect_board(board.votes))
    return found or f"none of {len(PROBES)} trips"


def _share(scores: Sequence[tuple[int, int]]) -> str:
    hits, shown = (sum(score[k] for score in scores) for k in (0, 1))
    return f"{hits} of {shown}"


def _interval(value: float, low: float, high: float, count: int) -> str:
    return f"{value:.2f} [{low:.2f}, {high:.2f}], n = {count}" if np.isfinite(value) else ""


def _side(study: Study, screened: Screening, board: EloReport | None) -> str:
    if board is None or board.fit is None or "side" not in board.fit.covariates:
        return ""
    bias = side_bias(board.fit, screened.kept, band=study.design.equivalence)
    same = sum(record.trial.role is Role.IDENTICAL for record in screened.kept)
    return (
        f"{bias.beta:+.3f} log-odds for the left [{bias.low:+.3f}, {bias.high:+.3f}], {bias.verdict}"
        f" (band ±{bias.band:g}); {same} identical pairs: {bias.left} left, {bias.right} right, p = {bias.p_value:.3f}"
    )


def _error_bars(votes: Votes, board: EloReport | None) -> tuple[tuple[str, str], ...]:
    rated = None if board is None else board.fit
    if board is None or rated is None:
        why = "no votes" if board is None else str(board.failure)
        return (("Model", f"none: {why}"), ("Design effect", ""), ("Separable groups", ""))
    groups = board.separation.groups if board.separation else ()
    clusters = " and ".join(rated.clusters) or "none"
    return (
        ("Model", f"Davidson with a side term, {rated.level:.0%} intervals by t with {rated.df:g} degrees of freedom"),
        ("Variability covered", f"votes, clustered by {clusters}; two-sided; not the spread over seeds of the systems"),
        ("Design effect", f"{design_effect(votes):.2f}"),
        ("Connectivity", "every system is compared with every other through votes in both directions"),
        ("Groups that cannot be separated", " | ".join(", ".join(group) for group in groups)),
    )


def design_effect(votes: Votes) -> float:
    """Median factor on the variance of a difference of two ratings that clustering costs.

    Raises:
        RatingError: no finite rating.
    """
    clustered, plain = (fit(votes, cluster=cluster).difference_error() for cluster in (True, False))
    above = np.triu_indices(len(votes.items), 1)
    if not len(above[0]):
        raise RatingError("a design effect needs at least two systems")
    return float(np.median((clustered[above] / plain[above]) ** 2))
