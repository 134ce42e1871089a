"""The numbers printed in the FramePack paper, and which of a run's systems is which row of its tables."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from fpbench.errors import FpbenchError
from fpbench.report.data import RunData

PaperTable = Literal[1, 2]

COLUMNS: Mapping[str, tuple[str, Literal["up", "down"], int]] = {
    "clarity": ("Clarity", "up", 2),
    "aesthetic": ("Aesthetic", "up", 2),
    "motion": ("Motion", "up", 2),
    "dynamic": ("Dynamic", "up", 2),
    "semantic": ("Semantic", "up", 2),
    "anatomy": ("Anatomy", "up", 2),
    "identity": ("Identity", "up", 2),
    "drift_clarity": ("Δ Clarity", "down", 2),
    "drift_motion": ("Δ Motion", "down", 2),
    "drift_semantic": ("Δ Semantic", "down", 2),
    "drift_anatomy": ("Δ Anatomy", "down", 2),
    "elo_k32": ("ELO", "up", 0),
    "rank": ("Rank", "down", 0),
}
"""Column of the paper's tables to its heading, direction and digits."""
VERY_MODEL: Mapping[str, str] = {
    "Clarity": "clarity_musiq_spaq",
    "Aesthetic": "aesthetic_laion_v1",
    "Motion": "motion_amt",
    "Dynamic": "dynamic_raft",
    "Semantic": "semantic_viclip",
    "Anatomy": "anatomy_vbench2",
    "Identity": "identity_vbench2",
}
"""The paper's name of a metric to our metric that runs that very model; nothing else may carry the name."""
FAMILIES: Mapping[str, str] = {
    "forward": "Vanilla sampling",
    "endpoint": "Anti-drifting sampling",
    "inverted": "Inverted anti-drifting sampling",
}
"""Order of a strategy to the heading of its family in the paper's Table 1."""
_METHODS = {
    "repeat_image_to_video": "repeating image-to-video",
    "anchor_frames": "anchor frames",
    "causal_attention": "causal attention",
    "history_guidance": "history guidance",
}
_PLAIN_GUIDANCE = [{"weight": 1.0, "level": None, "window": "all"}]
_FILE = Path("paper", "framepack_tables.csv")


@dataclass(frozen=True)
class Published:
    """One row of a table of the paper.

    Attributes:
        version: "v1" (arXiv, complete) or "v3" (the later version, known in part and at second hand).
        variant: the row as the paper names it.
        values: by column name; percent, Elo points or rank.
    """

    version: str
    table: int
    variant: str
    values: Mapping[str, float]


@cache
def published() -> tuple[Published, ...]:
    """Every row of the paper's Tables 1 and 2 that is known.

    Raises:
        FpbenchError: the file of numbers is not installed.
    """
    places = (Path(__file__).parents[2] / "results" / _FILE, Path(sys.prefix) / "share" / "fpbench" / _FILE)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise FpbenchError(f"{places[0]}: the paper's numbers are missing; reinstall fpbench")
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = (row["paper_version"], row["table"], row["variant"])
            found.setdefault(key, {})[row["column"]] = float(row["value"])
    return tuple(Published(version, int(table), name, cells) for (version, table, name), cells in found.items())


def printed_row(run: RunData, system: str, table: PaperTable) -> Published | None:
    """The row of the paper's table that a system of the run re-enacts, if there is one.

    Rows of Table 1 are matched by their whole configuration; rows of Table 2 by method (and sigma_test), because the
    paper does not print the settings of its re-implementations.
    """
    wanted = _table_one(run, system) if table == 1 else _table_two(run, system)
    rows = (one for one in published() if one.table == table and wanted and wanted(one))
    return min(rows, key=lambda one: one.version, default=None)


def strategy(run: RunData, system: str) -> Mapping[str, Any]:
    """What the card of a system says of its strategy; empty for what is no strategy on a backbone."""
    card = cast("Mapping[str, Any]", run.manifest.systems[system]["card"])
    return cast("Mapping[str, Any]", card.get("strategy") or {})


def configuration(run: RunData, system: str) -> str | None:
    """The pack of a system that differs from vanilla FramePack in nothing but pack and order; else None."""
    plan = strategy(run, system)
    plain = (
        plan
        and plan["order"] in FAMILIES
        and plan["history"]["sigma"] == 0
        and plan["guidance"] == _PLAIN_GUIDANCE
        and not plan.keys() & {"importance", "slots", "hop", "anchor", "handover", "stagger"}
    )
    return str(plan["pack"]) if plain else None


def _table_one(run: RunData, system: str) -> Any:
    pack = configuration(run, system)
    return None if pack is None else lambda one: one.variant == pack


def _table_two(run: RunData, system: str) -> Any:
    spec = run.manifest.systems[system]
    use, params = str(spec["use"]), cast("Mapping[str, Any]", spec["params"])
    if use == "framepack":
        pack = configuration(run, system)
        names = {
            "f1k1_x_g9_f1k1f2k2f16k4_td": "proposed f1k1_x_g9_f1k1f2k2f16k4",
            "td_f16k4f2k2f1k1_g9+D": "vanilla + discrete f16k4f2k2f1k1_g9+D, K=256",
        }
        return (lambda one: one.variant == names[pack]) if pack in names else None
    if use == "diffusion_forcing":
        sigma = f"DiffusionForcing, σ_train random, σ_test = {float(params.get('sigma', 0.1)):g}"
        return lambda one: one.variant == sigma
    if use == "anchor_frames" and params.get("kind", "fixed") != "fixed":
        return None  # the paper's anchor is the first frame; ageing and rolling ones are other rivals
    return (lambda one: one.variant.startswith(_METHODS[use])) if use in _METHODS else None
