"""Which votes enter a rating: the time filters and the catch rule of the study file, applied and counted.

Everything here is decided before the data: no threshold may be chosen after looking at results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fpbench.preference.records import VoteRecord, is_check
from fpbench.preference.study import Grade, StudyDesign
from fpbench.preference.votes import Outcome, RaterKind

WHOLE = 0.95  # of a clip's length: players stop a frame early, and loops and jumps of the clock skip a little
GUESSING = 0.05  # a rater stays if a coin would do as well with less than this probability


@dataclass(frozen=True)
class CatchScore:
    """One rater's catch trials. ``obvious`` and ``mild`` are (passed, shown); only obvious ones decide."""

    rater: str
    obvious: tuple[int, int]
    mild: tuple[int, int]
    needed: int

    @property
    def passed(self) -> bool:
        """Whether the rater's votes count."""
        return self.obvious[0] >= self.needed


@dataclass(frozen=True)
class Screening:
    """Outcome of screening.

    Attributes:
        kept: records that may enter a rating (all trial roles).
        excluded: event id -> reason.
        flagged: event id -> reason; kept, but reported.
        catches: per human rater.
    """

    kept: tuple[VoteRecord, ...]
    excluded: Mapping[str, str]
    flagged: Mapping[str, str]
    catches: tuple[CatchScore, ...]

    def counts(self) -> dict[str, int]:
        """Votes excluded or flagged, by reason."""
        return dict(Counter([*self.excluded.values(), *self.flagged.values()]))


def screen(records: Sequence[VoteRecord], design: StudyDesign) -> Screening:
    """Apply the rules of a study to its standing votes; automatic judges are exempt from human rules."""
    catches = tuple(catch_scores(records))
    failed = {score.rater for score in catches if not score.passed}
    excluded, flagged = {}, {}
    for record in records:
        reason = _exclusion(record, design, failed)
        if reason:
            excluded[record.event_id] = reason
        elif reason := _flag(record, design):
            flagged[record.event_id] = reason
    kept = tuple(record for record in records if record.event_id not in excluded)
    return Screening(kept, excluded, flagged, catches)


def catch_scores(records: Sequence[VoteRecord]) -> list[CatchScore]:
    """Catch trials passed by each human rater, sorted by rater."""
    people = sorted({record.rater for record in records if record.rater_kind is RaterKind.HUMAN})
    scores = []
    for rater in people:
        mine = [record for record in records if record.rater == rater]
        obvious, mild = (_passed(mine, grade) for grade in (Grade.OBVIOUS, Grade.MILD))
        scores.append(CatchScore(rater, obvious, mild, pass_mark(obvious[1])))
    return scores


def pass_mark(shown: int) -> int:
    """Fewest passes that a guesser reaches with probability at most 5 %: 7 of 8, 9 of 10, 10 of 12.

    With fewer than five trials no number of passes rules guessing out; then all of them are needed.
    """
    from scipy.special import bdtrc

    for needed in range(shown + 1):
        if needed > 0 and bdtrc(needed - 1, shown, 0.5) <= GUESSING:
            return needed
    return shown


def _passed(records: Sequence[VoteRecord], grade: Grade) -> tuple[int, int]:
    checks = [record for record in records if is_check(record, grade)]
    return sum(record.outcome is record.trial.expected for record in checks), len(checks)


def _exclusion(record: VoteRecord, design: StudyDesign, failed: set[str]) -> str | None:
    if record.outcome is Outcome.CANNOT_PLAY:
        return "could not be played"
    if record.rater_kind is RaterKind.AUTOMATIC:
        return None
    times, rules = record.telemetry, design.filters
    if (times.voted_at - times.unlocked_at).total_seconds() < rules.drop_below_s_after_unlock:
        return "voted too soon"
    watched = min(times.watch_ms_left, times.watch_ms_right) / 1000
    if watched < WHOLE * rules.drop_below_plays * design.clip_seconds:
        return "not watched to the end"
    return "failed the catch trials" if record.rater in failed else None


def _flag(record: VoteRecord, design: StudyDesign) -> str | None:
    if record.rater_kind is RaterKind.AUTOMATIC:
        return None
    times, rules = record.telemetry, design.filters
    seconds = (times.voted_at - times.shown_at).total_seconds()
    if seconds > rules.flag_above_s:
        return "took long"
    if times.hidden_ms > rules.flag_hidden_share * 1000 * seconds:
        return "page hidden"
    return None
