import dataclasses
import re

import numpy as np
import pytest

from fpbench.errors import FpbenchError
from fpbench.metrics.features import Encoder
from fpbench.metrics.frechet import FD_EFFICIENTNET, frechet_distance
from fpbench.metrics.kernel_distance import KID_EFFICIENTNET, KVD_VIDEOMAE, task_pairs
from fpbench.report.data import load_run
from fpbench.report.distances import distance_table, real_system
from fpbench.report.set_features import clip_sets
from fpbench.runs import features as features_module
from fpbench.runs.clips import read_frames
from fpbench.runs.executors import InProcess
from fpbench.runs.publish import publish
from fpbench.stats.pairs import pair_mean_interval


def load():
    return lambda pictures: pictures.astype(np.float32)


COLOURS = Encoder("mean-colours", lambda rgb: rgb.mean((0, 1)) / 255, load, grid=True)


class Silent:
    def stage(self, stage, total, finished): ...

    def advance(self, label, cells, outcome): ...


def small(metric, fewest=4):
    return dataclasses.replace(metric, card=dataclasses.replace(metric.card, k_min=fewest), encoder=COLOURS)


@pytest.fixture
def sets(run, tmp_path, monkeypatch):
    monkeypatch.setenv("FPBENCH_CACHE", str(tmp_path))
    found = clip_sets(run)
    found.encode([COLOURS], InProcess(), Silent())
    return found


def by_hand(run, sets, system):
    """Mean colours of every frame but the first, (tasks, seeds, frames, 3)."""
    return np.stack(
        [
            [np.concatenate(list(read_frames(sets.store.clip(clip)))).mean((1, 2))[1:] / 255 for clip in clips]
            for clips in sets.clips[system].values()
        ]
    )


def table(run, sets, *metrics):
    return distance_table(run, metrics, list(sets.clips), "truth", sets.features)


def test_whole_start_end_and_change_equal_a_computation_from_the_clips(run, sets):
    found = table(run, sets, small(FD_EFFICIENTNET), small(KID_EFFICIENTNET))
    row = next(row for row in found.rows if row.label == "bad").values
    made, real = (by_hand(run, sets, name) for name in ("bad", "truth"))
    parts = {"whole": slice(None), "start": slice(None, 5), "end": slice(-5, None)}  # 15 % of two seeds of 19 frames
    joined = [frames.reshape(8, -1, 3) for frames in (made, real)]
    for part, where in parts.items():
        x, y = (one[:, where] for one in joined)
        assert row[f"fd_efficientnet.{part}"].mean == pytest.approx(
            frechet_distance(x.reshape(-1, 3), y.reshape(-1, 3)), rel=1e-3, abs=1e-9
        )
        interval = pair_mean_interval(task_pairs(list(x), list(y)))
        assert row[f"kid_efficientnet.{part}"].mean == pytest.approx(interval.estimate, rel=1e-3, abs=1e-7)
    for metric in ("fd_efficientnet", "kid_efficientnet"):
        assert row[f"{metric}.change"].mean == pytest.approx(row[f"{metric}.end"].mean - row[f"{metric}.start"].mean)
    assert row["kid_efficientnet.whole"].low is not None
    assert row["fd_efficientnet.whole"].low is None
    assert "truth" not in {one.label for one in found.rows}


def test_a_system_with_failures_is_compared_on_what_it_made_and_that_is_told(run, sets):
    found = table(run, sets, small(KID_EFFICIENTNET))
    row = next(row for row in found.rows if row.label == "broken")
    assert np.isnan(row.values["kid_efficientnet.whole"].mean)  # 4 of 8 tasks are too few
    assert row.flags[-1] == "8 failed"
    assert any("broken kid_efficientnet.whole 50%" in note for note in found.notes)


def test_a_system_that_stands_still_is_flagged_for_sets_do_not_see_it(run, sets):
    rows = {row.label: row for row in table(run, sets, small(KID_EFFICIENTNET)).rows}
    assert rows["still"].flags == ("frozen",)


def test_too_few_frames_leave_a_window_undefined_but_not_the_whole(run, sets):
    row = next(row for row in table(run, sets, small(FD_EFFICIENTNET, 100)).rows if row.label == "bad").values
    assert np.isfinite(row["fd_efficientnet.whole"].mean)
    assert np.isnan([row[f"fd_efficientnet.{part}"].mean for part in ("start", "end", "change")]).all()


