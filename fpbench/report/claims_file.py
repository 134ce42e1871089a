"""``claims.json``: judgements as ``fpbench claims --format json`` writes them, read again by the dashboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from fpbench.errors import FpbenchError
from fpbench.report.claims import Judgement
from fpbench.report.paper import Agreement

FILE = "claims.json"
"""Lies in the results folder, since a claim may rest on several runs."""
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class ClaimsFile:
    """What the file holds: a judgement of each claim, and rank agreement with the paper's columns by run."""

    schema_version: int
    claims: tuple[Judgement, ...]
    agreement: Mapping[str, tuple[Agreement, ...]]


_CONTENT = TypeAdapter(ClaimsFile)


def claims_json(found: Sequence[Judgement], agreements: Mapping[str, Sequence[Agreement]]) -> str:
    """The file's text; what is not finite is null."""
    ranks = {run: tuple(columns) for run, columns in agreements.items()}
    return _CONTENT.dump_json(ClaimsFile(SCHEMA_VERSION, tuple(found), ranks), indent=1).decode() + "\n"


def load_claims(path: Path) -> ClaimsFile:
    """Read a claims file.

    Raises:
        FpbenchError: missing, malformed, or of another schema version; names the place and the remedy.
    """
    remedy = f"make it anew: fpbench claims RUN... --format json --out {path}"
    try:
        content = _CONTENT.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise FpbenchError(f"{path}: no claims were judged yet; {remedy}") from None
    except OSError as error:
        raise FpbenchError(f"{path}: unreadable ({error}); {remedy}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise FpbenchError(f"{path}: {place}: {first['msg']}; {remedy}") from error
    if content.schema_version != SCHEMA_VERSION:
        found = content.schema_version
        raise FpbenchError(f"{path}: schema version {found}, this fpbench reads {SCHEMA_VERSION}; {remedy}")
    return content
