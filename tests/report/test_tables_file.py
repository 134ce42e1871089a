from __future__ import annotations

import math
from pathlib import Path

from fpbench.report.table import Column, Row, Table, Value
from fpbench.report.tables_file import keep_table, kept_path, kept_table

TABLE = Table(
    title="t",
    columns=(Column("a.mean", "a", "up", "dB"),),
    rows=(
        Row("x_1", {"a.mean": Value(1.5, 1.0, 2.0, best=True)}, flags=("frozen",)),
        Row("y", {"a.mean": Value(math.inf)}),
    ),
    notes=("n",),
)


def test_a_kept_table_comes_back_until_the_results_change(tmp_path: Path) -> None:
    (tmp_path / "summary.parquet").write_bytes(b"one")
    keep_table(tmp_path, "results", TABLE, tmp_path)
    assert kept_table(tmp_path, "results") == TABLE
    assert kept_table(tmp_path, "all") is None
    (tmp_path / "summary.parquet").write_bytes(b"two")
    assert kept_table(tmp_path, "results") is None


def test_a_torn_table_is_made_anew_instead_of_failing(tmp_path: Path) -> None:
    (tmp_path / "summary.parquet").write_bytes(b"one")
    keep_table(tmp_path, "results", TABLE, tmp_path)
    kept_path(tmp_path, "results").write_text('{"of": "')
    assert kept_table(tmp_path, "results") is None
