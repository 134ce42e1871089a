"""The page that is mailed: complete, escaped, and silent on the network."""

import base64
import hashlib
import re
from io import BytesIO
from pathlib import Path

import av
import pytest

from fpbench.report.data import RunData
from fpbench.report.page import SCRIPT, report_page
from fpbench.runs.store import Store


@pytest.fixture(scope="module")
def page(run: RunData) -> str:
    return report_page(run.folder, clips=1)


def test_nothing_is_loaded_from_anywhere(page: str):
    sources = re.findall(r'(?:src|href|action|poster|data)="([^"]*)"', page)
    assert sources
    assert all(source.startswith("data:") for source in sources)
    assert not re.search(r"url\(|@import|<link|<iframe|srcset", page)
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert (
        f"default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
        in page
    )


def test_every_system_has_a_small_clip_of_the_first_task(page: str, run: RunData):
    videos = re.findall(r'aria-label="(\w+), (\w+-?\w*)" src="data:video/mp4;base64,([^"]+)"', page)
    cells = zip(run.cells["system"], run.cells["task"], run.cells["seed"], run.cells["clip"], strict=True)
    first = run.cells["task"][0]
    clips = {system: clip for system, task, seed, clip in cells if (task, seed) == (first, 0) and clip}
    assert {system for system, _, _ in videos} == set(clips)
    with av.open(BytesIO(base64.b64decode(videos[0][2]))) as file:
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    assert len(frames) == 20
    assert frames[0].shape[:2] == (128, 192)
    master = Store(run.folder.parents[1]).clip(clips[videos[0][0]])
    assert master.is_file()


def test_tables_failures_and_provenance_are_told(page: str, run: RunData):
    assert page.count("<caption>") == 2
    assert "8 cells failed" in page
    assert str(run.manifest.sessions[-1]["packages"]["torch"]) in page
    assert "stub_broken" in page  # the protocol as given
    assert page.count("data:image/svg+xml") >= 4


def test_what_a_user_wrote_is_escaped(run: RunData, tmp_path: Path):
    folder = tmp_path / "runs" / run.folder.name
    folder.mkdir(parents=True)
    for name in ("cells.parquet", "summary.parquet", "protocol.yaml", "run.json"):
        (folder / name).write_bytes((run.folder / name).read_bytes())
    evil = "<script>alert(1)</script>"
    text = (folder / "run.json").read_text().replace("A report: 100 %", evil)
    (folder / "run.json").write_text(text)
    (folder / "protocol.yaml").write_text(evil)
    page = report_page(folder)
    assert evil not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "clips of this run are not in its results folder" in page
    assert "holds no series.parquet" in page
    assert str(tmp_path) not in page


def test_the_command_writes_it_into_the_run(run: RunData, tmp_path: Path):
    from typer.testing import CliRunner

    from fpbench.cli import app

    out = tmp_path / "page.html"
    result = CliRunner().invoke(app, ["report", str(run.folder), "--clips", "0", "--out", str(out)])
    assert result.exit_code == 0, result.stderr
    assert "<video " not in out.read_text("utf-8")
