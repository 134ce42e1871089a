from __future__ import annotations

import json
from pathlib import Path

import pytest

from fpbench.errors import FpbenchError
from fpbench.report.claims_file import FILE, Claim, load_claims, save_claims

CLAIMS = (
    Claim(claim="inverted drifts less than vanilla", verdict="supported", effect=0.2, low=0.12, high=0.28, power=0.9,
          unit="LPIPS", figure="Table 2", paper_effect=0.1, runs=("drift-1",)),
    Claim(claim="people prefer it", verdict="undecided", note="nobody voted"),
)  # fmt: skip


def test_claims_come_back_as_they_were_written(tmp_path: Path) -> None:
    assert load_claims(save_claims(tmp_path, CLAIMS, tmp_path)) == CLAIMS


def test_no_file_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(FpbenchError, match=f"fpbench claims {tmp_path}"):
        load_claims(tmp_path / FILE)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c | {"schema_version": 0}, "schema version 0"),
        (lambda c: c | {"claims": [{"claim": "x", "verdict": "perhaps"}]}, r"claims\.0\.verdict"),
        (lambda c: c | {"claims": [{"claim": "x", "verdict": "undecided", "p": 1}]}, r"claims\.0\.p"),
        (lambda c: [c], "unreadable"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_by_place(change: object, told: str, tmp_path: Path) -> None:
    path = save_claims(tmp_path, CLAIMS, tmp_path)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))  # type: ignore[operator]
    with pytest.raises(FpbenchError, match=told):
        load_claims(path)
