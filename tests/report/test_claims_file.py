from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from fpbench.errors import FpbenchError
from fpbench.report.claims import Claim, Finding, Judgement, judgements, load_registry
from fpbench.report.claims_file import FILE, claims_json, load_claims
from fpbench.report.data import load_run
from fpbench.report.paper import Agreement

FOUND = (
    Judgement(Claim("a", "Inverted sampling drifts least."), "supported", (
        Finding("drift: a", "supported", "lpips_truth: -0.2", "Table 1", 0.9, True, -0.2, -0.3, -0.1, "less", 0.1),
    )),
    Judgement(Claim("b", "People prefer it.", "nobody voted"), "not run", ()),
)  # fmt: skip
RANKS = {"drift-1": (Agreement("clarity", "blur_effect", "mean", 0.5, 0.1, 0.8, 29),)}


def test_claims_come_back_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(claims_json(FOUND, RANKS))
    content = load_claims(tmp_path / FILE)
    assert content.claims == FOUND
    assert content.agreement == RANKS


def test_what_is_not_finite_is_null() -> None:
    text = claims_json(
        [Judgement(Claim("a", "t"), "undecided", (Finding("s", "undecided", "o", power=float("nan")),))], {}
    )
    assert json.loads(text)["claims"][0]["findings"][0]["power"] is None
    assert "NaN" not in text


def test_no_file_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(FpbenchError, match=r"fpbench claims RUN\.\.\. --format json --out"):
        load_claims(tmp_path / FILE)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c | {"schema_version": 0}, "schema version 0"),
        (lambda c: c | {"claims": [c["claims"][1] | {"verdict": "perhaps"}]}, r"claims\.0\.verdict"),
        (lambda c: [c], "the file: Input should be"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_by_place(change: Callable[[Any], Any], told: str, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text(json.dumps(change(json.loads(claims_json(FOUND, RANKS)))))
    with pytest.raises(FpbenchError, match=told):
        load_claims(path)


def test_the_committed_judgements_are_those_of_the_published_runs() -> None:
    root = Path(__file__).parents[2]
    runs = [load_run(folder) for folder in sorted((root / "results" / "published").iterdir())]
    now = judgements(runs, load_registry(root / "protocols"))
    kept = load_claims(root / "results" / FILE)
    assert [(one.claim, one.verdict) for one in kept.claims] == [(one.claim, one.verdict) for one in now]
    assert _numbers(kept.claims) == pytest.approx(_numbers(now), abs=1e-6)


def _numbers(found: Iterable[Judgement]) -> list[float]:
    differences = [(one.effect, one.low, one.high) for judged in found for one in judged.findings]
    return [number for numbers in differences for number in numbers if number is not None]
