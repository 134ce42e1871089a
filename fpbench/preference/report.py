"""One call from a vote log to a board: ratings, ranks, the paper's Elo beside its noise, sensitivity to conventions.

Not here: rendering (rows are plain dictionaries), and the screening of raters (``screening``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fpbench.preference.elo import ORDERS, EloResult, elo_k32
from fpbench.preference.errors import RatingError
from fpbench.preference.ranking import Separation, separate
from fpbench.preference.rating import ELO_MEAN, ELO_PER_LOGIT, RatingFit, fit
from fpbench.preference.reading import read_votes
from fpbench.preference.votes import BOTH_BAD, TIE, WATERMARK, RaterKind, Votes

MIN_VOTES_TO_RATE = 30  # below this a rating is noise of about +-170 Elo
MIN_VOTES_TO_RANK = 300  # about +-50 Elo at best
_ENOUGH_SWAPS = 0.1  # share of votes in the rarer orientation from which a side bias can be told from strength
CONVENTIONS: Mapping[str, tuple[str, str]] = {
    "Davidson": ("davidson", "half"),
    "Rao-Kupper": ("rao-kupper", "half"),
    "Bradley-Terry, ties half": ("bradley-terry", "half"),
    "Bradley-Terry, ties dropped": ("bradley-terry", "drop"),
}


@dataclass(frozen=True, eq=False)
class EloReport:
    """A rated board.

    Attributes:
        elo: the paper's column and its order noise.
        fit, separation: the primary model; None where no finite rating exists, then ``failure`` says why.
        conventions: tie convention -> Elo-scale ratings by item, for those conventions that have a finite rating.
        notes: what a reader must know: watermark, skipped rows, side term, intervals, level.
    """

    votes: Votes
    elo: EloResult
    fit: RatingFit | None
    separation: Separation | None
    failure: RatingError | None
    conventions: Mapping[str, Mapping[str, float]]
    notes: tuple[str, ...]

    def as_table(self) -> list[dict[str, object]]:
        """One row per item, best first.

        Columns: ``system``, ``rank`` ("1-3"), ``rating``, ``low``, ``high`` (Davidson, Elo scale; None without a
        finite rating), ``votes``, ``elo_k32``, ``elo_k32_sd`` (over vote orders), ``elo_k32_rank`` (±16 rule).
        """
        strength = self.elo.mean if self.fit is None else self.fit.theta
        return [self._row(int(k)) for k in np.argsort(-strength, kind="stable")]

    def conventions_table(self) -> list[dict[str, object]]:
        """One row per item: Elo-scale rating under each tie convention, None where it has no finite rating."""
        order = [str(row["system"]) for row in self.as_table()]
        return [
            {"system": item} | {name: self.conventions.get(name, {}).get(item) for name in CONVENTIONS}
            for item in order
        ]

    def _row(self, k: int) -> dict[str, object]:
        row: dict[str, object] = {
            "system": self.votes.items[k],
            "rank": None,
            "rating": None,
            "low": None,
            "high": None,
        }
        if self.fit is not None and self.separation is not None:
            low, high = self.fit.interval()[k]
            best, worst = self.separation.best_rank[k], self.separation.worst_rank[k]
            row |= {"rank": f"{best}" if best == worst else f"{best}-{worst}"}
            row |= {"rating": float(self.fit.elo[k]), "low": float(low), "high": float(high)}
        return row | {
            "votes": int(self.votes.per_item()[k]),
            "elo_k32": float(self.elo.ratings[k]),
            "elo_k32_sd": float(self.elo.sd[k]),
            "elo_k32_rank": int(self.elo.rank[k]),
        }


def elo_report(
    path: Path,
    *,
    kind: RaterKind | None = None,
    criterion: str = "overall",
    orders: int = ORDERS,
    seed: int = 0,
    level: float = 0.95,
    covariates: Sequence[str] = (),
) -> EloReport:
    """Rate a vote log in a file; see ``reading.read_votes`` for formats, covariates and errors."""
    log = read_votes(path, kind=kind, criterion=criterion, covariates=covariates)
    skipped = tuple(f"{count} rows left out: {reason}." for reason, count in log.skipped.items())
    return rate(log.votes, orders=orders, seed=seed, level=level, notes=skipped)


def rate(
    votes: Votes, *, orders: int = ORDERS, seed: int = 0, level: float = 0.95, notes: tuple[str, ...] = ()
) -> EloReport:
    """Rate a table of votes.

    Raises:
        RatingError: there are no votes.
    """
    if not len(votes):
        raise RatingError("there are no votes to rate")
    side = side_is_identifiable(votes)
    primary: RatingFit | None = None
    failure: RatingError | None = None
    try:
        primary = fit(votes, side=side, level=level)
    except RatingError as error:
        failure = error
    elo = elo_k32(votes, orders=orders, seed=seed)
    return EloReport(
        votes=votes,
        elo=elo,
        fit=primary,
        separation=None if primary is None else separate(primary, seed=seed),
        failure=failure,
        conventions=tie_conventions(votes, side=side),
        notes=(*_notes(votes, primary, failure, elo, side=side), *notes),
    )


def tie_conventions(votes: Votes, *, side: bool) -> dict[str, dict[str, float]]:
    """Elo-scale ratings under each way of treating ties; conventions without a finite rating are left out."""
    table = {}
    for name, (model, ties) in CONVENTIONS.items():
        try:
            rated = fit(votes, model=model, ties=ties, side=side, cluster=False)
        except RatingError:
            continue
        table[name] = dict(zip(votes.items, map(float, rated.elo), strict=True))
    return table


def side_is_identifiable(votes: Votes) -> bool:
    """Whether items were really swapped: a log in canonical order cannot tell side bias from strength."""
    flipped = float((votes.left > votes.right).mean())
    return min(flipped, 1 - flipped) >= _ENOUGH_SWAPS


def _notes(
    votes: Votes, primary: RatingFit | None, failure: RatingError | None, elo: EloResult, *, side: bool
) -> list[str]:
    notes = [WATERMARK[votes.kind]] if WATERMARK[votes.kind] else []
    ties, bad = (float((votes.outcome == code).mean()) for code in (TIE, BOTH_BAD))
    notes.append(f"{len(votes)} votes: {ties:.1%} are ties, and {bad:.1%} find both bad, which is rated as a tie.")
    few = [votes.items[k] for k in np.flatnonzero(votes.per_item() < MIN_VOTES_TO_RATE)]
    if few:
        notes.append(f"Fewer than {MIN_VOTES_TO_RATE} votes, too few for a rating to mean anything: {', '.join(few)}.")
    if failure is not None:
        notes.append(f"There is no rating by Davidson's model: {failure}.")
    if primary is not None:
        notes.append(
            "Rating: each system has one strength, and who wins a vote depends on the difference of two strengths only"
            " (the Bradley-Terry model, in Davidson's form, which knows ties). Shown are the strengths under which"
            f" these votes are likeliest. {ELO_MEAN:.0f} is the average system; 100 points more win"
            f" {_share(100 / ELO_PER_LOGIT):.0%} of the votes that are no ties, 400 more win ten of eleven."
        )
        notes.append(_interval_note(primary))
    if primary is not None and side:
        beta, low, high = primary.coefficient("side")
        notes.append(
            f"Side bias: of two equal systems the left one gets {_share(beta):.1%} [{_share(low):.1%},"
            f" {_share(high):.1%}] of the votes that are no ties ({beta:+.3f} [{low:+.3f}, {high:+.3f}] log-odds)."
            " Ratings are corrected for it."
        )
    if primary is not None:
        notes += [_covariate_note(primary, name) for name in votes.covariates]
    if not side:
        notes.append(
            "Side bias: not corrected for. Nearly all pairs were always shown the same way round, or logged so; then a"
            " liking for one side looks like strength."
        )
    notes.append(
        f"Elo K=32, the paper's number: all start at {elo.initial:.0f}, and each vote, in the order of the log, moves"
        f" up to {elo.k:.0f} points from loser to winner, the more the less that was expected. So it depends on the"
        f" order of the votes; its spread over {elo.orders} shuffles of them says how much. In its rank, systems up to"
        f" {elo.tie_band:.0f} points apart are tied, as in the paper."
    )
    return notes


def _share(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))


def _interval_note(rated: RatingFit) -> str:
    if not rated.clusters:
        return (
            f"{rated.level:.0%} intervals count every vote as independent, because the log does not say who voted or on"
            " which task; they are probably too narrow."
        )
    return (
        f"{rated.level:.0%} intervals are clustered by {' and '.join(rated.clusters)}: votes with the same"
        f" {' or '.join(rated.clusters)} are alike, so they tell less than as many unrelated ones."
    )


def _covariate_note(rated: RatingFit, name: str) -> str:
    value, low, high = (ELO_PER_LOGIT * bound for bound in rated.coefficient(name))
    return (
        f"{name} is held constant: one standard deviation more is worth {value:+.0f} [{low:+.0f}, {high:+.0f}] points."
    )
