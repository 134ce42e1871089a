"""Published runs: small, readable where they lie, and never in place of something else."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from fpbench.report.data import load_run
from fpbench.runs.clips import read_frames
from fpbench.runs.publish import PublishError, publish
from fpbench.runs.store import Store
from tests._stubs.small_results import make_results, make_unfinished


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_results(tmp_path_factory.mktemp("results"))


def test_a_published_run_reads_like_the_run_itself(run: Path, tmp_path: Path) -> None:
    there = publish(run, tmp_path / "published" / "small", clips=1)
    assert list(load_run(there).manifest.systems) == list(load_run(run).manifest.systems)
    assert (there / "summary.parquet").read_bytes() == (run / "summary.parquet").read_bytes()
    assert (there / "run.json").read_bytes() == (run / "run.json").read_bytes()
    assert not (there / "cells.jsonl").exists()


def test_series_are_kept_for_what_the_protocol_shows(run: Path, tmp_path: Path) -> None:
    there = publish(run, tmp_path / "small", clips=0)
    assert set(pd.read_parquet(there / "series.parquet")["metric"]) == {"psnr_truth", "contrast_rms"}
    assert set(pd.read_parquet(run / "series.parquet")["metric"]) > {"psnr_truth", "contrast_rms"}
    assert not (there / "clips").exists()


def test_the_first_tasks_of_every_system_can_be_watched(run: Path, tmp_path: Path) -> None:
    there = publish(run, tmp_path / "small", clips=2)
    cells = pd.read_parquet(there / "cells.parquet")
    tasks = list(cells["task"].unique())[:2]
    wanted = set(cells[cells["task"].isin(tasks) & (cells["status"] == "done")]["clip"])
    assert {path.stem for path in there.rglob("*.mp4")} == wanted
    assert all(any(folder.iterdir()) for folder in there.rglob("*") if folder.is_dir())
    footage = Store(there).footage(wanted.pop())
    assert footage is not None
    assert sum(map(len, read_frames(footage))) == 40


def test_publishing_again_replaces_and_nothing_else_is_replaced(run: Path, tmp_path: Path) -> None:
    there = publish(run, tmp_path / "small", clips=1)
    (there / "old.txt").touch()
    assert not (publish(run, there, clips=0) / "old.txt").exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").touch()
    with pytest.raises(PublishError, match=r"mine: exists and is no published run"):
        publish(run, mine)
    assert (mine / "thesis.tex").exists()


def test_an_unfinished_run_is_not_published(run: Path, tmp_path: Path) -> None:
    unfinished = shutil.copytree(run, tmp_path / "results" / "runs" / run.name)
    make_unfinished(tmp_path / "results")
    with pytest.raises(PublishError, match="is running; finish it first: fpbench resume"):
        publish(unfinished, tmp_path / "there")
    assert not (tmp_path / "there").exists()
