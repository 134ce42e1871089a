import numpy as np
import pytest

from fpbench.metrics import measure
from fpbench.metrics.loops import find_loops, lag_curve, signature


def signatures(video):
    return np.stack([signature(frame) for frame in video])


def test_a_repeated_walk_is_found_with_its_period(make_pan):
    walk = make_pan(20, step=5.0)
    found = find_loops(signatures(np.concatenate([walk, walk, walk])), rate=8.0)
    assert found.repeats.tolist() == [False] * 20 + [True] * 40
    assert found.period == pytest.approx(20 / 8)


def test_a_walk_that_goes_on_and_a_frozen_one_do_not_loop(make_pan):
    onward = find_loops(signatures(make_pan(30, step=3.0)), rate=8.0)
    frozen = find_loops(signatures(np.repeat(make_pan(1), 60, axis=0)), rate=8.0)
    assert (onward.frac, frozen.frac) == (0, 0)
    assert np.isnan(onward.period)


def test_noise_and_exposure_do_not_hide_a_loop(make_pan, rng):
    walk = make_pan(20, step=5.0)
    again = np.clip(0.8 * walk + rng.normal(0, 8, walk.shape), 0, 255).astype(np.uint8)
    assert find_loops(signatures(np.concatenate([walk, again])), rate=8.0).frac == pytest.approx(0.5, abs=0.05)


def test_repeats_within_a_second_do_not_count(make_pan):
    walk = make_pan(8, step=12.0)
    shuttle = np.concatenate([walk[:3], walk[:3]])
    assert find_loops(signatures(shuttle), rate=8.0).frac == 0


def test_blocks_do_not_change_the_answer(make_pan, monkeypatch):
    walk = make_pan(20, step=5.0)
    whole = find_loops(signatures(np.concatenate([walk, walk])), rate=8.0)
    monkeypatch.setattr("fpbench.metrics.loops._ROWS", 7)
    assert np.array_equal(whole.repeats, find_loops(signatures(np.concatenate([walk, walk])), rate=8.0).repeats)


def test_lag_curve_of_a_turning_vector_is_the_cosine():
    angle = 0.1 * np.arange(50)
    features = 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert lag_curve(features, [1, 5, 20]) == pytest.approx(np.cos([0.1, 0.5, 2.0]))
    assert np.isnan(lag_curve(features, [50])[0])


def test_as_a_metric_on_the_motion_grid(make_pan):
    walk = make_pan(60, step=2.0)
    series = measure([walk, walk], fps=24.0, metrics=["loop_frac"])["loop_frac"]
    assert np.all(series.index % 3 == 0)
    assert series.mean == pytest.approx(0.5, abs=0.05)
    assert len(measure([], fps=24.0, metrics=["loop_frac"])["loop_frac"].values) == 0


def test_a_flat_frame_is_like_nothing():
    assert not signature(np.full((8, 8, 3), 9, np.uint8)).any()
