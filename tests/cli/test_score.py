import json
from pathlib import Path

import numpy as np
import pytest
from clip_files import bad_files, odd_files, write
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


def test_every_kind_of_bad_and_unusual_file_in_one_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bad, good = bad_files(Path("ours")), odd_files(Path("ours"))
    write(Path("theirs/plain.mkv"), moving(1))
    code, out, err = call("score", "ours", "theirs", *OPTIONS)
    assert code == 3
    failed = {line.split(": ")[0].removeprefix("FAILED ") for line in err.splitlines() if line.startswith("FAILED")}
    assert failed == {f"ours · {name}" for name in bad} | {f"theirs · {name}" for name in good - {"plain"}}
    for reason in (
        "ours/cut.mkv: truncated",
        "ours/zero.mp4: not a video",
        "ours/headonly.mkv: ",
        "ours/notes.txt: not a video",
        "ours/sound.wav: no video stream",
        "ours: twice.avi and twice.mkv have the same name",
        "ours/nan.nut: frame 3 has pixels that are no numbers",
        "theirs: has no clip named 'odd'",
    ):
        assert reason in err
    for remark, name in {
        "a single frame": "one.mkv",
        "odd width or height": "odd.mkv",
        "variable frame rate": "vfr.mkv",
        "more than 8 bits": "deep.mkv",
        "alpha channel dropped": "alpha.mkv",
        "rotated as its tag says": "phone.mp4",
    }.items():
        assert any(line.startswith(f"note: {remark}") and f"ours/{name} (1 file)" in line for line in err.splitlines())
    lost = len(bad) + len(good) - 1
    assert f"{lost} of {len(bad) + 2 * len(good)} clips could not be scored" in err
    assert f"ours [{len(bad)} failed]" in out
    assert f"theirs [{len(good) - 1} failed]" in out


def test_a_group_is_measured_without_what_cannot_be_and_says_so(folders, monkeypatch):
    from fpbench.metrics import catalog

    absent = "weights are not here; remedy: fpbench doctor --fetch them"
    piqe = catalog.find("piqe")
    monkeypatch.setattr(type(piqe), "missing", lambda self: absent if self.card.name == "brisque" else None)
    code, out, err = call("score", "ours", "--metrics", "noref", "--metrics", "truth", "--workers", "1")
    assert code == 0
    assert f"skipped brisque: {absent}" in err
    assert "skipped psnr_truth: needs a true video" in err
    assert "5 of 8 metrics skipped, 3 measured" in err
    assert "piqe" in out
    assert "brisque" not in out
    header = json.loads(Path("results/runs/score-ours/run.json").read_text())
    assert header["protocol"]["skipped"]["brisque"] == absent


def test_a_frozen_clip_never_wins_a_mark_even_where_motion_was_not_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed in range(6):
        video = moving(seed)
        write(Path("pan") / f"{seed}.mkv", video)
        write(Path("stuck") / f"{seed}.mkv", np.repeat(video[:1], len(video), axis=0))
    code, out, _ = call("score", "pan", "stuck", "--metrics", "vfi_dis", "--workers", "1")
    assert (code, "stuck [frozen]" in out) == (0, True)
    assert "1.000" in (row := next(line for line in out.splitlines() if "stuck [frozen]" in line))  # the best value
    assert "*" not in row


@pytest.mark.parametrize("asked", [["brisque", "luma_mean"], ["truth"], ["clip_text"]])
def test_what_is_asked_for_by_name_or_leaves_nothing_is_refused(folders, monkeypatch, asked):
    from fpbench.metrics import catalog

    monkeypatch.setattr(type(catalog.find("brisque")), "missing", lambda self: "weights are not here")
    code, out, err = call("score", "ours", *(word for name in asked for word in ("--metrics", name)))
    assert (code, out) == (2, "")
    assert "cannot be measured: " in err
    assert not Path("results").exists()


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