def test_features_are_kept_and_a_clip_that_is_gone_is_named(run, sets, monkeypatch):
    monkeypatch.setattr("fpbench.runs.features._encode", lambda *facts: pytest.fail("encoded twice"))
    assert len(sets.features("good", COLOURS)) == 8
    gone = dataclasses.replace(sets, clips={"good": {"t": [next(iter(sets.clips["good"].values()))[0]]}})
    monkeypatch.setattr(type(sets.store), "clip", lambda self, clip: self.root / "nowhere.mkv")
    with pytest.raises(FpbenchError, match=r"1 of 1 clips .*nowhere.mkv: no longer there"):
        gone.encode([COLOURS], InProcess(), Silent())


def windows(span):
    """Mean colours of so many frames in a row, in passes of two windows."""

    def load():
        return lambda pictures: pictures.reshape(-1, span, 3).mean(1).astype(np.float32)

    return Encoder(
        f"mean-colours-{span}", lambda rgb: rgb.mean((0, 1)) / 255, load, batch=2 * span, grid=True, span=span
    )


def test_features_of_several_frames_go_on_across_the_chunks_of_a_file(run, sets, monkeypatch):
    """Files are read 64 frames at a time; here 5, of which windows of 3 use none twice and drop the rest at the end."""
    plain = features_module.read_chunks
    monkeypatch.setattr(features_module, "read_chunks", lambda found, size: plain(found, size=5))
    clip = next(iter(sets.clips["bad"].values()))[0]
    frames = np.concatenate(list(read_frames(sets.store.clip(clip)))).mean((1, 2)) / 255
    whole = frames[: len(frames) // 3 * 3].reshape(-1, 3, 3).mean(1)
    assert len(frames) % 3
    found = features_module.load_features(sets.store, clip, windows(3))
    np.testing.assert_allclose(found, whole, rtol=1e-5)


def test_a_clip_too_short_for_one_window_is_named(run, sets):
    clip = next(iter(sets.clips["bad"].values()))[0]
    with pytest.raises(FpbenchError, match=r"\.mkv: 20 frames at about 8 a second; mean-colours-21 sees 21 at a time"):
        features_module.load_features(sets.store, clip, windows(21))


def test_only_features_of_single_frames_are_said_to_know_no_time(run, sets):
    moving = dataclasses.replace(small(KVD_VIDEOMAE), encoder=windows(3))
    sets.encode([moving.encoder], InProcess(), Silent())
    text = "\n".join(table(run, sets, small(KID_EFFICIENTNET), moving).notes)
    assert "\nkid_efficientnet: without knowledge of time" in text
    assert "kvd_videomae: 8 tasks, 80 windows of 3 frames of each system" in text
    assert "without knowledge" not in "\n".join(table(run, sets, moving).notes)


def test_the_true_clips_are_the_ceilings_or_those_asked_for(run):
    assert real_system(run, None) == "truth"
    assert real_system(run, "good") == "good"
    with pytest.raises(FpbenchError, match="--against 'nobody': no such system"):
        real_system(run, "nobody")


def test_a_published_run_says_that_it_lacks_its_clips_and_what_makes_it_whole(run, tmp_path):
    there = publish(run.folder, tmp_path / "elsewhere" / "report", clips=1)
    told = load_run(there)
    again = f"Make the run whole: fpbench run {there / 'protocol.yaml'}"
    with pytest.raises(FpbenchError) as refused:
        clip_sets(told)
    text = str(refused.value)
    assert f"{there}: has clips of 1 of its 8 tasks; a published run carries previews of its first tasks only" in text
    assert f"{again}; then: fpbench distance on the folder" in text
    changed = dataclasses.replace(told, manifest=told.manifest.model_copy(update={"overrides": ("tasks.count=4",)}))
    with pytest.raises(FpbenchError, match=re.escape(f"{again} --set tasks.count=4; then")):
        clip_sets(changed)
    (there / "protocol.yaml").unlink()  # as of scored folders
    with pytest.raises(FpbenchError, match=r"Make the run whole: fpbench score on its folders of clips; then"):
        clip_sets(told)


def test_where_a_published_run_was_made_its_clips_are_compared(run):
    there = publish(run.folder, run.folder.parents[1] / "published" / "report", clips=1)
    found, made = clip_sets(load_run(there)), clip_sets(run)
    assert found.clips == made.clips
    assert all(
        found.store.has_clip(clip) for tasks in found.clips.values() for seeds in tasks.values() for clip in seeds
    )
