from pathlib import Path

import numpy as np
import pytest
from clip_files import write
from typer.testing import CliRunner

from fpbench.cli import app


def call(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def moving(seed, frames=12):
    picture = np.random.default_rng(seed).integers(0, 255, (32, 48 + frames, 3), np.uint8)
    return np.stack([picture[:, t : t + 48] for t in range(frames)])


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for system in ("ours", "theirs"):
        for seed in range(2):
            write(Path(system) / f"clip{seed}.mkv", moving(seed + 10 * len(system)))
    return "ours", "theirs"


OPTIONS = ("--metrics", "noise_sigma", "--metrics", "luma_mean", "--workers", "1")


def test_folders_become_a_run_whose_table_can_be_printed_again(folders):
    code, out, err = call("score", *folders, *OPTIONS, "--reference", "theirs", "--fps", "24")
    run = Path("results/runs/score-ours-theirs")
    assert (code, "noise_sigma" in out, f"{run}/table.md" in err) == (0, True, True)
    assert call("table", run)[1] == out
    assert call("table", run, "--layout", "paired", "--format", "csv")[1].startswith(
        "system,role,flags,noise_sigma.mean"
    )
    assert "4/4 done, 0 failed" in call("list", "runs")[1]
    assert (run / "figures" / "drift_noise_sigma.png").exists()
    assert not (run / "contact").exists()


def test_a_bad_file_costs_itself_and_exit_code_3(folders):
    Path("theirs/clip9.mp4").write_bytes(b"")
    write(Path("ours/thin.mkv"), moving(0)[:1])
    code, out, err = call("score", *folders, *OPTIONS, "--out", "r/runs/mine")
    assert code == 3
    assert "FAILED theirs · clip9: theirs/clip9.mp4: " in err
    assert "FAILED theirs · thin: theirs: has no clip named 'thin'" in err
    assert "note: a single frame: nothing that needs motion is defined: ours/thin.mkv (1 file" in err
    assert "2 of 7 clips could not be scored" in err
    assert "theirs [2 failed]" in out


def test_nothing_that_can_be_scored_is_no_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("ours").mkdir()
    Path("ours/a.txt").write_text("words")
    code, out, err = call("score", "ours", *OPTIONS)
    assert (code, out, "1 of 1 clips could not be scored" in err) == (3, "", True)


@pytest.mark.parametrize("rate", ["fast", "0", "-3", "nan", "inf"])
def test_a_rate_that_is_none_is_refused(folders, rate):
    code, _, err = call("score", "ours", f"--fps={rate}")
    assert (code, f"--fps '{rate}'" in err) == (2, True)
