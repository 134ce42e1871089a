"""Pairwise preference: studies, ballots, votes, ratings and their reliability.

The event store needs SQLAlchemy and is imported by name: ``from fpbench.preference.store import VoteStore``.
"""

from fpbench.preference.elo import EloResult, elo_k32
from fpbench.preference.errors import PreferenceError
from fpbench.preference.ranking import Separation, separate
from fpbench.preference.rating import RatingFit, fit
from fpbench.preference.reading import VoteLog, read_votes
from fpbench.preference.report import EloReport, elo_report, rate
from fpbench.preference.votes import Outcome, RaterKind, Votes, pool

__all__ = [
    "EloReport",
    "EloResult",
    "Outcome",
    "PreferenceError",
    "RaterKind",
    "RatingFit",
    "Separation",
    "VoteLog",
    "Votes",
    "elo_k32",
    "elo_report",
    "fit",
    "pool",
    "rate",
    "read_votes",
    "separate",
]
