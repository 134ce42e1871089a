"""What weights are here, and what to do about those that are not. Prints nothing, loads nothing, downloads nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fpbench.weights import lpips
from fpbench.weights.packaged import PackagedFile, sha256

Status = Literal["ready", "missing", "wrong content"]
PACKAGED: dict[str, PackagedFile] = {f"lpips-{net}": file for net, file in lpips.FILES.items()}
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
    """

    backend: str
    status: Status
    where: Path | None
    sha256: str | None
    licence: str
    remedy: str


def diagnose(packaged: dict[str, PackagedFile] = PACKAGED, shipped: Path = SHIPPED) -> list[Diagnosis]:
    """One row for every set of weights that fpbench knows, sorted by name.

    Args:
        packaged: files expected inside installed packages, by backend.
        shipped: folder of our own weights: ``NAME.safetensors`` beside ``NAME.json``, a card with its "sha256".
    """
    rows = [_packaged(backend, file) for backend, file in packaged.items()]
    rows += [_shipped(file) for file in shipped.glob("*.safetensors")]
    return sorted(rows, key=lambda row: row.backend)


def _packaged(backend: str, file: PackagedFile) -> Diagnosis:
    where = file.locate()
    if where is None:
        return Diagnosis(backend, "missing", None, None, file.licence, file.install)
    found = sha256(where)
    if found == file.sha256:
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
