from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fpbench.report.curves import curve, read_matrix, write_curves
from fpbench.report.data import RunData

matrices = arrays(np.float64, st.tuples(st.integers(2, 5), st.integers(1, 6)), elements=st.floats(-9, 9))


@given(matrices)
def test_the_band_surrounds_the_mean_over_tasks(values):
    found = curve(np.arange(values.shape[1]), values)
    np.testing.assert_allclose(found.mean, values.mean(0), atol=1e-12)
    assert (found.low <= found.mean + 1e-9).all()
    assert (found.high >= found.mean - 1e-9).all()
    assert (found.low >= values.min(0) - 1e-9).all()


def test_the_band_is_as_wide_as_theory_says():
    values = np.random.default_rng(0).normal(size=(100, 1))
    found = curve(np.arange(1), values)
    np.testing.assert_allclose(found.high - found.low, 2 * 1.96 * values.std() / 10, rtol=0.1)


def test_undefined_values_are_left_out():
    values = np.array([[1.0, np.nan], [3.0, np.nan]])
    found = curve(np.arange(2), values)
    assert found.mean[0] == 2.0
    assert np.isnan(found.mean[1])


def test_the_matrix_has_a_row_per_task_and_averages_seeds(run: RunData):
    frames, values = read_matrix(run, "bad", "contrast_rms")
    assert values.shape == (8, 20)
    np.testing.assert_array_equal(frames, np.arange(20))
    assert (np.diff(values.mean(0)) < 0).all()  # it fades


def test_equal_figures_are_equal_files(run: RunData, scratch: Path):
    first = {path.name: path.read_bytes() for path in write_curves(run, "contrast_rms", scratch)}
    second = {path.name: path.read_bytes() for path in write_curves(run, "contrast_rms", scratch)}
    assert set(first) == {"drift_contrast_rms.pdf", "drift_contrast_rms.png"}
    assert first == second
