"""Read pairwise votes from CSV, JSON, JSONL or Parquet: our own analysis export, Arena dumps, anybody's table of wins.

Not here: the event log with its hash chain (``events``), which names no system and so cannot be rated by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.arena import one_shape
from fpbench.preference.errors import PoolingError, VoteFileError
from fpbench.preference.votes import Labels, Outcome, RaterKind, Votes

if TYPE_CHECKING:
    import pandas as pd

# The first name found in the file wins; the names are those of our export, Arena dumps, arenakit and evalica.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "left": ("model_left", "left", "model_a", "item_a", "system_a", "a", "xs"),
    "right": ("model_right", "right", "model_b", "item_b", "system_b", "b", "ys"),
    "outcome": ("outcome", "winner", "winners", "result", "vote"),
    "rater": ("rater", "rater_token", "voter_id", "judge", "user_id", "evaluator"),
    "task": ("task", "item_id", "prompt_id", "question_id", "prompt"),
}
WORDS: Mapping[str, Outcome] = {
    **dict.fromkeys(("left", "model_a", "item_a", "system_a", "a", "x", "winner.x"), Outcome.LEFT),
    **dict.fromkeys(("right", "model_b", "item_b", "system_b", "b", "y", "winner.y"), Outcome.RIGHT),
    **dict.fromkeys(("tie", "draw", "same", "winner.draw"), Outcome.TIE),
    **dict.fromkeys(("both_bad", "bothbad", "tie (bothbad)", "both bad"), Outcome.BOTH_BAD),
    "cannot_play": Outcome.CANNOT_PLAY,
}


@dataclass(frozen=True, eq=False)
class VoteLog:
    """Votes read from a file.

    Attributes:
        votes: what can be rated.
        path: the file.
        skipped: reason -> rows that are in the file and not in ``votes``.
    """

    votes: Votes
    path: Path
    skipped: Mapping[str, int]


def read_votes(
    path: Path,
    *,
    kind: RaterKind | None = None,
    criterion: str = "overall",
    covariates: Sequence[str] = (),
) -> VoteLog:
    """Read a log of pairwise results.

    Args:
        path: ``.csv``, ``.json`` (a list of rows), ``.jsonl``/``.ndjson`` or ``.parquet``; Arena logs in any of the
            shapes of ``arena``.
        kind: keep only these raters; needed when a file holds both kinds. A file without ``rater_kind`` is human
            unless this says otherwise.
        criterion: which question, where the file has a ``criterion`` column.
        covariates: names of properties of the clips, from columns ``NAME_left`` and ``NAME_right`` (or ``NAME_a`` and
            ``NAME_b``, or ``NAME`` for their difference); left minus right, divided by its standard deviation.

    Raises:
        VoteFileError: unreadable file, missing column or unknown answer; names row and value.
        PoolingError: human and automatic votes in one file and no ``kind``.
    """
    table, shapes = one_shape(_load(path))
    names = {role: _column(table, role, path) for role in ("left", "right", "outcome")}
    optional = {role: _column(table, role, path, needed=False) for role in ("rater", "task")}
    kept, skipped = _filters(table, kind, criterion, path)
    skipped = shapes | skipped
    sides = _sides(table, names["left"], names["right"], path)
    left, right = sides.codes[: len(table)], sides.codes[len(table) :]
    answers = _answers(_labels(table, names["outcome"], path), sides.names, left, right, path)
    for reason, drop in (
        ("cannot play", answers == Outcome.CANNOT_PLAY.code),
        ("item against itself", left == right),
    ):
        skipped[reason] = int((kept & drop).sum())
        kept &= ~drop
    both = _used(sides.take(np.flatnonzero(np.tile(kept, 2))))
    rows = int(kept.sum())
    labels = {
        role: None if name is None else _used(_labels(table, name, path, kept).take(np.flatnonzero(kept)))
        for role, name in optional.items()
    }
    votes = Votes(
        items=both.names,
        left=both.codes[:rows],
        right=both.codes[rows:],
        outcome=answers[kept],
        rater=labels["rater"],
        task=labels["task"],
        kind=_kind(table, kept, kind),
        covariates={name: _covariate(table[kept], name, path) for name in covariates},
    )
    return VoteLog(votes, path, {reason: count for reason, count in skipped.items() if count})


def _load(path: Path) -> pd.DataFrame:
    import pandas as pd

    suffix = path.suffix.lower()
    try:
        if suffix == ".csv":
            return pd.read_csv(path, dtype=str, keep_default_na=False)
        if suffix in {".json", ".jsonl", ".ndjson"}:
            return pd.read_json(path, lines=suffix != ".json", dtype=False)
        if suffix == ".parquet":
            return pd.read_parquet(path)
    except FileNotFoundError:
        raise VoteFileError(f"{path}: no such file") from None
    except (ValueError, OSError) as error:
        raise VoteFileError(f"{path}: not a readable {suffix[1:].upper()} table ({error})") from error
    raise VoteFileError(
        f"{path}: votes come as .csv, .json, .jsonl or .parquet, not {suffix or 'a file without suffix'!r}"
    )


def _column(table: pd.DataFrame, role: str, path: Path, *, needed: bool = True) -> str | None:
    for name in COLUMNS[role]:
        if name in table.columns:
            return name
    if not needed:
        return None
    raise VoteFileError(
        f"{path}: no column for the {role}; expected one of {', '.join(COLUMNS[role])}, "
        f"found {', '.join(map(str, table.columns)) or 'none'}"
    )


def _labels(table: pd.DataFrame, column: str | None, path: Path, needed: NDArray[np.bool_] | None = None) -> Labels:
    """A column as labels, by hashing; a missing value is refused rather than turned into the word "nan"."""
    values = table[column]
    missing = values.isna().to_numpy() | (values == "").to_numpy()
    refused = missing if needed is None else missing & needed
    if refused.any():
        raise VoteFileError(f"{path}: row {int(np.argmax(refused)) + 1} has no {column!r}; fill it in or drop the row")
    codes, distinct = values.where(~missing, "").factorize()
    names = Labels.of([str(value) for value in distinct])
    return Labels(names.names, names.codes[codes])


def _sides(table: pd.DataFrame, left: str | None, right: str | None, path: Path) -> Labels:
    """Both sides under common codes, the left column first."""
    one, two = _labels(table, left, path), _labels(table, right, path)
    names = Labels.of([*one.names, *two.names])
    of_left, of_right = names.codes[: len(one.names)], names.codes[len(one.names) :]
    return Labels(names.names, np.concatenate([of_left[one.codes], of_right[two.codes]]))


def _used(labels: Labels) -> Labels:
    """The same labels without names that nothing carries."""
    used, codes = np.unique(labels.codes, return_inverse=True)
    return Labels(tuple(labels.names[k] for k in used), codes.astype(np.int32))


def _covariate(table: pd.DataFrame, name: str, path: Path) -> NDArray[np.float64]:
    """(rows,) left minus right in standard deviations."""
    import pandas as pd

    pairs = [(f"{name}_left", f"{name}_right"), (f"{name}_a", f"{name}_b")]
    sides = next((pair for pair in pairs if set(pair) <= set(table.columns)), None)
    if sides is None and name not in table.columns:
        raise VoteFileError(f"{path}: covariate {name!r} needs columns {name}_left and {name}_right, or {name}")
    columns = sides or (name,)
    numbers = [pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64) for column in columns]
    lead = numbers[0] - numbers[1] if sides else numbers[0]
    if not np.isfinite(lead).all():
        row = int(table.index[int(np.argmax(~np.isfinite(lead)))]) + 1
        raise VoteFileError(f"{path}: row {row} has no number for covariate {name!r}; fill it in or drop the row")
    spread = float(lead.std())
    if spread == 0:
        raise VoteFileError(f"{path}: covariate {name!r} is the same in every vote; leave it out")
    return np.asarray(lead / spread, dtype=np.float64)


def _answers(
    words: Labels, items: tuple[str, ...], left: NDArray[np.int32], right: NDArray[np.int32], path: Path
) -> NDArray[np.int8]:
    """Outcome codes; a winner may also be given by its name."""
    known = [WORDS[word.lower()].code if word.lower() in WORDS else -1 for word in words.names]
    place = {item: k for k, item in enumerate(items)}
    named = np.array([place.get(word, -1) for word in words.names], dtype=np.int32)[words.codes]
    codes = np.array(known, dtype=np.int8)[words.codes]
    codes = np.where(named == left, np.int8(Outcome.LEFT.code), codes)
    codes = np.where(named == right, np.int8(Outcome.RIGHT.code), codes)
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise VoteFileError(
            f"{path}: row {row + 1} has outcome {words.names[words.codes[row]]!r}; use left, right, tie, both_bad, "
            "model_a, model_b or the winner's name"
        )
    return codes.astype(np.int8)


def _filters(
    table: pd.DataFrame, kind: RaterKind | None, criterion: str, path: Path
) -> tuple[NDArray[np.bool_], dict[str, int]]:
    """Rows that enter the fit, by the columns of our own export; other files have none of them and keep all rows."""
    wanted = {"criterion": criterion, "trial_role": "real", "excluded": ""}
    if kind is not None:
        wanted["rater_kind"] = kind.value
    kept, skipped = np.ones(len(table), bool), {}
    for column, value in wanted.items():
        if column in table.columns:
            match = (table[column].fillna("").astype(str) == value).to_numpy()
            skipped[f"{column} is not {value or 'empty'}"] = int((kept & ~match).sum())
            kept &= match
    if "rater_kind" in table.columns and kind is None and table["rater_kind"].nunique() > 1:
        raise PoolingError(f"{path}: holds human and automatic votes; choose one kind, they are never rated together")
    return kept, skipped


def _kind(table: pd.DataFrame, kept: NDArray[np.bool_], kind: RaterKind | None) -> RaterKind:
    if kind is not None or "rater_kind" not in table.columns or not kept.any():
        return kind or RaterKind.HUMAN
    return RaterKind(str(table["rater_kind"][kept].iloc[0]))
