from pathlib import Path

import numpy as np
import pytest

from fpbench.errors import FpbenchError
from fpbench.runs.series import Measured, load_content, load_series, save_series
from fpbench.runs.store import Store
from fpbench.runs.summary import SUMMARY_VERSION, missing, stored, summarise


def measured(metric: str = "luma_mean", version: int = 1, count: int = 30) -> Measured:
    values = np.linspace(0, 9, count, dtype=np.float32)
    return Measured(metric, version, np.arange(count, dtype=np.int32), values, {"mean": 4.5, "drift_onset": np.nan})


def test_series_come_back(tmp_path: Path):
    store = Store(tmp_path)
    save_series(store, "c0", [measured("si"), measured("luma_mean"), measured("ti", count=0)], SUMMARY_VERSION)
    series = load_series(store, "c0")
    assert set(series) == {"luma_mean", "si"}
    np.testing.assert_array_equal(series["si"][1], measured().values)
    assert [one.metric for one in stored(store, "c0", but=["si"])] == ["luma_mean", "ti"]


def test_equal_series_are_equal_files_whatever_their_order(tmp_path: Path):
    one, two = Store(tmp_path / "one"), Store(tmp_path / "two")
    save_series(one, "c0", [measured("si"), measured("ti")], SUMMARY_VERSION)
    save_series(two, "c0", [measured("ti"), measured("si")], SUMMARY_VERSION)
    assert one.series("c0").read_bytes() == two.series("c0").read_bytes()


def test_what_is_missing(tmp_path: Path):
    store = Store(tmp_path)
    wanted = {"luma_mean": 1, "si": 1}
    assert missing(store, "c0", wanted) == ["luma_mean", "si"]
    save_series(store, "c0", [measured()], SUMMARY_VERSION)
    assert missing(store, "c0", wanted) == ["si"]
    assert missing(store, "c0", {"luma_mean": 2}) == ["luma_mean"]  # a newer version measures anew
    save_series(store, "c0", [measured()], SUMMARY_VERSION + 1)
    assert missing(store, "c0", wanted) == ["luma_mean", "si"]


def test_a_damaged_file_is_measured_anew_and_never_read(tmp_path: Path):
    store = Store(tmp_path)
    save_series(store, "c0", [measured()], SUMMARY_VERSION)
    store.series("c0").write_bytes(b"PAR1 nonsense")
    assert load_content(store, "c0", SUMMARY_VERSION) == {}
    with pytest.raises(FpbenchError, match=r"c0\.parquet: unreadable"):
        load_series(store, "c0")


def test_a_summary_is_mean_coverage_and_drift():
    frames = np.arange(100, dtype=np.int32)
    values = np.repeat(np.array([1.0, 3.0], np.float32), 50)
    values[50] = np.nan
    found = summarise("luma_mean", frames, values, None).summary
    assert found["mean"] == pytest.approx(np.nanmean(values))
    assert found["coverage"] == pytest.approx(0.99)
    assert (found["drift_abs"], found["drift_signed"]) == (2.0, 2.0)
    backwards = summarise("luma_mean", frames, values, list(range(99, -1, -1))).summary
    assert (backwards["drift_signed"], backwards["drift_generation"]) == (2.0, -2.0)
