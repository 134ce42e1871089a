"""Claims judged on made-up runs whose truth is known."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from fpbench.errors import FpbenchError
from fpbench.protocol import Comparison
from fpbench.report.claims import CLAIMS, Judgement, judgements, load_registry
from fpbench.report.data import RunData
from fpbench.report.paper import agreement, column_of, contrast
from fpbench.report.pooled import by_backbone
from fpbench.report.verdict_text import FORMATS, render_claims
from fpbench.report.verdicts import differences, judge
from fpbench.runs.manifest import Manifest
from fpbench.stats import Interval

PROTOCOLS = Path(__file__).parents[2] / "protocols"
TASKS = 20
PACKS = {"forward": "td_f16k4f2k2f1k1_g9", "endpoint": "td_f16k4f2k2f1k1_g9_x_f1k1", "inverted": "f1k1_x_g9_f1k1_td"}
BASE = {"name": "less_is_less", "first": ["a"], "second": ["b"], "metric": "lpips_truth", "expect": "less"}


def comparison(**changes: Any) -> Comparison:
    return Comparison.model_validate({**BASE, "smallest": 0.1, "spread": 0.1, **changes})


def made(
    values: Mapping[str, NDArray[np.float64]], name: str = "made", metric: str = "lpips_truth",
    comparisons: tuple[Comparison, ...] = (), packs: Mapping[str, str] | None = None, seed: int = 0,
    weights: str = "",
) -> RunData:  # fmt: skip
    """A run of one seed in which every system has these values, as mean and as drift; half of the tasks return."""
    count = len(next(iter(values.values())))
    tasks, kinds = [f"t{i:02d}" for i in range(count)], ["walk", "return"] * (count // 2)
    cells = {"system": [], "task": [], "seed": [], "kind": []}
    summary = {"system": [], "task": [], "seed": [], "metric": [], "mean": [], "drift_abs": []}
    for system, row in values.items():
        for task, kind, value in zip(tasks, kinds, row, strict=True):
            for column, cell in zip(cells, (system, task, seed, kind), strict=True):
                cells[column].append(cell)
            for column, cell in zip(summary, (system, task, seed, metric, float(value), float(value)), strict=True):
                summary[column].append(cell)
    packs = packs or {}
    systems = {s: {"card": {"strategy": {"pack": packs[s]}} if s in packs else {}} for s in values}
    for system in systems.values():
        system["fingerprint"] = {"weights": weights} if weights else {}
    facts = {"direction": "down", "unit": "", "range": [0, 1], "doc": "", "version": "1"}
    protocol = {
        "name": name, "primary": {"quality": metric, "drift": metric},
        "comparisons": [one.model_dump(mode="json") for one in comparisons],
    }  # fmt: skip
    manifest = Manifest.model_construct(id=f"{name}-1", protocol=protocol, systems=systems, metrics={metric: facts})
    return RunData(Path(name), manifest, cells, summary)


def pair(effect: float, spread: float = 0.1, seed: int = 0, tasks: int = TASKS) -> dict[str, NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    base, noise = rng.normal(1, 1, tasks), rng.normal(0, 1, tasks)
    noise = (noise - noise.mean()) / noise.std(ddof=1) * spread
    return {"a": base + effect + noise, "b": base}


@pytest.mark.parametrize(
    ("effect", "spread", "expect", "verdict"),
    [
        (-0.2, 0.1, "less", "supported"),
        (0.2, 0.1, "less", "contradicted"),
        (0.2, 0.1, "more", "supported"),
        (-0.2, 0.1, "more", "contradicted"),
        (0.0, 0.1, "less", "contradicted"),  # the interval leaves no room for an effect of 0.1
        (-0.05, 0.3, "less", "undecided"),  # too wide for anything
        (-0.3, 0.4, "less", "undecided"),  # significant, but an effect of 0.1 would not have been found
        (0.0, 0.1, "same", "supported"),
        (0.3, 0.1, "same", "contradicted"),
        (0.05, 0.3, "same", "undecided"),
    ],
)
def test_verdicts(effect: float, spread: float, expect: str, verdict: str) -> None:
    found = judge([made(pair(effect, spread))], [comparison(expect=expect)])[0]
    assert found.verdict == verdict
    assert found.effect.low < effect < found.effect.high


def test_a_claim_needs_the_power_it_asked_for() -> None:
    runs = [made(pair(-0.12, 0.15))]
    assert judge(runs, [comparison(power=0.7)])[0].verdict == "supported"
    found = judge(runs, [comparison(power=0.9)])[0]
    assert (found.verdict, 0.7 < found.power < 0.9) == ("undecided", True)


def test_many_comparisons_are_corrected_for() -> None:
    runs = [made(pair(-0.1, 0.2))]
    alone = judge(runs, [comparison()])[0]
    many = judge(runs, [comparison(name=f"c{i}") for i in range(10)])
    assert many[0].p == pytest.approx(min(1, 10 * alone.p))
    assert alone.p < 0.05 < many[0].p


def test_training_seeds_enter_the_interval() -> None:
    agree = judge([made(pair(-0.2, seed=0)), made(pair(-0.2, seed=1))], [comparison()])[0]
    differ = judge([made(pair(-0.35, seed=0)), made(pair(-0.05, seed=1))], [comparison()])[0]
    assert (agree.backbones, agree.verdict, differ.verdict) == (2, "supported", "undecided")
    assert differ.effect.high - differ.effect.low > 2 * (agree.effect.high - agree.effect.low)
    with pytest.raises(FpbenchError, match="different tasks"):
        judge([made(pair(0.1)), made(pair(0.1, tasks=10))], [comparison()])


def test_a_backbone_counts_once() -> None:
    first, again = made(pair(-0.2, seed=0), weights="one"), made(pair(-0.2, seed=1), weights="one")
    with pytest.raises(FpbenchError, match="same weights and sampling seed 0; give one of them"):
        judge([first, again], [comparison()])
    other = made(pair(-0.2, seed=1), weights="another")
    assert judge([first, other], [comparison()])[0].backbones == 2


def test_sampling_seeds_of_one_backbone_are_pooled_before_backbones_are_compared() -> None:
    one, two = pair(-0.3, seed=0), pair(-0.1, seed=1)
    mean = {name: (one[name] + two[name]) / 2 for name in one}
    runs = [made(one, weights="w"), made(two, weights="w", seed=1)]
    found, wanted = judge(runs, [comparison()])[0], judge([made(mean)], [comparison()])[0]
    assert (found.backbones, found.seeds) == (1, 2)
    assert (found.effect.estimate, found.effect.low) == pytest.approx((wanted.effect.estimate, wanted.effect.low))
    both = judge([*runs, made(pair(-0.2, seed=2), weights="v")], [comparison()])[0]
    assert (both.backbones, both.seeds) == (2, 1)  # the seed that every backbone has
    line = judgements([made(one, comparisons=(comparison(claim="packing_remembers"),), weights="w"), runs[1]])
    assert "20 tasks, 2 sampling seeds; wanted" in next(one for one in line if one.findings).findings[0].ours


def test_a_second_sampling_seed_may_have_fewer_systems_and_metrics() -> None:
    first = made({**pair(-0.2), "c": np.zeros(TASKS)}, weights="w")
    first.manifest.metrics["motion"] = first.manifest.metrics["lpips_truth"]
    (pooled,) = by_backbone([first, made(pair(-0.4, seed=1), weights="w", seed=1)])
    assert (pooled.systems, list(pooled.manifest.metrics)) == (["a", "b", "c"], ["lpips_truth"])
    assert np.isfinite(pooled.values("a", "lpips_truth")).all()
    assert np.isfinite(pooled.values("c", "lpips_truth")).sum() == TASKS
    judged = {one.comparison.name: one for one in judge([pooled], [comparison(), comparison(name="c", first=["c"])])}
    assert (judged["less_is_less"].seeds, judged["c"].seeds) == (2, 1)


def test_only_what_is_the_same_is_pooled() -> None:
    first = made(pair(-0.2), weights="w")
    with pytest.raises(FpbenchError, match="same weights with different tasks"):
        by_backbone([first, made(pair(-0.2, tasks=10), weights="w", seed=1)])
    other = made(pair(-0.2), weights="w", seed=1)
    other.manifest.systems["b"]["fingerprint"]["steps"] = 10
    with pytest.raises(FpbenchError, match="b is not the same system in both"):
        by_backbone([first, other])
    newer = made(pair(-0.2), weights="w", seed=1)
    newer.manifest.metrics["lpips_truth"] = {**newer.manifest.metrics["lpips_truth"], "version": "2"}
    assert by_backbone([first, newer])[0].manifest.metrics == {}
    assert judge([first, newer], [comparison()]) == []


def test_a_comparison_may_be_restricted_to_a_kind_and_average_its_sides() -> None:
    values = pair(0.0, 0.0)
    values["a2"] = values["a"].copy()
    values["a2"][1::2] -= 1.0  # only on returns
    run = made(values)
    both = comparison(first=["a*"], kind="return")
    assert np.allclose(differences(run, both), -0.5)
    assert len(differences(run, both)) == TASKS // 2
    assert np.allclose(differences(run, comparison(first=["a2"], kind="walk")), 0)


def test_what_a_run_does_not_have_is_not_judged() -> None:
    assert judge([made(pair(0.1))], [comparison(first=["c"]), comparison(metric="psnr_truth")]) == []


def verdicts(found: list[Judgement]) -> dict[str, str]:
    return {one.claim.name: one.verdict for one in found}


def test_a_claim_is_judged_by_all_its_comparisons_and_the_rest_is_not_run() -> None:
    claim = "inverted_best_on_drift"
    good, bad = comparison(claim=claim), comparison(name="other", claim=claim, first=["b"], second=["a"])
    assert verdicts(judgements([made(pair(-0.2), comparisons=(good,))]))[claim] == "supported"
    assert verdicts(judgements([made(pair(-0.2), comparisons=(good, bad))]))[claim] == "contradicted"
    found = verdicts(judgements([]))
    assert found.pop("constant_context") == "supported"
    assert found.pop("batch_64") == "undecided"  # an estimate proves nothing
    assert set(found.values()) == {"not run"}


def test_a_comparison_of_no_claim_is_a_claim_of_its_protocol() -> None:
    own = [comparison(), comparison(name="more_is_less", expect="more")]
    *papers, first, second = found = judgements([made(pair(-0.2), name="lab", comparisons=tuple(own))])
    assert [one.claim for one in papers] == list(CLAIMS)
    assert (first.claim.name, first.claim.text, first.claim.protocol) == ("lab.less_is_less", "Less is less.", "lab")
    assert (first.verdict, second.verdict, len(second.findings)) == ("supported", "contradicted", 1)
    page = render_claims(found, {}, "markdown")
    _, paper, besides, *_ = page.split("| :-- | :-- |")
    assert ("Less is less." in paper, "Less is less." in besides) == (False, True)
    assert "lab: less\\_is\\_less. " in page


def test_comparisons_that_came_after_the_run_are_marked() -> None:
    one = comparison(claim="inverted_best_on_drift")
    late = judgements([made(pair(-0.2))], {"made": [one]})
    assert late[0].verdict == "supported"
    assert not late[0].findings[0].registered
    assert judgements([made(pair(-0.2), comparisons=(one,))])[0].findings[0].registered


def families(between: float, within: float) -> RunData:
    rng, values, packs = np.random.default_rng(0), {}, {}
    base = rng.normal(1, 1, TASKS)
    for family, (order, pack) in enumerate(PACKS.items()):
        for row in range(4):
            name = f"{order}{row}"
            values[name] = base - between * family + within * row + rng.normal(0, 0.05, TASKS)
            packs[name] = pack
    return made(values, packs=packs)


def test_families_against_packs_within_them() -> None:
    assert verdicts(judgements([families(0.5, 0.02)]))["family_dominates"] == "supported"
    assert verdicts(judgements([families(0.02, 0.5)]))["family_dominates"] == "contradicted"


def test_best_in_most_metrics_means_leading_and_not_merely_tied() -> None:
    assert verdicts(judgements([families(0.5, 0.02)]))["inverted_best_in_quality"] == "supported"
    assert verdicts(judgements([families(-0.5, 0.02)]))["inverted_best_in_quality"] == "contradicted"


def test_what_is_not_a_difference_is_judged_on_every_backbone() -> None:
    first, second = families(0.5, 0.02), families(-0.5, 0.02)
    for run, weights in ((first, "doom"), (second, "trained/second.safetensors")):
        run.manifest.protocol["backbone"] = weights
        run.manifest.systems["forward0"]["fingerprint"] = {"weights": weights}
    one = next(j for j in judgements([first, second]) if j.claim.name == "inverted_best_in_quality")
    assert [finding.source.split(":")[0] for finding in one.findings] == ["made on doom", "made on second"]
    assert [finding.verdict for finding in one.findings] == ["supported", "contradicted"]
    assert one.verdict == "contradicted"


def test_the_paper_s_figures_stand_beside_ours() -> None:
    paper = {
        "table": 1,
        "column": "drift_clarity",
        "first": "f1k1_x_g9_f1k1f2k2f16k4_td",
        "second": "td_f16k4f2k2f1k1_g9",
    }
    assert contrast(comparison(paper=paper).paper) == "2.35 against 3.18 (v1, Table 1, drift_clarity)"  # type: ignore[arg-type]
    assert contrast(comparison(paper={**paper, "first": "nobody"}).paper) == ""  # type: ignore[arg-type]


def test_rank_agreement_with_the_paper() -> None:
    theirs = column_of("v1", 1, "drift_clarity")
    rng = np.random.default_rng(0)

    def run(sign: int) -> RunData:
        return made({n: sign * v + rng.normal(0, 0.01, TASKS) for n, v in theirs.items()}, metric="blur_effect")

    found = next(one for one in agreement(run(1), resamples=50) if one.column == "drift_clarity")
    assert found.rows == 30
    assert found.low <= found.tau <= found.high
    assert found.tau > 0.9
    assert next(one for one in agreement(run(-1), resamples=50) if one.column == "drift_clarity").tau < -0.9


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_every_claim(form: str) -> None:
    run = made(pair(-0.2), comparisons=(comparison(claim="inverted_best_on_drift"),))
    text = render_claims(judgements([run]), {}, form)
    if form == "markdown":
        assert all(one.text.replace("_", "\\_") in text for one in CLAIMS)
    elif form == "csv":
        assert {row["claim"] for row in csv.DictReader(io.StringIO(text))} == {one.name for one in CLAIMS}
    else:
        assert [one["claim"]["name"] for one in json.loads(text)["claims"]] == [one.name for one in CLAIMS]
    with pytest.raises(FpbenchError, match="markdown, csv, json"):
        render_claims([], {}, "html")


def test_shipped_comparisons_test_claims_that_exist_with_the_power_they_want() -> None:
    from fpbench.cli.check import powers
    from fpbench.protocol import load_protocol

    known = {one.name for one in CLAIMS}
    for name, comparisons in load_registry(PROTOCOLS).items():
        assert {one.claim for one in comparisons} <= {*known, None}, name
        assert all(contrast(one.paper) for one in comparisons if one.paper), name
    for file in PROTOCOLS.glob("*.yaml"):
        assert not [line for line in powers(load_protocol(file)[0]) if "UNDERPOWERED" in line], file


def test_the_command_judges_published_runs(tmp_path: Path) -> None:
    from fpbench.cli import app

    published = PROTOCOLS.parent / "results" / "published" / "drift"
    arguments = [
        "claims",
        str(published),
        "--protocols",
        str(PROTOCOLS),
        "--format",
        "csv",
        "--out",
        f"{tmp_path}/c.csv",
    ]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "c.csv").read_text(encoding="utf-8"))))
    assert any(row["source"].startswith("drift: ") for row in rows)


def test_an_interval_without_ends_decides_nothing() -> None:
    from fpbench.report.verdicts import verdict

    nothing = Interval(1.0, float("nan"), float("nan"), 0.95, 1, 0, "bca", 0, 0)
    assert verdict(comparison(), nothing, 0.0, 1.0) == "undecided"
