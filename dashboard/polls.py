"""Which vote logs there are, and their rows. Ratings are made in ``boards``; people and automatic judges stay apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpbench.cache import cache_dir
from fpbench.errors import FpbenchError
from fpbench.preference.export import export_votes
from fpbench.preference.reading import COLUMNS
from fpbench.preference.store import VoteStore
from fpbench.preference.votes import RaterKind

TABLES = (".parquet", ".jsonl", ".csv")
COLLECT = "fpbench study export studies/NAME/votes.sqlite --out {root}/votes/NAME.parquet"


@dataclass(frozen=True)
class Poll:
    """One vote log: an exported table, or the live store of a study."""

    path: Path

    @property
    def name(self) -> str:
        """What it is called in menus and addresses."""
        return self.path.parent.name if self.path.suffix == ".sqlite" else self.path.stem

    @property
    def stamp(self) -> str:
        """Changes whenever the log does; a live store writes to its journal first."""
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        facts = [(str(file), one.st_mtime_ns, one.st_size) for file in files if file.exists() for one in [file.stat()]]
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]


def find_polls(roots: Iterable[Path]) -> list[Poll]:
    """Logs in ``votes/`` of each results folder, and studies in or beside it; the first of a name wins."""
    found: dict[str, Poll] = {}
    for root in roots:
        for path in _candidates(root):
            found.setdefault(Poll(path).name, Poll(path))
    return list(found.values())


def _candidates(root: Path) -> Iterator[Path]:
    if (root / "votes").is_dir():
        yield from (path for path in sorted((root / "votes").iterdir()) if path.suffix in TABLES)
    for studies in (root / "studies", root.parent / "studies"):
        yield from sorted(studies.glob("*/votes.sqlite"))


def table_of(poll: Poll) -> Path:
    """The log as a table; a live store is exported into the cache, once per state.

    Raises:
        FpbenchError: the store cannot be read.
    """
    if poll.path.suffix != ".sqlite":
        return poll.path
    target = cache_dir("polls", f"{poll.stamp}.parquet")
    if not target.exists():
        with VoteStore(poll.path) as store:
            if export_votes(store, target, blind=False) == 0:
                target.unlink(missing_ok=True)
                raise FpbenchError(f"{poll.path}: nobody has voted yet; invite raters: fpbench study serve")
    return target


def read_rows(path: Path) -> Any:
    """All rows as a pandas table with columns ``left``, ``right``, ``outcome``, and what else the log holds.

    Raises:
        FpbenchError: unreadable, or a column is missing.
    """
    import pandas as pd

    readers: dict[str, Any] = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
    try:
        table = readers[path.suffix](path) if path.suffix in readers else pd.read_json(path, lines=True)
    except (ValueError, OSError) as error:
        first = str(error).partition("\n")[0]
        raise FpbenchError(f"{path}: not a readable table of votes ({first}); export it again") from error
    for role in ("left", "right", "outcome", "rater", "task"):
        name = next((name for name in COLUMNS[role] if name in table.columns), None)
        if name is None and role in ("left", "right", "outcome"):
            raise FpbenchError(f"{path}: no column for the {role}; expected one of {', '.join(COLUMNS[role])}")
        if name is not None and name != role:
            table = table.drop(columns=role, errors="ignore").rename(columns={name: role})
    return table


def kinds_of(table: Any) -> list[RaterKind]:
    """Who voted, people first; a log that does not say is of people."""
    if "rater_kind" not in table.columns:
        return [RaterKind.HUMAN]
    present = set(table["rater_kind"].unique())
    return [kind for kind in RaterKind if kind.value in present]
