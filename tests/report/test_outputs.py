"""Outputs are of the results that lie beside them, whatever the clock says."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from fpbench.report.data import RunData
from fpbench.report.outputs import RECORD, up_to_date, write_outputs

LONG_AGO = (0, 0)


@pytest.fixture(scope="module")
def written(run: RunData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with its outputs."""
    results = tmp_path_factory.mktemp("outputs") / "results"
    shutil.copytree(run.folder.parent.parent, results)
    folder = results / "runs" / run.folder.name
    write_outputs(folder)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy, every file of which claims to be made at another time than its neighbours."""
    copied = Path(shutil.copytree(written, tmp_path / "run"))
    for age, path in enumerate(sorted(copied.rglob("*"))):
        os.utime(path, (age, age))
    os.utime(copied / "table.md", LONG_AGO)
    return copied


def test_times_of_files_do_not_matter(folder: Path) -> None:
    assert up_to_date(folder)


@pytest.mark.parametrize("name", ["summary.parquet", "cells.parquet", "series.parquet"])
def test_other_results_with_an_old_time_are_noticed(name: str, folder: Path) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))  # of the same size
    os.utime(folder / name, LONG_AGO)
    os.utime(folder / "table.md")
    assert not up_to_date(folder)


@pytest.mark.parametrize("name", ["table.md", "tables/all.json", "figures/drift_contrast_rms.pdf", str(RECORD)])
def test_an_output_that_is_gone_or_torn_is_noticed(name: str, folder: Path) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    assert not up_to_date(folder)
    (folder / name).unlink()
    assert not up_to_date(folder)
