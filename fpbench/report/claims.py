"""The claims of the FramePack paper and what runs say about them: supported, contradicted, undecided or not run.

A protocol's comparisons name the claim they test; a claim is judged by all of them. A comparison that tests no claim of
the paper is a claim of its protocol. Three claims are not a difference
of two means and have a judge of their own below. Where the paper disagrees with itself, the claim says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fpbench.framepack import Pack, make_plan
from fpbench.framepack.orders import default_order
from fpbench.protocol import Comparison
from fpbench.report.data import RunData
from fpbench.report.paper import contrast
from fpbench.report.pooled import by_backbone
from fpbench.report.results import MOTION
from fpbench.report.verdicts import Judged, Verdict, judge
from fpbench.stats import separable_from_best, task_means


@dataclass(frozen=True)
class Claim:
    """What is claimed, and what to know before believing either side.

    Attributes:
        name: by which comparisons refer to it.
        text: the claim.
        note: contradictions and gaps in the paper itself; empty if there are none.
        protocol: which registered it, where it is no claim of the paper.
    """

    name: str
    text: str
    note: str = ""
    protocol: str = ""


CLAIMS = (
    Claim("inverted_best_on_drift", "Inverted sampling drifts least."),
    Claim(
        "inverted_best_in_quality",
        "Inverted sampling is best in most quality metrics.",
        "v1 counts 5 of 7 quality metrics, v3 4 of 7, with different rows beside it.",
    ),
    Claim(
        "family_dominates",
        "The sampling family matters more than the pack within a family.",
        "Drift of clarity is 3.20, 2.81 and 2.37 by family, with a spread of 0.05 to 0.12 within one.",
    ),
    Claim("packs_matter_little", "Packs within a family, and what happens to the tail, hardly matter."),
    Claim("long_sections_drift_less", "Longer sections drift less (g9 against g1)."),
    Claim("endpoints_slow_motion", "Endpoint sampling moves less than vanilla."),
    Claim(
        "discrete_reduces_drift",
        "Discrete history reduces the drift of vanilla sampling.",
        "The same row has drift of clarity 2.30 in Table 1 and 3.13 in Table 2 of v3.",
    ),
    Claim(
        "discrete_moves_more",
        "Discrete vanilla moves more than inverted sampling.",
        "A third party measured 15 % Dynamic for the released inverted model, against the paper's 89 %.",
    ),
    Claim(
        "fewer_centroids_drift_less",
        "A smaller codebook drifts less.",
        "v3 prints the opposite (larger K drifts less), which its own limits K = 1 and K = all contradict.",
    ),
    Claim("fewer_centroids_forget", "A smaller codebook forgets more."),
    Claim(
        "sigma_reduces_drift",
        "More noise on history drifts less.",
        "A summary calls sigma_test = 0.1 the best trade-off; v3 has less drift at 0.5 (3.55 against 4.84), Elo equal.",
    ),
    Claim("sigma_forgets", "More noise on history forgets more."),
    Claim(
        "guidance_drifts_more",
        "History guidance drifts more.",
        "The paper's own drift of clarity with guidance (7.35) is below that of clean history (8.41) and above that of "
        "noisy history (4.84). DFoT reports better long videos with guidance.",
    ),
    Claim("guidance_remembers_more", "History guidance remembers more."),
    Claim(
        "guidance_slows_motion",
        "Strong history guidance moves less.",
        "The paper gives one weight, without its value, beside rows that moved 65 in v1 and 91 in v3.",
    ),
    Claim("anchors_limit_drift", "An anchor frame drifts less than repeated image-to-video."),
    Claim("anchors_slow_motion", "An anchor frame moves less than noisy history."),
    Claim("repeating_drifts_most", "Repeated image-to-video drifts more than a window."),
    Claim("packing_remembers", "Packed history remembers more than a window of as many tokens."),
    Claim("longer_packs_remember", "Longer packs remember longer.", "The paper has no measure of memory."),
    Claim("similarity_remembers", "Ranking history by likeness remembers views that come back.", "No numbers in v3."),
    Claim("five_steps_suffice", "Five solver steps are as good as ten."),
    Claim("constant_context", "The context of a packed strategy does not grow with the video."),
    Claim(
        "batch_64",
        "A batch of 64 fits one node of 8 A100-80GB.",
        "v1 says so of the 13 B model at 480p; v3 says LoRA training, window 2-3, and 32 at window 4-5.",
    ),
)


@dataclass(frozen=True)
class Finding:
    """One line of evidence on a claim.

    Attributes:
        source: protocol and comparison, or how it was found.
        ours, paper: the numbers as text.
        power: planned effect found with this probability; None where it does not apply.
        registered: stood in the protocol before the run.
        effect, low, high: first minus second with its interval, where the evidence is a difference.
        expect, smallest: which difference was wanted: "less", "more" or "same", by how much.
    """

    source: str
    verdict: Verdict
    ours: str
    paper: str = ""
    power: float | None = None
    registered: bool = True
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    expect: str = ""
    smallest: float | None = None


@dataclass(frozen=True)
class Judgement:
    """A claim, its verdict and all evidence."""

    claim: Claim
    verdict: Verdict
    findings: tuple[Finding, ...]


Registry = Mapping[str, Sequence[Comparison]]
"""Comparisons by protocol, for runs that were made before their protocol had any."""


def judgements(runs: Iterable[RunData], shipped: Registry | None = None) -> list[Judgement]:
    """Every claim of the paper with the verdict of the given runs, and what their protocols registered besides.

    Args:
        runs: finished runs; those of one protocol are judged together, over backbones and sampling seeds.
        shipped: comparisons to fall back on; verdicts by them are marked as not registered before the run.

    Raises:
        FpbenchError: runs of one protocol with different tasks, or one of them twice.
    """
    by_claim: dict[str, list[Finding]] = {}
    besides: list[Judgement] = []
    groups: dict[str, list[RunData]] = {}
    for run in runs:
        groups.setdefault(str(run.manifest.protocol["name"]), []).append(run)
    for name, same_protocol in groups.items():
        group = by_backbone(same_protocol)
        own = _registered(group[0])
        for one in judge(group, own or (shipped or {}).get(name, ()), registered=bool(own)):
            if one.comparison.claim is None:
                besides.append(Judgement(_own_claim(name, one.comparison), one.verdict, (_finding(name, one),)))
            else:
                by_claim.setdefault(one.comparison.claim, []).append(_finding(name, one))
        for run in group:
            source = name if len(group) == 1 else f"{name} on {_backbone(run)}"
            for claim, special in SPECIAL.items():
                if (finding := special(source, run)) is not None:
                    by_claim.setdefault(claim, []).append(finding)
    for claim, known in (("constant_context", _constant_context), ("batch_64", _batch_64)):
        by_claim[claim] = [known()]
    judged = [Judgement(one, _joined(found := by_claim.get(one.name, [])), tuple(found)) for one in CLAIMS]
    return judged + besides


def load_registry(folder: Path) -> dict[str, Sequence[Comparison]]:
    """The comparisons of every protocol file in a folder, by protocol."""
    from fpbench.protocol import load_protocol

    loaded = [load_protocol(file)[0] for file in sorted(folder.glob("*.yaml"))]
    return {protocol.name: protocol.comparisons for protocol in loaded}


def _registered(run: RunData) -> list[Comparison]:
    listed = cast("list[Any]", run.manifest.protocol.get("comparisons") or [])
    return [Comparison.model_validate(one) for one in listed]


def _own_claim(protocol: str, one: Comparison) -> Claim:
    return Claim(f"{protocol}.{one.name}", one.name.replace("_", " ").capitalize() + ".", protocol=protocol)


def _backbone(run: RunData) -> str:
    return Path(str(run.manifest.protocol["backbone"])).stem


def _joined(findings: Sequence[Finding]) -> Verdict:
    """One verdict: against the claim as soon as one comparison is; for it only when all are."""
    verdicts = {finding.verdict for finding in findings}
    if not verdicts:
        return "not run"
    if "contradicted" in verdicts:
        return "contradicted"
    return "supported" if verdicts == {"supported"} else "undecided"


def _finding(protocol: str, one: Judged) -> Finding:
    c, effect = one.comparison, one.effect
    what = {"mean": c.metric, "drift_abs": f"Δ {c.metric}"}.get(c.part, f"{c.part} of {c.metric}")
    wanted = f"the same within {c.smallest:g}" if c.expect == "same" else f"{c.expect} by {c.smallest:g}"
    chance = f"{one.p:.3f}" if not one.p < 0.0005 else "< 0.001"  # no test finds 0
    counted = ((effect.tasks, "tasks"), (one.seeds, "sampling seeds"), (one.backbones, "backbones"))
    over = ", ".join(f"{count} {things}" for count, things in counted if count > 1)
    found = f"{what}: {effect.estimate:+.3f} [{effect.low:+.3f}, {effect.high:+.3f}]"
    ours = f"{found}, p {chance}, {over}; wanted {wanted}"
    paper = contrast(c.paper) if c.paper else ""
    difference = (effect.estimate, effect.low, effect.high, c.expect, c.smallest)
    return Finding(f"{protocol}: {c.name}", one.verdict, ours, paper, one.power, one.registered, *difference)


def _best_in_quality(source: str, run: RunData) -> Finding | None:
    """In how many ranked metrics an inverted row leads, and in how many it is separably behind the leader."""
    rows = [name for name in run.systems if run.role(name) == "system"]
    inverted = {name for name in rows if _order(run, name) == "inverted"}
    ranked = [name for name in run.manifest.metrics if run.metric(name).direction in ("up", "down")]
    ranked = [name for name in ranked if name not in MOTION]
    if not inverted or len(inverted) == len(rows) or len(set(run.tasks)) < 2:
        return None
    leads = behind = 0
    for metric in ranked:
        values = {name: run.values(name, metric) for name in rows if run.measured(name, metric)}
        up = run.metric(metric).direction == "up"
        found = separable_from_best(values, run.tasks, direction="up" if up else "down")
        leads += found.leader in inverted
        behind += not found.members & inverted
    half = len(ranked) / 2
    verdict: Verdict = "supported" if leads > half else "contradicted" if behind > half else "undecided"
    ours = f"leads in {leads} of {len(ranked)} ranked metrics, separably behind in {behind}"
    return Finding(f"{source}: means of all metrics", verdict, ours, "5 of 7 (v1), 4 of 7 (v3)")


def _family_dominates(source: str, run: RunData, *, resamples: int = 1000, seed: int = 0) -> Finding | None:
    """Spread of family means over the spread of packs within families, on the drift that was declared primary."""
    metric = cast("dict[str, str]", run.manifest.protocol["primary"])["drift"]
    families: dict[str, list[NDArray[np.float64]]] = {}
    for name in run.systems:
        order = _order(run, name)
        if order and not str(_pack(run, name)).endswith("+D") and run.measured(name, metric):
            families.setdefault(order, []).append(task_means(run.values(name, metric, "drift_abs"), run.tasks))
    groups = [np.array(rows) for rows in families.values() if len(rows) > 2]
    if len(groups) < 2:
        return None
    complete = np.isfinite(np.concatenate(groups)).all(0)
    groups = [rows[:, complete] for rows in groups]

    def ratio(pick: NDArray[np.int64]) -> float:
        means = [rows[:, pick].mean(1) for rows in groups]
        within = np.sqrt(np.mean([one.var(ddof=1) for one in means]))
        return float(np.std([one.mean() for one in means], ddof=1) / within)

    count = groups[0].shape[1]
    picks = np.random.default_rng(seed).integers(0, count, (resamples, count))
    low, high = np.quantile([ratio(pick) for pick in picks], [0.025, 0.975])
    verdict: Verdict = "supported" if low > 1 else "contradicted" if high < 1 else "undecided"
    ours = f"Δ {metric}: spread between families {ratio(np.arange(count)):.1f} [{low:.1f}, {high:.1f}] times within"
    return Finding(f"{source}: {len(groups)} families", verdict, ours, "0.42 between, 0.05 to 0.12 within")


SPECIAL: Mapping[str, Callable[[str, RunData], Finding | None]] = {
    "inverted_best_in_quality": _best_in_quality,
    "family_dominates": _family_dominates,
}


def _constant_context() -> Finding:
    """Arithmetic on the plan of the default pack; time and memory are measured by tests/benchmarks/section_cost.py."""
    sections = make_plan(Pack.parse("td_f16k4f2k2f1k1_g9"), 2008, max_gap=27).sections
    tokens = [section.context_tokens(8, 12) for section in sections]
    ours = f"context tokens of section 5: {tokens[4]}, of section {len(tokens)}: {tokens[-1]}"
    verdict: Verdict = "supported" if len(set(tokens[4:])) == 1 else "contradicted"
    return Finding("the plan of 2,008 frames", verdict, ours, "constant (Eq. 3)")


def _batch_64() -> Finding:
    """An estimate, no reading: there is no such node to try it on, so it stays undecided whatever it says."""
    from fpbench.models.memory import GB, HUNYUAN, largest_batch

    pack = Pack.parse("td_f16k4f2k2f1k1_g9")
    tokens = pack.context_tokens(60, 104) + pack.section_tokens(60, 104)
    fits = 8 * largest_batch(HUNYUAN, tokens, "lora", 80 * GB)
    return Finding("memory model", "undecided", f"estimate: LoRA at g9 fits {fits} in all; not measured", "64")


def _pack(run: RunData, name: str) -> str | None:
    card = cast("dict[str, Any]", run.manifest.systems[name]["card"])
    strategy = card.get("strategy")
    return cast("str", strategy["pack"]) if isinstance(strategy, dict) else None


def _order(run: RunData, name: str) -> str | None:
    """Sampling order of a packed strategy; None for anything else."""
    pack = _pack(run, name)
    return default_order(Pack.parse(pack)) if pack else None
