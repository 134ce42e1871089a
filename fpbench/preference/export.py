"""Votes of a study as files: the blind event log, and tables for analysis with or without system names.

The analysis table carries ``model_a, model_b, winner, item_id, voter_id`` too, so that evalica, arenakit and others
can audit it without this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fpbench.preference.errors import VoteFileError
from fpbench.preference.events import write_log
from fpbench.preference.records import VoteRecord, standing
from fpbench.preference.screening import screen
from fpbench.preference.votes import Outcome

if TYPE_CHECKING:
    from fpbench.preference.store import VoteStore

_WINNER = {
    Outcome.LEFT: "model_a",
    Outcome.RIGHT: "model_b",
    Outcome.TIE: "tie",
    Outcome.BOTH_BAD: "both_bad",
}


def export_log(store: VoteStore, path: Path) -> str:
    """Write the whole event log as JSONL and return its head hash, to be kept elsewhere as a seal.

    Events name clips and never systems, so this export is blind.

    Raises:
        ChainBrokenError: the log was tampered with.
    """
    store.verify()
    return write_log(store.events(), path)


def export_votes(
    store: VoteStore, path: Path, *, blind: bool, properties: Mapping[str, Mapping[str, float]] | None = None
) -> int:
    """Write standing votes, one row per answered question, as ``.csv``, ``.jsonl`` or ``.parquet``.

    Args:
        store: the study.
        path: where; the suffix chooses the format.
        blind: leave out everything that names a system.
        properties: name -> clip id -> number, written as ``NAME_left`` and ``NAME_right`` for use as covariates.

    Returns:
        Number of rows.

    Raises:
        ChainBrokenError: the log was tampered with.
        VoteFileError: unknown suffix.
    """
    import pandas as pd

    if path.suffix not in {".csv", ".jsonl", ".parquet"}:
        raise VoteFileError(f"{path}: export to .csv, .jsonl or .parquet")
    records = standing(store)
    excluded = screen(records, store.study.design).excluded
    rows = [vote_row(record, excluded.get(record.event_id, ""), blind=blind) for record in records]
    for name, of_clip in (properties or {}).items():
        for row in rows:
            row |= {f"{name}_{side}": of_clip.get(str(row[f"{side}_clip"])) for side in ("left", "right")}
    frame = pd.DataFrame(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path, index=False)
    return len(rows)


def vote_row(record: VoteRecord, excluded: str, *, blind: bool) -> dict[str, object]:
    """One flat row; ``excluded`` is the reason or empty."""
    trial, times = record.trial, record.telemetry
    row: dict[str, object] = {
        "event_id": record.event_id,
        "assignment_id": trial.id,
        "trial_index": record.trial_index,
        "trial_role": trial.role.value,
        "criterion": record.criterion.value,
        "outcome": record.outcome.value,
        "task": trial.task,
        "left_clip": trial.left.clip,
        "right_clip": trial.right.clip,
        "rater": record.rater,
        "rater_kind": record.rater_kind.value,
        "propensity": trial.propensity,
        "excluded": excluded,
        "at": record.at.isoformat(),
        "seconds": (times.voted_at - times.shown_at).total_seconds(),
        "hidden_ms": times.hidden_ms,
        "stalls": times.stalls,
        "max_sync_error_ms": times.max_sync_error_ms,
        "comment": record.comment,
    }
    return row if blind else row | _named(record)


def _named(record: VoteRecord) -> dict[str, object]:
    trial = record.trial
    return {
        "model_left": trial.left.item,
        "model_right": trial.right.item,
        "corruption": trial.left.corruption or trial.right.corruption or "",
        "expected": "" if trial.expected is None else trial.expected.value,
        "model_a": trial.left.item,
        "model_b": trial.right.item,
        "winner": _WINNER.get(record.outcome, record.outcome.value),
        "item_id": trial.task,
        "voter_id": record.rater,
    }
