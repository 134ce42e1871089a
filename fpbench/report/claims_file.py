"""``claims.json``: whether a paper's claims hold here, as ``fpbench claims`` writes and the dashboard reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError

from fpbench.errors import FpbenchError
from fpbench.runs.files import write_atomic

FILE = "claims.json"
"""Lies in the results folder, since a claim may rest on several runs."""
SCHEMA_VERSION = 1
Verdict = Literal["supported", "contradicted", "undecided"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim and what the runs say about it.

    Attributes:
        claim: the claim in one sentence.
        verdict: "supported" or "contradicted" where the interval excludes no effect, else "undecided".
        effect: estimate in ``unit``, positive in the direction of the claim.
        low, high: its confidence interval; None where it could not be computed.
        power: probability of detecting the paper's effect with this many tasks, 0-1; None where unknown.
        unit: of the effect, "" for a pure number.
        figure: where the paper says so, such as "Table 2".
        paper_effect: the paper's own number, in its own unit; None where it prints none.
        runs: ids of the runs used.
        note: what a reader must know, such as "not run: needs released weights".
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    claim: str
    verdict: Verdict
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    power: float | None = None
    unit: str = ""
    figure: str = ""
    paper_effect: float | None = None
    runs: tuple[str, ...] = ()
    note: str = ""


_CLAIMS = TypeAdapter(tuple[Claim, ...])


def save_claims(results: Path, claims: Sequence[Claim], scratch: Path) -> Path:
    """Write the claims file of a results folder in one step; its path."""
    content = {"schema_version": SCHEMA_VERSION, "claims": [asdict(claim) for claim in claims]}
    path = results / FILE
    write_atomic(path, (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode(), scratch)
    return path


def load_claims(path: Path) -> tuple[Claim, ...]:
    """Read a claims file.

    Raises:
        FpbenchError: missing, malformed, or of another schema version; names the place and the remedy.
    """
    remedy = f"make it anew: fpbench claims {path.parent}"
    try:
        content = json.loads(path.read_text("utf-8"))
        found = content.get("schema_version")
    except FileNotFoundError:
        raise FpbenchError(f"{path}: no claims were tested yet; {remedy}") from None
    except (OSError, ValueError, AttributeError) as error:
        raise FpbenchError(f"{path}: unreadable ({error}); {remedy}") from error
    if found != SCHEMA_VERSION:
        raise FpbenchError(f"{path}: schema version {found!r}, this fpbench reads {SCHEMA_VERSION}; {remedy}")
    try:
        return _CLAIMS.validate_python(content.get("claims"), strict=False)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise FpbenchError(f"{path}: claims.{place}: {first['msg']}; {remedy}") from error
