"""A results folder as `fpbench run` leaves it, made of stubs in seconds; shared by tests of the dashboard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpbench.preference.schedule import plan_study
from fpbench.preference.study import StudyDesign
from fpbench.protocol import parse_protocol
from fpbench.report.claims import Claim, Finding, Judgement
from fpbench.report.claims_file import claims_json
from fpbench.report.data import load_run
from fpbench.runs.execute import execute
from fpbench.runs.executors import InProcess
from fpbench.runs.jobs import Outcome
from fpbench.runs.preflight import preflight

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

TEXT = """\
name: small
title: "Small & quick: <stubs> on a ramp"
world: stub
tasks: {splits: [validation], kinds: [walk, loop], count: 4, frames: 40}
batch: 2
systems:
  - {use: stub_truth, name: truth}
  - {use: stub_still, name: still}
  - {use: stub_fade, name: good, rate: 0.002}
  - {use: stub_fade, name: "bad[rate=0.02]", rate: 0.02}
  - {use: stub_fade, name: "bad[rate=0.01]", rate: 0.01}
  - {use: stub_broken, name: broken, on: [1]}
metrics: [psnr_truth, contrast_rms, flow_top5, freeze_frac]
columns: [contrast_rms]
reference: good
primary: {quality: psnr_truth, drift: contrast_rms}
"""
VIEWS = ("overview", "curves", "tradeoffs", "wall", "ratings", "pairs", "plan", "claims", "runs", "export")
ITEMS = ("good", "bad[rate=0.02]", "bad[rate=0.01]")


def make_votes(path: Path, kind: str = "human") -> Path:
    """A log in which the first of ``ITEMS`` mostly wins, every pair swapped half of the time."""
    import pandas as pd

    task = sorted({f"t{k}" for k in range(4)})
    rows = [
        {"left": pair[swap], "right": pair[1 - swap], "outcome": words[n % 4] if not swap else swapped[n % 4],
         "rater": f"r{n % 5}", "task": task[n % 4], "rater_kind": kind, "criterion": "overall", "trial_role": "real",
         "excluded": "", "comment": "<b>blurry</b>" if n == 3 else ""}
        for pair in ((ITEMS[0], ITEMS[1]), (ITEMS[0], ITEMS[2]), (ITEMS[1], ITEMS[2]))
        for swap in (0, 1)
        for n in range(12)
        for words, swapped in [(("left", "left", "tie", "right"), ("right", "right", "tie", "left"))]
    ]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_parquet(path, index=False)
    return path


def make_claims(path: Path) -> Path:
    """Three judged claims, one of each verdict, one that no run was made for, and one that is a protocol's own."""
    wanted: dict[str, Any] = {
        "source": "small: comparison",
        "ours": "contrast_rms: made up",
        "power": 0.9,
        "smallest": 0.1,
    }
    found = [
        Judgement(Claim("a", "<b>good</b> drifts less than bad"), "supported", (
            Finding(verdict="supported", effect=-0.2, low=-0.3, high=-0.1, expect="less", paper="1 to 2", **wanted),)),
        Judgement(Claim("b", "bad moves more than good"), "contradicted", (
            Finding(verdict="contradicted", effect=-0.2, low=-0.3, high=-0.1, expect="more", **wanted),
            Finding(verdict="undecided", effect=0.0, low=-0.3, high=0.3, expect="same", **wanted),)),
        Judgement(Claim("c", "the moon is near", "the paper does not say how near"), "undecided", (
            Finding(source="memory", verdict="undecided", ours="not measured"),)),
        Judgement(Claim("d", "nobody ran this"), "not run", ()),
        Judgement(Claim("small.own", "Good costs little.", protocol="small"), "supported", (
            Finding(verdict="supported", effect=0.0, low=-0.05, high=0.05, expect="same", **wanted),)),
    ]  # fmt: skip
    path.write_text(claims_json(found, {}), encoding="utf-8")
    return path


class Silent:
    """Watches a run without a word."""

    def stage(self, stage: str, total: int, finished: int) -> None: ...

    def advance(self, label: str, cells: int, outcome: Outcome) -> None: ...


def make_results(results: Path) -> Path:
    """Run the small protocol; the folder of the run."""
    protocol, source = parse_protocol(TEXT)
    finished = execute(preflight(protocol, source, results), results, InProcess(), Silent())
    return finished.folder


def make_study(run: Path, path: Path, **changes: object) -> Path:
    """A study of three systems of the small run; its file."""
    cells = load_run(run).cells
    rows = zip(*(cells[name] for name in ("system", "task", "clip")), strict=True)
    clips: dict[str, dict[str, str]] = {}
    for system, task, clip in rows:
        clips.setdefault(system, {})[task] = clip
    tasks = tuple(sorted(clips["good"]))[:3]
    design: dict[str, object] = {
        "study_id": "small", "seed": 3, "items": ITEMS, "tasks": tasks, "seats": 6, "trials_per_seat": 6,
        "clip_seconds": 5.0, "obvious_catch": 2, "mild_catch": 1, "repeats": 0, "practice": 1, "repeat_gap": 1,
    }  # fmt: skip
    plan_study(StudyDesign.model_validate(design | changes), {item: clips[item] for item in ITEMS}).save(path)
    return path


def run_folder(results: Path) -> Path:
    """The only run of a results folder."""
    return next((results / "runs").iterdir())


def make_unfinished(results: Path, status: str = "running") -> None:
    """Take a finished run back to where its tables were not written yet."""
    folder = run_folder(results)
    header = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(header | {"status": status}))
    for name in ("cells", "series", "summary"):
        (folder / f"{name}.parquet").unlink()


def spoken(page: AppTest) -> str:
    """Everything a page says in words."""
    kinds = (page.title, page.markdown, page.error, page.warning, page.info, page.code, page.get("html"))
    return "\n".join(
        str(getattr(one, "value", None) or getattr(one.proto, "body", "")) for kind in kinds for one in kind
    )
