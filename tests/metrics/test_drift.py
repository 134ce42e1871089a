import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter
from scipy.stats import theilslopes

from fpbench.metrics.drift import family, mid_dip, motion_gate, onset, theil_sen
from fpbench.metrics.nullfloor import autocorrelation_length, block_permutations
from fpbench.metrics.windows import window_length, window_starts

FRAMES = 226


def ar1(rho, count, rng):
    return lfilter([np.sqrt(1 - rho**2)], [1, -rho], rng.normal(size=count + 500))[500:]


def test_contrast_by_hand(rng):
    values = rng.normal(size=FRAMES)
    drift = family(values)
    start, end = values[:33].mean(), values[-33:].mean()  # floor(0.15 * 226) = 33
    assert drift.window == 33
    assert (drift.start, drift.end) == pytest.approx((start, end))
    assert drift.signed == pytest.approx(end - start)
    assert drift.abs == abs(drift.signed)
    assert drift.windows[0] == drift.start
    assert drift.windows[-1] == drift.end


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(-100, 100, allow_nan=False), min_size=8, max_size=60),
    st.floats(-50, 50),
    st.floats(0.1, 10),
)
def test_shift_and_scale_act_as_on_any_difference(values, offset, scale):
    plain, moved = family(values), family(np.asarray(values) * scale + offset)
    for name in ("abs", "signed", "generation", "slope", "mid", "area", "floor"):
        assert getattr(moved, name) == pytest.approx(scale * getattr(plain, name), rel=1e-6, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-100, 100, allow_nan=False), min_size=4, max_size=60))
def test_reversal_flips_the_sign_and_keeps_the_papers_contrast(values):
    forward, backward = family(values), family(values[::-1])
    assert backward.signed == pytest.approx(-forward.signed, abs=1e-9)
    assert backward.abs == pytest.approx(forward.abs, abs=1e-9)


def test_generation_order_of_inverted_sampling_flips_the_sign():
    values = np.linspace(0, 1, 40)
    assert family(values).generation == pytest.approx(family(values).signed)
    assert family(values, order=range(39, -1, -1)).generation == pytest.approx(-family(values).signed)


def test_generation_order_of_endpoint_sampling_takes_the_middle_as_last():
    dip = 1 - np.hanning(40)
    order = [0, *range(39, 30, -1), *range(1, 31)]  # far end first, then the gap
    drift = family(dip, order=order, k_min=5)
    made_last = np.asarray(order)[-6:]
    made_first = np.asarray(order)[:6]
    assert drift.generation == pytest.approx(dip[made_last].mean() - dip[made_first].mean())


def test_an_order_that_lacks_a_frame_is_refused():
    with pytest.raises(ValueError, match="missing"):
        family(np.zeros(10), order=range(9))
    with pytest.raises(ValueError, match="frame indices"):
        family(np.zeros(10), index=np.arange(9))


def test_too_short_a_series_is_nan_with_its_count():
    drift = family(np.arange(7.0), k_min=4)
    assert drift.n == 7
    assert np.isnan([drift.abs, drift.signed, drift.floor, drift.slope, drift.mid, drift.onset]).all()
    assert not np.isnan(family(np.arange(8.0), k_min=4).abs)


def test_undefined_values_are_left_out(rng):
    values = rng.normal(size=60)
    holes = np.where(np.arange(60) % 7 == 3, np.nan, values)
    kept = np.isfinite(holes)
    drift, reference = family(holes), family(values[kept], index=np.flatnonzero(kept))
    assert drift == reference
    assert drift.n == kept.sum()


def test_mid_dip_sees_what_the_contrast_cannot():
    collapse = 10 - 4 * np.hanning(FRAMES)
    drift = family(collapse, direction="up")
    assert drift.abs < 0.01
    assert drift.mid < -3
    assert drift.area > 1
    steady = family(np.linspace(0, 3, FRAMES), direction="up")
    assert steady.mid == pytest.approx(0, abs=1e-9)
    assert steady.area < 0.1  # it only improves; the first window falls short of the second


