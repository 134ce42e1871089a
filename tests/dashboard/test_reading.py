"""What is read from single clips must be what the tables of the run say."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from small_results import make_unfinished, run_folder

from dashboard.library import RunEntry, find_runs, progress
from dashboard.reading import read_curves, read_matrix, read_run, restrict
from fpbench.report import curves
from fpbench.report.curves_file import write_curves_file
from fpbench.report.data import load_run


def test_a_finished_run_reads_as_the_report_reads_it(entry: RunEntry) -> None:
    reading, expected = read_run(entry), load_run(entry.folder)
    assert reading.problems == ()
    assert {name: list(column) for name, column in reading.data.cells.items()} == expected.cells
    for name in expected.systems:
        found = reading.data.values(name, "psnr_truth", "drift_abs")
        np.testing.assert_array_equal(found, expected.values(name, "psnr_truth", "drift_abs"))


@pytest.mark.parametrize("metric", ["psnr_truth", "flow_top5"])
def test_clips_give_the_numbers_of_the_tables(results: Path, metric: str) -> None:
    whole = read_run(find_runs([results])[0])
    make_unfinished(results)
    parts = read_run(find_runs([results])[0])
    assert parts.preliminary
    for name in whole.data.systems:
        by_task = dict(zip(whole.data.tasks, whole.data.values(name, metric), strict=True))
        found = dict(zip(parts.data.tasks, parts.data.values(name, metric), strict=True))
        assert set(found) <= set(by_task)
        np.testing.assert_array_equal([found[task] for task in found], [by_task[task] for task in found])


def test_series_of_clips_are_the_series_of_the_run(results: Path) -> None:
    whole = read_run(find_runs([results])[0])
    frames, values, problem = read_matrix(whole, "good", "contrast_rms")
    assert problem == ""
    expected = curves.read_matrix(load_run(run_folder(results)), "good", "contrast_rms")
    np.testing.assert_array_equal(values, expected[1])
    (run_folder(results) / "series.parquet").write_bytes(b"PAR1")
    again, same, problem = read_matrix(whole, "good", "contrast_rms")
    assert "damaged" in problem
    np.testing.assert_array_equal(frames, again)
    np.testing.assert_array_equal(values, same)


def test_filters_leave_exactly_the_wanted_cells(entry: RunEntry) -> None:
    whole = read_run(entry)
    part = restrict(whole, systems=["good", "truth"], splits=[], kinds=["loop"])
    assert part.data.systems == ["truth", "good"]
    assert set(part.data.cells["kind"]) == {"loop"}
    inside = np.array(["_loop_" in task for task in whole.data.tasks])
    np.testing.assert_array_equal(
        part.data.values("good", "psnr_truth"), whole.data.values("good", "psnr_truth")[inside]
    )
    frames, values, _ = read_matrix(part, "good", "contrast_rms")
    assert values.shape == (4, len(frames))


def test_progress_counts_what_the_journal_says(results: Path) -> None:
    make_unfinished(results)
    state = progress(find_runs([results])[0])
    assert (state.cells, state.generated, state.failed) == (48, 44, 4)
    assert state.last.startswith("20")


def test_runs_are_found_wherever_they_may_lie(results: Path, tmp_path: Path) -> None:
    folder = run_folder(results)
    assert [entry.id for entry in find_runs([results])] == [folder.name]
    assert [entry.folder for entry in find_runs([folder])] == [folder]
    published = tmp_path / "shown" / "published" / "drift"
    published.parent.mkdir(parents=True)
    folder.rename(published)
    assert [entry.id for entry in find_runs([tmp_path / "shown"])] == ["drift"]
    assert find_runs([tmp_path / "nowhere"]) == []


def test_kept_curves_are_those_of_the_series_and_stale_ones_are_not_used(results: Path) -> None:
    reading = read_run(find_runs([results])[0])
    frames, values, _ = read_matrix(reading, "good", "contrast_rms")
    expected = curves.curve(frames, values)
    folder = run_folder(results)
    write_curves_file(load_run(folder), folder)
    os.utime(folder / "curves.parquet", (1, 1))  # a checkout gives files any time
    found, problem = read_curves(reading, "contrast_rms", ["good"])
    kept = found["good"]
    assert problem == ""
    np.testing.assert_array_equal(kept.frames, expected.frames)
    for name in ("mean", "low", "high"):
        np.testing.assert_allclose(getattr(kept, name), getattr(expected, name))
    summary = folder / "summary.parquet"
    pq.write_table(pq.read_table(summary).slice(1), summary)
    assert read_curves(reading, "contrast_rms", ["good"]) == ({}, "")


def test_the_run_worked_on_last_comes_first_whatever_the_times_of_its_files(results: Path) -> None:
    first = run_folder(results)
    later = Path(shutil.copytree(first, first.with_name("later")))
    header = json.loads((later / "run.json").read_text())
    (later / "run.json").write_text(json.dumps(header | {"updated": "2100-01-01T00:00:00+00:00"}))
    for path in later.iterdir():
        os.utime(path, (1, 1))
    assert [entry.id for entry in find_runs([results])] == ["later", first.name]


def test_without_cells_the_values_stay_and_the_loss_is_named(results: Path) -> None:
    whole = read_run(find_runs([results])[0])
    (run_folder(results) / "cells.parquet").write_bytes(b"PAR1")
    torn = read_run(find_runs([results])[0])
    assert "cells.parquet is damaged" in torn.problems[0]
    assert sorted(torn.data.values("good", "psnr_truth")) == sorted(whole.data.values("good", "psnr_truth"))
    assert torn.clips() == {}


def test_a_summary_of_an_older_version_is_named_by_its_missing_column(results: Path) -> None:
    path = run_folder(results) / "summary.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["drift_floor"]), path)
    reading = read_run(find_runs([results])[0])
    assert "column drift_floor is missing" in reading.problems[0]
    assert np.isfinite(reading.data.values("good", "psnr_truth", "drift_floor")).all()
