from clip_files import write
from typer.testing import CliRunner

from fpbench.cli import app
from fpbench.metrics.specimens import specimens


def call(*arguments):
    result = CliRunner().invoke(app, ["battery", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_the_table_is_printed_for_the_shipped_pictures():
    code, out, err = call("--metrics", "luma_mean", "--metrics", "flicker_mae")
    assert (code, err) == (0, "")
    assert out.startswith("| metric | blur | noise | exposure |")
    assert "12 clips; " in out


def test_other_clips_are_read_from_their_files_and_must_share_a_rate(tmp_path):
    video = specimens(1)[0]
    first = write(tmp_path / "a.mkv", video)
    code, out, _ = call(first, "--metrics", "luma_mean", "--frames", "6", "--format", "csv")
    assert (code, out.splitlines()[1].split(",")[:4]) == (0, ["luma_mean", "blur", "0", "0"])
    code, _, err = call(first, write(tmp_path / "b.mkv", video, fps=24), "--metrics", "luma_mean")
    assert (code, "damage clips of one rate at a time" in err) == (2, True)
    code, _, err = call(tmp_path / "gone.mkv")
    assert (code, "gone.mkv" in err) == (2, True)


def test_a_sign_that_does_not_hold_ends_with_3_and_is_named(monkeypatch, tmp_path):
    from dataclasses import replace

    from fpbench.metrics import battery
    from fpbench.metrics.catalog import card

    wrong = replace(card("luma_mean"), signs={"exposure": "-"})
    monkeypatch.setattr(battery, "card", lambda name: wrong)
    code, _, err = call("--metrics", "luma_mean", "--out", tmp_path / "table.md")
    assert code == 3
    assert "luma_mean under exposure: declared '-', shown by 0% of the clips" in err
    assert "0%!" in (tmp_path / "table.md").read_text()
