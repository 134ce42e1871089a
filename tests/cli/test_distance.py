from pathlib import Path

import numpy as np
import pytest
from clip_files import write
from typer.testing import CliRunner

from fpbench.cli import app


def call(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def scored(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FPBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FPBENCH_WEIGHTS", str(tmp_path / "weights"))
    pictures = np.random.default_rng(0).integers(0, 255, (2, 8, 2, 32, 48, 3), np.uint8)
    for system, clips in zip(("ours", "theirs"), pictures, strict=True):
        for number, clip in enumerate(clips):
            write(Path(system) / f"clip{number}.mkv", clip)
    code, _, _ = call("score", "ours", "theirs", "--metrics", "luma_mean", "--workers", "1", "--fps", "8")
    assert code == 0
    return Path("results/runs/score-ours-theirs")


def test_folders_of_clips_are_compared_as_sets(scored, monkeypatch):
    monkeypatch.setattr("fpbench.metrics.clip_sets.SetMetric.enough", lambda self, pair: True)
    options = ("--metrics", "kid_efficientnet", "--against", "theirs", "--workers", "1")
    code, out, err = call("distance", scored, *options, "--format", "csv")
    assert (code, out.splitlines()[0].startswith("system,role,flags,kid_efficientnet.whole")) == (0, True)
    assert np.isfinite(float(out.splitlines()[1].split(",")[3]))
    Path("ours/clip3.mkv").unlink()
    code, _, err = call("distance", scored, *options)
    assert (code, "1 of 16 clips could not be encoded, the first: ours/clip3.mkv: no longer there" in err) == (2, True)


def test_what_cannot_be_compared_is_told(scored):
    code, _, err = call("distance", scored, "--metrics", "kid_efficientnet")
    assert (code, "say whose count as true: --against SYSTEM" in err) == (2, True)
    code, _, err = call("distance", scored, "--metrics", "luma_mean")
    assert (code, "luma_mean: measured clip by clip; of sets are fd_efficientnet" in err) == (4, True)
    code, _, err = call("distance", scored, "--metrics", "fid")
    assert (code, "weights inception-v3-fid are not here" in err) == (4, True)


def test_a_clip_has_no_distance_between_sets():
    code, _, err = call("score", ".", "--metrics", "kid_efficientnet")
    assert (code, "it compares sets of clips; on a finished run: fpbench distance RUN" in err) == (2, True)
