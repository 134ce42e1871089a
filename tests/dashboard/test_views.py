"""Every page, on every kind of results folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from small_results import VIEWS, make_unfinished, make_votes, run_folder, spoken
from streamlit.testing.v1 import AppTest

from dashboard.settings import RESULTS

Open = Callable[..., AppTest]
OF_A_RUN = tuple(view for view in VIEWS if view not in ("plan", "ratings", "pairs", "claims"))
"""Pages that show the run in the sidebar; the others draw a plan, votes, or claims."""


@pytest.mark.parametrize("view", VIEWS)
def test_a_finished_run_is_shown_without_complaint(view: str, finished_results: Path, open_view: Open) -> None:
    page = open_view(view, finished_results)
    assert not page.exception
    assert not page.error
    assert page.title


@pytest.mark.parametrize("view", VIEWS)
def test_an_empty_folder_tells_the_command_that_fills_it(view: str, tmp_path: Path, open_view: Open) -> None:
    page = open_view(view, tmp_path)
    assert not page.exception
    if view in OF_A_RUN:
        assert [code.value for code in page.code] == ["fpbench run protocols/drift.yaml"]
        assert str(tmp_path) in spoken(page)


@pytest.mark.parametrize("view", VIEWS)
def test_a_run_in_progress_shows_what_is_measured(view: str, results: Path, open_view: Open) -> None:
    make_unfinished(results)
    page = open_view(view, results)
    assert not page.exception
    assert not page.error
    if view in OF_A_RUN and view != "runs":
        assert "preliminary" in spoken(page)


@pytest.mark.parametrize("view", VIEWS)
def test_a_damaged_table_is_named_and_the_clips_take_its_place(view: str, results: Path, open_view: Open) -> None:
    (run_folder(results) / "summary.parquet").write_bytes(b"PAR1 not really PAR1")
    page = open_view(view, results)
    assert not page.exception
    assert not page.error
    if view in OF_A_RUN:
        assert "summary.parquet is damaged" in spoken(page)
        assert "fpbench resume" in spoken(page)


@pytest.mark.parametrize("view", VIEWS)
def test_an_unreadable_header_breaks_no_page(view: str, results: Path, open_view: Open) -> None:
    half = results / "runs" / "half-written"
    half.mkdir()
    (half / "run.json").write_text('{"schema_version": 1, "id": ')
    page = open_view(view, results, run="half-written")
    assert not page.exception
    if view in OF_A_RUN:
        assert "run.json: unreadable" in spoken(page)


def test_another_schema_version_is_named_and_what_the_run_wrote_is_shown(results: Path, open_view: Open) -> None:
    folder = run_folder(results)
    text = (folder / "run.json").read_text().replace('"schema_version": 1', '"schema_version": 0')
    (folder / "run.json").write_text(text)
    (folder / "table.md").write_text("| system | psnr |\n| good | 30 |")
    page = open_view("overview", results)
    assert "schema version 0" in page.error[0].value
    assert "| good | 30 |" in page.code[0].value
    assert "run.json" in open_view("export", results).selectbox(key="file").options


def test_damaged_curves_are_named_and_made_of_the_series(results: Path, open_view: Open) -> None:
    (run_folder(results) / "curves.parquet").write_bytes(b"PAR1 not really PAR1")
    page = open_view("curves", results)
    assert not page.exception
    assert "curves.parquet is damaged" in page.warning[0].value
    assert len(page.get("vega_lite_chart")) == 1


def test_a_run_that_stopped_before_its_first_cell_says_so(results: Path, open_view: Open) -> None:
    make_unfinished(results)
    (run_folder(results) / "cells.jsonl").unlink()
    for view in OF_A_RUN:
        page = open_view(view, results)
        assert not page.exception
        assert not page.error


def test_a_pair_of_which_one_is_not_in_the_run_is_shown(results: Path, open_view: Open) -> None:
    path = make_votes(results / "votes" / "pilot.parquet")
    votes = pd.read_parquet(path).replace("good", "of another run")
    tasks = sorted(pq.read_table(run_folder(results) / "cells.parquet")["task"].to_pylist())
    votes.assign(task=tasks[0]).to_parquet(path)
    page = open_view("pairs", results, second="of another run")
    assert not page.exception
    assert len(page.get("bidi_component")) == 1


def test_curves_survive_a_damaged_series_file(results: Path, open_view: Open) -> None:
    (run_folder(results) / "series.parquet").write_bytes(b"")
    page = open_view("curves", results)
    assert not page.exception
    assert "series.parquet is damaged" in page.warning[0].value
    assert len(page.get("vega_lite_chart")) == 1


def test_a_missing_clip_says_which_file_and_the_rest_plays(results: Path, open_view: Open) -> None:
    cells = pq.read_table(run_folder(results) / "cells.parquet").to_pylist()
    lost = next(row for row in cells if row["system"] == "good")
    (results / "clips" / lost["clip"][:2] / f"{lost['clip']}.mp4").unlink()
    page = open_view("wall", results, task=lost["task"])
    told = page.get("bidi_component")[0].proto.json
    assert not page.exception
    assert f"{lost['clip']}.mp4 is missing" in told
    assert told.count('"url": "/clips/') >= 3


def test_a_failed_cell_is_counted_and_explained(finished_results: Path, open_view: Open) -> None:
    page = open_view("runs", finished_results)
    assert "cells failed" in page.warning[0].value
    assert "the stub breaks as asked" in spoken(page)


def test_filters_come_from_the_address_and_are_named(finished_results: Path, open_view: Open) -> None:
    page = open_view("overview", finished_results, kind="loop", systems="good")
    assert page.multiselect[0].value == ["good"]
    assert "only loop · 1 systems" in spoken(page)
    board = page.get("html")[1].proto.body
    assert "good" in board
    assert "broken" not in board


@pytest.mark.parametrize(
    ("view", "key", "asked"),
    [
        ("overview", "preset", "drift"),
        ("overview", "rank", "contrast_rms.drift_abs"),
        ("curves", "metric", "flow_top5"),
        ("curves", "order", "generation"),
        ("tradeoffs", "x", "flow_top5.mean"),
        ("export", "columns", "paired"),
    ],
)
def test_the_address_holds_keys_not_labels(
    view: str, key: str, asked: str, finished_results: Path, open_view: Open
) -> None:
    page = open_view(view, finished_results)
    assert key not in page.query_params  # what is not chosen needs no mention
    widget = next(one for one in (*page.selectbox, *page.button_group) if one.key == key)
    widget.set_value(asked).run()
    assert page.query_params[key] == asked
    again = open_view(view, finished_results, **{key: asked})
    assert again.session_state[key] == asked
    again.query_params[key] = "no such choice"  # a link that somebody has broken
    again.run()
    assert not again.exception
    assert again.session_state[key] != asked
    assert key not in again.query_params


def test_names_and_titles_are_escaped(finished_results: Path, open_view: Open) -> None:
    page = open_view("overview", finished_results)
    assert "&lt;stubs&gt;" in spoken(page)
    assert "<stubs>" not in spoken(page)


def test_export_is_the_table_of_the_selection(finished_results: Path, open_view: Open) -> None:
    page = open_view("export", finished_results, format="csv", kind="walk")
    assert page.code[0].value.startswith("system,")
    assert "only walk" in spoken(page)


def test_a_schedule_that_does_not_parse_is_explained(finished_results: Path, open_view: Open) -> None:
    page = open_view("plan", finished_results, strategy="A schedule of your own")
    page.text_input[0].set_value("f3k2_g9").run()
    assert "not divisible by the temporal kernel" in page.error[0].value


def test_no_page_loads_torch_or_matplotlib() -> None:
    names = ", ".join(f"dashboard.views.{view}" for view in VIEWS)
    code = (
        f"import sys, dashboard.server, {names}; print(sorted({{'torch', 'matplotlib', 'vizdoom'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_the_first_reader_waits_for_no_import_but_those_of_streamlit(finished_results: Path) -> None:
    code = """
import sys
from streamlit.testing.v1 import AppTest
from dashboard import server
server.prepare()
known = set(sys.modules)
page = AppTest.from_file(server.__file__.replace("server.py", "app.py"), default_timeout=60).run()
print(page.title[0].value, sorted(name for name in set(sys.modules) - known if not name.startswith("streamlit.")))
"""
    environment = os.environ | {RESULTS: str(finished_results)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip().splitlines()[-1] == "Overview []"
