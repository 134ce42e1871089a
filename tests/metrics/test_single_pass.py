import tracemalloc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fpbench.metrics import CameraPath, Card, ClipError, PerFrame, catalog, measure, resolve
from fpbench.metrics.frame import Clip
from fpbench.metrics.meter import Rows
from fpbench.registry import UnknownNameError, names

EVERYTHING = ["tier0", "truth"]


@pytest.fixture(scope="module")
def whole(clip):
    return measure([clip], fps=8, metrics=EVERYTHING, truth=clip[::-1])


@settings(max_examples=5, deadline=None)
@given(cuts=st.lists(st.integers(0, 24), max_size=6))
def test_values_do_not_depend_on_the_chunks(whole, clip, cuts):
    chunks = np.split(clip, sorted(cuts))
    pieces = measure(chunks, fps=8, metrics=EVERYTHING, truth=clip[::-1])
    for name, series in whole.items():
        assert np.array_equal(series.values, pieces[name].values, equal_nan=True)
        assert np.array_equal(series.index, pieces[name].index)


def test_values_do_not_depend_on_what_else_is_measured(whole, clip):
    for name in ("freeze_frac", "vfi_gain", "warp_err", "hf_share"):
        alone = measure([clip], fps=8, metrics=[name])[name]
        assert np.array_equal(alone.values, whole[name].values, equal_nan=True)


def test_every_value_lies_in_its_cards_range(whole, rng):
    noise = measure([rng.integers(0, 256, (9, 65, 97, 3), dtype=np.uint8)], fps=30, metrics=["tier0"])
    for name, series in [*whole.items(), *noise.items()]:
        low, high = catalog.card(name).range
        defined = series.values[np.isfinite(series.values)]
        assert np.all((defined >= low) & (defined <= high)), name
        assert np.all(np.diff(series.index) > 0)


def test_memory_holds_only_the_frames_the_longest_lag_needs(clip, monkeypatch):
    alive, counts, add = weakref.WeakSet(), [], Clip.add

    def watched(self, rgb, index):
        frame = add(self, rgb, index)
        alive.add(frame)
        counts.append(len(alive))
        return frame

    monkeypatch.setattr(Clip, "add", watched)
    measure([clip, clip], fps=8, metrics=["tier0"])
    assert max(counts) <= 4  # the first frame and the last three, without waiting for the garbage collector


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 5), (8, 8), (10, 40), (16, 16)])
def test_frames_of_any_size_are_measured_or_undefined_but_never_fail(rng, shape):
    video = rng.integers(0, 256, (4, *shape, 3), dtype=np.uint8)
    series = measure([video], fps=8, metrics=["tier0", "truth", "lpips"], truth=video)
    assert np.isfinite(series["luma_mean"].values).all()
    assert np.isnan(series["ssim_truth"].values).all() == (min(shape) < 11)


def test_empty_and_single_frame_clips(clip):
    assert all(len(series.values) == 0 for series in measure([], fps=8, metrics=["tier0"]).values())
    single = measure([clip[:1]], fps=8, metrics=["tier0"])
    assert len(single["si"].values) == 1
    assert len(single["flicker_mae"].values) == 0
    assert single["flicker_mae"].coverage == 0


@pytest.mark.parametrize(
    ("chunks", "truth", "message"),
    [
        ([np.zeros((2, 64, 96), np.uint8)], None, r"chunk 0: uint8 array of shape \(2, 64, 96\)"),
        ([np.zeros((2, 64, 96, 3), np.float32)], None, "chunk 0: float32"),
        ([np.zeros((2, 64, 96, 3), np.uint8), np.zeros((1, 32, 32, 3), np.uint8)], None, "frame 2 is 32x32"),
        (
            [np.zeros((2, 64, 96, 3), np.uint8)],
            np.zeros((3, 64, 96, 3), np.uint8),
            "2 frames, its true video 3",
        ),
        (
            [np.zeros((3, 64, 96, 3), np.uint8)],
            np.zeros((2, 64, 96, 3), np.uint8),
            "goes on after the 2 frames",
        ),
        ([np.zeros((2, 64, 96, 3), np.uint8)], np.zeros((2, 32, 96, 3), np.uint8), "true video"),
    ],
)
def test_clips_that_cannot_be_measured_are_named(chunks, truth, message):
    with pytest.raises(ClipError, match=message):
        measure(chunks, fps=8, metrics=["si"], truth=truth)


def test_a_rate_of_zero_is_refused(clip):
    with pytest.raises(ClipError, match="frame rate 0"):
        measure([clip], fps=0, metrics=["si"])


def test_groups_and_names_resolve_once_each_and_typos_get_a_hint():
    assert resolve(["si", "tier0", "si"])[0] == "si"
    assert len(resolve(["tier0", "truth", "lpips"])) == len(set(resolve(["tier0", "truth", "lpips"]))) == 29
    with pytest.raises(UnknownNameError, match="blur_effect"):
        resolve(["blur_efect"])


def test_every_entry_point_bears_its_cards_name():
    assert all(catalog.card(name).name == name for name in names("fpbench.metrics"))


def test_a_strangers_metric_is_a_card_and_a_function(monkeypatch, clip):
    stranger = PerFrame(
        Card("red", version=1, direction="up", unit="", range=(0, 255), group="mine", doc="mean red"),
        lambda frame: float(frame.rgb[..., 0].mean()),
    )
    monkeypatch.setattr("fpbench.metrics.single_pass.resolve", lambda _: ["red"])
    monkeypatch.setattr("fpbench.metrics.single_pass.find", lambda _: stranger)
    series = measure([clip], fps=8, metrics=["red"])["red"]
    assert series.values == pytest.approx(clip[..., 0].mean((1, 2)))


def test_rows_are_kept_in_one_block(rng):
    frames, kept = rng.integers(0, 256, (200, 16, 16, 3), dtype=np.uint8), Rows()
    assert kept.stack().shape == (0, 0)
    for frame in frames:
        kept.append(frame[::2])
    assert np.array_equal(kept.stack(), frames[:, ::2])


@pytest.mark.parametrize("name", ["loop_frac", "revisit_err"])
def test_what_is_kept_of_every_frame_does_not_break_up_the_memory_for_frames(clip, name):
    camera = CameraPath(np.zeros((400, 4)), 1.0, 48.0)
    whole = Clip(*clip.shape[1:3], fps=8, camera=camera)
    meter = catalog.find(name).meter(whole)
    meter.update(whole.add(clip[0], 0))
    tracemalloc.start()
    for index in range(1, 400):
        meter.update(whole.add(clip[index % len(clip)], index))
    blocks = sum(found.count for found in tracemalloc.take_snapshot().statistics("filename"))
    tracemalloc.stop()
    assert blocks < 200
