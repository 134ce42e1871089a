import json
import subprocess

import numpy as np
import pytest
from skimage import data

from fpbench.errors import FpbenchError
from fpbench.metrics import catalog, measure
from fpbench.metrics.degradations import DEGRADATIONS
from fpbench.weights import vmaf
from fpbench.weights.backends import lacking


@pytest.fixture(scope="module")
def video():
    picture = data.chelsea()[40:104, 100:220]
    return np.stack([picture[:, t : t + 97] for t in range(8)])


def damaged(video):
    noise = np.random.default_rng(0).normal(0, 12, video.shape)
    return np.clip(video + noise, 0, 255).astype(np.uint8)


def two_files(folder, made, real):
    """Libvmaf as its manual calls it: two files of yuv420p, no pipe, no stacking."""
    program, size = str(vmaf.PROGRAM.verified()), f"{made.shape[2]}x{made.shape[1]}"
    for name, frames in (("made", made), ("real", real)):
        (folder / name).write_bytes(frames.tobytes())
        raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-i", name]
        subprocess.run([program, "-v", "error", *raw, "-pix_fmt", "yuv420p", f"{name}.y4m"], check=True, cwd=folder)
    graph = ["-lavfi", "libvmaf=log_fmt=json:log_path=log.json", "-f", "null", "-"]
    subprocess.run([program, "-v", "error", "-i", "made.y4m", "-i", "real.y4m", *graph], check=True, cwd=folder)
    return [frame["metrics"]["vmaf"] for frame in json.loads((folder / "log.json").read_text())["frames"]]


def test_it_equals_the_comparison_of_two_files(video, tmp_path):
    made = damaged(video)
    found = measure([made], fps=8, metrics=["vmaf_truth"], truth=video, given=1)["vmaf_truth"]
    assert found.index.tolist() == list(range(1, 8))
    assert found.values == pytest.approx(two_files(tmp_path, made[1:], video[1:]), abs=1e-3)


@pytest.mark.parametrize("kind", ["blur", "reencode"])
def test_damage_costs_and_the_truth_itself_is_near_100(video, kind):
    def score(made):
        return measure([made], fps=8, metrics=["vmaf_truth"], truth=video)["vmaf_truth"].mean

    clean = score(video)
    assert clean > 95
    assert score(DEGRADATIONS[kind].apply(video, np.random.default_rng(0))) < clean - 2


def test_small_frames_and_clips_without_truth_have_no_value(video):
    assert len(measure([video[:, :20]], fps=8, metrics=["vmaf_truth"], truth=video[:, :20])["vmaf_truth"].values) == 0
    assert len(measure([video], fps=8, metrics=["vmaf_truth"])["vmaf_truth"].values) == 0


def test_a_program_that_fails_is_named(video, monkeypatch):
    monkeypatch.setattr("fpbench.metrics.vmaf.MODEL", "no_such_model")
    with pytest.raises(FpbenchError, match="vmaf_truth: ffmpeg failed: "):
        measure([video], fps=8, metrics=["vmaf_truth"], truth=video)


def test_without_such_a_program_the_metric_is_skipped_with_the_remedy(monkeypatch):
    monkeypatch.setattr(vmaf, "_answer", lambda program, question: " .. scale V->V \n")
    lacking.cache_clear()
    reason = catalog.skipped(["vmaf_truth"], truth=True)["vmaf_truth"]
    lacking.cache_clear()
    assert reason == "no ffmpeg with libvmaf is here; remedy: pip install imageio-ffmpeg"
