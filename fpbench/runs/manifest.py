"""``run.json``: what was run, by what, when, how far it came. Small, so that a thousand runs can be listed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from fpbench.errors import FpbenchError
from fpbench.runs import provenance
from fpbench.runs.files import write_atomic
from fpbench.runs.journal import now
from fpbench.runs.preflight import Plan

SCHEMA_VERSION: Literal[1] = 1
FILE = "run.json"

RunStatus = Literal["running", "interrupted", "done", "failed"]


class Counts(BaseModel):
    """Cells of a run by state; ``done`` ones are generated and measured."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cells: int
    generated: int = 0
    done: int = 0
    failed: int = 0


class Manifest(BaseModel):
    """The header of a run, schema version 1.

    Attributes:
        protocol: resolved, defaults included, with the metrics that were skipped and why; the file as given lies beside
            as ``protocol.yaml``.
        overrides: ``--set`` assignments laid over that file.
        systems: row name to {use, params, backbone, sampling, fingerprint, card}.
        metrics: metric name to its card.
        sessions: one entry per start of the run: when, on what, with which code and packages.
        status: "failed" when every cell was tried and some failed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = SCHEMA_VERSION
    id: str
    protocol: dict[str, JsonValue]
    overrides: tuple[str, ...]
    world: dict[str, JsonValue]
    systems: dict[str, dict[str, JsonValue]]
    metrics: dict[str, dict[str, JsonValue]]
    sessions: tuple[dict[str, JsonValue], ...]
    created: str
    updated: str
    status: RunStatus = "running"
    counts: Counts


def describe(plan: Plan, workers: int, previous: Manifest | None) -> Manifest:
    """The manifest of a run about to start, or to continue after ``previous``."""
    session = start_session(workers)
    return Manifest.model_validate(
        {
            "id": plan.run_id,
            "protocol": {**plan.protocol.model_dump(mode="json"), "skipped": plan.skipped},
            "overrides": plan.source.overrides,
            "world": plan.world_card,
            "systems": {spec.name: _system(plan, spec.name) for spec in plan.specs},
            "metrics": {name: metric_facts(name) for name in plan.metrics},
            "sessions": (*(previous.sessions if previous else ()), session),
            "created": previous.created if previous else session["started"],
            "updated": session["started"],
            "counts": {"cells": plan.cell_count},
        }
    )


def _system(plan: Plan, name: str) -> dict[str, object]:
    spec = next(spec for spec in plan.specs if spec.name == name)
    asked = {key: value for key, value in asdict(spec).items() if key not in ("name", "entry")}
    return {**asked, "fingerprint": plan.fingerprints[name], "card": plan.cards[name]}


def start_session(workers: int) -> dict[str, Any]:
    """When, on what and with which code and packages a run starts or continues."""
    return {
        "started": now(),
        "git": provenance.git_state(),
        "packages": provenance.packages(),
        "machine": provenance.machine(workers),
    }


def metric_facts(name: str) -> dict[str, object]:
    """What of a metric's card is written into a run."""
    from fpbench.metrics import card

    facts: Mapping[str, Any] = asdict(card(name))
    wanted = ("version", "direction", "unit", "range", "group", "doc", "k_min")
    found = {key: _finite(facts[key]) for key in wanted if key in facts}
    if not facts["weights"]:
        return found
    from fpbench.weights.backends import identities

    return {**found, "weights": identities(facts["weights"])}


def _finite(value: Any) -> Any:
    """JSON has no infinity; an open end of a range is null."""
    if isinstance(value, (tuple, list)):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and value in (float("inf"), float("-inf")) else value


def save_manifest(folder: Path, manifest: Manifest, scratch: Path) -> None:
    """Replace ``run.json`` in one step."""
    text = json.dumps(manifest.model_dump(mode="json"), indent=1, ensure_ascii=False)
    write_atomic(folder / FILE, text.encode(), scratch)


def load_manifest(folder: Path) -> Manifest:
    """The header of the run in ``folder``.

    Raises:
        FpbenchError: no run there, unreadable, or from another schema version.
    """
    path = folder / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FpbenchError(f"{folder}: not a run (no {FILE}); 'fpbench list runs' shows those that exist") from error
    except (OSError, ValueError) as error:
        raise FpbenchError(f"{path}: unreadable: {error}") from error
    found = data.get("schema_version") if isinstance(data, dict) else None
    if found != SCHEMA_VERSION:
        raise FpbenchError(
            f"{path}: schema version {found!r}; this fpbench reads {SCHEMA_VERSION}."
            f" Make the run again (fpbench run {folder / 'protocol.yaml'}), or read it with the fpbench that made it"
        )
    try:
        return Manifest.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise FpbenchError(f"{path}: {place}: {first['msg']}") from error
