"""Arena-style logs brought to one shape: raw vote events, one column per answer, conversations shown with names.

Known shapes, by their columns: cleaned battles of Chatbot Arena and its dumps (``model_a, model_b, winner``, with
``anony`` and ``tstamp``), the raw events its server writes (``type``, ``models``), and the tables of its competitions
(``winner_model_a, winner_model_b, winner_tie``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

EVENTS: Mapping[str, str] = {"leftvote": "left", "rightvote": "right", "tievote": "tie", "bothbad_vote": "both_bad"}
ONE_HOT: Mapping[str, str] = {"winner_model_a": "model_a", "winner_model_b": "model_b", "winner_tie": "tie"}
TIMES = ("tstamp", "timestamp", "at", "created_at")


def one_shape(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """A table with columns for both sides and the outcome, in order of time where the log tells it.

    Returns:
        The table, and the rows left out by reason: events that are no votes, battles whose names were shown.
    """
    skipped: dict[str, int] = {}
    if {"type", "models"} <= set(table.columns):
        table = _keep(table, table["type"].isin(EVENTS).to_numpy(), "not a vote", skipped)
        sides = {side: [pair[k] for pair in table["models"]] for k, side in enumerate(("model_a", "model_b"))}
        table = table.drop(columns=["models"]).assign(**sides, winner=table["type"].map(EVENTS))
    elif set(ONE_HOT) <= set(table.columns) and "winner" not in table.columns:
        chosen = table[list(ONE_HOT)].astype(float).to_numpy().argmax(axis=1)
        table = table.assign(winner=np.array(list(ONE_HOT.values()))[chosen])
    if "anony" in table.columns:
        hidden = table["anony"].astype(str).str.lower().isin(("true", "1")).to_numpy()
        table = _keep(table, hidden, "names were shown", skipped)
    time = next((name for name in TIMES if name in table.columns), None)
    return (table if time is None else _by_time(table, time)), skipped


def _keep(table: pd.DataFrame, kept: NDArray[np.bool_], reason: str, skipped: dict[str, int]) -> pd.DataFrame:
    skipped[reason] = int((~kept).sum())
    return table[kept].reset_index(drop=True)


def _by_time(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Rows in order of time; a column that does not read as numbers or ISO dates leaves them as they are."""
    import pandas as pd

    numbers = pd.to_numeric(table[column], errors="coerce")
    times = (
        numbers if numbers.notna().all() else pd.to_datetime(table[column], errors="coerce", utc=True, format="ISO8601")
    )
    if times.isna().any() or times.is_monotonic_increasing:
        return table
    return table.iloc[np.argsort(times.to_numpy(), kind="stable")].reset_index(drop=True)
