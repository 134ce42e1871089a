"""A rated board of one vote log, made once per state of the log and kept; large logs are rated beside the server."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from dashboard.polls import Poll, table_of
from fpbench.cache import cache_dir, write_atomically
from fpbench.errors import FpbenchError
from fpbench.preference.report import EloReport, elo_report
from fpbench.preference.votes import RaterKind, Votes

VERSION = 2
INLINE_VOTES = 4_000
"""More votes than this are rated in a process of their own, so that no page waits for them."""


@dataclass(frozen=True)
class Rated:
    """One system on a board; numbers of the primary model are None where it has no finite rating."""

    system: str
    votes: int
    rating: float | None
    low: float | None
    high: float | None
    best_rank: int | None
    worst_rank: int | None
    k32: float
    k32_mean: float
    k32_low: float
    k32_high: float


@dataclass(frozen=True)
class Board:
    """Ratings of one log.

    Attributes:
        rows: best first.
        wins: share of decided points that row took from column (a tie is half), None where they never met.
        met: how many votes each pair has.
        notes: what a reader must know, the watermark of automatic judges first.
        failure: why there is no finite rating, "" where there is.
    """

    kind: RaterKind
    rows: tuple[Rated, ...]
    wins: tuple[tuple[float | None, ...], ...]
    met: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...]
    failure: str = ""


_BOARD = TypeAdapter(Board)
_running: dict[Path, subprocess.Popen[bytes]] = {}


def rate_file(path: Path, kind: RaterKind, criterion: str) -> Board:
    """Rate a table of votes.

    Raises:
        FpbenchError: unreadable, or no votes of this kind.
    """
    return of_report(elo_report(path, kind=kind, criterion=criterion))


def of_report(report: EloReport) -> Board:
    """The board of a report, its systems in the report's order."""
    order = [report.votes.items.index(str(row["system"])) for row in report.as_table()]
    share, met = pair_shares(report.votes)
    return Board(
        kind=report.votes.kind,
        rows=tuple(_rated(report, k) for k in order),
        wins=tuple(
            tuple(None if i == j or not met[i, j] else float(share[i, j]) for j in order) for i in order
        ),
        met=tuple(tuple(int(met[i, j]) for j in order) for i in order),
        notes=report.notes,
        failure=str(report.failure or ""),
    )  # fmt: skip


def _rated(report: EloReport, k: int) -> Rated:
    fit, ranks, elo = report.fit, report.separation, report.elo
    low, high = fit.interval()[k] if fit else (None, None)
    return Rated(
        system=report.votes.items[k],
        votes=int(report.votes.per_item()[k]),
        rating=float(fit.elo[k]) if fit else None,
        low=None if low is None else float(low),
        high=None if high is None else float(high),
        best_rank=int(ranks.best_rank[k]) if ranks else None,
        worst_rank=int(ranks.worst_rank[k]) if ranks else None,
        k32=float(elo.ratings[k]),
        k32_mean=float(elo.mean[k]),
        k32_low=float(elo.low[k]),
        k32_high=float(elo.high[k]),
    )


def pair_shares(votes: Votes) -> tuple[np.ndarray, np.ndarray]:
    """(items, items) share of points that row took from column, and votes of each pair; 0 / 0 is NaN."""
    n = len(votes.items)
    points = np.zeros((n, n))
    met = np.zeros((n, n), np.int64)
    won = (votes.sign() + 1) / 2
    np.add.at(points, (votes.left, votes.right), won)
    np.add.at(points, (votes.right, votes.left), 1 - won)
    np.add.at(met, (votes.left, votes.right), 1)
    met += met.T
    with np.errstate(invalid="ignore", divide="ignore"):
        return points / met, met


def board(poll: Poll, kind: RaterKind, criterion: str, votes: int) -> Board | None:
    """The board of a log; None while another process still rates it.

    Args:
        votes: rows of the log, by which it is decided where it is rated.

    Raises:
        FpbenchError: it cannot be rated.
    """
    target = cache_dir("boards", f"{poll.stamp}-{kind.value}-{criterion}-{VERSION}.json")
    kept = _kept(target)
    if kept is not None:
        return kept
    path = table_of(poll)
    if votes <= INLINE_VOTES:
        made = rate_file(path, kind, criterion)
        write_atomically(target, _BOARD.dump_json(made))
        return made
    job = _running.get(target)
    if job is None:
        where = [str(path), kind.value, criterion, str(target)]
        _running[target] = subprocess.Popen(  # noqa: S603 - our own arguments, and no shell
            [sys.executable, "-m", "dashboard.boards", *where], stderr=subprocess.PIPE
        )
    elif job.poll() is not None:
        del _running[target]
        said = (job.communicate()[1] or b"").decode("utf-8", "replace").strip().splitlines()
        raise FpbenchError(said[-1] if said else f"{path}: rating stopped with exit code {job.returncode}")
    return None


def _kept(target: Path) -> Board | None:
    try:
        return _BOARD.validate_json(target.read_bytes())
    except (OSError, ValidationError):
        return None


if __name__ == "__main__":
    _path, _kind, _criterion, _target = sys.argv[1:]
    try:
        write_atomically(Path(_target), _BOARD.dump_json(rate_file(Path(_path), RaterKind(_kind), _criterion)))
    except FpbenchError as error:
        raise SystemExit(str(error)) from None
