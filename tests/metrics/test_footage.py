import numpy as np
import pytest
from clip_files import turn, write, write_floats

from fpbench.metrics import ClipError, measure
from fpbench.metrics.footage import probe, read_chunks, remarks


def frames(path):
    return np.concatenate(list(read_chunks(probe(path), size=5)))


def test_lossless_footage_comes_back_as_it_was_in_chunks(tmp_path, clip):
    path = write(tmp_path / "a.mkv", clip, fps=12)
    facts = probe(path)
    assert (facts.width, facts.height, facts.frames, facts.fps) == (96, 64, 24, pytest.approx(12, rel=1e-3))
    assert not facts.variable_rate
    assert [len(chunk) for chunk in read_chunks(facts, size=10)] == [10, 10, 4]
    assert np.array_equal(frames(path), clip)


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
    path = write(tmp_path / "one.mkv", odd[:1])
    single = measure(read_chunks(probe(path)), fps=8, metrics=["si", "flicker_mae"])
    assert [len(single[name].values) for name in ("si", "flicker_mae")] == [1, 0]


def test_variable_rate_is_flagged_and_its_mean_taken(tmp_path, clip):
    stamps = np.cumsum([0, 100, 300] * 8)
    facts = probe(write(tmp_path / "vfr.mkv", clip, stamps=stamps.tolist()))
    assert facts.variable_rate
    assert facts.fps == pytest.approx(23 / (stamps[-1] / 1000), rel=1e-3)


def test_a_rotation_tag_is_obeyed(tmp_path, clip):
    path = write(tmp_path / "phone.mp4", clip, codec="libx264", pix_fmt="yuv420p")
    upright = frames(path)
    turn(path)
    assert np.array_equal(frames(path), np.rot90(upright, -1, axes=(1, 2)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_no_numbers_are_refused_with_their_frame(tmp_path, clip, value):
    light = clip[:4].astype(np.float32) / 255
    decoded = frames(write_floats(tmp_path / "sound.nut", light))
    assert np.abs(decoded.astype(int) - clip[:4]).max() <= 1
    light[2, 5, 95, 1] = value
    with pytest.raises(ClipError, match=r"broken.nut: frame 2 has pixels that are no numbers"):
        frames(write_floats(tmp_path / "broken.nut", light))


def test_pictures_that_change_size_are_refused_by_name(make_pan):
    with pytest.raises(ClipError, match="frame 2 is"):
        measure([make_pan(2), make_pan(2, 32, 48)], fps=8, metrics=["si"])


def test_what_is_unusual_about_a_file_is_said(tmp_path, clip, make_pan):
    def said(path):
        decoded = frames(path)
        return remarks(probe(path), len(decoded), decoded.shape[1:3])

    assert said(write(tmp_path / "plain.mkv", clip)) == []
    assert said(write(tmp_path / "odd.mkv", make_pan(1, 33, 47))) == [
        "a single frame: nothing that needs motion is defined",
        "odd width or height",
    ]
    assert said(write(tmp_path / "deep.mkv", clip, pix_fmt="yuv420p10le")) == ["more than 8 bits reduced to 8"]
    assert said(write(tmp_path / "alpha.mkv", clip, pix_fmt="yuva420p")) == ["alpha channel dropped"]
