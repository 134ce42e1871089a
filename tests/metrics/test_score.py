import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from fpbench.errors import FpbenchError
from fpbench.metrics import ClipError, measure
from fpbench.metrics.footage import probe, read_chunks
from fpbench.metrics.score import score_clip, score_folders

METRICS = ["si", "flicker_mae"]


def write(path, video, *, codec="ffv1", pix_fmt="bgr0", fps=8, stamps=None):
    """Encode a video; ``stamps`` are presentation times in 1/1000 s for a variable rate."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        stream.height, stream.width, stream.pix_fmt = video.shape[1], video.shape[2], pix_fmt
        if stamps is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number, picture in enumerate(video):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            if stamps is not None:
                frame.pts, frame.time_base = stamps[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def frames(path):
    return np.concatenate(list(read_chunks(probe(path), size=5)))


def test_lossless_footage_comes_back_as_it_was_in_chunks(tmp_path, clip):
    path = write(tmp_path / "a.mkv", clip, fps=12)
    facts = probe(path)
    assert (facts.width, facts.height, facts.frames, facts.fps) == (96, 64, 24, pytest.approx(12, rel=1e-3))
    assert not facts.variable_rate
    assert [len(chunk) for chunk in read_chunks(facts, size=10)] == [10, 10, 4]
    assert np.array_equal(frames(path), clip)


def test_scores_of_a_file_are_those_of_its_frames(tmp_path, clip):
    path = write(tmp_path / "a.mkv", clip)
    scored = score_clip(path, METRICS)
    direct = measure([clip], fps=8, metrics=METRICS)
    assert all(np.array_equal(scored.series[name].values, direct[name].values) for name in METRICS)


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("ten_bit.mkv", "ffv1", "yuv420p10le"),
        ("alpha.mkv", "ffv1", "yuva420p"),
        ("h264.mp4", "libx264", "yuv420p"),
        ("motion.avi", "mjpeg", "yuvj420p"),
    ],
)
def test_other_pixel_formats_and_containers(tmp_path, clip, name, codec, pix_fmt):
    decoded = frames(write(tmp_path / name, clip, codec=codec, pix_fmt=pix_fmt))
    assert decoded.shape == clip.shape
    assert np.abs(decoded.astype(int) - clip).mean() < 8


def test_odd_sizes_and_single_frames(tmp_path, make_pan):
    odd = make_pan(3, 33, 47)
    assert np.array_equal(frames(write(tmp_path / "odd.mkv", odd)), odd)
    single = score_clip(write(tmp_path / "one.mkv", odd[:1]), METRICS)
    assert len(single.series["si"].values) == 1
    assert len(single.series["flicker_mae"].values) == 0


def test_variable_rate_is_flagged_and_its_mean_taken(tmp_path, clip):
    stamps = np.cumsum([0, 100, 300] * 8)
    facts = probe(write(tmp_path / "vfr.mkv", clip, stamps=stamps.tolist()))
    assert facts.variable_rate
    assert facts.fps == pytest.approx(23 / (stamps[-1] / 1000), rel=1e-3)


def test_a_rotation_tag_is_obeyed(tmp_path, clip):
    path = write(tmp_path / "phone.mp4", clip, codec="libx264", pix_fmt="yuv420p")
    upright = frames(path)
    one, identity = 0x10000, struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    quarter = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 0x40000000)  # clockwise when played
    content = path.read_bytes()
    header = content.index(b"tkhd")
    place = content.index(identity, header)
    path.write_bytes(content[:place] + quarter + content[place + len(quarter) :])
    assert np.array_equal(frames(path), np.rot90(upright, -1, axes=(1, 2)))


def damaged(tmp_path, clip):
    folder = tmp_path / "broken"
    folder.mkdir()
    whole = write(tmp_path / "whole.mkv", clip).read_bytes()
    (folder / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "notes.txt").write_text("not a video")
    write(folder / "twice.mkv", clip[:2])
    write(folder / "twice.avi", clip[:2])
    write(folder / "good.mkv", clip)
    with av.open(str(folder / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    (folder / ".hidden").write_bytes(b"")
    return folder


def test_damaged_files_are_named_and_the_rest_is_scored(tmp_path, clip):
    scores = score_folders([damaged(tmp_path, clip)], METRICS)
    assert set(scores.clips["broken"]) == {"good"}
    reasons = {path.name: reason for path, reason in scores.failures.items()}
    assert set(reasons) == {"cut.mkv", "empty.mp4", "notes.txt", "twice.mkv", "twice.avi", "sound.wav"}
    assert all(name in reason for name, reason in reasons.items())
    assert "no video stream" in reasons["sound.wav"]
    assert "same name" in reasons["twice.avi"]


def test_clips_are_paired_by_name_and_gaps_are_told(tmp_path, clip):
    for system, clips in {"ours": ("a", "b"), "theirs": ("a", "c")}.items():
        (tmp_path / system).mkdir()
        for name in clips:
            write(tmp_path / system / f"{name}.mkv", clip[:4])
    seen = []
    scores = score_folders([tmp_path / "ours", tmp_path / "theirs"], METRICS, progress=seen.append)
    assert scores.unpaired == {"b": ("theirs",), "c": ("ours",)}
    assert len(seen) == 4
    assert not scores.failures


def test_worker_processes_give_the_same(tmp_path, clip):
    (tmp_path / "ours").mkdir()
    write(tmp_path / "ours" / "a.mkv", clip[:4])
    alone, pooled = (score_folders([tmp_path / "ours"], ["si"], jobs=jobs) for jobs in (1, 2))
    first, second = (scores.clips["ours"]["a"].series["si"].values for scores in (alone, pooled))
    assert np.array_equal(first, second)


def test_the_cache_is_used_until_content_or_version_changes(tmp_path, clip, monkeypatch):
    path, cache, calls = write(tmp_path / "a.mkv", clip[:6]), tmp_path / "cache", []

    def counted(chunks, **options):
        calls.append(options["metrics"])
        return measure(chunks, **options)

    monkeypatch.setattr("fpbench.metrics.score.measure", counted)
    first, again = (score_clip(path, METRICS, cache) for _ in range(2))
    assert calls == [METRICS]
    assert np.array_equal(first.series["si"].values, again.series["si"].values)
    score_clip(path, [*METRICS, "ti"], cache)
    next(cache.rglob("si-v1.npz")).write_bytes(b"torn")
    score_clip(path, METRICS, cache)
    write(path, clip[6:12])
    score_clip(path, ["si"], cache)
    assert calls[1:] == [["ti"], ["si"], ["si"]]


def test_folders_that_cannot_be_scored_are_refused(tmp_path):
    (tmp_path / "void").mkdir()
    with pytest.raises(FpbenchError, match="no files"):
        score_folders([tmp_path / "void"], METRICS)
    with pytest.raises(FpbenchError, match="no such folder"):
        score_folders([tmp_path / "nowhere"], METRICS)
    with pytest.raises(FpbenchError, match="share a name"):
        score_folders([tmp_path / "a" / "x", tmp_path / "b" / "x"], METRICS)


def test_pictures_that_change_size_are_refused_by_name(tmp_path, make_pan):
    with pytest.raises(ClipError, match="frame 2 is"):
        measure([make_pan(2), make_pan(2, 32, 48)], fps=8, metrics=["si"])