def test_mid_dip_needs_an_interior_window():
    assert np.isnan(mid_dip(np.array([1.0, 2.0]), np.array([0, 10])))


@pytest.mark.parametrize("direction", ["up", "down", "two-sided"])
def test_area_counts_losses_only(direction):
    falling = family(np.linspace(2, 0, 200), direction=direction).area
    assert (falling > 0.5) == (direction != "down")


def test_onset_is_where_a_step_happens_and_nan_when_it_recovers(rng):
    noise = rng.normal(0, 0.1, FRAMES)
    step = noise + (np.arange(FRAMES) >= 120)
    bump = noise + ((np.arange(FRAMES) >= 80) & (np.arange(FRAMES) < 140))
    assert 120 <= family(step).onset <= 120 + 33
    assert np.isnan(family(bump).onset)
    assert onset(noise, 33) is None


def test_onset_is_told_as_a_frame():
    values = np.r_[np.zeros(30), np.ones(30)]
    assert family(values, index=np.arange(60) * 4).onset % 4 == 0


@pytest.mark.parametrize("count", [12, 226])
def test_slope_is_scipys(rng, count):
    values, position = rng.normal(size=count), np.sort(rng.choice(999, count, replace=False)).astype(float)
    assert theil_sen(values, position) == pytest.approx(theilslopes(values, position).slope)


def test_slope_of_a_long_series_resists_outliers(rng):
    values = 0.01 * np.arange(5000) + rng.normal(size=5000)
    values[:200] += 100
    assert theil_sen(values, np.arange(5000.0)) == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize(("count", "k_min", "length"), [(226, 1, 33), (5, 1, 1), (5, 3, 0), (6, 3, 3), (1, 1, 0)])
def test_window_length(count, k_min, length):
    assert window_length(count, k_min) == length


@given(st.integers(2, 500), st.data())
def test_windows_cover_the_series_and_end_with_it(count, data):
    length = data.draw(st.integers(1, count // 2))
    starts = window_starts(count, length)
    assert starts[0] == 0
    assert starts[-1] == count - length
    assert np.all(np.diff(starts) <= length)


@given(st.integers(1, 80), st.integers(1, 30), st.integers(0, 5))
def test_block_permutations_permute(count, block, seed):
    orders = block_permutations(count, block, 4, np.random.default_rng(seed))
    assert np.array_equal(np.sort(orders, axis=1), np.tile(np.arange(count), (4, 1)))


@pytest.mark.parametrize(("rho", "length"), [(0.0, 1), (0.5, 3), (0.8, 9)])
def test_autocorrelation_length_of_ar1(rho, length):
    found = [autocorrelation_length(ar1(rho, 4000, np.random.default_rng(seed))) for seed in range(20)]
    assert np.mean(found) == pytest.approx(length, rel=0.25, abs=0.6)


@pytest.mark.parametrize(("rho", "tolerance"), [(0.0, 0.1), (0.8, 0.25)])
def test_floor_is_the_contrast_of_series_without_drift(rho, tolerance):
    drifts = [family(ar1(rho, FRAMES, np.random.default_rng(seed)), resamples=100) for seed in range(100)]
    assert np.mean([d.floor for d in drifts]) == pytest.approx(np.mean([d.abs for d in drifts]), rel=tolerance)


def test_real_drift_exceeds_its_floor_and_noise_rarely_does():
    noise = [ar1(0.0, FRAMES, np.random.default_rng(seed)) for seed in range(200)]
    assert np.mean([family(values, resamples=100).p <= 0.05 for values in noise]) == pytest.approx(0.05, abs=0.04)
    drifting = family(noise[0] + np.linspace(0, 2, FRAMES))
    assert drifting.p < 0.01
    assert drifting.abs > 3 * drifting.floor


def test_motion_gate():
    reference = [4.0, 5.0, 6.0, np.nan]
    assert motion_gate(0.1, 5.0, reference)
    assert not motion_gate(0.9, 5.0, reference)
    assert not motion_gate(0.1, 1.0, reference)
    assert motion_gate(0.1, 1.0, [])
