"""What weights are here, and what to do about those that are not. Prints nothing, loads nothing, downloads nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from fpbench.weights.backends import HUB, PACKAGED, PROGRAMS
from fpbench.weights.hub import HubFile
from fpbench.weights.packaged import PackagedFile, sha256
from fpbench.weights.vmaf import Program

Status = Literal["ready", "missing", "wrong content"]
SHIPPED = Path(__file__).parents[1] / "models" / "weights"


@dataclass(frozen=True)
class Diagnosis:
    """One row of the report.

    Attributes:
        backend: name by which metrics and protocols ask for the weights.
        status: "ready", "missing", or "wrong content" (present, but not what was published; never loaded).
        where: the file, None where it is missing.
        sha256: of the file found, None where it is missing.
        licence: under which the weights may be used.
        remedy: what to type, empty where nothing is wrong.
        optional: whether an installation is complete without it.
    """

    backend: str
    status: Status
    where: Path | None
    sha256: str | None
    licence: str
    remedy: str
    optional: bool = False


def diagnose(
    packaged: Mapping[str, PackagedFile] = PACKAGED,
    shipped: Path = SHIPPED,
    hub: Mapping[str, HubFile] = HUB,
    programs: Mapping[str, Program] = PROGRAMS,
) -> list[Diagnosis]:
    """One row for every set of weights that fpbench knows, the optional ones last, sorted by name.

    Args:
        packaged: files expected inside installed packages, by backend.
        shipped: folder of our own weights: ``NAME.safetensors`` beside ``NAME.json``, a card with its "sha256".
        hub: files that whoever wants them fetches, by backend.
        programs: that whoever wants them installs, by backend.
    """
    rows = [_found(backend, file, file.sha256) for backend, file in packaged.items()]
    rows += [_shipped(file) for file in shipped.glob("*.safetensors")]
    optional: dict[str, HubFile | Program] = {**hub, **programs}
    for backend, file in optional.items():
        where = file.locate()
        rows.append(replace(_found(backend, file, file.expected(where) if where else ""), optional=True))
    return sorted(rows, key=lambda row: (row.optional, row.backend))


def _found(backend: str, file: PackagedFile | HubFile | Program, expected: str) -> Diagnosis:
    where = file.locate()
    if where is None:
        return Diagnosis(backend, "missing", None, None, file.licence, file.install)
    found = sha256(where)
    if found.startswith(expected):
        return Diagnosis(backend, "ready", where, found, file.licence, "")
    return Diagnosis(backend, "wrong content", where, found, file.licence, file.reinstall)


def _shipped(file: Path) -> Diagnosis:
    found = sha256(file)
    ready = found == _expected(file.with_suffix(".json"))
    remedy = "" if ready else "reinstall fpbench, or restore the file and its card from version control"
    return Diagnosis(file.stem, "ready" if ready else "wrong content", file, found, "Apache-2.0", remedy)


def _expected(card: Path) -> str | None:
    try:
        content = json.loads(card.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return None
    return content.get("sha256") if isinstance(content, dict) else None
