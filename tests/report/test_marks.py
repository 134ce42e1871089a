from dataclasses import replace

import numpy as np
import pytest

from fpbench.report.data import RunData
from fpbench.report.marks import places
from fpbench.report.table import Column

UP = Column("psnr_truth.mean", "psnr", "up")
THREE = ("sliding_window", "history_guidance", "repeat_i2v")


def with_values(run: RunData, values: tuple[float, ...]) -> RunData:
    """The run with the PSNR of three systems near given numbers, so near that 12 tasks tell 20 from 30."""
    noise = np.random.default_rng(0)
    wanted = dict(zip(THREE, values, strict=True))
    columns = zip(*(run.summary[name] for name in ("system", "metric", "mean")), strict=True)
    means = [
        wanted[system] + noise.normal(0, 1) if metric == "psnr_truth" and system in wanted else mean
        for system, metric, mean in columns
    ]
    return replace(run, summary={**run.summary, "mean": means})


@pytest.mark.parametrize(
    ("values", "first", "second"),
    [
        ((30.0, 20.0, 10.0), {0}, {1}),
        ((30.0, 30.0, 10.0), {0, 1}, {2}),
        ((30.0, 10.0, 10.0), {0}, set()),  # nobody is told apart for second place
        ((20.0, 20.0, 20.0), set(), set()),
    ],
)
def test_places_exist_only_where_somebody_is_told_apart(
    drift: RunData, values: tuple[float, ...], first: set[int], second: set[int]
):
    found = places(with_values(drift, values), UP, set(drift.systems) - set(THREE))
    assert found == ({THREE[k] for k in first}, {THREE[k] for k in second})


def test_the_excluded_never_place(drift: RunData):
    run = with_values(drift, (30.0, 20.0, 10.0))
    first, second = places(run, UP, {*drift.systems} - {*THREE[1:]})
    assert (first, second) == ({THREE[1]}, {THREE[2]})


def test_columns_without_a_better_end_have_no_places(drift: RunData):
    run = with_values(drift, (30.0, 20.0, 10.0))
    assert places(run, replace(UP, direction="two-sided"), ()) == (frozenset(), frozenset())
