from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fpbench.runs import clips
from fpbench.runs.clips import ClipError, frames_at, load_clip, read_frames, save_clip, write_master, write_preview
from fpbench.runs.files import DiskFullError
from fpbench.runs.store import Store


def noise(frames: int, height: int, width: int, seed: int = 0) -> clips.Video:
    return np.random.default_rng(seed).integers(0, 256, (frames, height, width, 3), dtype=np.uint8)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 9), st.integers(2, 20), st.integers(2, 20), st.integers(0, 9))
def test_the_master_is_lossless_for_any_size(tmp_path_factory, frames, height, width, seed):
    folder = tmp_path_factory.mktemp("clip")
    video = noise(frames, height, width, seed)
    write_master(folder / "a.mkv", video, 8.75, folder / "tmp")
    read = np.concatenate(list(read_frames(folder / "a.mkv", chunk=4)))
    np.testing.assert_array_equal(read, video)


def test_equal_clips_are_equal_files(tmp_path: Path):
    video = noise(5, 16, 24)
    for name in ("aa", "bb"):
        save_clip(Store(tmp_path / name), "c0", video, 8.0, {})
    for path in (tmp_path / "aa").rglob("c0.*"):
        assert path.read_bytes() == (tmp_path / "bb" / path.relative_to(tmp_path / "aa")).read_bytes(), path


def test_the_preview_is_what_browsers_play(tmp_path: Path):
    store = Store(tmp_path)
    save_clip(store, "c0", noise(12, 64, 96), 8.75, {})
    with av.open(str(store.preview("c0"))) as source:
        stream = source.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (384, 256)
        assert float(stream.average_rate) == pytest.approx(8.75)
        assert sum(1 for _ in source.decode(video=0)) == 12


@pytest.mark.parametrize("size", [(33, 47), (255, 301), (400, 641)])
def test_previews_of_odd_sizes_exist(tmp_path: Path, size):
    store = Store(tmp_path)
    save_clip(store, "c0", noise(2, *size), 8.0, {})
    with av.open(str(store.preview("c0"))) as source:
        assert source.streams.video[0].height >= min(size[0], clips.PREVIEW_HEIGHT)


def test_single_frames_are_those_of_the_clip(tmp_path: Path):
    video = noise(10, 16, 24)
    write_master(tmp_path / "a.mkv", video, 8.0, tmp_path / "tmp")
    np.testing.assert_array_equal(frames_at(tmp_path / "a.mkv", [9, 0, 4]), video[[9, 0, 4]])
    with pytest.raises(ClipError, match="has no frame 10"):
        frames_at(tmp_path / "a.mkv", [10])


def test_single_frames_of_a_preview_are_those_shown_then(tmp_path: Path):
    """Its packets come in another order than its frames, most of them need others."""
    video = np.repeat(np.arange(0, 240, 8, dtype=np.uint8), 16 * 24 * 3).reshape(30, 16, 24, 3)
    write_preview(tmp_path / "a.mp4", video, 8.0, tmp_path / "tmp")
    shown = np.concatenate(list(read_frames(tmp_path / "a.mp4")))
    np.testing.assert_array_equal(frames_at(tmp_path / "a.mp4", [29, 0, 13]), shown[[29, 0, 13]])


def test_a_truncated_clip_is_named_with_a_remedy(tmp_path: Path):
    store = Store(tmp_path)
    save_clip(store, "c0", noise(30, 16, 24), 8.0, {})
    content = store.clip("c0").read_bytes()
    store.clip("c0").write_bytes(content[: len(content) // 2])
    with pytest.raises(ClipError, match=r"c0\.mkv: .*(expected|decoded).*delete it"):
        list(load_clip(store, "c0"))
    store.clip("c0").write_bytes(b"not a video")
    with pytest.raises(ClipError, match=r"c0\.mkv: cannot be decoded"):
        list(load_clip(store, "c0"))


def test_a_full_disk_leaves_no_clip_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = Store(tmp_path)
    encode = clips._encode
    monkeypatch.setattr(clips, "_encode", lambda path, *args, **how: encode(Path("/dev/full"), *args, **how))
    with pytest.raises(DiskFullError, match="no space left"):
        save_clip(store, "c0", noise(30, 64, 96), 8.0, {})
    assert not store.has_clip("c0")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
