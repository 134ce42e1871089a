from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fpbench.report import contact
from fpbench.report.data import RunData
from fpbench.runs.clips import frames_at
from fpbench.runs.store import Store


def test_moments_reach_from_the_first_to_the_last_frame():
    assert contact.moments(226, 3) == [0, 112, 225]
    assert contact.moments(2) == [0, 1]
    assert contact.moments(226)[-1] == 225


def test_a_sheet_shows_the_truth_above_each_task(run: RunData, scratch: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(contact, "TILE_WIDTH", 48)  # the width of the stub world: no enlargement
    store = Store(run.folder.parents[1])
    paths = contact.write_sheets(run, store, scratch)
    assert [path.stem for path in paths] == ["truth", "still", "good", "bad", "broken"]
    sheet = np.asarray(Image.open(next(path for path in paths if path.stem == "bad")))
    rows = 2 * 8
    assert sheet.shape == (20 + rows * (32 + 20), 9 * (48 + 4), 3)
    heads = sheet[:20].reshape(20, 9, 52, 3)
    assert (heads.min(axis=(0, 2, 3)) < 128).all()  # every column says its time
    clips = {
        system: next(c for s, c in zip(run.cells["system"], run.cells["clip"], strict=True) if s == system)
        for system in ("truth", "bad")
    }
    for position, system in enumerate(("truth", "bad")):
        top = 20 + position * 52 + 20
        last = frames_at(store.clip(clips[system]), [19])[0]
        np.testing.assert_array_equal(sheet[top : top + 32, 8 * 52 : 8 * 52 + 48], last)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("diffusion_forcing[sigma=0.1]", "diffusion_forcing-sigma-0.1"), ("../x", "x"), ("[]", "system")],
)
def test_row_names_become_file_names(name: str, expected: str):
    assert contact.file_name(name) == expected
