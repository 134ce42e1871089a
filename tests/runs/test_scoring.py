import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from clip_files import bad_files, moving, odd_files, write

from fpbench.errors import FpbenchError
from fpbench.metrics import measure
from fpbench.metrics.footage import probe, read_chunks
from fpbench.report.data import load_run
from fpbench.runs.executors import InProcess, LocalProcesses
from fpbench.runs.manifest import load_manifest
from fpbench.runs.scoring import plan_score, score
from fpbench.runs.scoring.plan import GATE
from fpbench.runs.scoring.previews import with_preview

METRICS = ["luma_mean", "flicker_mae"]


class Silent:
    """A watcher that remembers what was measured."""

    def __init__(self):
        self.stages, self.labels = [], []

    def stage(self, stage, total, finished):
        self.stages.append((stage, total, finished))

    def advance(self, label, cells, outcome):
        self.labels.append(label)


def run(folders, out, watcher=None, executor=None, **choices):
    plan = plan_score([str(folder) for folder in folders], choices.pop("metrics", METRICS), **choices)
    return score(plan, out, executor or InProcess(), watcher or Silent())


@pytest.fixture
def out(tmp_path):
    return tmp_path / "results" / "runs" / "mine"


def test_the_run_holds_what_measuring_the_frames_gives(tmp_path, out):
    video = moving()
    write(tmp_path / "ours" / "a.mkv", video, fps=12)
    scored = run([tmp_path / "ours"], out)
    direct = measure([video], fps=12, metrics=METRICS)  # neither depends on the rate, which Matroska rounds
    data = load_run(out)
    series = pq.read_table(out / "series.parquet").to_pandas()
    for name in METRICS:
        assert data.values("ours", name)[0] == pytest.approx(direct[name].mean, rel=1e-6)
        stored = series[series["metric"] == name]["value"].to_numpy()
        assert np.array_equal(stored, direct[name].values.astype(np.float32))
    manifest = load_manifest(out)
    assert (manifest.status, manifest.counts.done, scored.problems) == ("done", 1, ())
    assert (manifest.world["fps"], manifest.world["width"]) == (pytest.approx(12, rel=1e-3), 48)
    assert manifest.protocol["tasks"] == {"frames": 8}


def test_bad_files_are_named_and_counted_and_the_rest_is_scored(tmp_path, out):
    bad, good = bad_files(tmp_path / "ours"), odd_files(tmp_path / "ours")
    scored = run([tmp_path / "ours"], out)
    counts = scored.finished.manifest.counts
    assert {problem.clip for problem in scored.problems} == bad
    assert all(str(tmp_path / "ours") in problem.reason for problem in scored.problems)
    assert (counts.cells, counts.done, counts.failed) == (len(bad | good), len(good), len(bad))
    cells = pq.read_table(out / "cells.parquet").to_pylist()
    assert {cell["task"] for cell in cells if cell["status"] == "done"} == good
    assert {cell["task"]: cell["error"] for cell in cells if cell["status"] == "failed"} == {
        problem.clip: problem.reason for problem in scored.problems
    }
    reasons = {problem.clip: problem.reason for problem in scored.problems}
    assert "twice.avi and twice.mkv have the same name" in reasons["twice"]
    assert "no video stream" in reasons["sound"]
    assert "frame 3 has pixels that are no numbers" in reasons["nan"]
    assert "notes.txt" in reasons["notes"]


def test_unusual_files_are_scored_and_said_to_be_so(tmp_path, out):
    odd_files(tmp_path / "ours")
    remarks = run([tmp_path / "ours"], out).remarks
    assert {remark: {path.split("/")[-1] for path in files} for remark, files in remarks.items()} == {
        "a single frame: nothing that needs motion is defined": {"one.mkv"},
        "odd width or height": {"odd.mkv"},
        "variable frame rate: its mean is used": {"vfr.mkv"},
        "more than 8 bits reduced to 8": {"deep.mkv"},
        "alpha channel dropped": {"alpha.mkv"},
        "rotated as its tag says": {"phone.mp4"},
    }
    data = load_run(out)
    still = data.values("ours", "flicker_mae")[data.units["one", 0]]
    assert np.isnan(still)
    assert np.isfinite(data.values("ours", "luma_mean")).all()


def test_clips_are_paired_by_name_and_missing_ones_fail(tmp_path, out):
    for system, names in {"ours": ("a", "b"), "theirs": ("a", "c")}.items():
        for name in names:
            write(tmp_path / system / f"{name}.mkv", moving(4, seed=len(system)))
    (tmp_path / "ours" / "readme.md").write_text("no clip, and nobody's partner")
    problems = run([tmp_path / "ours", tmp_path / "theirs"], out).problems
    assert {(problem.system, problem.clip) for problem in problems} == {
        ("ours", "readme"),
        ("ours", "c"),
        ("theirs", "b"),
    }
    data = load_run(out)
    both = np.isfinite(data.values("ours", "luma_mean")) & np.isfinite(data.values("theirs", "luma_mean"))
    assert both.tolist() == [(task == "a") for task, _ in data.units]


