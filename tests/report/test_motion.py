from dataclasses import replace

import numpy as np
import pytest

from fpbench.report.data import RunData
from fpbench.report.motion import FROZEN, SLOW, motion_flags
from tests._stubs.motion import with_motion


def test_a_still_system_is_frozen_and_a_slow_one_is_slow(run: RunData):
    assert motion_flags(with_motion(run, {"bad": 0.5})) == {"still": FROZEN, "bad": SLOW}


def test_more_motion_than_the_truth_is_no_fault(run: RunData):
    assert motion_flags(with_motion(run, {"bad": 2.0})) == {"still": FROZEN}


def test_few_true_clips_judge_stillness_only(run: RunData, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fpbench.report.motion.FEWEST_TASKS", 9)
    assert motion_flags(with_motion(run, {"bad": 0.5})) == {"still": FROZEN}


def test_without_motion_metrics_nobody_is_judged(run: RunData):
    metrics = {name: facts for name, facts in run.manifest.metrics.items() if name != "flow_top5"}
    assert motion_flags(replace(run, manifest=run.manifest.model_copy(update={"metrics": metrics}))) == {}


def test_the_ceiling_sets_the_reference(run: RunData):
    assert np.isfinite(run.values("truth", "flow_top5")).all()
    assert "truth" not in motion_flags(with_motion(run, {"truth": 100.0}))