def test_nothing_is_measured_twice_until_file_metric_or_rate_changes(tmp_path, out, monkeypatch):
    path, calls = write(tmp_path / "ours" / "a.mkv", moving()), []
    (tmp_path / "copy").mkdir()
    shutil.copy(path, tmp_path / "copy")

    def counted(chunks, **options):
        calls.append((options["metrics"], options["fps"]))
        return measure(chunks, **options)

    monkeypatch.setattr("fpbench.runs.scoring.job.measure", counted)
    folders = [tmp_path / "ours", tmp_path / "copy"]
    run(folders, out)
    assert len(calls) == 1  # equal files, equal numbers
    watcher = Silent()
    run(folders, out, watcher)
    assert (len(calls), watcher.stages) == (1, [("measure", 1, 1)])
    run(folders, out, metrics=[*METRICS, "ti"])
    run(folders, out, fps=4.0)
    assert [(names, round(fps)) for names, fps in calls[1:]] == [(("ti",), 8), ((*METRICS, *GATE), 4)]
    write(path, moving(seed=1))
    run(folders, out)
    assert len(calls) == 4
    assert len(load_manifest(out).sessions) == 5


def test_worker_processes_write_the_same_tables(tmp_path, out):
    write(tmp_path / "ours" / "a.mkv", moving(4))
    bad_files(tmp_path / "ours")
    executor = LocalProcesses(1)
    try:
        run([tmp_path / "ours"], out, executor=executor)
    finally:
        executor.close()
    other = tmp_path / "again" / "runs" / "mine"
    run([tmp_path / "ours"], other)
    for name in ("cells", "series", "summary"):
        assert (out / f"{name}.parquet").read_bytes() == (other / f"{name}.parquet").read_bytes()


def test_a_preview_shows_the_footage_and_is_gone_when_measuring_stops(tmp_path):
    video = np.repeat(np.repeat(moving(6, 33, 47)[:, ::8, ::8], 8, 1), 8, 2)[:, :33, :47]
    path = tmp_path / "clips" / "a.mp4"
    passed = list(with_preview([video[:4], video[4:]], path, 8.0, tmp_path / "scratch"))
    assert np.array_equal(np.concatenate(passed), video)
    shown = np.concatenate(list(read_chunks(probe(path))))
    assert shown.shape == (6, 264, 376, 3)
    assert abs(shown.mean() - video.mean()) < 3
    stopped = with_preview([video], tmp_path / "clips" / "b.mp4", 8.0, tmp_path / "scratch")
    next(iter(stopped))
    stopped.close()
    assert [file.name for file in tmp_path.rglob("*.mp4")] == ["a.mp4"]


def test_what_cannot_be_scored_is_refused_before_the_first_frame(tmp_path):
    folder = tmp_path / "x" / "clips"
    write(folder / "a.mkv", moving(2))
    write(tmp_path / "y" / "clips" / "a.mkv", moving(2))
    (tmp_path / "void").mkdir()
    refusals = {
        "no such folder": ([tmp_path / "nowhere"], {}),
        "no files in it": ([tmp_path / "void"], {}),
        "are both named 'clips'; name one": ([folder, tmp_path / "y" / "clips"], {}),
        "needs a true video": ([folder], {"metrics": ["psnr_truth"]}),
        "--quality 'ti': not among": ([folder], {"quality": "ti"}),
        "--reference 'theirs': no such system": ([folder], {"reference": "theirs"}),
    }
    for said, (folders, choices) in refusals.items():
        with pytest.raises(FpbenchError, match=said):
            run(folders, tmp_path / "runs" / "x", **choices)
    with pytest.raises(FpbenchError, match="a run lies in a folder 'runs'"):
        run([folder], tmp_path / "elsewhere")
    assert not (tmp_path / "runs").exists()


def test_a_folder_may_be_given_a_name_and_another_run_is_not_overwritten(tmp_path, out):
    write(tmp_path / "clips" / "a.mkv", moving(2))
    run([f"ours={tmp_path / 'clips'}"], out)
    header = json.loads((out / "run.json").read_text())
    assert list(header["systems"]) == ["ours"]
    header["world"]["name"] = "doom"
    (out / "run.json").write_text(json.dumps(header))
    with pytest.raises(FpbenchError, match="holds a run of another kind"):
        run([tmp_path / "clips"], out)
    assert json.loads((out / "run.json").read_text()) == header
